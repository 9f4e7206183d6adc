"""Actions of editors on a question: validate the form's fields, then return one job for the writer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypedDict

from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.models import Question
from predictions.questions.deadlines import UndoneIn, correct_deadline, undo_postponement
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.proposals import confirm, reject, resolution_in
from predictions.questions.resolve import resolve, retract_resolution
from predictions.questions.triage import assign_question, snooze_question
from predictions.schemas.fields import Input, KnownInstant
from predictions.schemas.inputs import (
    AssignmentIn,
    DecidedIn,
    PostponementIn,
    ProposalDecisionIn,
    ResolutionIn,
    RetractionIn,
    SnoozeIn,
)
from service.lookup import in_its_zone, proposal_of
from service.pages.rendering.forms import Form, nested

Job = Callable[[Session, Question], Any]


class By(TypedDict):
    """The actor of an action, and its time."""

    now: datetime
    actor: str


def decision(action: str, form: Form, by: By) -> Job:
    """Return the job for ``action``. Raises ``InvalidInput`` or ``ValidationError`` for invalid fields."""
    if action not in _DECISIONS:
        raise InvalidInput.at("", f"unknown action {action[:40]!r}: reload the page")
    return _DECISIONS[action](form, by)


def place_evidence(form: Form) -> None:
    """Show a missing-evidence error next to the evidence field."""
    if form.status == 422 and "" in form.errors and not form["evidence/0/url"]:
        form.errors["evidence/0/url"] = form.errors.pop("")


def _resolve(form: Form, by: By) -> Job:
    seen = form["supersedes"]
    body = nested(form.values, "outcome", "known_at", "evidence", "note")
    data = ResolutionIn.model_validate(body | {"supersedes": int(seen) if seen.isdecimal() else "none"})
    return lambda session, question: resolve(session, question, data, **by)


def _retract(form: Form, by: By) -> Job:
    data = RetractionIn.model_validate(nested(form.values, "reason"))
    return lambda session, question: retract_resolution(session, question, data.reason, **by)


def _confirm(form: Form, by: By) -> Job:
    number = _proposal(form)
    known_at = _Dated.model_validate(nested(form.values, "known_at")).known_at

    def job(session: Session, _: Question) -> Any:
        proposal = proposal_of(session, number)
        return confirm(session, proposal, resolution_in(proposal, known_at=known_at) if known_at else None, **by)

    return job


class _Dated(Input):
    known_at: KnownInstant | None = None


def _reject(form: Form, by: By) -> Job:
    number, data = _proposal(form), ProposalDecisionIn.model_validate(nested(form.values, "reason"))
    return lambda session, _: reject(session, proposal_of(session, number), data.reason, **by)


def _proposal(form: Form) -> int:
    return int(form["proposal"]) if form["proposal"].isdecimal() and len(form["proposal"]) < 19 else 0


def _postpone(form: Form, by: By) -> Job:
    data = PostponementIn.model_validate(nested(form.values, "deadline", "reason"))
    return lambda session, question: postpone(
        session, question, in_its_zone(question, data.deadline), data.reason, **by
    )


def _correct_deadline(form: Form, by: By) -> Job:
    data = PostponementIn.model_validate(nested(form.values, "deadline", "reason"))
    return lambda session, question: correct_deadline(
        session, question, in_its_zone(question, data.deadline), data.reason, **by
    )


def _undo_postponement(form: Form, by: By) -> Job:
    data = UndoneIn.model_validate(nested(form.values, "reason"))
    return lambda session, question: undo_postponement(session, question, data.reason, **by)


def _declare_decided(form: Form, by: By) -> Job:
    data = DecidedIn.model_validate(nested(form.values, "reason"))
    return lambda session, question: declare_decided(session, question, data.reason, **by)


def _snooze(form: Form, by: By) -> Job:
    data = SnoozeIn.model_validate(nested(form.values, "until"))
    return lambda session, question: snooze_question(session, question, data.until, **by)


def _end_snooze(_: Form, by: By) -> Job:
    return lambda session, question: snooze_question(session, question, None, **by)


def _assign(form: Form, by: By) -> Job:
    data = AssignmentIn.model_validate({"assignee": form["assignee"] or None})
    return lambda session, question: assign_question(session, question, data.assignee, **by)


_DECISIONS: Mapping[str, Callable[[Form, By], Job]] = {
    "resolve": _resolve,
    "retract": _retract,
    "confirm": _confirm,
    "reject": _reject,
    "postpone": _postpone,
    "correct_deadline": _correct_deadline,
    "undo_postponement": _undo_postponement,
    "declare_decided": _declare_decided,
    "snooze": _snooze,
    "end_snooze": _end_snooze,
    "assign": _assign,
}
