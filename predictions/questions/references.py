"""Record reference forecasts: the market or crowd probability of a question on one day."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from sqlmodel import Session, select

from predictions import ledger
from predictions.enums import QuestionKind
from predictions.errors import Conflict, InvalidInput
from predictions.imports.staging import import_id, log_entries, staging
from predictions.imports.visibility import adopted, hidden_imports
from predictions.models import Question, Reference, row_id
from predictions.outcomes import per_option
from predictions.schemas.inputs import ReferenceIn
from predictions.scores.running_totals import rescoring


def add_reference(session: Session, question: Question, data: ReferenceIn, *, now: datetime, actor: str) -> Reference:
    """Record a market or crowd probability at one time, or return the equal one on record.

    Raises ``InvalidInput`` if it does not fit the question, ``Conflict`` if the source has another one at that time.
    """
    if (data.probability is not None) != (question.kind is QuestionKind.BINARY):
        raise InvalidInput.at("", "give probability for a binary question, probabilities for any other")
    probabilities = [data.probability] if data.probability is not None else []
    if data.probabilities is not None:
        probabilities = per_option(data.probabilities, question, pointer="/probabilities")
    find = partial(known_reference, session, question, data)
    existing = find() or _adopt(session, find, question, now=now, actor=actor)
    if existing is not None:
        if existing.probabilities != probabilities:
            raise Conflict(f"{data.source!r} is on record with another number at that time: give another as_of")
        return existing
    reference = Reference(
        question_id=row_id(question),
        probabilities=probabilities,
        source=data.source,
        as_of=data.as_of,
        created_at=now,
        import_id=import_id(session),
    )
    with _counting(session, question, now=now, actor=actor):
        session.add(reference)
        session.flush()
    body = ledger.contents(reference)
    log_entries(session, [ledger.NewEvent(now, actor, "reference.recorded", "reference", row_id(reference), body)])
    return reference


@contextmanager
def _counting(session: Session, question: Question, *, now: datetime, actor: str) -> Iterator[None]:
    """Rescore the question after the block; for an import, after its completion."""
    if (into := staging(session)) is not None:
        yield
        into.must_count(session, [row_id(question)])
        return
    with rescoring(session, question, now=now, actor=actor):
        yield


def _adopt(
    session: Session, find: Callable[[], Reference | None], question: Question, *, now: datetime, actor: str
) -> Reference | None:
    if not hidden_imports(session):
        return None
    with _counting(session, question, now=now, actor=actor):
        return adopted(session, find, now=now, actor=actor)


def known_reference(session: Session, question: Question, data: ReferenceIn) -> Reference | None:
    """Return the reference forecast of the same source at the same time that is on record, or None."""
    same = (Reference.question_id == question.id, Reference.as_of == data.as_of, Reference.source == data.source)
    return session.exec(select(Reference).where(*same)).first()
