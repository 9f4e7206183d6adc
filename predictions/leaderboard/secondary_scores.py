"""Statistics outside the ranking, with their intervals, and the shares that may distort a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from predictions.enums import DeadlineBasis
from predictions.leaderboard.filters import Revisions
from predictions.leaderboard.scored_pairs import BASES, Pairs
from predictions.scoring.difficulty_adjustment import AdjustedScores, adjusted_brier
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.other_scores import LOG_SCORE_FLOOR, log_score, peer_score
from predictions.scoring.units import SCALE, Floats, Ints


@dataclass(frozen=True)
class EstimateArrays:
    """A statistic of each commentator by ascending id, with its 90% interval; NaN where there is none."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class SecondaryScores:
    """One entry for each commentator with a scored pair, by ascending id; NaN where there is no value.

    ``statistics`` go by their names in ``BoardStatistics``. By the requested revision rule: ``brier``,
    ``brier_adjusted`` (see ``AdjustedScores``, also for ``component``) and ``peer``, the mean over the
    ``peer_questions`` that somebody else answered too. By opening prediction: ``brier_skill_score``, against the
    references, and ``log_score``. ``shares`` are those of the scored pairs that are verbal, recorded late, conditional,
    and by deadline basis.
    """

    statistics: Mapping[str, EstimateArrays]
    component: Ints
    peer_questions: Ints
    shares: Mapping[str, Floats]


def secondary_scores(pairs: Pairs, revisions: Revisions) -> SecondaryScores:
    """Compute the secondary scores of ``pairs``."""
    people, person = np.unique(pairs.commentator, return_inverse=True)
    number = np.bincount(person, minlength=len(people))

    def share(values: NDArray[Any]) -> Floats:
        return np.bincount(person, values, len(people)) / number

    def mean(values: Floats, least: float = 0.0, most: float = 1.0) -> EstimateArrays:
        return _mean(len(people), person, pairs.event, values, least, most)

    scores = pairs.scores(revisions)
    by_rule = {f"brier_{rule}": mean(pairs.scores(rule)) for rule in get_args(Revisions)}
    adjusted = adjusted_brier(pairs.commentator, pairs.question, scores)
    peer = peer_score(pairs.question, pairs.commentator, scores)
    log = log_score(pairs.given[:, None], np.ones(len(pairs), dtype=np.int64), "binary")
    return SecondaryScores(
        statistics={
            "brier": by_rule[f"brier_{revisions}"],
            **by_rule,
            "brier_adjusted": _exactly(adjusted, mean(adjusted.by_row, -np.inf, np.inf)),
            "peer": mean(peer, -1.0, 1.0),
            "brier_skill_score": mean(_skill_by_row(person, pairs), -np.inf, 1.0),
            "log_score": mean(log, -np.log(1 - LOG_SCORE_FLOOR), -np.log(LOG_SCORE_FLOOR)),
        },
        component=adjusted.component,
        peer_questions=np.bincount(person[~np.isnan(peer)], minlength=len(people)),
        shares={
            "verbal": share(pairs.verbal),
            "recorded_late": share(pairs.recorded_late),
            "conditional": share(pairs.conditional),
            **{f"{basis}_deadline": share(pairs.basis == BASES.index(basis)) for basis in DeadlineBasis},
        },
    )


def _mean(people: int, person: Ints, event: Ints, values: Floats, least: float, most: float) -> EstimateArrays:
    """Return the means of ``values`` (n,) without NaN, as one entry for each of ``people``."""
    there = ~np.isnan(values)
    means = mean_intervals(person[there], event[there], values[there], least=least, most=most)
    entries = np.full((3, people), np.nan)
    entries[:, means.commentator] = means.mean, means.low, means.high
    return EstimateArrays(*entries)


def _exactly(adjusted: AdjustedScores, mean: EstimateArrays) -> EstimateArrays:
    """Return the adjusted scores with the intervals of ``mean``: its values may differ in the last bits."""
    return EstimateArrays(adjusted.adjusted, mean.low, mean.high)


def _skill_by_row(person: Ints, pairs: Pairs) -> Floats:
    """Return the contribution of each row to the Brier skill score 1 - S/R, by the delta method.

    S and R are the mean Brier scores of commentator and reference, s and r those of the row. The contribution is
    1 - S/R - (s - r S/R)/R; the mean over the rows is the skill score. NaN where R is 0.
    """
    scores, reference = pairs.scores("opening"), pairs.reference / SCALE
    number = np.bincount(person)
    own, reference_forecast = (np.bincount(person, each) / number for each in (scores, reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(reference_forecast > 0, own / reference_forecast, np.nan)
        by_row: Floats = 1 - ratio[person] - (scores - reference * ratio[person]) / reference_forecast[person]
    return by_row
