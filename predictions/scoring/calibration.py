"""Calibration by the CORP reliability diagram: how often things predicted at 70% happen.

Dimitriadis, Gneiting and Jordan (2021), "Stable reliability diagrams for probabilistic classifiers", PNAS 118,
e2016191118. The curve is the isotonic regression of outcome on stated probability, which needs no choice of bins; with
it the mean Brier score splits exactly into miscalibration - discrimination + uncertainty.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.units import Floats, Ints

MIN_PREDICTIONS = 50
"""Below this a curve shows chance: with 20 predictions perfect calibration gives a miscalibration near 0.05."""

GRID = 200
"""A diagram shows at most GRID + 1 points: more distinct probabilities are shown as groups that agree to 1/GRID."""

RESAMPLES = 1000
RESAMPLED_CELLS = 2_000_000
FINEST = 100_000
"""More than 2,000 distinct probabilities get fewer than RESAMPLES draws (20 at least), of at most FINEST neighbouring
groups. Coarser groups would understate the miscalibration due to chance; at 100,000 the loss is under 0.2%."""

DRAWN_PREDICTIONS = 20_000_000
FEWEST_DRAWS = 100
"""Predictions that share outcomes are drawn one by one: more than 20,000 of them fewer than RESAMPLES times, but at
least FEWEST_DRAWS times."""

BAND = 0.90


@dataclass(frozen=True)
class Decomposition:
    """The mean Brier score and its parts: brier = miscalibration - discrimination + uncertainty, up to rounding.

    ``miscalibration`` [0, 1], lower is better: the loss compared to recalibrated probabilities in the same order.
    ``discrimination`` [0, 0.25], higher is better: the gain of recalibrated probabilities over the base rate.
    ``uncertainty`` [0, 0.25]: o(1 - o), the score of always predicting the base rate o.
    """

    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True)
class Chance:
    """Distribution of curve and miscalibration if the same probabilities were perfectly calibrated, by resampling.

    Predictions on one question share its drawn outcome, so that they are one piece of evidence. The curve lies between
    ``band_low`` and ``band_high`` with 90% probability at each point; its miscalibration is ``miscalibration_mean`` on
    average and above ``miscalibration_95`` one time in twenty.
    """

    band_low: Floats
    band_high: Floats
    miscalibration_mean: float
    miscalibration_95: float


@dataclass(frozen=True)
class Calibration:
    """A reliability diagram. Arrays have one entry for each stated probability (or group of them), ascending.

    ``probability`` is the stated probability (of a group: the mean), ``count`` the number of predictions with it,
    ``hits`` the number that came true, ``recalibrated`` the height of the curve. With fewer than ``MIN_PREDICTIONS``
    predictions the last three attributes are None.
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
        """Return whether there are enough predictions for a curve."""
        return self.predictions >= MIN_PREDICTIONS


def calibration(p: ArrayLike, outcome: ArrayLike, *, question: ArrayLike | None = None, seed: int = 0) -> Calibration:
    """Compute the reliability diagram of probabilities ``p`` and outcomes (1 yes, 0 no), both (n,), in any order.

    ``question`` (n,) groups predictions on the same question; without it each prediction has a question of its own.
    The band holds the curve of a perfectly calibrated forecaster with 90% probability at each point; it is drawn from
    ``seed``, and the same input gives the same diagram. Raises ``ValueError`` for arrays of different length,
    probabilities outside [0, 1] and outcomes other than 0 and 1.
    """
    values, count, hits = _pooled(p, outcome)
    total = int(count.sum())
    if total < MIN_PREDICTIONS:
        return Calibration(total, values, count, hits, None, None, None)
    curve = _isotonic(count, hits)
    starts = _starts(np.rint(values * GRID)) if len(values) > GRID + 1 else np.arange(len(values))
    stated, shown = _grouped(values, count, starts)
    return Calibration(
        predictions=total,
        probability=stated,
        count=shown,
        hits=np.add.reduceat(hits, starts),
        recalibrated=_grouped(curve, count, starts)[0],
        decomposition=_decomposed(values, count, hits, curve),
        chance=_chance(_Predictions(p, question, values, count), starts, stated, np.random.default_rng(seed)),
    )


def recalibrated(count: ArrayLike, hits: ArrayLike) -> Floats:
    """Compute the heights (k,) of the curve from ``count`` predictions with ``hits`` at k ascending probabilities."""
    return _isotonic(np.asarray(count, dtype=np.int64), np.asarray(hits, dtype=np.int64))


def _pooled(p: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Ints, Ints]:
    """Return distinct probabilities with counts and hits. Isotonic regression is wrong unless ties are pooled."""
    stated, happened = np.asarray(p, dtype=np.float64), np.asarray(outcome)
    if stated.shape != happened.shape or stated.ndim != 1:
        raise ValueError("probabilities and outcomes must be two arrays of one length")
    if not np.all((stated >= 0) & (stated <= 1)) or not np.all((happened == 0) | (happened == 1)):
        raise ValueError("a probability must lie between 0 and 1, an outcome must be 0 or 1")
    values, place, count = np.unique(stated, return_inverse=True, return_counts=True)
    hits = np.bincount(place[happened == 1], minlength=len(values))
    return values, count.astype(np.int64), hits.astype(np.int64)


def _isotonic(count: Ints, hits: Ints, lanes: int = 1) -> Floats:
    """Compute the isotonic regression of hits / count of ``lanes`` concatenated sequences of equal length.

    Pools adjacent violators, all of them at once in each pass: the order of pooling does not change the result.
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
    """Return the positions at which runs of equal group numbers begin."""
    return np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))


def _grouped(values: Floats, count: Ints, starts: Ints) -> tuple[Floats, Ints]:
    """Return count-weighted means and total counts of the groups; groups of one stay identical to the bit."""
    if len(starts) == len(values):
        return values, count
    totals = np.add.reduceat(count, starts)
    return np.add.reduceat(values * count, starts) / totals, totals


class _Predictions:
    """The predictions of a diagram, whose outcomes can be drawn as if all were calibrated."""

    def __init__(self, p: ArrayLike, question: ArrayLike | None, values: Floats, count: Ints) -> None:
        self.values, self.count = values, count
        questions, row_question = np.unique(
            np.arange(count.sum()) if question is None else question, return_inverse=True
        )
        self.questions, self.row_question = len(questions), row_question
        self.place = np.searchsorted(values, np.asarray(p, dtype=np.float64))

    @property
    def max_draws(self) -> int:
        """Return the largest affordable number of draws."""
        if self._independent:
            return RESAMPLES
        return int(np.clip(DRAWN_PREDICTIONS // len(self.place), FEWEST_DRAWS, RESAMPLES))

    @property
    def _independent(self) -> bool:
        return self.questions == len(self.place)

    def hits(self, starts: Ints, draws: int, rng: np.random.Generator) -> Ints:
        """Draw the number of hits in each group of values: (draws, k).

        Predictions on one question share one uniform draw: each comes true with its stated probability, and with it
        all higher ones.
        """
        if self._independent:
            means, count = _grouped(self.values, self.count, starts)
            return rng.binomial(count, means, size=(draws, len(starts)))
        group = np.searchsorted(starts, self.place, side="right") - 1
        stated, hits = self.values[self.place], np.empty((draws, len(starts)), dtype=np.int64)
        for draw in range(draws):
            happened = rng.random(self.questions)[self.row_question] < stated
            hits[draw] = np.bincount(group[happened], minlength=len(starts))
        return hits


def _chance(predictions: _Predictions, starts: Ints, stated: Floats, rng: np.random.Generator) -> Chance:
    shown = np.add.reduceat(predictions.count, starts)
    curves, _ = _resampled(stated, shown, predictions.hits(starts, predictions.max_draws, rng))
    low, high = np.quantile(curves, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    fine = np.arange(len(predictions.values))
    if len(fine) > FINEST:
        fine = _starts(fine * FINEST // len(fine))
    values, count = _grouped(predictions.values, predictions.count, fine)
    draws = int(np.clip(RESAMPLED_CELLS // len(fine), RESAMPLED_CELLS // FINEST, predictions.max_draws))
    _, excess = _resampled(values, count, predictions.hits(fine, draws, rng))
    return Chance(low, high, float(excess.mean()), float(np.quantile(excess, 0.95)))


def _resampled(values: Floats, count: Ints, hits: Ints) -> tuple[Floats, Floats]:
    """Return curves (draws, k) and miscalibrations (draws,) for drawn ``hits`` (draws, k)."""
    counts = np.broadcast_to(count, hits.shape)
    curves = _isotonic(counts.ravel(), hits.ravel(), lanes=len(hits)).reshape(hits.shape)
    brier = (hits * (1 - values) ** 2 + (counts - hits) * values**2).sum(axis=1)
    recalibrated: Floats = (counts * curves * (1 - curves)).sum(axis=1)
    return curves, (brier - recalibrated) / count.sum()
