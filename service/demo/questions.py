"""Generate four hundred invented questions: grouped, categorical, ordinal and conditional, with their outcomes."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from predictions.enums import ANNULLED
from predictions.slugs import free_slug
from service.demo.phrases import MARKET, TOPICS, Topic

FAMILIES, SINGLES, CHOICES, SCALES, CONDITIONALS = 8, 16, 4, 4, 2
DAY = timedelta(days=1)
#: Questions that ended within this time may still wait for an outcome.
RECENT = 40 * DAY


@dataclass
class InventedQuestion:
    """A question as entered, its true probability, and its outcome.

    ``truth`` is the probability of yes, or one for each option. ``settled_at`` is when an editor resolves it; None
    where that is still to come.
    """

    topic: Topic
    body: dict[str, Any]
    truth: list[float]
    entered_at: datetime
    deadline: datetime
    outcome: str
    known_at: datetime
    settled_at: datetime | None = None
    parent: "InventedQuestion | None" = None
    references: list[dict[str, Any]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """Return the slug of the question."""
        return str(self.body["slug"])

    @property
    def closes_at(self) -> datetime:
        """Return the instant after which a prediction does not count."""
        return min(self.deadline, self.known_at)


def make_questions(chance: Random, base: datetime) -> list[InventedQuestion]:
    """Return all questions, unordered; ``base`` is the day on which the demo is built."""
    asked: list[InventedQuestion] = []
    taken: set[str] = set()
    for topic in TOPICS:
        for _ in range(FAMILIES):
            asked += _event(topic, taken, chance, base)
        singles = [_single(topic, taken, chance, base) for _ in range(SINGLES)]
        asked += singles
        asked += [_several(topic, "categorical", taken, chance, base) for _ in range(CHOICES)]
        asked += [_several(topic, "ordinal", taken, chance, base) for _ in range(SCALES)]
        asked += [_conditional(topic, parent, taken, chance, base) for parent in chance.sample(singles, CONDITIONALS)]
    return asked


def _window(chance: Random, base: datetime) -> tuple[datetime, datetime]:
    """Return when a question is entered and when it ends: three in four have ended by now, some only just."""
    entered = base - chance.uniform(25, 620) * DAY
    end = entered + chance.choice((21, 45, 60, 90, 120, 180, 240)) * DAY
    return entered, end.replace(hour=23, minute=59, second=59, microsecond=0)


def _probability(chance: Random) -> float:
    return min(max(1 / (1 + math.exp(-chance.gauss(-0.3, 1.6))), 0.02), 0.98)


def _event(topic: Topic, taken: set[str], chance: Random, base: datetime) -> list[InventedQuestion]:
    """Return three questions on thresholds of one event; a higher one is never reached without the lower."""
    entered, end = _window(chance, base)
    place, highest, luck = chance.choice(topic.places), _probability(chance), chance.random()
    chances = [highest, highest * chance.uniform(0.4, 0.8), highest * chance.uniform(0.1, 0.35)]
    event = _free(f"{topic.slug} {place} {end:%Y-%m-%d}", taken)
    known = _known(luck < chances[0], entered, end, chance)
    found = []
    for step, probability in zip(topic.steps, chances, strict=True):
        text = topic.family.format(place=place, step=step, period=_period(end))
        body = _body(topic, text, end, taken, chance) | {"event": event}
        outcome = "yes" if luck < probability else "no"
        when = known if outcome == "yes" else end
        asked = InventedQuestion(topic, body, [probability], entered, end, outcome, when)
        found.append(_settle(asked, chance, base))
    return found


def _single(topic: Topic, taken: set[str], chance: Random, base: datetime) -> InventedQuestion:
    entered, end = _window(chance, base)
    text = chance.choice(topic.singles).format(place=chance.choice(topic.places), period=_period(end))
    probability = _probability(chance)
    outcome = "yes" if chance.random() < probability else "no"
    known = _known(outcome == "yes", entered, end, chance)
    body = _body(topic, text, end, taken, chance)
    return _settle(InventedQuestion(topic, body, [probability], entered, end, outcome, known), chance, base)


def _several(topic: Topic, kind: str, taken: set[str], chance: Random, base: datetime) -> InventedQuestion:
    entered, end = _window(chance, base)
    text, options = (topic.choice, topic.options) if kind == "categorical" else (topic.scale, topic.bins)
    text = text.format(place=chance.choice(topic.places), period=_period(end))
    weights = [chance.gammavariate(1.2, 1) + 0.05 for _ in options]
    truth = [weight / sum(weights) for weight in weights]
    outcome = chance.choices(options, truth)[0]
    body = _body(topic, text, end, taken, chance) | {"kind": kind, "options": list(options)}
    return _settle(InventedQuestion(topic, body, truth, entered, end, outcome, end), chance, base)


def _conditional(
    topic: Topic, parent: InventedQuestion, taken: set[str], chance: Random, base: datetime
) -> InventedQuestion:
    """Return a question that counts only if another resolves to yes."""
    entered, end = parent.entered_at, parent.deadline + 30 * DAY
    text = f"If so, will the same be said again a month later? ({parent.body['text']})"
    body = _body(topic, text, end, taken, chance)
    body |= {"condition": {"question": parent.slug, "outcome": "yes"}, "event": parent.slug}
    probability = _probability(chance)
    outcome = "yes" if chance.random() < probability else "no"
    asked = InventedQuestion(topic, body, [probability], entered, end, outcome, end, parent=parent)
    if parent.settled_at is None or parent.outcome != "yes":
        return asked  # it waits for its condition, or is annulled with it
    asked = _settle(asked, chance, base)
    if asked.settled_at is not None:
        after = max(asked.settled_at, parent.settled_at + DAY)  # a condition is resolved first
        asked.settled_at = after if after < base else None
    return asked


def _body(topic: Topic, text: str, end: datetime, taken: set[str], chance: Random) -> dict[str, Any]:
    return {
        "slug": _free(text, taken),
        "text": text,
        "resolution_criteria": f"As published by {topic.authority} (invented) on the day after the deadline.",
        "kind": "binary",
        "deadline": end.isoformat(),
        "deadline_basis": chance.choices(("stated", "implied", "assigned"), (5, 3, 2))[0],
        "topics": [topic.slug],
    }


def _free(text: str, taken: set[str]) -> str:
    slug = free_slug(text, "question", text, taken.intersection)
    taken.add(slug)
    return slug


def _period(end: datetime) -> str:
    return f"{end.day} {end:%B %Y}"


def _known(happened: bool, entered: datetime, end: datetime, chance: Random) -> datetime:
    """Return when the outcome is known: an event perhaps early, its absence only at the end."""
    if happened and chance.random() < 0.4:
        return entered + chance.uniform(0.35, 0.95) * (end - entered)
    return end


def _settle(asked: InventedQuestion, chance: Random, base: datetime) -> InventedQuestion:
    """Return the question with its time of resolution, if any: days or weeks after the outcome, for some never."""
    delay = chance.choices((chance.uniform(0.1, 4), 50), (94, 6))[0] * DAY
    if chance.random() < 0.03:
        asked.outcome = ANNULLED
    forgotten = chance.random() < (0.4 if asked.known_at > base - RECENT else 0.02)
    if asked.known_at + delay < base and not forgotten:
        asked.settled_at = asked.known_at + delay
    if chance.random() < 0.35 and asked.body["kind"] == "binary":
        seen = math.log(asked.truth[0] / (1 - asked.truth[0])) + chance.gauss(0, 0.3)
        asked.references = [
            {
                "probability": round(1 / (1 + math.exp(-seen)), 3),
                "source": f"{MARKET} (invented market)",
                "as_of": asked.entered_at.isoformat(),
            }
        ]
    return asked
