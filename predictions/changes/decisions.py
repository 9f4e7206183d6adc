"""Ask for a change of what is settled, approve and reject it. Its effect on scores is computed before it is made."""

from dataclasses import dataclass
from typing import Any, cast

from sqlmodel import Session, SQLModel, col, select

from predictions import ledger
from predictions.changes.effects import MAX_EFFECTS, Effect, effects
from predictions.changes.kinds import KINDS, By, Kinds
from predictions.changes.models import Approval, ChangeState, PendingChange
from predictions.changes.settled import NAMES, Waits, rule
from predictions.errors import Conflict, Fault, InvalidInput, NotAllowed
from predictions.models import Question, Resolution, row_id
from predictions.schemas.fields import Input


@dataclass(frozen=True)
class Wanted:
    """A change that somebody wants: its kind, the question, the row that it is about, its input and reason."""

    kind: str
    question: Question
    subject: SQLModel
    data: Input
    reason: str | None


@dataclass(frozen=True)
class Done:
    """What came of it: the row that it entered or changed, unless it waits; the change, unless nothing was settled."""

    row: SQLModel | None
    change: PendingChange | None


def ask_for(session: Session, wanted: Wanted, by: By, *, kinds: Kinds = KINDS) -> Done:
    """Make a change at once if nothing settled moves, or nobody else may approve it; otherwise it waits for approval.

    Raises ``NotAllowed`` without the scope and ``InvalidInput`` without a reason where what is settled changes, and the
    errors of the change itself.
    """
    kind, question = kinds[wanted.kind], wanted.question
    found = rule(wanted.kind, question, had_outcome=had_outcome(session, question))
    if found.case is None:
        if not by.may_predict:
            raise _not_allowed(f"without an outcome on record {NAMES[wanted.kind]} needs the scope 'predict'", by)
        return Done(kind.make(session, wanted.subject, wanted.data, now=by.now, actor=by.name), None)
    _must_be_allowed(found.case, wanted, by)
    moved = _preview(session, wanted.kind, wanted.subject, wanted.data, question, by, kinds)
    change = PendingChange(
        kind=wanted.kind,
        subject=str(kind.subject.__tablename__),
        subject_id=row_id(wanted.subject),
        question_id=row_id(question),
        payload=kind.payload(wanted.data),
        reason=wanted.reason or "",
        requested_by=by.name,
        requested_at=by.now,
        scores=moved[:MAX_EFFECTS],
        affected=len(moved),
    )
    session.add(change)
    session.flush()
    body = ledger.contents(change)
    ledger.append(session, now=by.now, actor=by.name, action="change.requested", subject=change, body=body)
    waits = found.waits is Waits.ALWAYS or bool(moved)
    if waits and not by.is_alone:
        return Done(None, change)
    approval = Approval.ONLY_PERSON if waits else Approval.NO_SCORE_MOVED
    return Done(_make(session, change, by, approval, None, kinds), change)


def approve(session: Session, change: PendingChange, by: By, note: str | None, *, kinds: Kinds = KINDS) -> None:
    """Make a change that waits, in the name of the person who asked for it.

    Raises ``NotAllowed`` for that person, unless nobody else may; ``Conflict`` if it is decided already, or if the
    record has changed so that it cannot be made any more or would do something else to scores than it said.
    """
    _must_be_pending(change)
    own = change.requested_by == by.name
    if own and not by.is_alone:
        _refuse_own(change, "approve")
    question = session.get_one(Question, change.question_id)
    kind = kinds[change.kind]
    subject = session.get_one(kind.subject, change.subject_id)
    asked_by = By(change.requested_by, by.now, may_predict=True, may_resolve=True, is_alone=False)
    moved = _preview(session, change.kind, subject, kind.stored(change.payload), question, asked_by, kinds)
    if (moved[:MAX_EFFECTS], len(moved)) != (change.scores, change.affected):
        raise Conflict(
            f"the record has changed since change {change.id} was asked for, and it would move other scores than it "
            "said: reject it, and ask for it again"
        )
    _make(session, change, by, Approval.ONLY_PERSON if own else Approval.ANOTHER_PERSON, note, kinds)


def reject(session: Session, change: PendingChange, by: By, reason: str) -> None:
    """Reject a change that waits; it stays on record. Raises ``NotAllowed`` and ``Conflict`` like ``approve``."""
    _must_be_pending(change)
    if change.requested_by == by.name and not by.is_alone:
        _refuse_own(change, "reject")
    decision = {"state": ChangeState.REJECTED, "decided_by": by.name, "decided_at": by.now, "decision": reason}
    ledger.append_change(session, change, decision, now=by.now, actor=by.name, action="change.rejected")


def had_outcome(session: Session, question: Question) -> bool:
    """Return whether a person ever resolved the question."""
    query = select(Resolution.id).where(Resolution.question_id == question.id, ~col(Resolution.automatic))
    return session.exec(query.limit(1)).first() is not None


def _must_be_allowed(case: str, wanted: Wanted, by: By) -> None:
    if not by.may_resolve:
        raise _not_allowed(f"{case}, so {NAMES[wanted.kind]} needs the scope 'resolve'", by)
    if not wanted.reason:
        raise InvalidInput.at("/reason", f"is missing: {case}, so say why the record changes now")


def _not_allowed(why: str, by: By) -> NotAllowed:
    detail = f"{why}, which the key of {by.name!r} does not grant: ask a person whose key has it, or an admin"
    return NotAllowed(detail, Fault("", detail))


def _preview(
    session: Session, kind: str, subject: SQLModel, data: Input, question: Question, by: By, kinds: Kinds
) -> list[Effect]:
    make = kinds[kind].make
    return effects(session, row_id(question), lambda: make(session, subject, data, now=by.now, actor=by.name))


def _make(
    session: Session, change: PendingChange, by: By, approval: Approval, note: str | None, kinds: Kinds
) -> SQLModel:
    kind = kinds[change.kind]
    subject, data = session.get_one(kind.subject, change.subject_id), kind.stored(change.payload)
    row = kind.make(session, subject, data, now=by.now, actor=change.requested_by)
    decision: dict[str, Any] = {
        "state": ChangeState.APPROVED,
        "decided_by": by.name,
        "decided_at": by.now,
        "decision": note,
        "approval": approval,
        "result_id": _id_of(row),
    }
    ledger.append_change(session, change, decision, now=by.now, actor=by.name, action="change.approved")
    return row


def _id_of(row: SQLModel) -> int:
    """Return the id of a row; the resolver of a question has that of its question."""
    return int(cast(Any, row).id if hasattr(row, "id") else cast(Any, row).question_id)


def _must_be_pending(change: PendingChange) -> None:
    if change.state is not ChangeState.PENDING:
        raise Conflict(
            f"change {change.id} is {change.state.value} already, by {change.decided_by}: "
            "only a pending one can be decided"
        )


def _refuse_own(change: PendingChange, action: str) -> None:
    detail = (
        f"you asked for change {change.id} yourself: another person with the scope 'resolve' has to {action} it, so "
        "that two people have seen it"
    )
    raise NotAllowed(detail, Fault("", detail))
