"""What a commentator said that a record's scores leave out or replace: read models for the page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import LedgerEvent, Prediction, Question, Score
from predictions.outcomes import UNRESOLVED
from predictions.queries.details import view_predictions
from predictions.schemas.views import PredictionView, is_active

MAX_CORRECTIONS = 100
MAX_UNCOUNTED = 100


@dataclass(frozen=True)
class CommentatorChange:
    """What of a commentator was changed when: the fields with what stood there before and after."""

    at: datetime
    seq: int
    before: dict[str, Any]
    after: dict[str, Any]


def prediction_views(session: Session, numbers: Sequence[int]) -> dict[int, PredictionView]:
    """Predictions as read models, by their ids."""
    found: dict[int, PredictionView] = {}
    for part in in_parts(numbers):
        rows = session.execute(select(Prediction).where(col(Prediction.id).in_(part))).scalars()
        found |= {view.id: view for view in view_predictions(session, rows)}
    return found


def uncounted_predictions(session: Session, number: int) -> list[PredictionView]:
    """What stands on settled questions and made no score: annulled, said too late, or without a probability."""
    scored = exists().where(
        col(Score.commentator_id) == col(Prediction.commentator_id),
        col(Score.question_id) == col(Prediction.question_id),
    )
    query = (
        select(Prediction)
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).not_in(UNRESOLVED), ~scored)
        .order_by(col(Question.known_at).desc(), col(Prediction.id))
        .limit(MAX_UNCOUNTED)
    )
    return [view for view in view_predictions(session, session.execute(query).scalars()) if is_active(view)]


def corrections(session: Session, number: int) -> list[tuple[PredictionView, PredictionView]]:
    """The newest corrections and withdrawals: what stood there, and what supersedes it."""
    query = (
        select(Prediction)
        .where(col(Prediction.commentator_id) == number, col(Prediction.supersedes_id).is_not(None))
        .order_by(col(Prediction.id).desc())
        .limit(MAX_CORRECTIONS)
    )
    later = view_predictions(session, session.execute(query).scalars())
    before = prediction_views(session, [view.supersedes for view in later if view.supersedes is not None])
    return [(before[view.supersedes], view) for view in later if view.supersedes is not None]


def commentator_changes(session: Session, number: int) -> list[CommentatorChange]:
    """The newest corrections of what is told of a commentator, and their earlier statements."""
    query = (
        select(LedgerEvent)
        .where(col(LedgerEvent.subject) == "commentator", col(LedgerEvent.subject_id) == number)
        .where(col(LedgerEvent.action) == "commentator.changed")
        .order_by(col(LedgerEvent.seq).desc())
        .limit(MAX_CORRECTIONS)
    )
    rows = session.execute(query).scalars()
    return [CommentatorChange(row.at, row.seq, **json.loads(row.body)) for row in rows]
