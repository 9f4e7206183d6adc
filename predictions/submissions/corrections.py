"""Correct or withdraw a prediction: a new row supersedes the old one, which stays on record."""

from datetime import datetime

from sqlmodel import Session, select

from predictions import ledger
from predictions.errors import Conflict
from predictions.models import Prediction, Question
from predictions.schemas.inputs import CorrectionIn, WithdrawalIn
from predictions.scores.running_totals import rescoring
from predictions.submissions.entity_cache import EntityCache
from predictions.submissions.record import _row


def correct_prediction(
    session: Session, wrong: Prediction, data: CorrectionIn, *, now: datetime, actor: str
) -> Prediction:
    """Record the corrected content of a wrongly recorded prediction, which stays on record, superseded.

    Raises ``Conflict`` if it is already superseded, and ``InvalidInput`` like ``record_prediction``.
    """
    _must_be_active(session, wrong)
    question = session.get_one(Question, wrong.question_id)
    cache = EntityCache(session, now=now, actor=actor)
    right = Prediction(**_row(cache, data, wrong.commentator_id, question))
    right.supersedes_id, right.reason = wrong.id, data.reason
    return _supersede(session, question, right, "prediction.corrected", now, actor)


def withdraw_prediction(
    session: Session, wrong: Prediction, data: WithdrawalIn, *, now: datetime, actor: str
) -> Prediction:
    """Withdraw a prediction that should not have been recorded. It stays visible, with the reason.

    Returns the row that supersedes it. Raises ``Conflict`` if it is already superseded.
    """
    _must_be_active(session, wrong)
    question = session.get_one(Question, wrong.question_id)
    mark = Prediction(
        commentator_id=wrong.commentator_id,
        question_id=wrong.question_id,
        source_id=wrong.source_id,
        made_at=wrong.made_at,
        recorded_at=now,
        recorded_by=actor,
        supersedes_id=wrong.id,
        withdrawn=True,
        reason=data.reason,
    )
    return _supersede(session, question, mark, "prediction.withdrawn", now, actor)


def _supersede(
    session: Session, question: Question, row: Prediction, action: str, now: datetime, actor: str
) -> Prediction:
    with rescoring(session, question, now=now, actor=actor):
        session.add(row)
        session.flush()
        ledger.append(session, now=now, actor=actor, action=action, subject=row, body=ledger.contents(row))
    return row


def _must_be_active(session: Session, prediction: Prediction) -> None:
    later = session.exec(select(Prediction).where(Prediction.supersedes_id == prediction.id)).first()
    if later is not None:
        raise Conflict(f"prediction {prediction.id} is superseded by prediction {later.id}: change that one")
    if prediction.withdrawn:
        raise Conflict(f"prediction {prediction.id} is a withdrawal: record a new prediction instead")
