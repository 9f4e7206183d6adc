"""Brier scores of binary, categorical and ordinal predictions, and their ranges under verbal intervals.

All scores lie in [0, 1] and lower is better; 50% on a yes-or-no question earns 0.25. All functions are pure and take
whole arrays. A number outside [0, 1] raises ``ValueError``: inputs are validated earlier, so that only a mistake in
the program can cause it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.units import Floats, Ints, _checked


def brier_binary(p: ArrayLike, outcome: ArrayLike) -> Floats:
    """Compute B = (p - o)^2 for probabilities ``p`` of yes and outcomes ``o`` (1 yes, 0 no), shape (n,) or scalar.
    Range [0, 1]. Half the score of Brier (1950), Monthly Weather Review 78, 1-3.
    """
    scores: Floats = np.square(_checked(p) - _outcomes(outcome, 2))
    return scores


def brier_categorical(p: ArrayLike, option: ArrayLike) -> Floats:
    """Compute B = 1/2 sum_k (p_k - o_k)^2 for ``p`` (n, K) and the index of the true option, int or (n,).

    Range [0, 1]; two options agree with ``brier_binary``. Half the score of Brier (1950), MWR 78, 1-3. The terms
    are added in order of size, so that relabelling the options cannot change even the last bit.
    """
    probabilities = _rows(p)
    squares = np.square(probabilities - _one_hot(option, probabilities))
    halves: Floats = np.sort(squares, axis=1).sum(axis=1) / 2
    return np.minimum(halves, 1.0)


def brier_ordinal(p: ArrayLike, option: ArrayLike) -> Floats:
    """Compute B = 1/(K-1) sum_{k<K} (P_k - O_k)^2 with P and O cumulative; shapes as in ``brier_categorical``.

    Range [0, 1]; missing by one bin costs less than missing by three; two bins agree with ``brier_binary``. The
    ranked probability score of Epstein (1969), Journal of Applied Meteorology 8, 985-987, divided by K - 1.
    """
    probabilities = _rows(p)
    differences = np.cumsum(probabilities - _one_hot(option, probabilities), axis=1)[:, :-1]
    means: Floats = np.square(differences).mean(axis=1)
    return np.minimum(means, 1.0)


def brier(probabilities: ArrayLike, outcome: ArrayLike, kind: str) -> Floats:
    """Compute the Brier score of each row of ``probabilities`` on a question of the given ``kind``; shape (n,).

    ``binary``: shape (n, 1), the probability of yes; ``outcome`` 1 for yes, 0 for no.
    ``categorical`` and ``ordinal``: shape (n, K); ``outcome`` is the index of the true option.
    Raises ``ValueError`` for any other kind.
    """
    if kind == "binary":
        return brier_binary(_yes(probabilities), outcome)
    if kind == "categorical":
        return brier_categorical(probabilities, outcome)
    if kind == "ordinal":
        return brier_ordinal(probabilities, outcome)
    raise ValueError(f"unknown kind of question: {kind!r}")


def brier_range(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Floats]:
    """Compute the (lowest, highest) Brier score of a probability of yes within [low, high]; shapes as given.

    For outcome 1 they are (1 - high)^2 and (1 - low)^2, for 0 low^2 and high^2. Raises ``ValueError`` if ``low`` is
    above ``high``.
    """
    at_low, at_high = brier_binary(low, outcome), brier_binary(high, outcome)
    if np.any(np.asarray(low) > np.asarray(high)):
        raise ValueError("low must not be above high")
    return np.minimum(at_low, at_high), np.maximum(at_low, at_high)


def word_bounds(
    verbal: ArrayLike, low: ArrayLike, high: ArrayLike, outcome: ArrayLike, scores: ArrayLike
) -> tuple[Floats, Floats]:
    """Compute the lowest and highest possible value of each of n Brier ``scores``; arrays (n,).

    Rows marked ``verbal`` (yes-or-no questions with outcomes 0/1) may lie anywhere within [low, high]; other scores
    are fixed.
    """
    best = _checked(scores)
    least, most = best.copy(), best.copy()
    at = np.flatnonzero(verbal)
    if len(at):
        ends = brier_range(np.asarray(low)[at], np.asarray(high)[at], np.asarray(outcome)[at])
        # A best value inside the interval can fall outside the range by a rounding of the last digit at most.
        least[at], most[at] = np.minimum(ends[0], best[at]), np.maximum(ends[1], best[at])
    return least, most


def _rows(p: ArrayLike) -> Floats:
    array = _checked(p)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError("probabilities must have shape (n, K) with at least two options")
    return np.ascontiguousarray(array)


def _yes(probabilities: ArrayLike) -> Floats:
    array = _checked(probabilities)
    if array.ndim != 2 or array.shape[1] != 1:
        raise ValueError("a binary question has probabilities of shape (n, 1): those of yes")
    return array[:, 0]


def _outcomes(outcome: ArrayLike, options: int) -> Ints:
    array = np.asarray(outcome)
    if array.dtype.kind not in "iub" or (array.size and not (array.min() >= 0 and array.max() < options)):
        raise ValueError(f"an outcome must be a whole number from 0 to {options - 1}")
    return array.astype(np.int64, copy=False)


def _one_hot(option: ArrayLike, probabilities: Floats) -> NDArray[np.bool_]:
    rows, options = probabilities.shape
    chosen = np.broadcast_to(_outcomes(option, options), (rows,))
    matches: NDArray[np.bool_] = np.arange(options) == chosen[:, None]
    return matches
