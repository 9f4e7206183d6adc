"""Other scores than the Brier score: logarithmic, skill points, peer score."""

import numpy as np
from numpy.typing import ArrayLike

from predictions.scoring.brier import _one_hot, _outcomes, _rows, _yes
from predictions.scoring.units import Floats, _checked

LOG_SCORE_FLOOR = 0.01


def log_score(probabilities: ArrayLike, outcome: ArrayLike, kind: str) -> Floats:
    """Compute -ln of the probability of the outcome, **clipped to [0.01, 0.99]**; shapes as in ``brier``; for display.

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


def skill_points(scores: ArrayLike, reference: ArrayLike) -> Floats:
    """Compute 100 (B of the reference - B), in points of [-100, 100]; more is better."""
    return 100 * (_checked(reference) - _checked(scores))


def peer_score(question: ArrayLike, commentator: ArrayLike, scores: ArrayLike) -> Floats:
    """Compute the others' mean score on the same question minus one's own, for each row (n,); more is better.

    Range [-1, 1]; the peer scores of a question add up to 0. NaN if nobody else answered: such a question does not
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
