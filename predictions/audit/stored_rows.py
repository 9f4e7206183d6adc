"""Read the stored rows of a table in the form that events have."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import or_, select
from sqlmodel import Session
from sqlmodel.sql.sqltypes import UTCDateTime

from predictions.audit.fold import Folded, Row
from predictions.imports.visibility import hidden_imports

BATCH = 500


def stored_rows(
    session: Session, folded: Folded, skipped: Collection[int] = (), within: tuple[int, int] | None = None
) -> Iterator[tuple[int, Row]]:
    """Yield key and columns of each row that is on record, in order of key.

    ``skipped`` keys are left out; ``within`` gives the first and last key.
    """
    key = folded.key
    query = select(folded.table).order_by(key)
    if skipped:
        query = query.where(key.not_in(skipped))
    if within:
        query = query.where(key.between(*within))
    if "import_id" in folded.table.c and (hidden := hidden_imports(session)):
        of_import = folded.table.c.import_id
        query = query.where(or_(of_import.is_(None), of_import.not_in(hidden)))
    names = [column.name for column in folded.table.columns]
    apart = [name for name in names if name in folded.apart]
    times = [column.name for column in folded.table.columns if isinstance(column.type, UTCDateTime)]
    rows = session.connection().execute(query.execution_options(yield_per=BATCH))
    for batch in rows.partitions(BATCH):
        contents = [dict(zip(names, row, strict=True)) for row in batch]
        keys = [row[key.name] for row in contents]
        related = folded.related(session, keys) if folded.related else {}
        for number, row in zip(keys, contents, strict=True):
            for name in apart:
                del row[name]
            yield number, folded.stored(_in_event_form(row, times) | related.get(number, {}))


def _in_event_form(row: Row, times: Sequence[str]) -> Row:
    """Write the times of a row as the bodies of events have them."""
    for name in times:
        if (at := row.get(name)) is not None:
            row[name] = at.isoformat()
    return row
