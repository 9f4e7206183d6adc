"""Generate the predictions of the demo, with revisions, hedges, late records and commitments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service.demo.commentators import Person, nearest_hedge
from service.demo.phrases import CLAIMLESS, OUTLETS
from service.demo.questions import InventedQuestion

DAY = timedelta(days=1)
MOST_ASKED = 15
PROMISES = 0.01


@dataclass(frozen=True)
class InventedPrediction:
    """A prediction as submitted, with the time at which it is recorded."""

    body: dict[str, Any]
    recorded_at: datetime


def make_predictions(
    people: list[Person], asked: list[InventedQuestion], chance: Random, base: datetime
) -> list[InventedPrediction]:
    """Return all predictions, unordered."""
    found: list[InventedPrediction] = []
    for question in asked:
        crowd = [person for person in people if question.topic.slug in person.topics]
        wanted = chance.randint(3, MOST_ASKED)
        for person in _some(crowd, wanted, chance):
            found += _predictions_of(person, question, chance, base)
    for quiet in (person for person in people if not person.topics):
        for question in chance.sample(asked, 2):
            found += _predictions_of(quiet, question, chance, base)
    return found


def _some(crowd: list[Person], wanted: int, chance: Random) -> list[Person]:
    """Return up to that many different people, sampled by activity (Efraimidis and Spirakis 2006)."""
    drawn = sorted(crowd, key=lambda person: chance.random() ** (1 / max(person.activity, 0.01)), reverse=True)
    return drawn[:wanted]


def _predictions_of(
    person: Person, question: InventedQuestion, chance: Random, base: datetime
) -> list[InventedPrediction]:
    """Return the opening prediction and its revisions, all before the question closes and before now."""
    end = min(question.closes_at, base) - timedelta(hours=1)
    window = end - question.entered_at
    moments = [question.entered_at + chance.uniform(0, 0.5) * window]
    while chance.random() < person.revisions / (1 + person.revisions) and len(moments) < 5:
        moments.append(moments[-1] + chance.uniform(0.2, 0.7) * (end - moments[-1]))
    return [_prediction(person, question, moment, chance, base) for moment in moments]


def _prediction(
    person: Person, question: InventedQuestion, moment: datetime, chance: Random, base: datetime
) -> InventedPrediction:
    body = {
        "commentator": {
            "name": person.name,
            "kind": person.kind.value,
            "description": "Invented for the demo.",
        },
        "question": {"slug": question.slug},
        "made_at": moment.replace(microsecond=0).isoformat(),
        "source": _source(person, moment),
        **_stated(person, question, chance),
    }
    delay = chance.uniform(60, 200) if chance.random() < person.late else chance.uniform(0.05, 2)
    return InventedPrediction(body, min(moment + delay * DAY, base - timedelta(minutes=5)))


def _stated(person: Person, question: InventedQuestion, chance: Random) -> dict[str, Any]:
    if len(question.truth) > 1:
        return {"probabilities": person.shares(question.truth, chance)}
    if chance.random() < PROMISES:
        return {"commitment": True}
    probability = person.estimate(question.truth[0], chance)
    if chance.random() >= person.verbal:
        return {"probability": probability}
    return {"hedge": chance.choice(CLAIMLESS) if chance.random() < 0.08 else nearest_hedge(probability)}


def _source(person: Person, moment: datetime) -> dict[str, Any]:
    """Return the commentator's column of that month, the source of all their predictions in it."""
    outlet = OUTLETS[sum(map(ord, person.name)) % len(OUTLETS)]
    name, place = ("-".join(text.lower().replace("&", "").split()) for text in (person.name, outlet))
    return {
        "url": f"https://{place}.example/{moment:%Y/%m}/{name}",
        "title": f"{person.name}, {moment:%B %Y} (invented)",
        "outlet": outlet,
        "published_on": f"{moment:%Y-%m}-01",
    }
