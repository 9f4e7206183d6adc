"""Robustness of a board's order to the interpretation of hedges, tested with a thousand simulated readers."""

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.leaderboard.filters import Filters, pair_filters
from predictions.leaderboard.scored_pairs import Pairs
from predictions.models import Prediction, Question, Score
from predictions.scoring.ranking import Ranking
from predictions.scoring.reader_simulation import Robustness, dictionary_robustness, skill_weights


def reader_robustness(
    session: Session, filters: Filters, now: datetime, pairs: Pairs, ranking: Ranking
) -> Robustness | None:
    """Compare the order of the board under ``filters`` with the orders by simulated readers of the hedges.

    ``pairs`` are those that the board counts, ``ranking`` is their ranking. None where fewer than two commentators are
    ranked, or no opening prediction is verbal.
    """
    ranked = int(np.count_nonzero(ranking.rank))
    if ranked < 2 or not pairs.verbal.any():
        return None
    words, best, happened = _words(session, filters, now, pairs)
    count, hits = skill_weights(
        pairs.commentator, pairs.event, pairs.reference_type, words, happened, phrases=len(best)
    )
    order = ranking.order[:ranked]
    return dictionary_robustness(order, ranking.skill, best, count, hits)


def _words(
    session: Session, filters: Filters, now: datetime, pairs: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return each pair's phrase index (-1 for a stated number), each phrase's best probability, each pair's outcome.

    A phrase recorded as its opposite, or with another probability than the lexicon's, is a separate phrase.
    """
    query = (
        select(
            *(col(Score.commentator_id), col(Score.question_id), col(Prediction.lexicon)),
            *(col(Prediction.lexicon_version), col(Prediction.phrase), col(Prediction.hedge)),
            *(col(Prediction.probability), col(Question.outcome)),
        )
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(*pair_filters(filters, now), col(Score.verbal), col(Prediction.probability).is_not(None))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    words, happened = np.full(len(pairs), -1, dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
    phrases: dict[tuple[Any, ...], int] = {}
    rows = session.execute(query).all()
    commentator, question = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    for at, (_, _, lexicon, version, phrase, hedge, probability, outcome) in zip(
        pairs.places(commentator, question).tolist(), rows, strict=True
    ):
        words[at] = phrases.setdefault((lexicon, version, phrase or hedge, probability), len(phrases))
        happened[at] = outcome == "yes"
    return words, np.array([each[-1] for each in phrases], dtype=np.float64), happened
