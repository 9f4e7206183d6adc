"""Invented commentators, each with a skill, a leaning and habits."""

import math
from dataclasses import dataclass
from random import Random

from predictions.enums import CommentatorKind
from service.demo.phrases import FIRST, HEDGES, LAST, MARKET, MODEL, ORGANISATIONS, QUIET, TOPICS

PEOPLE = 60


@dataclass(frozen=True)
class Person:
    """An invented commentator.

    ``noise`` is the error in log-odds, ``lean`` a bias towards yes, ``boldness`` scales the log-odds; ``verbal`` and
    ``late`` are shares of predictions; ``activity`` is a weight in the sampling.
    """

    name: str
    kind: CommentatorKind
    noise: float
    lean: float
    boldness: float
    verbal: float
    late: float
    revisions: float
    activity: float
    topics: frozenset[str]

    def estimate(self, truth: float, chance: Random) -> float:
        """Return their estimate of an event with this true probability, from 0 to 1, in whole percent."""
        seen = self.boldness * (math.log(truth / (1 - truth)) + chance.gauss(0, self.noise)) + self.lean
        return round(min(max(1 / (1 + math.exp(-seen)), 0.01), 0.99), 2)

    def shares(self, truth: list[float], chance: Random) -> list[float]:
        """Return their estimates of several options: whole percents that add up to 1."""
        weights = [math.exp(self.boldness * (math.log(p) + chance.gauss(0, self.noise))) for p in truth]
        percents = [max(round(100 * weight / sum(weights)), 1) for weight in weights]
        percents[percents.index(max(percents))] += 100 - sum(percents)
        return [percent / 100 for percent in percents]


def make_people(chance: Random) -> list[Person]:
    """Return sixty commentators: a market, a model, six organisations and persons, some with marked traits."""
    taken = [f"{first} {last}" for first in FIRST for last in LAST]
    chance.shuffle(taken)
    people = [
        Person(MARKET, CommentatorKind.MARKET, 0.25, 0, 1, 0, 0, 3, 4, _topics(chance, len(TOPICS))),
        Person(MODEL, CommentatorKind.MODEL, 0.35, 0, 0.9, 0, 0, 3, 4, _topics(chance, len(TOPICS))),
    ]
    people += [_somebody(name, CommentatorKind.ORGANISATION, chance) for name in ORGANISATIONS]
    people += [
        _marked(taken.pop(), chance, noise=0.3, lean=0, boldness=1.05),  # accurate
        _marked(taken.pop(), chance, noise=0.4, lean=0, boldness=1),
        _marked(taken.pop(), chance, noise=0.6, lean=0.1, boldness=2.2),  # overconfident
        _marked(taken.pop(), chance, noise=1.6, lean=0, boldness=1.8),  # overconfident and inaccurate
        _marked(taken.pop(), chance, noise=0.8, lean=1.1, boldness=1),  # always expects it
        _marked(taken.pop(), chance, noise=0.8, lean=-1.1, boldness=1),  # never expects it
    ]
    people.append(Person(QUIET, CommentatorKind.PERSON, 0.8, 0, 1, 0, 0, 0, 0, frozenset()))
    while len(people) < PEOPLE:
        people.append(_somebody(taken.pop(), CommentatorKind.PERSON, chance))
    return people


def _topics(chance: Random, count: int) -> frozenset[str]:
    return frozenset(topic.slug for topic in chance.sample(TOPICS, count))


def _somebody(name: str, kind: CommentatorKind, chance: Random) -> Person:
    return Person(
        name=name,
        kind=kind,
        noise=chance.uniform(0.4, 1.4),
        lean=chance.gauss(0, 0.3),
        boldness=chance.uniform(0.6, 1.7),
        verbal=chance.choice((0, 0, 0.3, 0.6, 0.9)),
        late=chance.choice((0, 0, 0.05, 0.3)),
        revisions=chance.choice((0, 0.3, 1)),
        activity=chance.choice((0.15, 0.5, 1, 2)),
        topics=_topics(chance, chance.randint(2, 5)),
    )


def _marked(name: str, chance: Random, *, noise: float, lean: float, boldness: float) -> Person:
    topics = _topics(chance, 6)
    return Person(name, CommentatorKind.PERSON, noise, lean, boldness, 0.3, 0, 0.5, 2.5, topics)


def nearest_hedge(probability: float) -> str:
    """Return the hedge whose best value is nearest to a probability."""
    return min(HEDGES, key=lambda hedge: abs(hedge[1] - probability))[0]
