"""Where a commentator is strong and where weak: points against the reference forecast, by topic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.models import QuestionTopic
from predictions.records.commentator_record import ScoreView
from predictions.scoring.intervals import mean_intervals

MIN_QUESTIONS = 5


@dataclass(frozen=True)
class TopicScore:
    """Mean scores of a commentator in a topic, with 90% intervals that take whole events as one piece of evidence, and
    what the Brier score could be by what words may mean; ``points`` is 100 times what they lie below the reference's,
    more is better."""

    topic: str
    questions: int
    brier: float
    brier_low: float
    brier_high: float
    brier_wording_low: float
    brier_wording_high: float
    points: float
    points_low: float
    points_high: float


def topic_scores(session: Session, scores: Sequence[ScoreView]) -> list[TopicScore]:
    """The topics with enough of these scores to say something, strongest first."""
    by_question = {score.question.id: score for score in scores}
    rows = [(topic, by_question[number]) for topic, number in _topics(session, list(by_question))]
    names, place = np.unique([topic for topic, _ in rows], return_inverse=True)
    event = [score.event for _, score in rows]
    brier = mean_intervals(place, event, [score.brier for _, score in rows])
    points = [100 * (score.reference_brier - score.brier) for _, score in rows]
    ahead = mean_intervals(place, event, points, least=-100, most=100)
    words = (np.bincount(place, [getattr(score, end) for _, score in rows]) for end in ("brier_low", "brier_high"))
    verbal = (sums / brier.questions for sums in words)
    columns = (brier.questions, brier.mean, brier.low, brier.high, *verbal, ahead.mean, ahead.low, ahead.high)
    found = [
        TopicScore(str(name), int(number), *map(float, figures))
        for name, number, *figures in zip(names, *columns, strict=True)
        if number >= MIN_QUESTIONS
    ]
    return sorted(found, key=lambda each: (-each.points, each.topic))


def _topics(session: Session, numbers: Sequence[int]) -> Iterator[tuple[str, int]]:
    """(topic, question) of each topic of these questions."""
    query = select(col(QuestionTopic.topic), col(QuestionTopic.question_id))
    for part in in_parts(numbers):
        for row in session.execute(query.where(col(QuestionTopic.question_id).in_(part))):
            yield row[0], row[1]
