"""Record reference forecasts: the market or crowd probability of a question on one day."""

from datetime import datetime

from sqlmodel import Session, select

from predictions import ledger
from predictions.enums import QuestionKind
from predictions.errors import Conflict, InvalidInput
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
    existing = _known_reference(session, question, data)
    if existing is not None:
        if existing.probabilities != probabilities:
            raise Conflict(f"{data.source!r} is on record with another number at that time: give another as_of")
        return existing
    reference = Reference(
        question_id=row_id(question), probabilities=probabilities, source=data.source, as_of=data.as_of, created_at=now
    )
    with rescoring(session, question, now=now, actor=actor):
        session.add(reference)
    body = ledger.contents(reference)
    ledger.append(session, now=now, actor=actor, action="reference.recorded", subject=reference, body=body)
    return reference


def _known_reference(session: Session, question: Question, data: ReferenceIn) -> Reference | None:
    same = (Reference.question_id == question.id, Reference.as_of == data.as_of, Reference.source == data.source)
    return session.exec(select(Reference).where(*same)).first()
