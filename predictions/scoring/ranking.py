"""The default ranking: skill points against the reference forecast, clustered by event and shrunk to the average.

Each prediction earns points for being closer to the outcome than the reference forecast of the day it was made, and
predictions about one event are averaged. Because short records are mostly luck, every record is blended with 30 average
results, nobody is ranked before 10 separate events have resolved, and commentators share a tier where the difference
between their skills could easily be luck. The blend is the posterior mean of a normal model with a fixed ratio of
variances (Efron and Morris 1975, JASA 70, 311-319); the ratio is fixed at 30 because its estimate is unstable in
samples of this size.

A **pair** is one commentator on one resolved question. All results come by ascending commentator id and do not depend
on the order of the input, to the bit; equal forecasts on equal questions therefore share rank and tier.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictions.scoring.other_scores import skill_points
from predictions.scoring.units import SCALE, Floats, Ints, to_units

BLEND = 30
"""Number of average results blended into every record; with as many events a record weighs as much as the average."""

RANKED_FROM = 10
ESTABLISHED_FROM = 30
MIN_OF_TYPE = 30
"""Types of reference with fewer pairs are centred together: a mean of so few would reflect their few authors."""

Z_90 = 1.645
Z_BETTER = 1.2815515655446004
"""The 90th percentile of the normal distribution: above it P(leader better) > 0.90."""

LARGEST_SIGMA = 100.0
"""The largest possible spread of points between -100 and 100; used if nobody has two events."""


class Status(IntEnum):
    """The ranking status of a record, by its number of events."""

    TOO_FEW = 0
    PROVISIONAL = 1
    ESTABLISHED = 2
    REFERENCE_FORECAST = 3


@dataclass(frozen=True)
class Ranking:
    """One entry for each commentator, by ascending id; ``order`` lists the entries in the order of a leaderboard.

    ``skill`` in points of [-100, 100], more is better, with a 90% interval. ``rank`` (equal skill, equal rank),
    ``rank_low``, ``rank_high`` and ``tier`` start at 1, and are 0 for unranked commentators. ``sigma`` is the spread of
    event scores around their commentator's mean, pooled over commentators.
    """

    commentator: Ints
    questions: Ints
    events: Ints
    status: NDArray[np.int8]
    skill: Floats
    skill_low: Floats
    skill_high: Floats
    rank: Ints
    rank_low: Ints
    rank_high: Ints
    tier: Ints
    order: Ints
    sigma: float


@dataclass(frozen=True)
class EventScores:
    """Mean centred points by commentator (``person``, an index into the ascending ids) and event, sorted by both."""

    commentator: Ints
    questions: Ints
    person: Ints
    event: Ints
    points: Floats


def rank_commentators(
    commentator: ArrayLike,
    event: ArrayLike,
    reference_type: ArrayLike,
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    reference_forecasts: ArrayLike = (),
    draws: int = 1000,
    seed: int = 0,
) -> Ranking:
    """Rank commentators by their pairs.

    Flat arrays (n,): commentator ids, events (numbers or names), types of reference (numbers or names), Brier
    ``scores`` and Brier scores of the ``reference``. skill = G m / (G + 30) over G events with mean m of points
    100 (reference - score), centred within their type of reference; 90% interval skill +- 1.645 sigma / sqrt(G + 30).
    ``reference_forecasts`` are commentator ids ("Always 50%") that get a skill but neither rank nor tier, and do not
    move the centre. ``rank_low`` and ``rank_high`` are the 90% interval of the rank in ``draws`` bootstraps over events
    from ``seed``; with ``draws=0`` they equal the rank.
    """
    cells = event_scores(commentator, event, reference_type, scores, reference, reference_forecasts=reference_forecasts)
    people = len(cells.commentator)
    events = np.bincount(cells.person, minlength=people)
    is_reference_forecast = np.isin(cells.commentator, np.asarray(reference_forecasts, dtype=np.int64))
    means = np.bincount(cells.person, cells.points, people) / np.maximum(events, 1)
    sigma = _pooled_sigma(cells, means, events, ~is_reference_forecast)
    skill = np.round(events * means / (events + BLEND), 9)
    spread = sigma / np.sqrt(events + BLEND)
    status = _status(events, is_reference_forecast)
    ranked = (status == Status.PROVISIONAL) | (status == Status.ESTABLISHED)
    order = np.lexsort((cells.commentator, -events, np.where(ranked, -skill, 0.0), ~ranked))
    rank, tier = _ranks(skill, ranked), _tiers(skill, spread, order[: ranked.sum()])
    low, high = _rank_range(cells, rank, draws, np.random.default_rng(seed))
    return Ranking(
        commentator=cells.commentator,
        questions=cells.questions,
        events=events,
        status=status,
        skill=skill,
        skill_low=np.maximum(skill - Z_90 * spread, -100.0),
        skill_high=np.minimum(skill + Z_90 * spread, 100.0),
        rank=rank,
        rank_low=low,
        rank_high=high,
        tier=tier,
        order=order,
        sigma=sigma,
    )


def event_scores(
    commentator: ArrayLike,
    event: ArrayLike,
    reference_type: ArrayLike,
    scores: ArrayLike,
    reference: ArrayLike,
    *,
    reference_forecasts: ArrayLike = (),
) -> EventScores:
    """Compute skill points, centred within their type of reference and averaged within commentator and event.

    Takes the arrays of ``rank_commentators``.
    """
    people, person = np.unique(np.asarray(commentator, dtype=np.int64), return_inverse=True)
    events = np.unique(np.asarray(event), return_inverse=True)[1]
    sets_centre = ~np.isin(people, np.asarray(reference_forecasts, dtype=np.int64))[person]
    centre = _centres(reference_type, to_units(reference) - to_units(scores), sets_centre)
    points = skill_points(scores, reference) - centre
    # Sorted by value too: equal sets of forecasts then add up in equal order, so that they tie to the bit.
    order = np.lexsort((points, events, person))
    person, events, points = person[order], events[order], points[order]
    starts = np.flatnonzero(np.diff(person, prepend=-1) | np.diff(events, prepend=-1))
    questions = np.diff(np.append(starts, len(order)))
    means = np.add.reduceat(points, starts) / questions if len(starts) else points
    return EventScores(people, np.bincount(person, minlength=len(people)), person[starts], events[starts], means)


def centring_groups(types: ArrayLike, sets_centre: NDArray[np.bool_]) -> Ints:
    """Return the centring group of each row (n,): its type of reference, or one group for all types with few rows.

    Types with fewer than ``MIN_OF_TYPE`` rows among those that set the centre form one group, together with the next
    smallest type if they are still too few.
    """
    names, kind = np.unique(np.asarray(types), return_inverse=True)
    count = np.bincount(kind[sets_centre], minlength=len(names))
    by_count = np.argsort(count, kind="stable")
    few = int((count < MIN_OF_TYPE).sum())
    if few and count[by_count[:few]].sum() < MIN_OF_TYPE:
        few += 1
    group = np.arange(len(names))
    group[by_count[:few]] = len(names)
    return np.asarray(group[kind], dtype=np.int64)


def _centres(types: ArrayLike, gains: Ints, sets_centre: NDArray[np.bool_]) -> Floats:
    """Return the mean points of each row's centring group; ``gains`` are whole numbers of 10^-12."""
    group = centring_groups(types, sets_centre)
    groups = int(group.max(initial=0)) + 1
    # Whole numbers add up exactly in any order; nine million rows of up to 10^12 stay below 2^63.
    totals = np.zeros(groups, dtype=np.int64)
    np.add.at(totals, group[sets_centre], gains[sets_centre])
    counts = np.bincount(group[sets_centre], minlength=groups)
    centres: Floats = 100 * (totals / np.maximum(counts, 1) / SCALE)
    return centres[group]


def _pooled_sigma(cells: EventScores, means: Floats, events: Ints, counted: NDArray[np.bool_]) -> float:
    free = int((events - 1)[counted].sum())
    if free == 0:
        return LARGEST_SIGMA
    of_counted = counted[cells.person]
    return float(np.sqrt(np.square(cells.points - means[cells.person])[of_counted].sum() / free))


def _status(events: Ints, is_reference_forecast: NDArray[np.bool_]) -> NDArray[np.int8]:
    status = np.searchsorted([RANKED_FROM, ESTABLISHED_FROM], events, side="right").astype(np.int8)
    status[is_reference_forecast] = Status.REFERENCE_FORECAST
    return status


def _ranks(skill: Floats, ranked: NDArray[np.bool_]) -> Ints:
    rank = np.zeros(len(skill), dtype=np.int64)
    rank[ranked] = _competition_rank(skill[ranked])
    return rank


def _competition_rank(skill: Floats) -> Ints:
    """Return 1 + the number of better entries."""
    return len(skill) + 1 - np.searchsorted(np.sort(skill), skill, side="right")


def _tiers(skill: Floats, spread: Floats, order: Ints) -> Ints:
    """Assign tiers along the ranked ``order``: the first one behind the leader with P > 0.90 leads the next tier."""
    tier = np.zeros(len(skill), dtype=np.int64)
    leader, number = 0, 1
    while leader < len(order):
        first, rest = order[leader], order[leader:]
        luck = Z_BETTER * np.hypot(spread[first], spread[rest])
        outside = np.flatnonzero(skill[first] - skill[rest] > luck)
        end = leader + int(outside[0]) if len(outside) else len(order)
        tier[order[leader:end]] = number
        leader, number = end, number + 1
    return tier


def _rank_range(cells: EventScores, rank: Ints, draws: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Compute the 5th and 95th percentile of the rank under resampled events, one draw for all commentators.

    A Poisson(1) weight for each event is the bootstrap of a sum (Hanley and MacGibbon 2006, Computer Methods and
    Programs in Biomedicine 83, 57-62); shared events keep their correlation. The range always includes the rank.
    """
    ranked = np.flatnonzero(rank)
    if draws == 0 or len(ranked) == 0:
        return rank, rank
    of_ranked = rank[cells.person] > 0
    event, points = cells.event[of_ranked], cells.points[of_ranked]
    starts = np.flatnonzero(np.diff(cells.person[of_ranked], prepend=-1))
    all_events = int(event.max()) + 1
    drawn = np.empty((draws, len(ranked)), dtype=np.int32)
    for draw in range(draws):
        weights = rng.poisson(1.0, all_events)[event]
        totals, events = np.add.reduceat(weights * points, starts), np.add.reduceat(weights, starts)
        drawn[draw] = _competition_rank(np.round(totals / (events + BLEND), 9))
    drawn.sort(axis=0)
    low, high = rank.copy(), rank.copy()
    low[ranked] = np.minimum(rank[ranked], drawn[int(0.05 * draws)])
    high[ranked] = np.maximum(rank[ranked], drawn[int(np.ceil(0.95 * draws)) - 1])
    return low, high
