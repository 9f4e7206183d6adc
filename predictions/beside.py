"""The figures that stand beside the ranking: difficulty-adjusted Brier, peer score, Brier skill score, log score; and
what may distort a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.adjusted import adjusted_brier
from predictions.columns import DeadlineBasis
from predictions.scored import Revisions
from predictions.scored_pairs import BASES, Pairs
from predictions.scoring import SCALE, Floats, Ints, log_score, peer_score


@dataclass(frozen=True)
class Beside:
    """One entry for each commentator with a scored pair, by ascending id; NaN where there is no such figure.

    ``adjusted`` as in ``AdjustedScores``, and so is ``component``; ``peer`` is the mean over the ``peer_questions``
    that somebody else answered too: both by the rule for revisions that was asked for. Of opening calls are
    ``skill_score``, the Brier skill score against the yardsticks, ``log``, the mean log score, and ``shares``, those of
    the scored pairs that are worded, recorded late, conditional, by deadline basis.
    """

    adjusted: Floats
    component: Ints
    peer: Floats
    peer_questions: Ints
    skill_score: Floats
    log: Floats
    shares: Mapping[str, Floats]


def beside(pairs: Pairs, revisions: Revisions) -> Beside:
    """The figures beside the ranking of ``pairs``, which come by commentator and question."""
    people, person = np.unique(pairs.commentator, return_inverse=True)
    number = np.bincount(person, minlength=len(people))

    def mean(values: NDArray[Any]) -> Floats:
        return np.bincount(person, values, len(people)) / number

    scores = pairs.scores(revisions)
    adjusted = adjusted_brier(pairs.commentator, pairs.question, scores)
    peer = peer_score(pairs.question, pairs.commentator, scores)
    met = ~np.isnan(peer)
    others = np.bincount(person[met], minlength=len(people))
    of_reference = mean(pairs.reference / SCALE)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Beside(
            adjusted=adjusted.adjusted,
            component=adjusted.component,
            peer=np.bincount(person[met], peer[met], len(people)) / others,
            peer_questions=others,
            skill_score=np.where(of_reference > 0, 1 - mean(pairs.scores("opening")) / of_reference, np.nan),
            log=mean(log_score(pairs.given[:, None], np.ones(len(pairs), dtype=np.int64), "binary")),
            shares={
                "worded": mean(pairs.worded),
                "recorded_late": mean(pairs.recorded_late),
                "conditional": mean(pairs.conditional),
                **{f"{basis}_deadline": mean(pairs.basis == BASES.index(basis)) for basis in DeadlineBasis},
            },
        )
