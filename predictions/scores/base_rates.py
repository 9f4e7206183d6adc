"""Base rates: how often the other questions of a topic resolved yes."""

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, QuestionStatus
from predictions.models import Question, QuestionTopic, Score
from predictions.scoring.units import SCALE


def base_rates(session: Session) -> dict[int, int]:
    """For each scored yes-or-no question with a topic, the Brier score, in whole numbers of 10^-12, of saying
    (k + 1)/(n + 2), where k of the n other events of its topic came true (an event counts as the mean of its
    questions). A question with several topics takes the first by name. Laplace's rule of succession."""
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
        here = counts.setdefault((name, event), [0, 0])
        here[0] += outcome == "yes"
        here[1] += 1
    totals: dict[str, list[float]] = {}
    for (name, _), (yes, asked) in counts.items():
        total = totals.setdefault(name, [0.0, 0])
        total[0] += yes / asked
        total[1] += 1
    found = {}
    for number, name, event, outcome in rows:
        yes, asked = counts[name, event]
        others = totals[name][1] - 1
        if others:
            rate = (totals[name][0] - yes / asked + 1) / (others + 2)
            found[number] = round((rate - (outcome == "yes")) ** 2 * SCALE)
    return found
