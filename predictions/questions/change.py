"""Correct a question before its outcome: text, criteria, options, condition, event, topics, basis of the deadline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionKind
from predictions.errors import Conflict, InvalidInput
from predictions.models import Prediction, Proposal, Question, QuestionTopic, Reference, Resolution, row_id
from predictions.outcomes import UNRESOLVED, checked_outcome
from predictions.questions.lookup import find_question
from predictions.questions.resolve import annul_if_condition_failed
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import ConditionIn
from predictions.scores.running_totals import changing_topics, question_topics

_CONDITION = ("condition_question_id", "condition_outcome", "condition_text")
#: The columns that decide the outcome: predictions made before one of them changes are marked.
CRITERIA = frozenset(("text", "resolution_criteria", "options", *_CONDITION))


def change_question(session: Session, question: Question, data: QuestionChange, *, now: datetime, actor: str) -> None:
    """Correct a question, but for its deadline; the ledger keeps the old values and the reason.

    What is as it was already is left out.

    Options on which predictions or reference forecasts depend can only be renamed, one for one in their order: the
    probabilities are stored by position. Raises ``Conflict`` for a question with an outcome, which was resolved by the
    present criteria, and for options that something on record names; ``InvalidInput`` for a misfit.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution first")
    wanted = {name: data.changes[name] for name in data.changes if name not in ("topics", "condition", "deadline")}
    if "options" in wanted:
        _check_options(session, question, wanted["options"])
    if "condition" in data.changes:
        wanted |= condition_columns(session, question, data.condition)
    before = {name: getattr(question, name) for name in wanted}
    topics = question_topics(session, row_id(question))
    if "topics" in data.changes:
        wanted["topics"], before["topics"] = sorted(data.changes["topics"]), topics
    after = {name: value for name, value in wanted.items() if value != before[name]}
    if not after:
        return
    if after.keys() & CRITERIA and _is_given(session, question, Prediction):
        before["criteria_changed_at"], after["criteria_changed_at"] = question.criteria_changed_at, now
    for name in after.keys() - {"topics"}:
        setattr(question, name, after[name])
    if "topics" in after:
        _set_topics(session, question, after["topics"])
    session.flush()
    body = {"before": {name: before[name] for name in after}, "after": after, "reason": data.reason}
    ledger.append(session, now=now, actor=actor, action="question.changed", subject=question, body=body)
    if "condition" in data.changes:
        annul_if_condition_failed(session, question, now=now)


def _set_topics(session: Session, question: Question, topics: Sequence[str]) -> None:
    number = row_id(question)
    with changing_topics(session, question):
        session.execute(delete(QuestionTopic).where(col(QuestionTopic.question_id) == number))
        session.add_all(QuestionTopic(question_id=number, topic=topic) for topic in topics)
        session.flush()


def _check_options(session: Session, question: Question, options: list[str]) -> None:
    if question.kind is QuestionKind.BINARY:
        raise InvalidInput.at("/options", "must be left out: the question is binary, and its outcomes are yes and no")
    number = row_id(question)
    named = {
        "an outcome that was proposed": exists().where(col(Proposal.question_id) == number),
        "a resolution": exists().where(col(Resolution.question_id) == number),
        "a question that is conditional on it": exists().where(col(Question.condition_question_id) == number),
    }
    for what, is_there in named.items():
        if session.execute(select(is_there)).scalar_one():
            raise Conflict(f"{what} names an option: enter a new question with the right options, and annul this one")
    if any(_is_given(session, question, table) for table in (Prediction, Reference)):
        _must_rename(question.options or [], options)


def _is_given(session: Session, question: Question, table: type[Prediction | Reference]) -> bool:
    """Return whether the question has a row of the table."""
    return bool(session.execute(select(exists().where(col(table.question_id) == row_id(question)))).scalar_one())


def _must_rename(present: Sequence[str], options: Sequence[str]) -> None:
    places = {name.casefold(): place for place, name in enumerate(present)}
    moved = any(places.get(name.casefold(), place) != place for place, name in enumerate(options))
    if moved or len(options) != len(present):
        raise Conflict(
            "predictions give a probability for each option by its place: options can only be renamed, with as many in "
            f"the same order as {', '.join(present)}; for other options enter a new question, and annul this one"
        )


def condition_columns(session: Session, question: Question, condition: ConditionIn | None) -> dict[str, Any]:
    """Return the columns of a condition; all None for no condition. Raises ``InvalidInput``."""
    if condition is None or condition.question is None:
        return dict.fromkeys(_CONDITION) | {"condition_text": condition.text if condition else None}
    parent = find_question(session, condition.question)
    if parent is None:
        raise InvalidInput.at(
            "/condition/question", f"no question has the id or slug {condition.question!r}: enter that question first"
        )
    above: Question | None = parent
    while above is not None:
        if above is question:
            raise InvalidInput.at("/condition/question", "depends on this question itself: choose another one")
        above = session.get(Question, above.condition_question_id) if above.condition_question_id else None
    outcome = checked_outcome(parent, condition.outcome or "", pointer="/condition/outcome")
    return {"condition_question_id": parent.id, "condition_outcome": outcome, "condition_text": None}
