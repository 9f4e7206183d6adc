"""The figures that stand beside the ranking, each with its interval; and what may distort a record."""

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
    """One entry for each commentator with a scored pair, by ascending id; NaN where there is no such figure.

    ``statistics`` by their names in ``BoardStatistics``: ``brier`` by the rule for revisions that was asked for, and so
    are ``brier_adjusted``, as in ``AdjustedScores`` with its ``component``, and ``peer``, the mean over the
    ``peer_questions`` that somebody else answered too. Of opening calls are ``brier_skill_score``, against the
    references, ``log_score``, and ``shares``, those of the scored pairs that are verbal, recorded late, conditional,
    by deadline basis.
    """

    statistics: Mapping[str, EstimateArrays]
    component: Ints
    peer_questions: Ints
    shares: Mapping[str, Floats]


def secondary_scores(pairs: Pairs, revisions: Revisions) -> SecondaryScores:
    """The figures beside the ranking of ``pairs``, which come by commentator and question."""
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
    """Means of ``values`` (n,), rows of NaN left out, as entries for all ``people``."""
    there = ~np.isnan(values)
    found = mean_intervals(person[there], event[there], values[there], least=least, most=most)
    entries = np.full((3, people), np.nan)
    entries[:, found.commentator] = found.mean, found.low, found.high
    return EstimateArrays(*entries)


def _exactly(adjusted: AdjustedScores, mean: EstimateArrays) -> EstimateArrays:
    """Adjusted scores that are equal stay equal to the bit, which their means over rows need not be."""
    return EstimateArrays(adjusted.adjusted, mean.low, mean.high)


def _skill_by_row(person: Ints, pairs: Pairs) -> Floats:
    """What each row makes of the Brier skill score 1 - S/R, with S and R the commentator's mean Brier score and the
    reference's: 1 - S/R - (s - r S/R)/R, the mean of which is the score itself (the delta method). NaN where R is 0."""
    scores, reference = pairs.scores("opening"), pairs.reference / SCALE
    number = np.bincount(person)
    own, reference_forecast = (np.bincount(person, each) / number for each in (scores, reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(reference_forecast > 0, own / reference_forecast, np.nan)
        found: Floats = 1 - ratio[person] - (scores - reference * ratio[person]) / reference_forecast[person]
    return found
