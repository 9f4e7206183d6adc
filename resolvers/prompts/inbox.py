"""The inbox: prompts with the state that follows from their question, and the questions that are due."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session, col

from predictions.enums import ProposalState, QuestionStatus
from predictions.models import Proposal, Question, row_id
from predictions.questions.triage import is_resting, is_snoozed_at
from predictions.schemas.views import ProposalView, QuestionRefView, View
from resolvers.prompts.models import Prompt
from resolvers.prompts.schedule import REVERSAL


class PromptState(StrEnum):
    """State of a prompt: open or snoozed; answered by an outcome; or overtaken by a change of the deadline.

    A prompt about a contradicted outcome is open until the proposals that contradict it are decided.
    """

    OPEN = "open"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    OVERTAKEN = "overtaken"


_RESOLVED = (QuestionStatus.RESOLVED, QuestionStatus.ANNULLED)
_CURRENT = and_(col(Question.status) == QuestionStatus.DUE, col(Prompt.due_at) == col(Question.due_at))
_ANSWERED = col(Question.status).in_(_RESOLVED)


def is_contradicted() -> Any:
    """Return the condition for a question with an outcome that a pending proposal contradicts."""
    pending = exists().where(
        col(Proposal.question_id) == col(Question.id), col(Proposal.state) == ProposalState.PENDING
    )
    return and_(_ANSWERED, pending)


def _state_condition(state: PromptState, now: datetime) -> Any:
    reversal = and_(col(Prompt.stage).startswith(REVERSAL), is_contradicted())
    conditions: dict[PromptState, Any] = {
        PromptState.OPEN: or_(and_(_CURRENT, ~is_snoozed_at(now)), reversal),
        PromptState.SNOOZED: and_(_CURRENT, is_snoozed_at(now)),
        PromptState.ANSWERED: and_(_ANSWERED, ~reversal),
        PromptState.OVERTAKEN: ~(_CURRENT | _ANSWERED),
    }
    return conditions[state]


class PromptView(View):
    """A request to resolve a question, with the pending proposals for it."""

    id: int
    question: QuestionRefView
    stage: str
    due_at: datetime
    scheduled_at: datetime
    created_at: datetime
    state: PromptState
    snoozed_until: datetime | None
    assignee: str | None
    proposals: list[ProposalView]


def prompt_state(prompt: Prompt, question: Question, now: datetime, *, contradicted: bool) -> PromptState:
    """Return the state of a prompt of this question at ``now``.

    ``contradicted``: the question has pending proposals; with an outcome, that is what a prompt of a reversal is about.
    """
    if question.status in _RESOLVED:
        return PromptState.OPEN if contradicted and prompt.stage.startswith(REVERSAL) else PromptState.ANSWERED
    if question.status is not QuestionStatus.DUE or prompt.due_at != question.due_at:
        return PromptState.OVERTAKEN
    return PromptState.SNOOZED if is_resting(question, now) else PromptState.OPEN


def list_prompts(
    session: Session,
    *,
    now: datetime,
    state: PromptState | None = None,
    question: int | None = None,
    stage: str | None = None,
    assignee: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[PromptView]:
    """Return prompts with an id above ``after``, in order of recording."""
    query = select(Prompt, Question).join(Question, col(Question.id) == col(Prompt.question_id))
    if state is not None:
        query = query.where(_state_condition(state, now))
    if question is not None:
        query = query.where(col(Prompt.question_id) == question)
    if stage is not None:
        query = query.where(col(Prompt.stage) == stage)
    if assignee is not None:
        query = query.where(col(Question.assignee) == assignee)
    rows = session.execute(query.where(col(Prompt.id) > after).order_by(col(Prompt.id)).limit(limit)).all()
    proposals = pending_proposals(session, {row_id(row.Question) for row in rows})
    return [_prompt_view(row.Prompt, row.Question, proposals, now) for row in rows]


def _prompt_view(
    prompt: Prompt, question: Question, proposals: dict[int, list[ProposalView]], now: datetime
) -> PromptView:
    return PromptView(
        id=row_id(prompt),
        question=QuestionRefView.of(question),
        stage=prompt.stage,
        due_at=prompt.due_at,
        scheduled_at=prompt.scheduled_at,
        created_at=prompt.created_at,
        state=prompt_state(prompt, question, now, contradicted=prompt.question_id in proposals),
        snoozed_until=question.snoozed_until if is_resting(question, now) else None,
        assignee=question.assignee,
        proposals=proposals.get(prompt.question_id, []),
    )


def pending_proposals(session: Session, questions: set[int]) -> dict[int, list[ProposalView]]:
    """Return the pending proposals of these questions, by question, in order of entry."""
    query = select(Proposal).where(
        col(Proposal.question_id).in_(questions), col(Proposal.state) == ProposalState.PENDING
    )
    proposals_by_question: dict[int, list[ProposalView]] = {}
    for row in session.execute(query.order_by(col(Proposal.id))).scalars():
        proposals_by_question.setdefault(row.question_id, []).append(ProposalView.of(row))
    return proposals_by_question


def due_questions(session: Session, *, now: datetime, limit: int = 100) -> list[Question]:
    """Return questions that wait for an outcome, the longest overdue first, except snoozed ones."""
    waiting = col(Question.status).in_((QuestionStatus.OPEN, QuestionStatus.DUE))
    query = select(Question).where(waiting, col(Question.due_at) <= now, ~is_snoozed_at(now))
    ordered = query.order_by(col(Question.due_at), col(Question.id)).limit(limit)
    return list(session.execute(ordered).scalars())
