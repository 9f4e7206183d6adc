"""Confidence intervals of means, clustered by event, so that one election counts once."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.units import Floats, Ints

OWN_SPREAD_FROM = 10
"""With fewer events the spread is pooled over all commentators: an own estimate would often be far too small."""

Z_95 = 1.6448536269514722
T_95 = np.array([np.nan, 6.313752, 2.919986, 2.353363, 2.131847, 2.015048, 1.943180, 1.894579, 1.859548, 1.833113])


@dataclass(frozen=True)
class Intervals:
    """Means with 90% intervals clipped to their possible range: one entry for each commentator, by ascending id.

    ``pooled`` marks records with fewer than ``OWN_SPREAD_FROM`` events, whose width comes from the spread pooled over
    all commentators. If nobody has two events, ``low`` and ``high`` are the bounds of the possible range, or NaN if it
    has none.
    """

    commentator: Ints
    questions: Ints
    events: Ints
    mean: Floats
    low: Floats
    high: Floats
    pooled: NDArray[np.bool_]


def mean_intervals(
    commentator: ArrayLike, event: ArrayLike, values: ArrayLike, *, least: float = 0.0, most: float = 1.0
) -> Intervals:
    """Compute each commentator's mean over questions with a 90% interval clustered by event.

    Flat arrays (n,), one row per question, of values between ``least`` and ``most``, which may be infinite.

    SE^2 = G/(G-1) sum_g (sum_{i in g} (d_i - mean))^2 / n^2 over the G events of a commentator, with the t quantile of
    G - 1 degrees of freedom: Liang and Zeger (1986), Biometrika 73, 13-22.
    """
    people, person = np.unique(np.asarray(commentator, dtype=np.int64), return_inverse=True)
    events_of_row = np.unique(np.asarray(event), return_inverse=True)[1]
    numbers = np.asarray(values, dtype=np.float64)
    # Sorted by value too, so that the sums are equal to the bit whatever the order of the input.
    order = np.lexsort((numbers, events_of_row, person))
    person, events_of_row, numbers = person[order], events_of_row[order], numbers[order]
    n = np.bincount(person, minlength=len(people))
    mean = np.bincount(person, numbers, len(people)) / n
    starts = np.flatnonzero(np.diff(person, prepend=-1) | np.diff(events_of_row, prepend=-1))
    owner = person[starts]
    deviations = np.add.reduceat(numbers - mean[person], starts) if len(starts) else numbers
    events = np.bincount(owner, minlength=len(people))
    # In units of one event's share of the mean, so that records of different length can be pooled.
    per_event = np.square(deviations * (events / n)[owner])
    squares = np.bincount(owner, per_event, len(people)).astype(np.float64)
    # No spread of numbers between two bounds is larger than half their distance.
    width, pooled = _widths(squares, events, largest=(most - least) / 2)
    known = np.isfinite(width)
    low, high = (
        np.where(known, edge, np.nan) for edge in (np.maximum(mean - width, least), np.minimum(mean + width, most))
    )
    return Intervals(people, n, events, mean, low, high, pooled)


def _widths(squares: Floats, events: Ints, *, largest: float) -> tuple[Floats, NDArray[np.bool_]]:
    free = int((events - 1).sum())
    variance = float(squares.sum()) / free if free else largest**2
    pooled = events < OWN_SPREAD_FROM
    own_free = np.maximum(events - 1, 1)
    error = np.sqrt(np.where(pooled, variance, squares / own_free) / np.maximum(events, 1))
    return t_quantile_95(np.where(pooled, max(free, 1), own_free)) * error, pooled


class RunningMean:
    """A mean over questions that can be added and removed, with its interval as in ``mean_intervals``.

    Values are whole numbers, so that the result does not depend on their order.
    """

    def __init__(self) -> None:
        self.total = self.count = 0
        self._events: dict[str, tuple[int, int]] = {}
        #: Over events with sum s and number n: the sums of s^2, s n and n^2.
        self._squares = self._products = self._sizes = 0

    def shift(self, event: str, value: int, by: int) -> None:
        """Add a value to an event (``by`` = 1) or remove it (-1)."""
        total, number = self._events.pop(event, (0, 0))
        self._weigh(total, number, -1)
        total, number = total + by * value, number + by
        if number:
            self._events[event] = total, number
            self._weigh(total, number, 1)
        self.total, self.count = self.total + by * value, self.count + by

    def _weigh(self, total: int, number: int, by: int) -> None:
        self._squares += by * total * total
        self._products += by * total * number
        self._sizes += by * number * number

    def interval(self, scale: int) -> tuple[float, float] | None:
        """Compute the 90% interval of the mean, divided by ``scale`` and clipped to [0, 1].

        None with fewer than ``OWN_SPREAD_FROM`` events: their own spread is unreliable.
        """
        events, n = len(self._events), self.count
        if events < OWN_SPREAD_FROM:
            return None
        # n^2 times the sum over events of (s - n mean)^2, exactly.
        squares = n * n * self._squares - 2 * n * self.total * self._products + self.total * self.total * self._sizes
        error = math.sqrt(squares * events / (events - 1)) / (n * n * scale)
        mean, width = self.total / n / scale, _quantile(events - 1) * error
        return max(mean - width, 0.0), min(mean + width, 1.0)


@lru_cache(4096)
def _quantile(free: int) -> float:
    return float(t_quantile_95(free))


def t_quantile_95(free: ArrayLike) -> Floats:
    """Return the 95th percentile of Student's t for whole degrees of freedom from 1, to 1e-5; shape is kept.

    A table up to 9, above it the expansion of Cornish and Fisher (Abramowitz and Stegun 1964, 26.7.5).
    """
    v, z = np.asarray(free, dtype=np.float64), Z_95
    expansion = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    expansion += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    expansion += (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    return np.where(v < len(T_95), T_95[np.minimum(v, len(T_95) - 1).astype(np.int64)], expansion)
