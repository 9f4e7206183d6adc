"""The history of a question in words: a sentence for each event of the ledger, what it changed to what, and why."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from predictions.changes.settled import NAMES
from predictions.changes.views import ChangeView
from predictions.models import LedgerEvent
from predictions.schemas.views import PredictionView, QuestionView
from service.pages.rendering.formatting import brier, capital, day, instant, percent, plural
from service.pages.rendering.labels import APPROVALS, FIELDS, action

NOTHING = "none"
#: A date alone is the first instant of its day.
MIDNIGHT = ("T00:00:00+00:00", "T00:00:00Z")
#: Columns that follow from another one of the same event.
HIDDEN = {"criteria_changed_at"}
#: Scores in the entry of a change; the page shows more above.
MAX_SCORES = 10
Body = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """A value before and after an event, with its name."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """What an event says: a sentence, the values that changed, and the reason."""

    sentence: str
    moved: Sequence[Moved] = ()
    reason: str = ""


@dataclass(frozen=True)
class Entry:
    """An event of the ledger in words."""

    event: LedgerEvent
    told: Told


@dataclass(frozen=True)
class Known:
    """What the events of a question refer to by id."""

    options: Sequence[str]
    predictions: Mapping[int, PredictionView]
    people: Mapping[int, str]
    outcomes: Mapping[int, str | None]
    proposed: Mapping[int, str]
    changes: Mapping[int, ChangeView]


def history(
    events: Iterable[LedgerEvent],
    question: QuestionView,
    predictions: Sequence[PredictionView],
    changes: Sequence[ChangeView],
) -> list[Entry]:
    """Return the events of a question in words, in their order."""
    known = Known(
        options=question.options or ["yes", "no"],
        predictions={each.id: each for each in predictions},
        people={each.commentator.id: each.commentator.name for each in predictions},
        outcomes={each.id: each.outcome for each in question.resolutions},
        proposed={each.id: each.outcome for each in question.proposals},
        changes={each.id: each for each in changes},
    )
    return [Entry(event, told(event, known)) for event in events]


def told(event: LedgerEvent, known: Known) -> Told:
    """Return an event in words; its label alone if its body was erased or damaged."""
    try:
        return SENTENCES[event.action](json.loads(event.body), known, event.subject_id)
    except (LookupError, TypeError, ValueError, AttributeError):
        return Told(f"{action(event.action)}.")


def shown(value: Any) -> str:
    """Return a value of an event's body in words."""
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')}: {shown(part)}" for name, part in value.items())
    return _time(value) if isinstance(value, str) else str(value)


def _time(text: str) -> str:
    try:
        if text[10:11] != "T":
            return text
        return day(text) if text.endswith(MIDNIGHT) else instant(datetime.fromisoformat(text))
    except ValueError:
        return text


def _moved(before: Body | None, after: Body | None) -> list[Moved]:
    """Return the values that differ, by the names of the columns."""
    old, new = before or {}, after or {}
    names = dict.fromkeys([*old, *new])
    return [
        Moved(FIELDS.get(name, name.replace("_", " ")), shown(old.get(name)), shown(new.get(name)))
        for name in names
        if name not in HIDDEN and old.get(name) != new.get(name)
    ]


def stated(body: Body, options: Iterable[str]) -> str:
    """Return what a prediction says, from its columns."""
    if body.get("probabilities"):
        value = ", ".join(f"{name} {percent(part)}" for name, part in zip(options, body["probabilities"], strict=True))
    else:
        value = percent(body["probability"]) if body.get("probability") is not None else "no probability"
    return f"“{body['hedge']}” ({value})" if body.get("hedge") else value


def _by(body: Body, known: Known) -> str:
    number = body["commentator_id"]
    return f"by {known.people.get(number, f'commentator {number}')}"


def _changed(sentence: str) -> Callable[[Body, Known, int], Told]:
    """Return the teller of an event that says ``before`` and ``after`` by column."""
    return lambda body, _, __: Told(sentence, _moved(body["before"], body["after"]), body.get("reason") or "")


def _plain(sentence: str) -> Callable[[Body, Known, int], Told]:
    return lambda body, _, __: Told(sentence, reason=body.get("reason") or "")


def _entered(body: Body, _: Known, __: int) -> Told:
    return Told(f"Question entered, with the deadline {shown(body['deadline'])}.")


def _side(value: Any, column: str) -> Any:
    """Return a column of one side of a change; early events hold its bare value."""
    return value.get(column) if isinstance(value, dict) else value


def _deadline(sentence: str) -> Callable[[Body, Known, int], Told]:
    def tell(body: Body, _: Known, __: int) -> Told:
        before, after = (shown(_side(body[side], "deadline")) for side in ("before", "after"))
        return Told(sentence, [Moved("deadline", before, after)], body["reason"])

    return tell


def _snoozed(body: Body, _: Known, __: int) -> Told:
    until = body["until"] if "until" in body else body["after"]["snoozed_until"]
    return Told(f"Snoozed: nobody is prompted before {shown(until)}.")


def _assigned(body: Body, _: Known, __: int) -> Told:
    before, after = body["before"], body["assignee"] if "assignee" in body else body["after"]
    return Told("Assigned.", [Moved("assignee", shown(_side(before, "assignee")), shown(_side(after, "assignee")))])


def _columns(sentence: str, *names: str) -> Callable[[Body, Known, int], Told]:
    """Return the teller of an event of which readers need only these columns."""

    def tell(body: Body, _: Known, __: int) -> Told:
        before, after = ({name: side.get(name) for name in names} for side in (body["before"], body["after"]))
        return Told(sentence, _moved(before, after))

    return tell


def _scored(body: Body, _: Known, __: int) -> Told:
    return Told(f"Scores of {plural(body['commentators'], 'commentator')} computed.")


def _resolver(verb: str) -> Callable[[Body, Known, int], Told]:
    def tell(body: Body, _: Known, __: int) -> Told:
        present = body.get("after") or body["before"]
        return Told(f"Resolver “{present['resolver']}” {verb}.", _moved(body["before"], body.get("after")))

    return tell


def _recorded(body: Body, known: Known, _: int) -> Told:
    said = stated(body, known.options)
    return Told(f"Prediction {_by(body, known)} recorded: {said}, made on {day(body['made_at'])}.")


def _recorded_together(body: Body, _: Known, __: int) -> Told:
    return Told(f"{plural(body['count'], 'prediction')} recorded together.")


def _corrected(body: Body, known: Known, _: int) -> Told:
    before, wrong = {}, known.predictions.get(body["supersedes_id"])
    if wrong is not None:
        given = wrong.probabilities or {}
        row = {"probability": wrong.probability, "probabilities": list(given.values()), "hedge": wrong.hedge}
        before = {"prediction": stated(row, given), "made_at": wrong.made_at.isoformat(), "note": wrong.note}
    after = {"prediction": stated(body, known.options)} | {name: body[name] for name in ("made_at", "note")}
    return Told(f"Prediction {_by(body, known)} corrected.", _moved(before, after), body["reason"])


def _withdrawn(body: Body, known: Known, _: int) -> Told:
    return Told(f"Prediction {_by(body, known)} withdrawn: it does not count any more.", reason=body["reason"])


def _reference(body: Body, known: Known, _: int) -> Told:
    values = body["probabilities"]
    said = percent(values[0]) if len(values) == 1 else stated(body, known.options)
    return Told(f"Reference forecast of {day(body['as_of'])} recorded: {said} by {body['source']}.")


def _confirmed(body: Body, _: Known, __: int) -> Told:
    return Told(f"Outcome confirmed: {body['outcome']}, known on {day(body['known_at'])}.", reason=body["note"])


def _outcome(sentence: str) -> Callable[[Body, Known, int], Told]:
    """Return the teller of a resolution that supersedes another."""

    def tell(body: Body, known: Known, _: int) -> Told:
        moved = [Moved("outcome", shown(known.outcomes.get(body["supersedes_id"])), shown(body["outcome"]))]
        return Told(sentence, moved, body["note"])

    return tell


def _proposed(body: Body, _: Known, __: int) -> Told:
    return Told(f"Outcome proposed: {body['outcome']}.", reason=body["rationale"])


def _proposal(verb: str) -> Callable[[Body, Known, int], Told]:
    def tell(body: Body, known: Known, number: int) -> Told:
        said = f" ({known.proposed[number]})" if number in known.proposed else ""
        reason = body.get("reason") or _side(body.get("after") or {}, "reason")
        return Told(f"Proposal {number}{said} {verb}.", reason=reason or "")

    return tell


def _requested(body: Body, known: Known, number: int) -> Told:
    moves = plural(body["affected"], "commentator")
    moves = f"it moves the scores of {moves}" if body["affected"] else "it moves no score"
    change, kind = known.changes.get(number), NAMES.get(body["kind"]) or str(body["kind"])
    moved = [
        Moved(f"{name} of {each.commentator.name}", *(brier(side[column]) if side else "no score" for side in sides))
        for each in (change.scores[:MAX_SCORES] if change is not None else ())
        for sides in [(each.before, each.after)]
        for column, name in (("brier", "Brier score"), ("reference_brier", "score of the reference forecast"))
        if (sides[0] or {}).get(column) != (sides[1] or {}).get(column)
    ]
    return Told(f"{capital(kind)} asked for, as change {number} of what is settled: {moves}.", moved, body["reason"])


def _approved(body: Body, _: Known, number: int) -> Told:
    decision = body["after"]
    return Told(f"Change {number} took effect: {APPROVALS[decision['approval']]}.", reason=decision["decision"] or "")


def _rejected(body: Body, _: Known, number: int) -> Told:
    return Told(f"Change {number} rejected.", reason=body["after"]["decision"])


#: What each event that can concern a question says, by its action.
SENTENCES: dict[str, Callable[[Body, Known, int], Told]] = {
    "question.entered": _entered,
    "question.changed": _changed("Question corrected."),
    "question.postponed": _deadline("Deadline postponed."),
    "question.deadline_corrected": _deadline("Deadline corrected: it had been recorded too late."),
    "question.postponement_undone": _deadline("Postponement undone."),
    "question.declared_decided": _plain("Marked as decided before the deadline."),
    "question.came_due": _plain("Came due: the outcome waits for a person to confirm it."),
    "question.prompt_planned": _columns("Next prompt planned.", "next_prompt_at"),
    "question.reminded": _plain("Reminder sent."),
    "question.snoozed": _snoozed,
    "question.assigned": _assigned,
    "question.status_changed": _columns("Status changed.", "status"),
    "question.set_aside": _plain("Prompts stopped: the condition failed."),
    "question.taken_up_again": _columns("Prompts go on: the condition no longer fails.", "next_prompt_at"),
    "question.scored": _scored,
    "question.resolver_attached": _resolver("attached"),
    "question.resolver_changed": _resolver("changed"),
    "question.resolver_detached": _resolver("detached"),
    "questions.reminded": _plain("Reminders sent for due questions."),
    "record.rescored": _plain("All scores of the record computed again."),
    "prediction.recorded": _recorded,
    "predictions.recorded": _recorded_together,
    "prediction.corrected": _corrected,
    "prediction.withdrawn": _withdrawn,
    "reference.recorded": _reference,
    "resolution.confirmed": _confirmed,
    "resolution.corrected": _outcome("Outcome corrected."),
    "resolution.retracted": _outcome("Outcome retracted."),
    "resolution.taken_back": _outcome("Outcome retracted."),
    "proposal.made": _proposed,
    "proposal.made_again": _proposal("made again"),
    "proposal.reopened": _proposal("pending again"),
    "proposal.confirmed": _proposal("confirmed"),
    "proposal.rejected": _proposal("rejected"),
    "proposal.overtaken": _proposal("overtaken by the resolution"),
    "proposal.withdrawn": _proposal("withdrawn by its resolver"),
    "change.requested": _requested,
    "change.approved": _approved,
    "change.rejected": _rejected,
}
