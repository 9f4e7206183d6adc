"""The changes that may touch what is settled, as API, pages and imports ask for them."""

from sqlmodel import Session

from predictions.changes.decisions import Done, Wanted, ask_for
from predictions.changes.kinds import By
from predictions.changes.settled import CORRECTION, REFERENCE, WITHDRAWAL
from predictions.models import Prediction, Question
from predictions.questions.references import add_reference, known_reference
from predictions.schemas.inputs import CorrectionIn, ReferenceIn, WithdrawalIn


def add_forecast(session: Session, question: Question, data: ReferenceIn, reason: str | None, by: By) -> Done:
    """Record a reference forecast; one that is on record already needs nothing. Raises the errors of ``ask_for``."""
    if known_reference(session, question, data) is not None:
        return Done(add_reference(session, question, data, now=by.now, actor=by.name), None)
    return ask_for(session, Wanted(REFERENCE, question, question, data, reason), by)


def correct(session: Session, prediction: Prediction, data: CorrectionIn, by: By) -> Done:
    """Correct a prediction. Raises the errors of ``ask_for``."""
    return ask_for(session, Wanted(CORRECTION, _asked(session, prediction), prediction, data, data.reason), by)


def withdraw(session: Session, prediction: Prediction, data: WithdrawalIn, by: By) -> Done:
    """Withdraw a prediction. Raises the errors of ``ask_for``."""
    return ask_for(session, Wanted(WITHDRAWAL, _asked(session, prediction), prediction, data, data.reason), by)


def _asked(session: Session, prediction: Prediction) -> Question:
    return session.get_one(Question, prediction.question_id)
