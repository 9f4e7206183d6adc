"""A commentator's points against the reference forecast by topic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import QuestionTopic
from predictions.records.scored_questions import ScoredQuestion
from predictions.schemas.estimates import Estimate
from predictions.scoring.intervals import Intervals, mean_intervals
from predictions.scoring.units import Floats

MIN_QUESTIONS = 5
_TOPICS = select(col(QuestionTopic.topic), col(QuestionTopic.question_id)).where(
    col(QuestionTopic.question_id).in_(bindparam("questions", expanding=True))
)


@dataclass(frozen=True)
class TopicScore:
    """Mean scores of a commentator in a topic.

    ``points`` is 100 times (Brier score of the reference - own); more is better.
    """

    topic: str
    questions: int
    brier: Estimate
    points: Estimate


def topic_scores(session: Session, scores: Sequence[ScoredQuestion]) -> list[TopicScore]:
    """Return the scores by topic, most points first; topics with fewer than ``MIN_QUESTIONS`` are left out."""
    by_question = {score.id: score for score in scores}
    rows = [(topic, by_question[number]) for topic, number in _topics(session, list(by_question))]
    names, place = np.unique([topic for topic, _ in rows], return_inverse=True)
    event = [score.event for _, score in rows]
    brier = mean_intervals(place, event, [score.brier for _, score in rows])
    points = [100 * (score.reference_brier - score.brier) for _, score in rows]
    ahead = mean_intervals(place, event, points, least=-100, most=100)
    ends = (np.bincount(place, [getattr(score, end) for _, score in rows]) for end in ("brier_low", "brier_high"))
    wording_low, wording_high = (sums / brier.questions for sums in ends)
    words = {"wording_low": wording_low, "wording_high": wording_high}
    topics = [
        TopicScore(str(names[at]), int(number), _estimate(at, brier, **words), _estimate(at, ahead))
        for at, number in enumerate(brier.questions)
        if number >= MIN_QUESTIONS
    ]
    return sorted(topics, key=lambda each: (-(each.points.value or 0.0), each.topic))


def _estimate(at: int, means: Intervals, **words: Floats) -> Estimate:
    arrays = {"value": means.mean, "low": means.low, "high": means.high} | words
    return Estimate(**{part: float(values[at]) for part, values in arrays.items()})


def _topics(session: Session, numbers: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Yield (topic, question id) for each topic of these questions."""
    for part in in_parts(numbers):
        for row in session.execute(_TOPICS, {"questions": part}):
            yield row[0], row[1]
