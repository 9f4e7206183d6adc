"""Read the stored rows of a table in the form that events have."""

from collections.abc import Collection, Iterator

from sqlalchemy import or_, select
from sqlmodel import Session

from predictions.audit.fold import Folded, Row, in_event_form
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
    rows = session.connection().execute(query.execution_options(yield_per=BATCH)).mappings()
    for batch in rows.partitions(BATCH):
        keys = [row[key.name] for row in batch]
        related = folded.related(session, keys) if folded.related else {}
        for number, row in zip(keys, batch, strict=True):
            kept = {name: value for name, value in row.items() if name not in folded.apart}
            yield number, in_event_form(folded.stored(kept | related.get(number, {})))
