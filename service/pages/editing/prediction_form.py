"""The prediction form: conversion to API input, and warnings about likely mistakes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from predictions.enums import QuestionKind
from predictions.errors import InvalidInput, NotFound
from predictions.models import Question, row_id
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.queries.search import find_questions, questions_with_text
from predictions.questions.lookup import named_question
from predictions.schemas.inputs import PredictionIn, QuestionRef
from predictions.scores.eligibility import in_time
from predictions.slugs import slugify
from predictions.submissions.commentators import find_commentator
from service.lookup import question_of
from service.pages.rendering.formatting import day
from service.pages.rendering.forms import Form, nested

MAX_WORDS = 12
MAX_EARLIER = 100
#: Form fields that show errors of the API's input, by its pointer.
PLACES = {
    "": "hedge",
    "commentator": "commentator/name",
    "source": "source/url",
    "question": "question/options",
    "question/id": "existing_question",
    "interval": "interval/best",
}
MISSING = {
    "made_at": "is missing: enter the day the prediction was made, not the day of recording",
    "question/deadline": "is missing: enter the day that was stated or implied, or assign one",
}
TOO_LATE = "It was made when the deadline had come or the outcome was known: it stays on record, and does not count."
NO_SOURCE = "There is no source, so readers cannot check the prediction. If it is recorded late, it does not count."
LATE = "The deadline has passed or the outcome is known: the prediction will be marked as recorded late."
_PERCENT = re.compile(r"\d{1,3}([.,]\d{1,20})?")


def parse_percentage(text: str, pointer: str) -> float:
    """Convert a percentage ("70", "70 %", "0,5%") to a probability. Raises ``InvalidInput`` at ``pointer``."""
    number = text.removesuffix("%").strip()
    if not _PERCENT.fullmatch(number):
        raise InvalidInput.at(pointer, "must be a percentage from 0 to 100, for example 70")
    value = Decimal(number.replace(",", "."))
    if value > 100:
        raise InvalidInput.at(pointer, "must be at most 100 percent")
    if 0 < value < 1 and not text.endswith("%"):
        raise InvalidInput.at(
            pointer, f"is less than 1%: write {(100 * value).normalize():f}, or {number}% if that is meant"
        )
    return float(value / 100)


def stated(form: Form) -> dict[str, Any]:
    """Return probability, date and source as API input. Raises ``InvalidInput`` for invalid numbers."""
    body = nested(form.values, "made_at", "hedge", "note", "source")
    if form["made_at"] and form["time"]:
        body["made_at"] = f"{form['made_at']}T{form['time']}Z"
    if form["hedge"]:
        body["lexicon"] = form["lexicon"] or None
    body |= {name: True for name in ("against", "commitment") if form[name]}
    if form["probability"]:
        body["probability"] = parse_percentage(form["probability"], "/probability")
    if form["probabilities"]:
        body["probabilities"] = _by_option(form["probabilities"])
    interval = {name: form[f"interval/{name}"] for name in ("low", "best", "high")}
    if any(interval.values()):
        body["interval"] = {name: parse_percentage(text, f"/interval/{name}") for name, text in interval.items()}
    return body


def _by_option(text: str) -> dict[str, float]:
    found = {}
    for line in filter(str.strip, text.split("\n")):
        option, colon, number = line.rpartition(":")
        if not colon:
            raise InvalidInput.at("/probabilities", f"{line.strip()!r} needs a colon: write option: percent")
        found[option.strip()] = parse_percentage(number.strip(), "/probabilities")
    return found


def prediction(session: Session, form: Form) -> PredictionIn:
    """Return the whole form as one prediction. Raises ``InvalidInput`` or ``ValidationError``."""
    question = _question(session, form)
    body = nested(form.values, "commentator") | stated(form) | {"question": question}
    return PredictionIn.model_validate(body)


def _question(session: Session, form: Form) -> dict[str, Any]:
    wanted, fresh = form["candidate"] or form["existing_question"].replace("\0", ""), _new_question(form.values)
    if wanted and fresh:
        raise InvalidInput.at(
            "/existing_question", "names an existing question, but a new one is entered below: clear one of them"
        )
    if fresh:
        return fresh
    if not wanted:
        raise InvalidInput.at("/existing_question", "choose a question on record, or enter a new one below")
    return {"id": row_id(on_record(session, wanted))}


def _new_question(values: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = nested(values, "question").get("question", {})
    if not body.keys() & {"text", "resolution_criteria", "deadline", "topics", "event", "options"}:
        return {}  # only the form's defaults
    for name, sign in (("topics", ","), ("options", "\n")):
        if name in body:
            body[name] = [part.strip() for part in body[name].split(sign) if part.strip()]
    if "topics" in body:
        body["topics"] = list(dict.fromkeys(slugify(topic) or topic for topic in body["topics"]))
    return body


def explain_missing(form: Form) -> None:
    """Replace the errors of the fields that are most often left empty by instructions."""
    for name, remedy in MISSING.items():
        if name in form.errors and not form[name]:
            form.errors[name] = remedy


def on_record(session: Session, wanted: str) -> Question:
    """Return the question with this id, slug or text. Raises ``InvalidInput`` unless there is exactly one."""
    try:
        return question_of(session, wanted)
    except NotFound:
        same = questions_with_text(session, wanted)
    if len(same) == 1:
        return same[0]
    how = "more than one question has this text" if same else "no question has this id, slug or text"
    raise InvalidInput.at("/existing_question", f"{how}: choose one of the suggestions, or enter it as a new question")


def candidates(session: Session, form: Form) -> Sequence[Question]:
    """Return suggestions if the form names no question exactly."""
    words = form["existing_question"].replace("\0", "").split()[:MAX_WORDS]
    return find_questions(session, words) if words and "existing_question" in form.errors else []


def find_warnings(session: Session, data: PredictionIn, now: datetime) -> dict[str, str]:
    """Return warnings to confirm before recording, by name."""
    found = {}
    if data.source is None:
        found["source"] = NO_SOURCE
    if not isinstance(data.question, QuestionRef):
        if data.question.deadline <= now:
            found["late"] = LATE
        if not in_time(data.made_at, data.question.deadline):
            found["too_late"] = TOO_LATE
        return found
    question, person = named_question(session, data.question), find_commentator(session, data.commentator)
    if question.outcome is not None or question.deadline <= now:
        found["late"] = LATE
    if not in_time(data.made_at, question.cutoff):
        found["too_late"] = TOO_LATE
    if person is not None:
        wanted = PredictionFilter(commentator=row_id(person), question=row_id(question))
        earlier = [each for each in list_predictions(session, wanted, limit=MAX_EARLIER) if not each.superseded_by]
        if any(each.made_at == data.made_at for each in earlier):
            found["again"] = f"{person.name} already has a prediction of the same time on this question."
        elif earlier:
            last = max(earlier, key=lambda each: each.made_at)
            found["revision"] = (
                f"{person.name} made a prediction on this question on {day(last.made_at)}: this will be a revision."
            )
    return found


def option_lines(question: Question | None) -> str:
    """Return a line for each option of the question, to fill in probabilities."""
    if question is None or question.kind is QuestionKind.BINARY:
        return ""
    return "".join(f"{option}: \n" for option in question.options or [])
