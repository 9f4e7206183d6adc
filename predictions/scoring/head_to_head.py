"""Paired comparison of two commentators on the questions that both answered."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from predictions.scoring.intervals import t_quantile_95
from predictions.scoring.units import Bools, Floats

MIN_EVENTS = 10
EXACT_UP_TO = 14
"""Up to this number of events all 2^G flips of sign are tried; above it flips are drawn."""

AT_ONCE = 1_000_000
"""Signs drawn at once, so that memory does not grow with the number of shared events."""

PROVEN = 20.0
"""The e-value that rejects "the other was at least as good every time": at most one false alarm in twenty, at any
number of checks."""


@dataclass(frozen=True)
class Comparison:
    """The first commentator against the second. With fewer than ``MIN_EVENTS`` shared events there are only the counts.

    ``difference`` is the mean over events of (score of the second - score of the first), in [-1, 1]: above 0 the first
    was better; ``low`` and ``high`` are its 90% interval. ``p_value`` is the two-sided probability of a difference at
    least as large if each event favoured either with equal chance.
    """

    questions: int
    events: int
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None

    @property
    def enough(self) -> bool:
        """Return whether the two share enough events to be compared."""
        return self.events >= MIN_EVENTS


def compare(
    question: ArrayLike,
    event: ArrayLike,
    scores: ArrayLike,
    other_question: ArrayLike,
    other_scores: ArrayLike,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare the Brier ``scores`` of one commentator on ``question`` (ids, with their ``event``) to those of another.

    Differences are averaged within each event, so that one election counts once, and tested by flipping the sign of
    whole events (Fisher 1935, The Design of Experiments, section 21): exactly, or from ``draws`` flips out of ``seed``.
    The interval uses Student's t with G - 1 degrees of freedom. It is valid for one check, not for repeated ones.
    """
    _, mine, theirs = np.intersect1d(question, other_question, return_indices=True)
    gains = np.asarray(other_scores, dtype=np.float64)[theirs] - np.asarray(scores, dtype=np.float64)[mine]
    gains = event_means(np.asarray(event)[mine], gains)
    events = len(gains)
    if events < MIN_EVENTS:
        return Comparison(len(mine), events, None, None, None, None)
    mean = float(gains.mean())
    reach = float(t_quantile_95(events - 1) * gains.std(ddof=1) / np.sqrt(events))
    p_value = sign_flip_test(gains, draws=draws, seed=seed)
    return Comparison(len(mine), events, mean, max(mean - reach, -1.0), min(mean + reach, 1.0), p_value)


def event_means(event: ArrayLike, values: ArrayLike) -> Floats:
    """Compute the mean of ``values`` (n,) within each event, in order of the events' names."""
    in_event = np.unique(np.asarray(event), return_inverse=True)[1]
    means: Floats = np.bincount(in_event, np.asarray(values, dtype=np.float64)) / np.bincount(in_event)
    return means


def sign_flip_test(differences: ArrayLike, *, draws: int = 10_000, seed: int = 0) -> float:
    """Compute the two-sided p-value of the sum of ``differences`` (G,) under independent flips of sign; 1 for none.

    Exact up to G = 14; above it (1 + hits) / (1 + draws) of drawn flips, a valid p-value at any number of draws.
    """
    values = np.asarray(differences, dtype=np.float64)
    observed = abs(float(values.sum())) - 1e-12
    if len(values) <= EXACT_UP_TO:
        bits = np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1
        return float((np.abs((1 - 2 * bits) @ values) >= observed).mean())
    rng, hits, at_once = np.random.default_rng(seed), 0, max(AT_ONCE // len(values), 1)
    for start in range(0, draws, at_once):
        bits = rng.integers(0, 2, (min(at_once, draws - start), len(values)), dtype=np.int8)
        hits += int((np.abs((1 - 2 * bits) @ values) >= observed).sum())
    return (1 + hits) / (1 + draws)


def one_after_another(event: ArrayLike, made_at: ArrayLike, known_at: ArrayLike) -> Bools:
    """Select those of n shared questions whose events do not overlap, as e-values require; shape (n,).

    ``made_at`` is when the later of both had predicted, ``known_at`` when the outcome became known. The event that both
    predicted first is taken, then the first that both predicted once that outcome was known (at the earliest at that
    very instant), and so on: each choice is made when a prediction is, before anything about its outcome is known.
    """
    names, in_event = np.unique(np.asarray(event), return_inverse=True)
    limits = np.iinfo(np.int64)
    begun, known = np.full(len(names), limits.max), np.full(len(names), limits.min)
    np.minimum.at(begun, in_event, np.asarray(made_at, dtype=np.int64))
    np.maximum.at(known, in_event, np.asarray(known_at, dtype=np.int64))
    taken, free_from = np.zeros(len(names), dtype=bool), limits.min
    for at in np.lexsort((np.arange(len(names)), begun)).tolist():
        if begun[at] >= free_from:
            taken[at], free_from = True, known[at]
    selected: Bools = taken[in_event]
    return selected


def e_values(p: ArrayLike, q: ArrayLike, outcome: ArrayLike, event: ArrayLike, known_at: ArrayLike) -> Floats:
    """Compute the evidence after each event against ``q`` being at least as good as ``p`` every time; shape (G,).

    For shared yes-or-no questions: probabilities (n,) of the two, outcomes 0/1, events, and when outcomes became known.
    Events come in the order in which they became known.
    The product over events of the mean within the event of pi/k where yes and (1 - pi)/(1 - k) where no, with
    k = (p + q)/2 and pi = .75 p + .25 q. Range [0, inf). If q is as good every time, it ever exceeds 20 at most one
    time in twenty, at any check: Henzi and Ziegel (2022), Biometrika 109, 647-663. By the corrigendum (109, 1181)
    that holds only where each event is known before the next is forecast: ``one_after_another`` picks such events.
    """
    mine, other = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    yes, times = np.asarray(outcome) == 1, np.asarray(known_at, dtype=np.int64)
    middle, tilted = (mine + other) / 2, 0.75 * mine + 0.25 * other
    above, below = np.where(yes, tilted, 1 - tilted), np.where(yes, middle, 1 - middle)
    # Equal forecasts carry no evidence, nor do two that differ by less than floating point can hold.
    silent = (mine == other) | (below == 0)
    evidence = np.where(silent, 1.0, above / np.where(silent, 1.0, below))
    names, in_event = np.unique(np.asarray(event), return_inverse=True)
    last_known = np.full(len(names), np.iinfo(np.int64).min)
    np.maximum.at(last_known, in_event, times)
    means = np.bincount(in_event, evidence, len(names)) / np.bincount(in_event, minlength=len(names))
    running: Floats = np.cumprod(means[np.argsort(last_known, kind="stable")]).astype(np.float64)
    return running
