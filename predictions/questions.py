"""The life of a question up to its outcome: entered, found, declared decided early, postponed."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.columns import QuestionKind, QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import Question
from predictions.schemas import ANNULLED, QuestionRef

# Asked for every prediction: building a statement takes longer than running it.
_BY_SLUG = select(Question).where(col(Question.slug) == bindparam("slug"))

UNRESOLVED = (QuestionStatus.OPEN, QuestionStatus.DUE)


def find_question(session: Session, which: int | str) -> Question | None:
    """The question with this id or slug."""
    if isinstance(which, int):
        return session.get(Question, which)
    return session.execute(_BY_SLUG, {"slug": which}).scalars().first()


def named_question(session: Session, data: QuestionRef) -> Question:
    """The question on record that ``data`` names. Raises ``InvalidInput`` where there is none."""
    field, which = ("id", data.id) if data.id is not None else ("slug", data.slug)
    found = find_question(session, which or "")
    if found is None:
        raise InvalidInput.at(f"/question/{field}", f"no question has {field} {which!r}: check it or give it whole")
    return found


def outcomes(question: Question) -> list[str]:
    """The outcomes that a question may have, besides being annulled."""
    return list(question.options or []) if question.kind is not QuestionKind.BINARY else ["yes", "no"]


def checked_outcome(question: Question, outcome: str, *, pointer: str, may_be_annulled: bool = False) -> str:
    """``outcome`` as the question spells it. Raises ``InvalidInput`` at ``pointer`` where it cannot have it."""
    allowed = [*outcomes(question), *([ANNULLED] if may_be_annulled else [])]
    for candidate in allowed:
        if candidate.casefold() == outcome.casefold():
            return candidate
    raise InvalidInput.at(
        pointer, f"{outcome!r} is no outcome of {question.slug!r}: choose one of {', '.join(allowed)}"
    )


def outcome_index(question: Question, outcome: str) -> int:
    """The outcome as the scoring formulas take it: 1 for yes, 0 for no, else the position among the options."""
    if question.kind is QuestionKind.BINARY:
        return int(outcome == "yes")
    return outcomes(question).index(outcome)


def change_question(
    session: Session, question: Question, changes: dict[str, Any], reason: str, *, now: datetime, actor: str
) -> None:
    """Correct the wording, the criteria or the basis of the deadline; the ledger keeps what stood there, and why.

    Raises ``Conflict`` for a question with an outcome: it was resolved by the criteria that stand there.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value} as it is worded: take its resolution back first")
    before = {field: getattr(question, field) for field in changes}
    for field, value in changes.items():
        setattr(question, field, value)
    session.flush()
    body = {"before": before, "after": changes, "reason": reason}
    ledger.append(session, now=now, actor=actor, action="question.changed", subject=question, body=body)


def declare_decided(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> None:
    """Let a question come due now because it is decided before its deadline. Raises ``Conflict`` unless it is open."""
    if question.status is not QuestionStatus.OPEN:
        raise Conflict(f"the question is {question.status.value}, no longer open: it needs no declaration")
    question.due_at = min(now, question.deadline)
    _prompt_anew(question)
    session.flush()
    body = {"due_at": question.due_at, "reason": reason}
    ledger.append(session, now=now, actor=actor, action="question.declared_decided", subject=question, body=body)


def postpone(
    session: Session, question: Question, deadline: datetime, reason: str, *, now: datetime, actor: str
) -> None:
    """Move the deadline of an unresolved question to a later instant; the ledger keeps the earlier one and the reason.

    Raises ``Conflict`` for a question with an outcome, ``InvalidInput`` for a deadline that is not later.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: take its resolution back before moving its deadline")
    if deadline <= question.deadline:
        raise InvalidInput.at("/deadline", f"must be later than the present deadline, {question.deadline.isoformat()}")
    body = {"before": question.deadline, "after": deadline, "reason": reason}
    question.deadline = question.due_at = deadline
    question.status = QuestionStatus.OPEN
    _prompt_anew(question)
    session.flush()
    ledger.append(session, now=now, actor=actor, action="question.postponed", subject=question, body=body)


def _prompt_anew(question: Question) -> None:
    question.next_prompt_at = question.due_at
    question.prompts = 0
