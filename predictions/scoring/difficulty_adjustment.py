"""The difficulty-adjusted Brier score: an estimate as if all commentators had answered the same questions.

Two-way fixed effects: score of commentator c on question q = a_c + g_q + chance, fitted by least squares. Only
commentators who share questions, directly or by a chain of others, can be compared; so each connected component is
fitted alone, and not at all if its median question has fewer than four answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from predictions.scoring.units import Floats, Ints

MIN_ANSWERS = 4
MAX_STEPS = 2000
"""Steps of the solver; well-connected records need some tens."""

EXACT = 1e-14
GOOD = 1e-10
ROUNDING = 1e-12


@dataclass(frozen=True)
class AdjustedScores:
    """One entry for each commentator, by ascending id.

    ``adjusted`` is on the scale of the Brier score, lower is better, but may leave [0, 1]: someone who always says 50%
    earns 0.25 if they answered every question. It can be compared within one ``component`` only (0 has the most
    answers), and is NaN if the component has a median of fewer than ``MIN_ANSWERS`` answers per question.

    ``by_row`` (n,) has one entry for each row of the input: their mean over a commentator's rows is the adjusted score,
    and their spread estimates its standard error, the difficulties taken as fitted. NaN if nobody else answered: such
    a row carries no information.
    """

    commentator: Ints
    adjusted: Floats
    component: Ints
    by_row: Floats


def adjusted_brier(commentator: ArrayLike, question: ArrayLike, scores: ArrayLike) -> AdjustedScores:
    """Compute difficulty-adjusted Brier scores from flat arrays (n,), one row per commentator and question.

    With N the commentator-by-question 0/1 matrix, n and b the numbers and sums of scores: solve S a = r for
    S = diag(n_c) - N diag(1/n_q) N' and r = b_c - N (b_q / n_q); then g = (b_q - N' a) / n_q and
    adjusted = a + mean(g), which does not depend on the choice of a_0. The rule of ForecastBench (Karger et al. 2025,
    ICLR). Equal scores on equal questions give equal results, to the bit. Raises ``ValueError`` for duplicate rows.
    """
    people, person = np.unique(np.asarray(commentator, dtype=np.int64), return_inverse=True)
    questions, asked = np.unique(np.asarray(question), return_inverse=True)
    order = np.lexsort((asked, person))
    person, asked, values = person[order], asked[order], np.asarray(scores, dtype=np.float64)[order]
    if np.any((np.diff(person) == 0) & (np.diff(asked) == 0)):
        raise ValueError("a commentator has two scores on one question: give one")
    component = _components(person, asked, len(people), len(questions))
    adjusted, by_row = np.full(len(people), np.nan), np.full(len(person), np.nan)
    of_row = component[person]
    by_component = np.argsort(of_row, kind="stable")
    edges = np.searchsorted(of_row[by_component], np.arange(component.max(initial=-1) + 2))
    for begin, end in pairwise(edges):
        rows = by_component[begin:end]
        adjusted[np.unique(person[rows])], by_row[order[rows]] = _fit(person[rows], asked[rows], values[rows])
    return AdjustedScores(people, adjusted, component, by_row)


def _components(person: Ints, asked: Ints, people: int, questions: int) -> Ints:
    """Return the number of each commentator's connected component; 0 has the most answers."""
    label = np.arange(people)
    while True:
        lowest = np.full(questions, people)
        np.minimum.at(lowest, asked, label[person])
        reached = label.copy()
        np.minimum.at(reached, person, lowest[asked])
        reached = reached[reached]
        if np.array_equal(reached, label):
            break
        label = reached
    _, component = np.unique(label, return_inverse=True)
    answers = np.bincount(component[person])
    place = np.empty(len(answers), dtype=np.int64)
    place[np.argsort(-answers, kind="stable")] = np.arange(len(answers))
    return place[component]


def _fit(person: Ints, asked: Ints, values: Floats) -> tuple[Floats | float, Floats | float]:
    """Adjusted scores of the commentators of one connected component, by ascending id, and what each row makes of its
    commentator's; NaN if it is too thin."""
    c, q = np.unique(person, return_inverse=True)[1], np.unique(asked, return_inverse=True)[1]
    n_c, n_q = np.bincount(c), np.bincount(q)
    if np.median(n_q) < MIN_ANSWERS:
        return np.nan, np.nan
    b_c, b_q = np.bincount(c, values), np.bincount(q, values)
    right = (b_c - np.bincount(c, (b_q / n_q)[q])).astype(np.float64)

    def times(x: Floats) -> Floats:
        product: Floats = n_c * x - np.bincount(c, (np.bincount(q, x[c]) / n_q)[q])
        return product

    # Where all answer alike, what is left of ``right`` is the rounding of sums, which no step can reduce.
    right[np.abs(right) <= ROUNDING * np.abs(b_c).max()] = 0.0
    a = _solve(times, right, n_c)
    g = (b_q - np.bincount(q, a[c])) / n_q
    adjusted = a + float(g.mean())
    # The variance of a_c is near sigma^2 / S_cc: a question weighs 1 - 1/n_q, so that a single answer adds nothing.
    shared, weight = np.bincount(c, n_q[q] > 1), n_c - np.bincount(c, 1 / n_q[q])
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = (values - a[c] - g[q]) * (shared / weight)[c]
    return adjusted, np.where(n_q[q] > 1, adjusted[c] + rest, np.nan)


def _solve(times: Callable[[Floats], Floats], right: Floats, diagonal: Ints) -> Floats:
    """Solve S x = ``right`` for the S that ``times`` applies; NaN if it takes more than ``MAX_STEPS`` steps.

    Conjugate gradients with the diagonal as preconditioner (Hestenes and Stiefel 1952, J. Res. NBS 49, 409-436): S is
    never in memory. S is singular (constant vectors give 0), but ``right`` adds up to 0, so that a solution exists.
    """
    x, rest = np.zeros(len(right)), right
    scaled = rest / diagonal
    direction, size = scaled, float(rest @ scaled)
    best = goal = float(np.abs(right).max())
    for _ in range(MAX_STEPS):
        if best <= EXACT * goal or size <= 0:
            break
        applied = times(direction)
        curvature = float(direction @ applied)
        if curvature <= 0:
            break
        step = size / curvature
        x, rest = x + step * direction, rest - step * applied
        scaled = rest / diagonal
        before, size = size, float(rest @ scaled)
        direction, best = scaled + size / before * direction, float(np.abs(rest).max())
    return x if best <= GOOD * goal else np.full(len(x), np.nan)
