"""Numbers, times and flags in words that a reader understands: the filters of the templates."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from predictions.ledger import current_action

MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
FLAGS = {
    "recorded_late": ("recorded afterwards", "Put on record here after the deadline, or after the outcome was known."),
    "made_too_late": ("too late", "Said when the deadline had passed or the outcome was known: does not count."),
    "vague": ("almost no claim", "Words such as may, might or could: shown, but not ranked."),
    "overridden": ("read by the recorder", "The recorder set other numbers than the lexicon's."),
    "against": ("said of the opposite", "The words speak against the question: its yes is one minus their reading."),
    "commitment": ("commitment", "A promise without a probability: tracked, not scored."),
    "superseded": ("corrected", "Recorded wrongly, and corrected later: the correction counts."),
    "withdrawn": ("withdrawn", "Should never have been recorded: does not count."),
    "verbal": ("from words", "The probability was read from words by a lexicon."),
    "conditional": ("conditional", "Counts only if its condition came true."),
}
STATUSES = {
    "open": ("open", "The deadline is still to come."),
    "due": ("due", "The deadline has passed; a person has yet to confirm what happened."),
    "resolved": ("resolved", "A person has confirmed what happened, with evidence."),
    "annulled": ("annulled", "The question could not be answered: it scores nothing."),
}
BASES = {
    "stated": ("stated", "The commentator named this deadline."),
    "implied": ("implied", "The commentator's words imply this deadline."),
    "assigned": ("assigned", "The recorder chose this deadline, because the commentator named none."),
}
REFERENCE_TYPES = {
    "market": "market or crowd odds of the day",
    "consensus": "consensus of other commentators",
    "base_rate": "how often such things happen",
    "even": "50%, for want of anything better",
}
DELIVERY_STATES = {
    "pending": "waiting",
    "delivered": "delivered",
    "dead": "dead letter",
    "cancelled": "cancelled",
}
CHANNEL_ACTS = {
    "add": "The channel is added. Send a test message to see that it arrives.",
    "change": "The channel is changed.",
    "enable": "The channel gets messages again.",
    "disable": "The channel is disabled.",
    "watch": "The channel hears of that from now on.",
    "unwatch": "The channel no longer watches that.",
    "resend": "The message goes out again within moments.",
}
ACTIONS = {
    "commentator.entered": "Commentator entered",
    "commentator.changed": "Commentator corrected",
    "source.changed": "Source corrected",
    "question.changed": "Question corrected",
    "source.entered": "Source entered",
    "question.entered": "Question entered",
    "question.scored": "Scores computed",
    "question.came_due": "Deadline passed: due",
    "question.declared_decided": "Declared decided before the deadline",
    "question.postponed": "Deadline moved to a later day",
    "question.snoozed": "Snoozed",
    "question.assigned": "Assigned",
    "question.resolver_attached": "Resolver attached",
    "question.resolver_changed": "Resolver changed",
    "question.resolver_detached": "Resolver taken off",
    "prediction.recorded": "Prediction recorded",
    "predictions.recorded": "Predictions recorded together",
    "prediction.corrected": "Prediction corrected",
    "prediction.withdrawn": "Prediction withdrawn",
    "reference.recorded": "Reference forecast of a day recorded",
    "resolution.confirmed": "Outcome confirmed",
    "resolution.corrected": "Outcome corrected",
    "resolution.retracted": "Outcome retracted",
    "proposal.made": "Outcome proposed",
    "proposal.made_again": "Outcome proposed again",
    "proposal.confirmed": "Proposal confirmed",
    "proposal.rejected": "Proposal rejected",
}


def percent(value: float | None) -> str:
    """A probability in percent: whole, or with the digits that keep it apart from 0% and 100%."""
    if value is None:
        return EN_DASH
    for digits in range(4):
        text = f"{100 * value:.{digits}f}"
        if value in (0, 1) or float(text) not in (0, 100):
            break
    return f"{text}%"


def percent_range(low: float | None, high: float | None) -> str:
    """A range of probabilities, as in "10-30%"; one number where both ends read alike."""
    one, other = percent(low), percent(high)
    return one if one == other else f"{one.removesuffix('%')}{EN_DASH}{other}"


def brier(value: float | None) -> str:
    """A Brier score with three digits."""
    return EN_DASH if value is None else f"{value:.3f}"


def points(value: float | None) -> str:
    """Skill points with their sign."""
    if value is None:
        return EN_DASH
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else (MINUS if value < 0 else "+") + text


def signed(value: float, digits: int = 3) -> str:
    """A difference of Brier scores with its sign."""
    return (MINUS if value < 0 else "+") + f"{abs(value):.{digits}f}"


def between(low: float | None, high: float | None, form: Callable[[float], str]) -> str:
    """A 90% interval, as in "90%: 0.180 to 0.240"; empty where there is none."""
    return "" if low is None or high is None else f"90%: {form(low)} to {form(high)}"


def rank_range(low: int | None, high: int | None) -> str:
    """A range of ranks, as in "1-4"."""
    if low is None:
        return EN_DASH
    return str(low) if low == high or high is None else f"{low}{EN_DASH}{high}"


def unranked(status: str) -> str:
    """Why a record has no rank."""
    return "rank being worked out" if status == "pending" else "too few events to rank"


def number(value: float) -> str:
    """A number as short as it can be, with a true minus sign."""
    return f"{value:g}".replace("-", MINUS)


def count(number: int) -> str:
    """A whole number with commas between thousands."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, as in "1 question" and "2 questions"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(value: datetime | str | None) -> str:
    """A day as in "18 Mar 2025"; times are UTC."""
    if value is None:
        return EN_DASH
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.day} {value:%b %Y}"


def instant(value: datetime) -> str:
    """A day and time as in "18 Mar 2025, 20:00 UTC"."""
    return f"{day(value)}, {value:%H:%M} UTC"


def iso(value: datetime) -> str:
    """An instant for machines."""
    return value.isoformat().replace("+00:00", "Z")


def moment(value: datetime) -> str:
    """An instant in an address: the day alone where it is the day's first."""
    return iso(value).removesuffix("T00:00:00Z")


def away(then: datetime, now: datetime) -> str:
    """How far an instant lies ahead or behind, roughly: "in 3 days", "2 years ago"."""
    days = round((then - now).total_seconds() / 86400)
    size = abs(days)
    if size == 0:
        return "today"
    unit, number = ("day", size) if size < 60 else ("month", round(size / 30.44))
    if size >= 730:
        unit, number = "year", round(size / 365.25)
    text = plural(number, unit)
    return f"in {text}" if days > 0 else f"{text} ago"


#: How a look at a source went, by the name of the state.
SIGHTS = {
    "waiting": "not looked yet",
    "nothing": "read, and nothing to propose",
    "proposed": "read, and it speaks for an outcome",
    "unavailable": "the source could not be reached",
    "changed": "the source has changed its shape",
    "misconfigured": "the settings do not fit",
    "failed": "the look failed",
}


def action(name: str) -> str:
    """What a ledger event says, in words."""
    name = current_action(name)
    return ACTIONS.get(name, name.replace(".", ": ").replace("_", " ").capitalize())


def stage(name: str) -> str:
    """Which prompt it was, as in "reminder after 3 days"."""
    unit, _, number = name.partition("_")
    if number.isdecimal():
        return f"reminder after {plural(int(number), unit)}"
    return {"due": "at the deadline", "escalation": "escalation, the last one"}.get(name, name.replace("_", " "))


def capital(text: str) -> str:
    """A text that begins with a capital; the rest as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A text that begins with a capital and ends with a full stop."""
    return capital(text) + ("" if text.endswith((".", "!", "?")) else ".")


def host(url: str) -> str:
    """The host of an address, without "www."."""
    return url.split("//", 1)[-1].split("/", 1)[0].removeprefix("www.")


def contact_link(contact: str, subject: str) -> str:
    """A link to the operator's address, as mail with a subject where it is a mail address; empty without one."""
    if contact.startswith(("http://", "https://")):
        return contact
    if "@" not in contact or " " in contact:
        return ""
    mail = "mailto:" + quote(contact.removeprefix("mailto:"), safe="@+")
    return f"{mail}?subject={quote(subject)}" if subject else mail


def short(text: str, length: int) -> str:
    """A text of at most ``length`` characters, cut at a word."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "\N{HORIZONTAL ELLIPSIS}"


def hears_of(channel: Any) -> str:
    """What a channel hears of, in words."""
    topics = ", ".join(channel.topics)
    if channel.person is not None:
        heard = f"what {channel.person} watches or sees to" + (f", and {topics}" if topics else "")
    else:
        heard = topics or "all questions"
    return f"{heard}; only what nobody answered" if channel.escalations_only else heard


def heard_when(channel: Any) -> str:
    """When a channel gets messages, in words."""
    said = f"one message a day at {channel.digest_at}" if channel.digest_at else "at once"
    if channel.quiet_from:
        said += f", not from {channel.quiet_from} to {channel.quiet_to}"
    return f"{said} ({channel.zone})" if channel.digest_at or channel.quiet_from else said


FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        percent,
        brier,
        points,
        count,
        day,
        instant,
        iso,
        moment,
        away,
        action,
        stage,
        capital,
        sentence,
        host,
        short,
    )
}


#: The figures of a record: the name in the data, how it is called, how its number is written, what it says.
FIGURES: tuple[tuple[str, str, Callable[[float], str], str], ...] = (
    (
        "skill",
        "Skill",
        points,
        "Points against the reference forecast of the day, blended with 30 average results: the ranking.",
    ),
    ("brier_opening", "Brier score", brier, "Of opening calls: 0 is perfect, 0.25 is what 50% earns; lower is better."),
    ("brier_latest", "Brier score, latest", brier, "Of the last prediction before the outcome or deadline."),
    (
        "brier_time_weighted",
        "Brier score, over time",
        brier,
        "Each prediction by the time it stood until the deadline.",
    ),
    ("brier_adjusted", "Adjusted", brier, "Had all answered the same questions; among those who share some."),
    ("peer", "Peer score", signed, "How far below the others’ score on the same questions; more is better."),
    (
        "brier_skill_score",
        "Brier skill score",
        signed,
        f"1 {MINUS} score / the reference forecast’s: 1 is perfect, 0 no better.",
    ),
    (
        "log_score",
        "Log score",
        brier,
        f"{MINUS}ln of the probability given to what happened, within 1% to 99%; lower is better.",
    ),
)
