"""Does the default ranking find true skill better than the raw Brier score? A simulation in which skill is known.

Each replication invents commentators who choose their topics, some easy, some hard; events whose questions turn out
together; overconfidence; a vocabulary of twelve words; a market on some questions and base rates on the others. Both
rankings see the same record. True skill is how near a commentator comes to the true probabilities of **all** questions.

    python benchmarks/simulate_ranking.py --replications 50
"""

import argparse
from dataclasses import dataclass
from math import erf

import numpy as np
from numpy.typing import NDArray

from predictions.scoring.brier import brier_binary
from predictions.scoring.ranking import RANKED_FROM, rank_commentators
from predictions.scoring.units import Floats, Ints

COMMENTATORS, TOPICS, EVENTS = 150, 8, 400
WORDS = np.array([0.01, 0.04, 0.08, 0.19, 0.26, 0.40, 0.50, 0.60, 0.72, 0.86, 0.93, 0.98])
SHARED_LUCK = 0.6
MARKET, BASE_RATE = 0, 1

_GRID = np.linspace(-8, 8, 4001)
_NORMAL = np.array([(1 + erf(x / 2**0.5)) / 2 for x in _GRID])


@dataclass(frozen=True)
class World:
    """Questions (n,): topic, event, true probability on the normal scale, and what happened."""

    topic: Ints
    event: Ints
    leaning: Floats
    outcome: Ints


def normal_cdf(x: Floats) -> Floats:
    """The normal distribution function, interpolated (to 1e-6)."""
    probabilities: Floats = np.interp(x, _GRID, _NORMAL)
    return probabilities


def spearman(a: Floats, b: Floats) -> float:
    """Rank correlation; ties take their mean rank."""

    def ranks(values: Floats) -> Floats:
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(count) - (count - 1) / 2)[place]

    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def make_world(rng: np.random.Generator) -> World:
    """Events of one to six questions; topics differ in how open their questions are."""
    event = np.repeat(np.arange(EVENTS), rng.integers(1, 7, EVENTS))
    openness = np.linspace(0.3, 2.0, TOPICS)
    topic_of_event = rng.integers(0, TOPICS, EVENTS)
    base = rng.normal(-0.3, 0.4, TOPICS)[topic_of_event]
    common = base + rng.normal(0, 0.7, EVENTS) * openness[topic_of_event]
    leaning = common[event] + rng.normal(0, 0.7, len(event)) * openness[topic_of_event][event]
    luck = SHARED_LUCK**0.5 * rng.normal(size=EVENTS)[event] + (1 - SHARED_LUCK) ** 0.5 * rng.normal(size=len(event))
    return World(topic_of_event[event], event, leaning, (leaning + luck > 0).astype(np.int64))


def make_beliefs(world: World, rng: np.random.Generator) -> Floats:
    """What each commentator would say on each question (J, n): error and overconfidence are personal."""
    error = rng.lognormal(-0.5, 0.35, COMMENTATORS)[:, None]
    boldness = rng.lognormal(0.1, 0.25, COMMENTATORS)[:, None]
    own = rng.normal(size=(COMMENTATORS, EVENTS))[:, world.event]
    noise = 0.5**0.5 * (own + rng.normal(size=(COMMENTATORS, len(world.event))))
    stated = normal_cdf(boldness * (world.leaning + error * noise))
    verbal: Floats = WORDS[np.argmin(np.abs(stated[:, :, None] - WORDS), axis=2)]
    return verbal


def choose_questions(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Commentator and question of each pair: records have a lognormal length of median 15, topics are chosen."""
    taste = rng.dirichlet(np.full(TOPICS, 0.4), COMMENTATORS) + 1e-3
    length = np.clip(rng.lognormal(np.log(15), 1.0, COMMENTATORS), 1, 300).astype(int)
    chosen = []
    for person in range(COMMENTATORS):
        weight = taste[person][world.topic]
        chosen.append(rng.choice(len(world.topic), length[person], replace=False, p=weight / weight.sum()))
    return np.repeat(np.arange(COMMENTATORS), length), np.concatenate(chosen)


def make_references(world: World, market_share: float, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Probability and type of the reference of each question: a market on a share, else the topic's base rate."""
    market = normal_cdf(world.leaning + rng.normal(0, 0.35, len(world.leaning)))
    asked, happened = np.bincount(world.topic, minlength=TOPICS), np.bincount(world.topic, world.outcome, TOPICS)
    base_rate = ((happened[world.topic] - world.outcome) + 1) / ((asked[world.topic] - 1) + 2)
    kind = np.where(rng.random(len(market)) < market_share, MARKET, BASE_RATE)
    return np.where(kind == MARKET, market, base_rate), kind


def replicate(market_share: float, rng: np.random.Generator) -> tuple[float, float]:
    """Rank correlation with true skill of (raw mean Brier, the default ranking), among those who are ranked."""
    world = make_world(rng)
    beliefs = make_beliefs(world, rng)
    true_skill = -np.square(beliefs - normal_cdf(world.leaning)).mean(axis=1)
    person, question = choose_questions(world, rng)
    reference, kind = make_references(world, market_share, rng)
    scores = brier_binary(beliefs[person, question], world.outcome[question])
    reference_forecast = brier_binary(reference[question], world.outcome[question])
    ranking = rank_commentators(person, world.event[question], kind[question], scores, reference_forecast, draws=0)
    ranked = ranking.events >= RANKED_FROM
    raw = np.bincount(person, scores) / np.bincount(person)
    return spearman(-raw[ranked], true_skill[ranked]), spearman(ranking.skill[ranked], true_skill[ranked])


def simulate(replications: int, seed: int, market_share: float = 0.6) -> NDArray[np.float64]:
    """Rank correlations (replications, 2): raw mean Brier, the default ranking."""
    rng = np.random.default_rng(seed)
    return np.array([replicate(market_share, rng) for _ in range(replications)])


def main() -> None:
    """Print the mean rank correlations with their standard errors."""
    parser = argparse.ArgumentParser(description="Rank correlation with true skill, raw Brier against the default.")
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--market-share", type=float, default=0.6, help="share of questions with a market (0.6)")
    options = parser.parse_args()
    results = simulate(options.replications, options.seed, options.market_share)
    for name, column in zip(("raw mean Brier", "default ranking"), results.T, strict=True):
        error = column.std(ddof=1) / np.sqrt(len(column)) if len(column) > 1 else float("nan")
        print(f"{name:16} {column.mean():6.3f}  (standard error {error:.3f})")
    better = np.mean(results[:, 1] > results[:, 0])
    print(f"the default ranking was nearer to true skill in {better:.0%} of {len(results)} replications")


if __name__ == "__main__":
    main()
