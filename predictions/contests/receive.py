"""Receive a contest from anybody. Until an editor takes it up, its texts are in its row alone."""

from datetime import UTC, datetime, time, timedelta

from sqlmodel import Session, col, select

from predictions import ledger
from predictions.contests.inputs import ContestIn
from predictions.contests.models import Contest
from predictions.contests.sealing import sealed_contents
from predictions.errors import InvalidInput
from predictions.models import Commentator, Prediction, Question
from predictions.questions.lookup import find_question

#: The name in the ledger of those who send contests: nobody knows who they are.
ANYBODY = "anybody"


def receive(session: Session, data: ContestIn, *, days: int, secret: bytes, now: datetime) -> Contest:
    """Enter a contest, which is to be answered within ``days``.

    Raises ``InvalidInput`` if what it contests is not on record.
    """
    prediction, question, commentator = _subject(session, data)
    due_at = _due_at(now, days)
    contest = Contest(
        prediction_id=prediction,
        question_id=question,
        commentator_id=commentator,
        **data.model_dump(include={"name", "contact", "text", "evidence"}),
        received_at=now,
        due_at=due_at,
        next_prompt_at=due_at,
    )
    session.add(contest)
    session.flush()
    body = sealed_contents(contest, secret)
    ledger.append(session, now=now, actor=ANYBODY, action="contest.received", subject=contest, body=body)
    return contest


def _due_at(now: datetime, days: int) -> datetime:
    """Return the end of a day in UTC, so that one message a day asks for all answers that are due."""
    return datetime.combine(now.astimezone(UTC) + timedelta(days=days + 1), time(), UTC)


def _subject(session: Session, data: ContestIn) -> tuple[int | None, int | None, int | None]:
    """Return the ids of prediction, question and commentator."""
    if data.prediction is not None:
        prediction = session.get(Prediction, data.prediction)
        if prediction is None:
            raise InvalidInput.at("/prediction", f"no prediction has the id {data.prediction}: check it")
        return prediction.id, prediction.question_id, prediction.commentator_id
    question = _question(session, data.question) if data.question is not None else None
    commentator = _commentator(session, data.commentator) if data.commentator is not None else None
    if question is not None and commentator is not None:
        both = (col(Prediction.question_id) == question.id, col(Prediction.commentator_id) == commentator.id)
        if session.exec(select(Prediction).where(*both).limit(1)).first() is None:
            detail = f"{commentator.name!r} has made no prediction on this question: leave one of the two out"
            raise InvalidInput.at("/commentator", detail)
    return None, question.id if question else None, commentator.id if commentator else None


def _question(session: Session, which: int | str) -> Question:
    question = find_question(session, which)
    if question is None:
        raise InvalidInput.at("/question", f"no question has the id or slug {which!r}: check it")
    return question


def _commentator(session: Session, which: int | str) -> Commentator:
    matches = col(Commentator.id) == which if isinstance(which, int) else col(Commentator.slug) == which
    commentator = session.exec(select(Commentator).where(matches)).first()
    if commentator is None:
        raise InvalidInput.at("/commentator", f"no commentator has the id or slug {which!r}: check it")
    return commentator
