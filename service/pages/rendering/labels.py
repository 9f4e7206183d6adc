"""Texts for pages: labels of states, flags, ledger events and statistics."""

from collections.abc import Callable
from typing import Any

from predictions.changes import settled
from predictions.ledger import current_action
from service.pages.rendering.formatting import MINUS, brier, plural, points, signed

FLAGS = {
    "recorded_late": ("recorded late", "Recorded here after the deadline, or after the outcome was known."),
    "unsourced": ("no source", "Recorded late, and nothing shows when it was made."),
    "made_too_late": ("too late", "Made at or after the deadline, or when the outcome was known: does not count."),
    "criteria_changed": (
        "criteria changed",
        "Made before the text, criteria, options or condition of the question were changed: its history says how.",
    ),
    "vague": ("vague", "A hedge such as may, might or could: shown but not ranked."),
    "overridden": ("interpreted by the recorder", "The recorder set other numbers than the lexicon's."),
    "against": (
        "of the opposite",
        "The words refer to the opposite: the probability of yes is one minus their interpretation.",
    ),
    "commitment": ("commitment", "A promise without a probability: recorded but not scored."),
    "superseded": ("corrected", "Recorded wrongly and corrected later: the correction counts."),
    "withdrawn": ("withdrawn", "Withdrawn because it should not have been recorded: does not count."),
    "verbal": ("verbal", "The probability is a lexicon's interpretation of the words."),
    "conditional": ("conditional", "Counts only if its condition is met."),
}
STATUSES = {
    "open": ("open", "The deadline has not passed."),
    "due": ("due", "Waits for a person to confirm the outcome."),
    "resolved": ("resolved", "The outcome is confirmed, with evidence."),
    "annulled": ("annulled", "The question cannot be resolved: it is not scored."),
}
BASES = {
    "stated": ("stated", "The commentator stated this deadline."),
    "implied": ("implied", "The commentator's words imply this deadline."),
    "assigned": ("assigned", "The recorder chose this deadline, because the commentator stated none."),
}
REFERENCE_TYPES = {
    "market": "market or crowd odds",
    "consensus": "consensus of other commentators",
    "base_rate": "base rate of the topic",
    "even": "50%, or an equal share for each option",
}
DELIVERY_STATES = {
    "pending": "waiting",
    "delivered": "delivered",
    "dead": "dead letter",
    "cancelled": "cancelled",
}
CHANNEL_MESSAGES = {
    "add": "Channel added. Send a test message to check that it works.",
    "change": "Channel changed.",
    "enable": "Channel enabled.",
    "disable": "Channel disabled.",
    "subscribe": "Subscribed.",
    "unsubscribe": "Unsubscribed.",
    "resend": "The message will be sent again shortly.",
}
ACTIONS = {
    "commentator.entered": "Commentator entered",
    "commentator.changed": "Commentator corrected",
    "source.changed": "Source corrected",
    "question.changed": "Question corrected",
    "source.entered": "Source entered",
    "source.confirmed": "Source confirmed",
    "source_snapshot.stored": "Snapshot of a source stored",
    "source.confirmation_retracted": "Confirmation of the source retracted",
    "contest.received": "Contest received",
    "contest.taken_up": "Contest taken up",
    "contest.upheld": "Contest upheld",
    "contest.rejected": "Contest rejected",
    "contest.withdrawn": "Contest withdrawn by its sender",
    "contest.deleted": "Contest deleted",
    "contest.prompted": "Prompted to answer a contest",
    "question.entered": "Question entered",
    "question.scored": "Scores computed",
    "question.came_due": "Deadline passed: due",
    "question.reminded": "Reminder sent",
    "question.prompt_planned": "Next prompt planned",
    "question.status_changed": "Outcome and status changed",
    "question.declared_decided": "Marked as decided before the deadline",
    "question.postponed": "Deadline postponed",
    "question.deadline_corrected": "Deadline corrected",
    "question.postponement_undone": "Postponement undone",
    "question.set_aside": "Prompts stopped: its condition failed",
    "question.taken_up_again": "Prompts resumed: its condition no longer fails",
    "question.snoozed": "Snoozed",
    "setting.changed": "Rule for predictions recorded late set",
    "question.assigned": "Assigned",
    "question.resolver_attached": "Resolver attached",
    "question.resolver_changed": "Resolver changed",
    "question.resolver_detached": "Resolver detached",
    "prediction.recorded": "Prediction recorded",
    "predictions.recorded": "Predictions recorded together",
    "person.entered": "Person entered",
    "person.changed": "Person activated or deactivated",
    "subscription.entered": "Subscribed",
    "subscription.removed": "Unsubscribed",
    "ledger.baseline": "Hashes of older rows entered",
    "key.created": "Key created",
    "key.rotated": "Key rotated",
    "key.revoked": "Key revoked",
    "channel.created": "Channel added",
    "channel.changed": "Channel changed",
    "channel.enabled": "Channel enabled",
    "channel.disabled": "Channel disabled",
    "import.started": "Import started",
    "import.completed": "Import completed: its rows are on record",
    "import.finished": "Import finished: its predictions are scored",
    "checkpoint.key_announced": "Key for checkpoints announced",
    "checkpoint.stamped": "Stamp attached to a checkpoint",
    "prediction.corrected": "Prediction corrected",
    "prediction.withdrawn": "Prediction withdrawn",
    "reference.recorded": "Reference forecast recorded",
    "resolution.confirmed": "Outcome confirmed",
    "resolution.corrected": "Outcome corrected",
    "resolution.retracted": "Outcome retracted",
    "proposal.made": "Outcome proposed",
    "proposal.made_again": "Outcome proposed again",
    "proposal.confirmed": "Proposal confirmed",
    "proposal.rejected": "Proposal rejected",
    "proposal.overtaken": "Proposal closed: the question has an outcome",
    "proposal.reopened": "Proposal pending again",
    "proposal.withdrawn": "Proposal withdrawn by its resolver",
    "change.requested": "Change of what is settled asked for",
    "change.approved": "Change of what is settled in effect",
    "change.rejected": "Change of what is settled rejected",
    "questions.reminded": "Reminders sent",
    "record.rescored": "All scores computed again",
}
#: Names of columns in the history of a question, where they differ from the column's.
FIELDS = {
    "next_prompt_at": "next prompt",
    "deadline_basis": "basis of the deadline",
    "condition_question_id": "condition: question",
    "condition_outcome": "condition: outcome",
    "condition_text": "condition in words",
    "made_at": "made on",
}
CHANGE_KINDS = settled.NAMES
APPROVALS = {
    "another_person": "another person approved it",
    "only_person": "nobody else may approve changes",
    "no_score_moved": "it moves no score",
}
#: Results of a probe, by state.
PROBE_STATES = {
    "waiting": "not probed yet",
    "nothing": "source read, no outcome to propose",
    "proposed": "source read, outcome proposed",
    "unavailable": "source unavailable",
    "changed": "format of the source has changed",
    "misconfigured": "invalid settings",
    "failed": "probe failed",
}
#: The statistics of a record: name in the data, label, format and meaning.
STATISTICS: tuple[tuple[str, str, Callable[[float], str], str], ...] = (
    (
        "skill",
        "Skill",
        points,
        "Points against the reference forecast, blended with 30 average results. The ranking orders by it.",
    ),
    (
        "brier_opening",
        "Brier score",
        brier,
        "Of opening predictions. 0 is perfect, 50% earns 0.25; lower is better.",
    ),
    ("brier_latest", "Brier score, latest", brier, "Of the last prediction before the outcome or deadline."),
    (
        "brier_time_weighted",
        "Brier score, time-weighted",
        brier,
        "Each prediction weighted by how long it was current before the deadline.",
    ),
    (
        "brier_adjusted",
        "Adjusted",
        brier,
        "Adjusted for the difficulty of questions that commentators share.",
    ),
    ("peer", "Peer score", signed, "Mean score of the others on the same questions minus own; higher is better."),
    (
        "brier_skill_score",
        "Brier skill score",
        signed,
        f"1 {MINUS} score / the reference forecast’s. 1 is perfect, 0 is no better than the reference.",
    ),
    (
        "log_score",
        "Log score",
        brier,
        f"{MINUS}ln of the probability given to the outcome, limited to 1% to 99%; lower is better.",
    ),
)


def unranked(status: str) -> str:
    """Return the reason why a record has no rank."""
    return "rank being computed" if status == "pending" else "too few events to rank"


def action(name: str) -> str:
    """Return the label of a ledger event."""
    name = current_action(name)
    return ACTIONS.get(name, name.replace(".", ": ").replace("_", " ").capitalize())


def stage(name: str) -> str:
    """Return the label of a prompt's stage, as in "reminder after 3 days"."""
    unit, _, number = name.partition("_")
    if unit == "reversal":
        return f"outcome contradicted by proposal {number}"
    if number.isdecimal():
        return f"reminder after {plural(int(number), unit)}"
    return {"due": "at the deadline", "escalation": "escalation (last prompt)"}.get(name, name.replace("_", " "))


def channel_times(channel: Any) -> str:
    """Return a description of the times at which a channel receives messages."""
    times = f"daily digest at {channel.digest_at}" if channel.digest_at else "at once"
    if channel.quiet_from:
        times += f", quiet from {channel.quiet_from} to {channel.quiet_to}"
    return f"{times} ({channel.zone})" if channel.digest_at or channel.quiet_from else times


#: The filters of the templates.
FILTERS: dict[str, Callable[..., Any]] = {"action": action, "stage": stage}
