"""Ledger events of a question, its references, proposals, resolutions and predictions."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from predictions.models import LedgerEvent
from predictions.schemas.views import QuestionView

MAX_EVENTS = 200


def question_trail(
    session: Session, question: QuestionView, predictions: Sequence[int], changes: Sequence[int] = ()
) -> list[LedgerEvent]:
    """Return the first events, in order, of a question and of what belongs to it.

    That is its references, proposals and resolutions, and the ``predictions`` and ``changes`` with these ids.
    """
    subjects = {
        "question": [question.id],
        "reference": [each.id for each in question.references],
        "proposal": [each.id for each in question.proposals],
        "resolution": [each.id for each in question.resolutions],
        "prediction": list(predictions[:MAX_EVENTS]),
        "pending_change": list(changes),
    }
    about = [
        and_(col(LedgerEvent.subject) == subject, col(LedgerEvent.subject_id).in_(ids))
        for subject, ids in subjects.items()
        if ids
    ]
    query = select(LedgerEvent).where(or_(*about)).order_by(col(LedgerEvent.seq)).limit(MAX_EVENTS)
    return list(session.execute(query).scalars())
