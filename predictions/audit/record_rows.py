"""How the rows of the record follow from its events: people, sources, questions, references, predictions, outcomes."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from predictions.audit.fold import Folded, Row, Step, Told, standard, table_of
from predictions.enums import ProposalState, QuestionStatus
from predictions.ledger import RENAMED_FIELDS, former_names
from predictions.models import (
    Commentator,
    Prediction,
    Proposal,
    Question,
    QuestionTopic,
    Reference,
    Resolution,
    Source,
)
from predictions.slugs import name_key

_TOPICS = QuestionTopic.__table__  # type: ignore[attr-defined]
_RESOLVER = "question.resolver_"


def _commentator(event: Told) -> Step | None:
    step = standard(event, {"commentator.entered"})
    if step is None or step.before is None:
        return step
    return replace(step, after=_with_key(step.after or {}), before=_with_key(step.before))


def _with_key(changes: Row) -> Row:
    """Return the changes of a commentator with the natural key, which follows from the name."""
    return changes | {"name_key": name_key(changes["name"])} if "name" in changes else changes


def _question(event: Told) -> Step | None:
    body = event.body
    if event.action.startswith(_RESOLVER):
        return None
    if event.action == "question.postponed" and isinstance(body.get("after"), str):
        return Step(event.subject_id, event.seq, {"deadline": body["after"]}, {"deadline": body["before"]})
    if event.action == "question.assigned" and "assignee" in body:
        return Step(event.subject_id, event.seq, {"assignee": body["assignee"]}, {"assignee": body["before"]})
    return standard(event, {"question.entered"})


def _new_question(row: Row) -> Row:
    """Return the columns of a new question that events of before the baseline do not hold."""
    no: dict[str, Any] = dict.fromkeys(("outcome", "known_at", "snoozed_until", "assignee"))
    planned = {"due_at": row.get("deadline"), "next_prompt_at": row.get("deadline"), "prompts": 0, "snoozes": 0}
    return no | planned | {"status": QuestionStatus.OPEN.value}


def _topics(session: Session, questions: Collection[int]) -> Mapping[int, Row]:
    topics: dict[int, Row] = {number: {"topics": []} for number in questions}
    query = select(_TOPICS.c.question_id, _TOPICS.c.topic).where(_TOPICS.c.question_id.in_(questions))
    for number, topic in session.connection().execute(query.order_by(_TOPICS.c.topic)):
        topics[number]["topics"].append(topic)
    return topics


def _prediction(event: Told) -> Step | None:
    if event.action == "predictions.recorded":
        return None
    body = {RENAMED_FIELDS.get(name, name): value for name, value in event.body.items()}
    return Step(event.subject_id, event.seq, body)


def _proposal(event: Told) -> Step | None:
    step = standard(event, {"proposal.made"})
    if step is None and event.action == "proposal.rejected":
        rejected = {"state": ProposalState.REJECTED.value, "reason": event.body.get("reason")}
        return Step(event.subject_id, event.seq, rejected, {})
    return step


def _new_proposal(_row: Row) -> Row:
    no: dict[str, Any] = dict.fromkeys(("decided_by", "decided_at", "reason"))
    return no | {"state": ProposalState.PENDING.value, "proposed_at": None}


RECORD = (
    Folded(table_of(Commentator), parse=_commentator),
    Folded(table_of(Source), frozenset({"source.entered"})),
    Folded(table_of(Question), parse=_question, moving=_new_question, related=_topics, needs_baseline=True),
    Folded(table_of(Reference), frozenset({"reference.recorded"})),
    Folded(table_of(Prediction), parse=_prediction, former=former_names),
    Folded(table_of(Proposal), parse=_proposal, moving=_new_proposal, needs_baseline=True),
    Folded(
        table_of(Resolution),
        frozenset({"resolution.confirmed", "resolution.corrected", "resolution.retracted"}),
    ),
)
#: Actions that no record of before the baseline has: since then, each change of a question or proposal is told.
COMPLETE = ("question.status_changed", "question.reminded", "question.prompt_planned", "proposal.overtaken")
