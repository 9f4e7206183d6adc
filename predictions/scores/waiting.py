"""Questions that wait for their condition: with an outcome of their own, but not scored."""

from sqlmodel import Session

from predictions.models import Question


def waits_for_condition(session: Session, question: Question) -> bool:
    """Return whether a question on which this one depends, directly or through others, has no outcome."""
    number = question.condition_question_id
    while number is not None:
        condition = session.get(Question, number)
        if condition is None or condition.outcome is None:
            return True
        number = condition.condition_question_id
    return False
