"""The Brier family: how good one prediction was, and what each commentator earns on one question.

Scores of the Brier family lie in [0, 1] and lower is better; an even guess on a yes/no question earns 0.25.
All functions are pure and take whole arrays. A number that is no probability raises ``ValueError``: inputs are
checked long before they come here, so that only a mistake in the program can cause it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALE = 10**12
"""A stored score is a whole number of 1/SCALE, so that sums are exact in any order and on any database."""

LOG_SCORE_FLOOR = 0.01


def to_units(score: ArrayLike) -> Ints:
    """Scores in [0, 1] as whole numbers of 10^-12, an exact half to the even number. Shape is kept."""
    units = _checked(score) * SCALE
    return np.asarray(np.rint(units, out=units) if units.ndim else np.rint(units)).astype(np.int64)


def from_units(units: ArrayLike) -> Floats:
    """Whole numbers of 10^-12 as floats: the inverse of ``to_units``. Shape is kept."""
    return np.asarray(units, dtype=np.int64) / SCALE


def brier_binary(p: ArrayLike, outcome: ArrayLike) -> Floats:
    """B = (p - o)^2 for probabilities ``p`` of "yes" and outcomes ``o`` of 1 (yes) or 0 (no), shape (n,) or scalar.

    Range [0, 1]. Half the score of Brier (1950), Monthly Weather Review 78, 1-3.
    """
    scores: Floats = np.square(_checked(p) - _outcomes(outcome, 2))
    return scores


def brier_categorical(p: ArrayLike, option: ArrayLike) -> Floats:
    """B = 1/2 sum_k (p_k - o_k)^2 for ``p`` of shape (n, K) and the index of the option that came true, int or (n,).

    Range [0, 1]; two options agree with ``brier_binary``. Half the score of Brier (1950), MWR 78, 1-3. The terms
    are added in order of size, so that relabelling the options cannot change even the last bit.
    """
    probabilities = _rows(p)
    squares = np.square(probabilities - _one_hot(option, probabilities))
    halves: Floats = np.sort(squares, axis=1).sum(axis=1) / 2
    return np.minimum(halves, 1.0)


def brier_ordinal(p: ArrayLike, option: ArrayLike) -> Floats:
    """B = 1/(K-1) sum_{k<K} (P_k - O_k)^2, P and O cumulative over K ordered bins; shapes as in ``brier_categorical``.

    Range [0, 1]; missing by one bin costs less than missing by three; two bins agree with ``brier_binary``. The
    ranked probability score of Epstein (1969), Journal of Applied Meteorology 8, 985-987, divided by K - 1.
    """
    probabilities = _rows(p)
    gaps = np.cumsum(probabilities - _one_hot(option, probabilities), axis=1)[:, :-1]
    means: Floats = np.square(gaps).mean(axis=1)
    return np.minimum(means, 1.0)


def brier(probabilities: ArrayLike, outcome: ArrayLike, kind: str) -> Floats:
    """The Brier score of each row of ``probabilities``, on a question of the given ``kind``; shape (n,).

    ``binary``: shape (n, 1), the probability of "yes"; ``outcome`` 1 for yes, 0 for no.
    ``categorical`` and ``ordinal``: shape (n, K); ``outcome`` is the index of the option that came true.
    """
    if kind == "binary":
        return brier_binary(_yes(probabilities), outcome)
    if kind == "categorical":
        return brier_categorical(probabilities, outcome)
    if kind == "ordinal":
        return brier_ordinal(probabilities, outcome)
    raise ValueError(f"unknown kind of question: {kind!r}")


def brier_range(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Floats]:
    """(lowest, highest) Brier score that a probability of "yes" inside [low, high] can earn; shapes as given.

    For words that stand for an interval: with outcome 1 they are (1 - high)^2 and (1 - low)^2, with 0 low^2 and high^2.
    """
    at_low, at_high = brier_binary(low, outcome), brier_binary(high, outcome)
    if np.any(np.asarray(low) > np.asarray(high)):
        raise ValueError("low must not be above high")
    return np.minimum(at_low, at_high), np.maximum(at_low, at_high)


def word_bounds(
    worded: ArrayLike, low: ArrayLike, high: ArrayLike, outcome: ArrayLike, scores: ArrayLike
) -> tuple[Floats, Floats]:
    """The least and the most that each of n rows of Brier ``scores`` could be: of those ``worded``, yes-or-no questions
    with outcomes 0/1, inside the interval of their words; any other scores what it scores. Arrays (n,)."""
    best = _checked(scores)
    least, most = best.copy(), best.copy()
    at = np.flatnonzero(worded)
    if len(at):
        ends = brier_range(np.asarray(low)[at], np.asarray(high)[at], np.asarray(outcome)[at])
        # A best value inside the interval can fall outside the range by a rounding of the last digit at most.
        least[at], most[at] = np.minimum(ends[0], best[at]), np.maximum(ends[1], best[at])
    return least, most


@dataclass(frozen=True)
class QuestionScores:
    """What each commentator with a counting prediction earns on one question: arrays of one length, by commentator id.

    ``opening_index`` and ``latest_index`` point into the arrays given to ``score_question``.
    """

    commentator: Ints
    opening: Floats
    opening_index: Ints
    latest: Floats
    latest_index: Ints
    time_weighted: Floats
    counted: Ints


def score_question(
    commentator: ArrayLike,
    made_at: ArrayLike,
    row_id: ArrayLike,
    scores: ArrayLike,
    *,
    cutoff: ArrayLike,
    deadline: ArrayLike,
) -> QuestionScores:
    """Scores of all commentators on one question by the three rules for revisions. Arrays of shape (n,), any order.

    ``made_at``, ``cutoff`` = min(deadline, known_at) and ``deadline`` are microseconds since 1970; ``row_id`` orders
    predictions made at the same instant. A prediction made at or after the cutoff does not count. Many questions
    are scored at once when ``commentator`` holds a number for each pair of commentator and question, and ``cutoff``
    and ``deadline`` have one entry a row.

    - opening: the first prediction that counts;
    - latest: the last one;
    - time_weighted: sum of w_s B_s over a fixed window from the first prediction to the deadline, w_s being the share
      of the window that a prediction stood, until the next or the cutoff. What is left of the window after an early
      outcome adds 0: averaging to the outcome instead would reward overstating (Sempere and Lawsen 2021,
      arXiv 2106.11248).
    """
    people, times = np.asarray(commentator, dtype=np.int64), np.asarray(made_at, dtype=np.int64)
    order = np.lexsort((np.asarray(row_id, dtype=np.int64), times, people))
    horizon = np.broadcast_to(np.asarray(deadline, dtype=np.int64), times.shape)
    end = np.minimum(np.asarray(cutoff, dtype=np.int64), horizon)
    order = order[times[order] < end[order]]
    people, times, brier_scores = people[order], times[order], _checked(scores)[order]
    horizon, end = horizon[order], end[order]
    starts = np.flatnonzero(np.diff(people, prepend=people[:1] - 1))
    lasts = np.append(starts[1:], len(order))[: len(starts)] - 1
    counted = lasts - starts + 1
    until = np.append(times[1:], 0)[: len(order)]
    until[lasts] = end[lasts]
    weights = (until - times) / np.repeat(horizon[starts] - times[starts], counted)
    weighted = np.add.reduceat(weights * brier_scores, starts) if len(starts) else np.empty(0)
    return QuestionScores(
        commentator=people[starts],
        opening=brier_scores[starts],
        opening_index=order[starts],
        latest=brier_scores[lasts],
        latest_index=order[lasts],
        time_weighted=np.minimum(weighted, 1.0),
        counted=counted,
    )


def log_score(probabilities: ArrayLike, outcome: ArrayLike, kind: str) -> Floats:
    """-ln of the probability given to what happened, **clipped to [0.01, 0.99]**; shapes as in ``brier``; for display.

    Range [0.01005, 4.60517], lower is better. Good (1952), JRSS B 14, 107-114. Without the clip a single "never"
    that happened would cost infinitely much; with it the score is no longer proper beyond the limits.
    """
    if kind == "binary":
        yes = _yes(probabilities)
        given = np.where(_outcomes(outcome, 2) == 1, yes, 1 - yes)
    else:
        rows = _rows(probabilities)
        given = rows[_one_hot(outcome, rows) == 1]
    clipped: Floats = np.clip(given, LOG_SCORE_FLOOR, 1 - LOG_SCORE_FLOOR)
    return -np.log(clipped)


def brier_skill_score(scores: ArrayLike, reference: ArrayLike) -> float | None:
    """BSS = 1 - mean(B) / mean(B of the reference), both of shape (n,); None without a mean above 0 to divide by.

    Range (-inf, 1]: 1 is perfect, 0 no better than the reference. For display only: a ratio of means is no proper
    incentive. Murphy (1973), Journal of Applied Meteorology 12, 215-223.
    """
    total = float(_checked(reference).sum())
    return None if total == 0 else 1 - float(_checked(scores).sum()) / total


def skill_points(scores: ArrayLike, reference: ArrayLike) -> Floats:
    """100 (B of the reference - B): points for being closer to what happened than the yardstick. Range [-100, 100]."""
    return 100 * (_checked(reference) - _checked(scores))


def peer_score(question: ArrayLike, commentator: ArrayLike, scores: ArrayLike) -> Floats:
    """Mean score of the others on the same question minus one's own, for each row of flat arrays (n,); more is better.

    Range [-1, 1]; the peer scores of a question add up to 0. NaN where nobody else answered: such a question does not
    count. One row per commentator and question. The Brier form of the peer score that Metaculus defines on log scores.
    """
    questions, own = np.asarray(question, dtype=np.int64), _checked(scores)
    # A fixed order of addition keeps the sums equal to the bit, whatever the order of the input.
    order = np.lexsort((np.asarray(commentator, dtype=np.int64), questions))
    if not len(order):
        return np.empty(0)
    starts = np.flatnonzero(np.diff(questions[order], prepend=questions[order[0]] - 1))
    answers = np.diff(np.append(starts, len(order)))
    totals = np.repeat(np.add.reduceat(own[order], starts), answers)
    others = np.repeat(answers, answers) - 1.0
    peer = np.empty(len(order))
    with np.errstate(divide="ignore", invalid="ignore"):
        peer[order] = np.where(others > 0, (totals - own[order]) / others - own[order], np.nan)
    return peer


def _checked(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    # Two reductions take a third of the time of whole arrays of comparisons; NaN fails them too.
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("every number must lie between 0 and 1")
    return array


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
