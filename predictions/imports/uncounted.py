"""The questions whose stored scores and totals do not count the rows of a complete import yet.

Whoever changes the predictions on a question counts them first, so that a total never counts a row twice or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlmodel import Session

from predictions.columns import in_parts
from predictions.import_models import ImportQuestion
from predictions.imports.visibility import uncounted_imports

_TABLE = ImportQuestion.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Uncounted:
    """The predictions of an import on a question that are not counted: those of commentators above ``counted_to``."""

    import_id: int
    question_id: int
    counted_to: int


def uncounted_on(session: Session, questions: Iterable[int]) -> dict[int, frozenset[Uncounted]]:
    """Return those of the questions that have uncounted predictions, with these."""
    imports = uncounted_imports(session)
    found: dict[int, set[Uncounted]] = defaultdict(set)
    if imports:
        for part in in_parts(sorted(questions)):
            query = select(_TABLE).where(_TABLE.c.question_id.in_(part), _TABLE.c.import_id.in_(imports))
            for row in session.connection().execute(query).mappings():
                found[row["question_id"]].add(Uncounted(**row))
    return {question: frozenset(of_question) for question, of_question in found.items()}


def mark_counted(session: Session, questions: Sequence[int]) -> None:
    """Note that the predictions of complete imports on these questions are counted, or are about to be."""
    imports = uncounted_imports(session)
    if imports:
        for part in in_parts(questions):
            counted = delete(_TABLE).where(_TABLE.c.question_id.in_(part), _TABLE.c.import_id.in_(imports))
            session.connection().execute(counted)


def mark_counted_to(session: Session, some: Uncounted, commentator: int | None) -> None:
    """Note that these predictions are counted up to a commentator, or all with None."""
    own = (_TABLE.c.import_id == some.import_id, _TABLE.c.question_id == some.question_id)
    change = delete(_TABLE) if commentator is None else update(_TABLE).values(counted_to=commentator)
    session.connection().execute(change.where(*own))


def next_uncounted(session: Session, import_id: int) -> Uncounted | None:
    """Return the first question on which predictions of this import are not counted yet."""
    query = select(_TABLE).where(_TABLE.c.import_id == import_id).order_by(_TABLE.c.question_id).limit(1)
    row = session.connection().execute(query).mappings().first()
    return Uncounted(**row) if row is not None else None
