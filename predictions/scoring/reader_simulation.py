"""Robustness of a leaderboard's order to readers' different interpretations of words such as "likely".

Let d map each phrase to a probability. A commentator's sum of scores is then the sum over phrases of
C d^2 - 2 H d + H, where C counts the uses of the phrase and H those that came true. So the leaderboards of a thousand
simulated readers are one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.ranking import BLEND, centring_groups
from predictions.scoring.units import Floats, Ints

READERS = 1000
PAIRS = 20_000
"""Largest number of pairs of commentators; of more pairs this many are drawn to estimate ``Robustness.pairs``."""

SAME = 1e-9


@dataclass(frozen=True)
class Robustness:
    """Shares of simulated readers, in [0, 1], that keep an order (a tie keeps it).

    ``neighbours`` has one entry for each two neighbours on the leaderboard, from the top; ``leader`` is the share that
    keeps the first, ``whole`` the share that keeps the whole order, ``pairs`` the mean over all pairs of commentators.
    """

    neighbours: Floats
    leader: float
    whole: float
    pairs: float


def simulated_readers(best: ArrayLike, *, readers: int = READERS, seed: int = 0) -> Floats:
    """Draw the probabilities (readers, P) that readers give to phrases, varying around the best values (P,).

    logit p = a + b logit(best) + e with a ~ N(-.02, .30) and b ~ N(1.13, .19) for each reader, correlated by -.26, and
    e ~ N(0, .70) for each phrase: fitted to 4,742 readers of the CAPphrase survey (Kucharski 2026,
    doi 10.5281/zenodo.18750055). A best value of 0 or 1 is taken as .005 or .995.
    """
    rng = np.random.default_rng(seed)
    middle = np.clip(np.asarray(best, dtype=np.float64), 0.005, 0.995)
    shift, tilt = rng.standard_normal((2, readers, 1))
    slope = 1.13 + 0.19 * (-0.26 * shift + np.sqrt(1 - 0.26**2) * tilt)
    noise = 0.70 * rng.standard_normal((readers, len(middle)))
    logits = -0.02 + 0.30 * shift + slope * np.log(middle / (1 - middle)) + noise
    dictionaries: Floats = 1 / (1 + np.exp(-logits))
    return dictionaries


def reader_sums(dictionaries: ArrayLike, count: ArrayLike, hits: ArrayLike) -> Floats:
    """Compute sums of scores (R, J) under phrase probabilities (R, P), from counts and hits (J, P), even weighted."""
    d, happened = np.asarray(dictionaries, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    sums: Floats = d**2 @ np.asarray(count, dtype=np.float64).T - 2 * d @ happened.T + happened.sum(axis=1)
    return sums


def skill_weights(
    commentator: ArrayLike,
    event: ArrayLike,
    reference_type: ArrayLike,
    phrase: ArrayLike,
    happened: ArrayLike,
    *,
    phrases: int,
    reference_forecasts: ArrayLike = (),
) -> tuple[Floats, Floats]:
    """Compute counts and hits (J, P), weighted in skill points lost per unit of (d - o)^2, from pairs (n,).

    Takes pairs like ``rank_commentators``. ``phrase`` is 0 to P - 1, or -1 for a pair with a numeric probability;
    ``happened`` is 0 or 1. Rows of the result follow ascending commentator ids. Reference forecasts are held fixed.
    """
    people, person = np.unique(np.asarray(commentator, dtype=np.int64), return_inverse=True)
    events = np.unique(np.asarray(event), return_inverse=True)[1]
    sets_centre = ~np.isin(people, np.asarray(reference_forecasts, dtype=np.int64))[person]
    cell, in_cell = np.unique(person * (events.max(initial=0) + 1) + events, return_inverse=True)
    in_event = np.bincount(in_cell, minlength=len(cell))[in_cell]
    own_events = np.bincount(person, 1 / in_event, len(people))
    weight = 100 / in_event / (own_events[person] + BLEND)
    words, outcome = np.asarray(phrase, dtype=np.int64), np.asarray(happened, dtype=np.float64)
    group = centring_groups(reference_type, sets_centre)
    # The centre depends on the interpretation too: subtract each group's mean use of each phrase.
    shares = _table(person, group, weight, (len(people), int(group.max(initial=0)) + 1))
    size = np.maximum(np.bincount(group[sets_centre], minlength=shares.shape[1]), 1)[:, None]
    tables = []
    for amount in (np.ones(len(words)), outcome):
        own = _table(person, words, weight * amount, (len(people), phrases))
        mean = _table(group, words, amount * sets_centre, (shares.shape[1], phrases)) / size
        tables.append(own - shares @ mean)
    return tables[0], tables[1]


def dictionary_robustness(
    order: ArrayLike,
    value: ArrayLike,
    best: ArrayLike,
    count: ArrayLike,
    hits: ArrayLike,
    *,
    readers: int = READERS,
    seed: int = 0,
) -> Robustness:
    """Compute the shares of simulated readers that keep the order of a leaderboard.

    ``value`` (J,), more is better, is the ranked statistic under the ``best`` probabilities (P,) of the phrases;
    ``order`` lists the indices of ranked commentators, best first. ``count`` and ``hits`` (J, P) are the weights of
    (d - o)^2: those of ``skill_weights`` for skill; C / n and H / n with value = -mean Brier for the Brier score.
    """
    places = np.asarray(order, dtype=np.int64)
    costs, losses = np.asarray(count, dtype=np.float64)[places], np.asarray(hits, dtype=np.float64)[places]
    at_best = reader_sums(np.asarray(best, dtype=np.float64)[None, :], costs, losses)
    by_reader = reader_sums(simulated_readers(best, readers=readers, seed=seed), costs, losses)
    values = np.asarray(value, dtype=np.float64)[places] + at_best - by_reader
    if len(places) < 2:
        return Robustness(np.empty(0), 1.0, 1.0, 1.0)
    holds = values[:, :-1] >= values[:, 1:] - SAME
    above, below = _some_pairs(len(places), np.random.default_rng(seed))
    return Robustness(
        neighbours=holds.mean(axis=0),
        leader=float((values[:, 0] >= values.max(axis=1) - SAME).mean()),
        whole=float(holds.all(axis=1).mean()),
        pairs=float(np.mean([(row[above] >= row[below] - SAME).mean() for row in values])),
    )


def _table(rows: Ints, columns: Ints, weights: Floats, shape: tuple[int, int]) -> Floats:
    """Sum weights by row and column; rows with column -1 are left out."""
    kept = columns >= 0
    flat = np.bincount(rows[kept] * shape[1] + columns[kept], weights[kept], shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)


def _some_pairs(places: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if places * (places - 1) // 2 <= PAIRS:
        above, below = np.triu_indices(places, 1)
        return above, below
    one = rng.integers(0, places, PAIRS)
    other = (one + rng.integers(1, places, PAIRS)) % places
    return np.minimum(one, other), np.maximum(one, other)
