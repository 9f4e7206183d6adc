"""Predictions without a score, corrections, and changes of a commentator, for the commentator's page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import LedgerEvent, Prediction, Question, Score
from predictions.outcomes import UNRESOLVED
from predictions.plain_rows import plain_rows, select_columns
from predictions.queries.details import view_predictions
from predictions.schemas.views import PredictionView, is_active

MAX_CORRECTIONS = 100
MAX_UNCOUNTED = 100
_BY_ID = select_columns(Prediction).where(col(Prediction.id).in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True)
class CommentatorChange:
    """One change of a commentator: its time and ledger number, and the changed fields before and after."""

    at: datetime
    seq: int
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class PredictionsShown:
    """The predictions on a commentator's page.

    ``by_id`` has those asked for and more; ``uncounted`` the newest active ones with an outcome but no score (annulled,
    made too late, or without probability); ``corrections`` the newest corrections and withdrawals, each as (superseded
    prediction, superseding row).
    """

    by_id: Mapping[int, PredictionView]
    uncounted: Sequence[PredictionView]
    corrections: Sequence[tuple[PredictionView, PredictionView]]


def prediction_views(session: Session, numbers: Sequence[int]) -> dict[int, PredictionView]:
    """Return predictions as read models, by their ids."""
    views: dict[int, PredictionView] = {}
    for part in in_parts(numbers):
        rows = plain_rows(session, _BY_ID, {"ids": part})
        views |= {view.id: view for view in view_predictions(session, rows)}
    return views


def predictions_shown(session: Session, number: int, others: Sequence[int]) -> PredictionsShown:
    """Return what the page of a commentator shows with ``others``, the predictions of these ids."""
    uncounted, later = _uncounted(session, number), _corrections(session, number)
    views = prediction_views(session, list({*others, *uncounted, *later, *later.values()}))
    return PredictionsShown(
        by_id=views,
        uncounted=[views[each] for each in uncounted if is_active(views[each])],
        corrections=[(views[before], views[after]) for after, before in later.items()],
    )


def _uncounted(session: Session, number: int) -> Sequence[int]:
    is_scored = exists().where(
        col(Score.commentator_id) == col(Prediction.commentator_id),
        col(Score.question_id) == col(Prediction.question_id),
    )
    query = (
        select(col(Prediction.id))
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).not_in(UNRESOLVED), ~is_scored)
        .order_by(col(Question.known_at).desc(), col(Prediction.id))
        .limit(MAX_UNCOUNTED)
    )
    return [row[0] for row in session.execute(query)]


def _corrections(session: Session, number: int) -> dict[int, int]:
    query = (
        select(col(Prediction.id), col(Prediction.supersedes_id))
        .where(col(Prediction.commentator_id) == number, col(Prediction.supersedes_id).is_not(None))
        .order_by(col(Prediction.id).desc())
        .limit(MAX_CORRECTIONS)
    )
    return {row[0]: row[1] for row in session.execute(query)}


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
