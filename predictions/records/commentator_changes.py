"""Predictions without a score, corrections, and changes of a commentator, for the commentator's page."""

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
from predictions.plain_rows import plain_rows, select_columns
from predictions.queries.details import view_predictions
from predictions.schemas.views import PredictionView, is_active

MAX_CORRECTIONS = 100
MAX_UNCOUNTED = 100


@dataclass(frozen=True)
class CommentatorChange:
    """One change of a commentator: its time and ledger number, and the changed fields before and after."""

    at: datetime
    seq: int
    before: dict[str, Any]
    after: dict[str, Any]


def prediction_views(session: Session, numbers: Sequence[int]) -> dict[int, PredictionView]:
    """Return predictions as read models, by their ids."""
    views: dict[int, PredictionView] = {}
    for part in in_parts(numbers):
        rows = plain_rows(session, select_columns(Prediction).where(col(Prediction.id).in_(part)))
        views |= {view.id: view for view in view_predictions(session, rows)}
    return views


def uncounted_predictions(session: Session, number: int) -> list[PredictionView]:
    """Return active predictions with an outcome but no score: annulled, made too late, or without probability."""
    scored = exists().where(
        col(Score.commentator_id) == col(Prediction.commentator_id),
        col(Score.question_id) == col(Prediction.question_id),
    )
    query = (
        select_columns(Prediction)
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).not_in(UNRESOLVED), ~scored)
        .order_by(col(Question.known_at).desc(), col(Prediction.id))
        .limit(MAX_UNCOUNTED)
    )
    return [view for view in view_predictions(session, plain_rows(session, query)) if is_active(view)]


def corrections(session: Session, number: int) -> list[tuple[PredictionView, PredictionView]]:
    """Return the newest corrections and withdrawals, each as (superseded prediction, superseding row)."""
    query = (
        select_columns(Prediction)
        .where(col(Prediction.commentator_id) == number, col(Prediction.supersedes_id).is_not(None))
        .order_by(col(Prediction.id).desc())
        .limit(MAX_CORRECTIONS)
    )
    later = view_predictions(session, plain_rows(session, query))
    before = prediction_views(session, [view.supersedes for view in later if view.supersedes is not None])
    return [(before[view.supersedes], view) for view in later if view.supersedes is not None]


def commentator_changes(session: Session, number: int) -> list[CommentatorChange]:
    """Return the newest changes of a commentator's details and statement."""
    query = (
        select(LedgerEvent)
        .where(col(LedgerEvent.subject) == "commentator", col(LedgerEvent.subject_id) == number)
        .where(col(LedgerEvent.action) == "commentator.changed")
        .order_by(col(LedgerEvent.seq).desc())
        .limit(MAX_CORRECTIONS)
    )
    rows = session.execute(query).scalars()
    return [CommentatorChange(row.at, row.seq, **json.loads(row.body)) for row in rows]
