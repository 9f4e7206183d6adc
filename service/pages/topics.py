"""Where a commentator is strong and where weak: points against the yardstick, by topic."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import QuestionTopic
from predictions.record import ScoreView

MIN_QUESTIONS = 5
QUESTIONS_PER_QUERY = 5000


@dataclass(frozen=True)
class TopicScore:
    """Mean scores of a commentator in a topic; ``points`` is 100 times what they lie below the yardstick's."""

    topic: str
    questions: int
    brier: float
    yardstick: float

    @property
    def points(self) -> float:
        """Points against the yardstick; more is better."""
        return 100 * (self.yardstick - self.brier)


def topic_scores(session: Session, scores: Sequence[ScoreView]) -> list[TopicScore]:
    """The topics with enough scored questions to say something, strongest first."""
    by_question = {score.question.id: score for score in scores if "hedged" not in score.flags}
    numbers = list(by_question)
    found: dict[str, list[ScoreView]] = {}
    for start in range(0, len(numbers), QUESTIONS_PER_QUERY):
        part = numbers[start : start + QUESTIONS_PER_QUERY]
        query = select(col(QuestionTopic.topic), col(QuestionTopic.question_id))
        for topic, number in session.execute(query.where(col(QuestionTopic.question_id).in_(part))):
            found.setdefault(topic, []).append(by_question[number])
    enough = [_of_topic(topic, those) for topic, those in found.items() if len(those) >= MIN_QUESTIONS]
    return sorted(enough, key=lambda each: (-each.points, each.topic))


def _of_topic(topic: str, scores: Sequence[ScoreView]) -> TopicScore:
    number = len(scores)
    brier = sum(score.brier for score in scores) / number
    return TopicScore(topic, number, brier, sum(score.reference_brier for score in scores) / number)
