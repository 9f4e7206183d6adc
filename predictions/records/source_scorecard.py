"""The predictions drawn from one source, with outcomes and scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import Question, Score
from predictions.schemas.estimates import Estimate
from predictions.schemas.views import PredictionView
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.units import SCALE


@dataclass(frozen=True)
class ScorecardLine:
    """One prediction of a source; ``score`` where it is its commentator's opening prediction on a scored question."""

    prediction: PredictionView
    outcome: str | None
    score: Score | None


def scorecard(session: Session, predictions: Sequence[PredictionView]) -> list[ScorecardLine]:
    """Return each prediction with its question's outcome and its score, in the order in which they were made."""
    scores: dict[int, Score] = {}
    outcomes: dict[int, str | None] = {}
    numbers = [each.id for each in predictions]
    question_ids = sorted({each.question.id for each in predictions})
    for part in in_parts(numbers):
        rows = session.execute(select(Score).where(col(Score.opening_id).in_(part))).scalars()
        scores |= {row.opening_id: row for row in rows}
    for part in in_parts(question_ids):
        query = select(col(Question.id), col(Question.outcome)).where(col(Question.id).in_(part))
        outcomes |= {row[0]: row[1] for row in session.execute(query)}
    ordered = sorted(predictions, key=lambda each: (each.made_at, each.id))
    return [ScorecardLine(each, outcomes[each.question.id], scores.get(each.id)) for each in ordered]


def mean_scores(session: Session, scored: Sequence[Score]) -> dict[str, Estimate]:
    """Return the mean Brier score of opening predictions and of their references.

    There is no interval for a single event. Keys: ``opening`` and ``reference``; nothing without a score.
    """
    if not scored:
        return {}
    event: dict[int, str] = {}
    question_ids = sorted({score.question_id for score in scored})
    for part in in_parts(question_ids):
        query = select(col(Question.id), col(Question.event)).where(col(Question.id).in_(part))
        event |= {row[0]: row[1] for row in session.execute(query)}
    low, high = (fmean(getattr(score, end) for score in scored) / SCALE for end in ("opening_low", "opening_high"))
    words = {"opening": {"wording_low": low, "wording_high": high}}
    means: dict[str, Estimate] = {}
    for name in ("opening", "reference"):
        values = [getattr(score, name) / SCALE for score in scored]
        mean = mean_intervals(np.zeros(len(values)), [event[score.question_id] for score in scored], values)
        ends = (float(mean.low[0]), float(mean.high[0])) if mean.events[0] > 1 else (None, None)
        means[name] = Estimate(value=float(mean.mean[0]), low=ends[0], high=ends[1], **words.get(name, {}))
    return means
