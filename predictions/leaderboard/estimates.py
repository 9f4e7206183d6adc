"""The estimates of a board: everything computed from all its scored pairs at once, so that the service can cache it.

The time is proportional to the number of pairs; for a large record, a background job computes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlmodel import Session

from predictions.leaderboard.filters import Filters, Revisions
from predictions.leaderboard.reader_robustness import reader_robustness
from predictions.leaderboard.reference_performance import ReferencePerformance, reference_performance
from predictions.leaderboard.scored_pairs import Pairs, load_pairs
from predictions.leaderboard.secondary_scores import EstimateArrays, SecondaryScores, secondary_scores
from predictions.leaderboard.wording_ranges import pair_ranges
from predictions.leaderboard.wording_sensitivity import Sensitivity, wording_sensitivity
from predictions.scoring.ranking import Ranking, rank_commentators
from predictions.scoring.reader_simulation import Robustness
from predictions.scoring.units import SCALE


@dataclass(frozen=True)
class Estimates:
    """Rank, tier, skill, secondary scores and intervals of all commentators with a scored pair.

    ``place`` maps each commentator's id to an index in the arrays. ``readers`` measures the effect of differently read
    hedges on the order, ``words`` that of the commentator's own hedges on each statistic, by its name in
    ``BoardStatistics``. ``pending`` estimates are empty: they are still being computed.
    """

    ranking: Ranking
    secondary_scores: SecondaryScores
    place: Mapping[int, int]
    reference_forecasts: Sequence[ReferencePerformance]
    readers: Robustness | None = None
    words: Mapping[str, Sensitivity] = field(default_factory=dict)
    pending: bool = False

    def statistic(self, name: str) -> EstimateArrays:
        """Return one of the ``BoardStatistics`` for all commentators."""
        if name == "skill":
            return EstimateArrays(self.ranking.skill, self.ranking.skill_low, self.ranking.skill_high)
        return self.secondary_scores.statistics[name]


def estimate(session: Session, filters: Filters, revisions: Revisions, now: datetime) -> Estimates:
    """Compute the estimates under ``filters``.

    Skill always scores the opening prediction; the Brier, adjusted and peer scores follow ``revisions``.
    """
    pairs = load_pairs(session, filters, now)
    ranking = rank_pairs(pairs)
    return Estimates(
        ranking,
        secondary_scores(pairs, revisions),
        {int(commentator): at for at, commentator in enumerate(ranking.commentator)},
        reference_performance(pairs),
        reader_robustness(session, filters, now, pairs, ranking),
        wording_sensitivity(pairs, revisions, *pair_ranges(session, pairs, revisions)),
    )


def rank_pairs(pairs: Pairs) -> Ranking:
    """Rank the commentators of ``pairs``."""
    scores, reference = pairs.scores("opening"), pairs.reference / SCALE
    return rank_commentators(
        pairs.commentator, pairs.event, pairs.reference_type, scores, reference, draws=_draws(pairs)
    )


def no_estimates() -> Estimates:
    """Return empty estimates, to use while the real ones are being computed."""
    nobody = np.empty(0, dtype=np.int64)
    ranking = rank_commentators(nobody, nobody, nobody, [], [], draws=0)
    return Estimates(
        ranking, SecondaryScores({}, component=nobody, peer_questions=nobody, shares={}), {}, (), pending=True
    )


def _draws(pairs: Pairs) -> int:
    # The range of a rank needs a thousand draws to be steady; very large records get fewer, in bounded time.
    return 1000 if len(pairs) < 2_000_000 else 200
