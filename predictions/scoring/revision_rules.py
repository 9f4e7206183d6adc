"""Scores under the three revision rules: opening, latest and time-weighted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from predictions.scoring.units import Floats, Ints, _checked


@dataclass(frozen=True)
class QuestionScores:
    """Scores on one question of each commentator with an eligible prediction: arrays of one length, by commentator id.

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
    """Compute the scores of all commentators on one question by the three revision rules; arrays (n,), any order.

    ``made_at``, ``cutoff`` = min(deadline, known_at) and ``deadline`` are microseconds since 1970; ``row_id`` orders
    predictions made at the same instant. A prediction made at or after the cutoff is not eligible. To score many
    questions at once, let ``commentator`` number the pairs of commentator and question, and give ``cutoff`` and
    ``deadline`` one entry per row.

    - opening: the first eligible prediction;
    - latest: the last one;
    - time_weighted: sum of w_s B_s over a fixed window from the first prediction to the deadline, where w_s is the
      share of the window for which a prediction was the latest, until the next or the cutoff. The rest of the window
      after an early outcome adds 0: averaging to the outcome instead would reward overstating (Sempere and Lawsen
      2021, arXiv 2106.11248).
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
