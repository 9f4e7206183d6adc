"""Calibration: do things said to be 70% likely happen 70% of the time? The CORP reliability diagram.

Dimitriadis, Gneiting and Jordan (2021), "Stable reliability diagrams for probabilistic classifiers", PNAS 118,
e2016191118. The curve is the isotonic regression of outcome on stated probability, so that no one chooses bins; with
it the mean Brier score splits exactly into miscalibration - discrimination + uncertainty.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.units import Floats, Ints

MIN_PREDICTIONS = 50
"""Below this a curve shows luck: with 20 predictions a perfectly calibrated person has a miscalibration near 0.05."""

GRID = 200
"""A diagram shows at most GRID + 1 points: more distinct probabilities are shown as groups that agree to 1/GRID."""

RESAMPLES = 1000
RESAMPLED_CELLS = 2_000_000
FINEST = 100_000
"""Over 2,000 distinct probabilities fewer than RESAMPLES draws are made (20 at least), of at most FINEST neighbouring
groups. Coarser groups would understate the miscalibration that chance makes; at 100,000 the loss is under 0.2%."""

DRAWN_CALLS = 20_000_000
FEWEST_DRAWS = 100
"""Where calls share outcomes each call is drawn: over 20,000 calls fewer than RESAMPLES times, but FEWEST_DRAWS."""

BAND = 0.90


@dataclass(frozen=True)
class Decomposition:
    """The mean Brier score and its parts: brier = miscalibration - discrimination + uncertainty, to rounding.

    ``miscalibration`` [0, 1], lower is better: what honest numbers for the same order of likelihood would have saved.
    ``discrimination`` [0, 0.25], higher is better: what that order of likelihood was worth, whatever the numbers.
    ``uncertainty`` [0, 0.25]: o(1 - o), what always saying the share o of things that happened would have scored.
    """

    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True)
class Chance:
    """What a perfectly calibrated person who said the same numbers would get, by resampling the outcomes; calls on one
    question share its outcome, so that ten who say the same are one piece of evidence.

    The curve lies between ``band_low`` and ``band_high`` with 90% probability at each point; its miscalibration is
    ``miscalibration_mean`` on average and above ``miscalibration_95`` one time in twenty.
    """

    band_low: Floats
    band_high: Floats
    miscalibration_mean: float
    miscalibration_95: float


@dataclass(frozen=True)
class Calibration:
    """A reliability diagram. Arrays have one entry for each stated probability (or group of them), ascending.

    ``probability`` is what was said (the mean, in a group), ``count`` how often, ``hits`` how often it came true,
    ``recalibrated`` the height of the curve. Under ``MIN_PREDICTIONS`` there are only the counts: the last three are
    None.
    """

    predictions: int
    probability: Floats
    count: Ints
    hits: Ints
    recalibrated: Floats | None
    decomposition: Decomposition | None
    chance: Chance | None

    @property
    def enough(self) -> bool:
        """Whether there are enough predictions for a curve."""
        return self.predictions >= MIN_PREDICTIONS


def calibration(p: ArrayLike, outcome: ArrayLike, *, question: ArrayLike | None = None, seed: int = 0) -> Calibration:
    """The reliability diagram of probabilities ``p`` and outcomes (1 it happened, 0 it did not), both (n,), any order;
    ``question`` (n,) where several may speak of one question, else each call has a question of its own.

    The band says where the curve of a perfectly calibrated person would lie with 90% probability at each point; it is
    drawn from ``seed``, and the same input gives the same diagram.
    """
    values, count, hits = _pooled(p, outcome)
    total = int(count.sum())
    if total < MIN_PREDICTIONS:
        return Calibration(total, values, count, hits, None, None, None)
    curve = _isotonic(count, hits)
    starts = _starts(np.rint(values * GRID)) if len(values) > GRID + 1 else np.arange(len(values))
    said, shown = _grouped(values, count, starts)
    return Calibration(
        predictions=total,
        probability=said,
        count=shown,
        hits=np.add.reduceat(hits, starts),
        recalibrated=_grouped(curve, count, starts)[0],
        decomposition=_decomposed(values, count, hits, curve),
        chance=_chance(_Calls(p, question, values, count), starts, said, np.random.default_rng(seed)),
    )


def recalibrated(count: ArrayLike, hits: ArrayLike) -> Floats:
    """The heights (k,) of the curve alone: ``count`` predictions with ``hits`` at each of k ascending probabilities."""
    return _isotonic(np.asarray(count, dtype=np.int64), np.asarray(hits, dtype=np.int64))


def _pooled(p: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Ints, Ints]:
    """Distinct probabilities with their counts and hits. Ties must be pooled before the regression, or it is wrong."""
    said, happened = np.asarray(p, dtype=np.float64), np.asarray(outcome)
    if said.shape != happened.shape or said.ndim != 1:
        raise ValueError("probabilities and outcomes must be two arrays of one length")
    if not np.all((said >= 0) & (said <= 1)) or not np.all((happened == 0) | (happened == 1)):
        raise ValueError("a probability must lie between 0 and 1, an outcome must be 0 or 1")
    values, place, count = np.unique(said, return_inverse=True, return_counts=True)
    hits = np.bincount(place[happened == 1], minlength=len(values))
    return values, count.astype(np.int64), hits.astype(np.int64)


def _isotonic(count: Ints, hits: Ints, lanes: int = 1) -> Floats:
    """Isotonic regression of hits / count by pooling adjacent violators; ``lanes`` sequences of equal length in a row.

    All neighbours out of order are pooled at once in each pass: the order of pooling does not change the result.
    Means are compared as whole numbers, hence exactly.
    """
    blocks = np.ones(len(count), dtype=np.int64)
    first = np.arange(len(count)) % max(len(count) // lanes, 1) == 0
    while True:
        pool = (hits[:-1] * count[1:] >= hits[1:] * count[:-1]) & ~first[1:]
        if not pool.any():
            return np.repeat(hits / count, blocks)
        starts = np.flatnonzero(np.append(True, ~pool))
        count, hits, blocks = (np.add.reduceat(part, starts) for part in (count, hits, blocks))
        first = first[starts]


def _decomposed(values: Floats, count: Ints, hits: Ints, curve: Floats) -> Decomposition:
    total, share = count.sum(), hits.sum() / count.sum()
    brier = float((hits * (1 - values) ** 2 + (count - hits) * values**2).sum() / total)
    recalibrated = float((count * curve * (1 - curve)).sum() / total)
    uncertainty = float(share * (1 - share))
    return Decomposition(brier, max(brier - recalibrated, 0.0), max(uncertainty - recalibrated, 0.0), uncertainty)


def _starts(groups: NDArray[Any]) -> Ints:
    """Where each run of equal group numbers begins."""
    return np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))


def _grouped(values: Floats, count: Ints, starts: Ints) -> tuple[Floats, Ints]:
    """Means weighted by count, and total counts, of the groups; untouched to the bit where each stands alone."""
    if len(starts) == len(values):
        return values, count
    totals = np.add.reduceat(count, starts)
    return np.add.reduceat(values * count, starts) / totals, totals


class _Calls:
    """The calls that a diagram is made of, whose outcomes can be drawn as if all were calibrated."""

    def __init__(self, p: ArrayLike, question: ArrayLike | None, values: Floats, count: Ints) -> None:
        self.values, self.count = values, count
        asked, of_call = np.unique(np.arange(count.sum()) if question is None else question, return_inverse=True)
        self.asked, self.of_call = len(asked), of_call
        self.place = np.searchsorted(values, np.asarray(p, dtype=np.float64))

    @property
    def most(self) -> int:
        """How many draws are made at most."""
        return RESAMPLES if self._apart else int(np.clip(DRAWN_CALLS // len(self.place), FEWEST_DRAWS, RESAMPLES))

    @property
    def _apart(self) -> bool:
        return self.asked == len(self.place)

    def hits(self, starts: Ints, draws: int, rng: np.random.Generator) -> Ints:
        """How often each group of values came true: (draws, k). Calls on one question share one draw: each comes true
        with the probability that it stated, and with it all that were stated higher."""
        if self._apart:
            said, count = _grouped(self.values, self.count, starts)
            return rng.binomial(count, said, size=(draws, len(starts)))
        group = np.searchsorted(starts, self.place, side="right") - 1
        stated, found = self.values[self.place], np.empty((draws, len(starts)), dtype=np.int64)
        for draw in range(draws):
            happened = rng.random(self.asked)[self.of_call] < stated
            found[draw] = np.bincount(group[happened], minlength=len(starts))
        return found


def _chance(calls: _Calls, starts: Ints, said: Floats, rng: np.random.Generator) -> Chance:
    shown = np.add.reduceat(calls.count, starts)
    curves, _ = _resampled(said, shown, calls.hits(starts, calls.most, rng))
    low, high = np.quantile(curves, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    fine = np.arange(len(calls.values))
    if len(fine) > FINEST:
        fine = _starts(fine * FINEST // len(fine))
    values, count = _grouped(calls.values, calls.count, fine)
    draws = int(np.clip(RESAMPLED_CELLS // len(fine), RESAMPLED_CELLS // FINEST, calls.most))
    _, excess = _resampled(values, count, calls.hits(fine, draws, rng))
    return Chance(low, high, float(excess.mean()), float(np.quantile(excess, 0.95)))


def _resampled(values: Floats, count: Ints, hits: Ints) -> tuple[Floats, Floats]:
    """Curves (draws, k) and miscalibrations (draws,) of the ``hits`` (draws, k) that were drawn."""
    counts = np.broadcast_to(count, hits.shape)
    curves = _isotonic(counts.ravel(), hits.ravel(), lanes=len(hits)).reshape(hits.shape)
    said = (hits * (1 - values) ** 2 + (counts - hits) * values**2).sum(axis=1)
    recalibrated: Floats = (counts * curves * (1 - curves)).sum(axis=1)
    return curves, (said - recalibrated) / count.sum()
