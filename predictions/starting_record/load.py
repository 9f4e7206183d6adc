"""Load the starting record, predictions drawn from a column of March 2025, like any submission."""

import json
from datetime import datetime
from importlib.resources import files

from sqlmodel import Session, select

from predictions.models import Question
from predictions.questions.create import enter_question
from predictions.questions.lookup import named_question
from predictions.questions.proposals import propose
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import PredictionIn, ProposalIn, QuestionIn, QuestionRef, ResolutionIn
from predictions.submissions.record import record_prediction


def load_starting_record(session: Session, *, now: datetime, actor: str = "starting record") -> int:
    """Enter the starting record into a database without questions. Returns the number of questions entered.

    Does nothing and returns 0 if the database has questions already.
    """
    if session.exec(select(Question.id).limit(1)).first() is not None:
        return 0
    record = json.loads(files("predictions").joinpath("starting_record/record.json").read_text("utf-8"))
    for item in record["questions"]:
        enter_question(session, QuestionIn.model_validate(item), now=now, actor=actor)
    for item in record["predictions"]:
        record_prediction(session, PredictionIn.model_validate(item), now=now, actor=actor)
    for item in record["resolutions"]:
        question = named_question(session, QuestionRef(slug=item.pop("question")))
        resolve(session, question, ResolutionIn.model_validate(item), now=now, actor=actor)
    for item in record["proposals"]:
        question = named_question(session, QuestionRef(slug=item.pop("question")))
        propose(session, question, ProposalIn.model_validate(item), now=now, actor=actor)
    return len(record["questions"])
