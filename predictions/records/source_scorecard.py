"""The predictions drawn from one source, with outcomes and scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import Question, Score
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
    asked = sorted({each.question.id for each in predictions})
    for part in in_parts(numbers):
        made = session.execute(select(Score).where(col(Score.opening_id).in_(part))).scalars()
        scores |= {row.opening_id: row for row in made}
    for part in in_parts(asked):
        query = select(col(Question.id), col(Question.outcome)).where(col(Question.id).in_(part))
        outcomes |= {row[0]: row[1] for row in session.execute(query)}
    ordered = sorted(predictions, key=lambda each: (each.made_at, each.id))
    return [ScorecardLine(each, outcomes[each.question.id], scores.get(each.id)) for each in ordered]


def wording_range(scored: Sequence[Score]) -> tuple[float, float] | None:
    """Return the wording range of the mean Brier score of opening predictions; None without any."""
    if not scored:
        return None
    return fmean(row.opening_low for row in scored) / SCALE, fmean(row.opening_high for row in scored) / SCALE


def mean_scores(session: Session, scored: Sequence[Score]) -> dict[str, tuple[float, float | None, float | None]]:
    """Return the mean Brier score of opening predictions and of their references, each with a 90% interval.

    An interval takes whole events as one piece of evidence; it is None for a single event. Keys: ``opening`` and
    ``reference``; values: mean, low, high.
    """
    if not scored:
        return {}
    event: dict[int, str] = {}
    asked = sorted({score.question_id for score in scored})
    for part in in_parts(asked):
        query = select(col(Question.id), col(Question.event)).where(col(Question.id).in_(part))
        event |= {row[0]: row[1] for row in session.execute(query)}
    found: dict[str, tuple[float, float | None, float | None]] = {}
    for name in ("opening", "reference"):
        values = [getattr(score, name) / SCALE for score in scored]
        mean = mean_intervals(np.zeros(len(values)), [event[score.question_id] for score in scored], values)
        ends = (float(mean.low[0]), float(mean.high[0])) if mean.events[0] > 1 else (None, None)
        found[name] = float(mean.mean[0]), *ends
    return found
