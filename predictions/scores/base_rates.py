"""Base rates: how often the other questions of a topic resolved yes."""

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, QuestionStatus
from predictions.models import Question, QuestionTopic, Score
from predictions.scoring.units import SCALE


def base_rates(session: Session) -> dict[int, int]:
    """Return the Brier score of the base rate by question id, in whole numbers of 10^-12.

    Covers scored yes-or-no questions with a topic. The base rate is (k + 1)/(n + 2), Laplace's rule of succession,
    where k of the n other events of the topic came true (an event counts as the mean of its questions). A question
    with several topics takes the first by name.
    """
    topic = func.min(QuestionTopic.topic)
    query = (
        select(col(Question.id), topic, col(Question.event), col(Question.outcome))
        .join(QuestionTopic, col(QuestionTopic.question_id) == col(Question.id))
        .where(
            col(Question.status) == QuestionStatus.RESOLVED,
            col(Question.kind) == QuestionKind.BINARY,
            exists().where(col(Score.question_id) == col(Question.id)),
        )
        .group_by(col(Question.id), col(Question.event), col(Question.outcome))
        .order_by(col(Question.id))
    )
    rows = session.execute(query).all()
    counts: dict[tuple[str, str], list[int]] = {}
    for _, name, event, outcome in rows:
        count = counts.setdefault((name, event), [0, 0])
        count[0] += outcome == "yes"
        count[1] += 1
    totals: dict[str, list[float]] = {}
    for (name, _), (yes, asked) in counts.items():
        total = totals.setdefault(name, [0.0, 0])
        total[0] += yes / asked
        total[1] += 1
    scores = {}
    for number, name, event, outcome in rows:
        yes, asked = counts[name, event]
        others = totals[name][1] - 1
        if others:
            rate = (totals[name][0] - yes / asked + 1) / (others + 2)
            scores[number] = round((rate - (outcome == "yes")) ** 2 * SCALE)
    return scores
