"""How far the order of a board depends on the reader of the words: the scored pairs that came from words, put before
a thousand simulated readers."""

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
    """For how many simulated readers the ranked order of the board under ``filters`` holds; ``pairs`` are those that
    the board counts, ``ranking`` theirs. None where fewer than two are ranked, or no ranked call came from words."""
    ranked = int(np.count_nonzero(ranking.rank))
    if ranked < 2 or not pairs.verbal.any():
        return None
    words, best, happened = _words(session, filters, now, pairs)
    count, hits = skill_weights(
        pairs.commentator, pairs.event, pairs.reference_type, words, happened, phrases=len(best)
    )
    order = ranking.order[:ranked]
    if not count[order].any():
        return None
    return dictionary_robustness(order, ranking.skill, best, count, hits)


def _words(
    session: Session, filters: Filters, now: datetime, pairs: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """For each pair the number of its phrase, -1 for a stated number; each phrase's best reading; whether it happened.

    A phrase read as the opposite, or otherwise than the lexicon does, is a phrase of its own.
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
    who, question = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    for at, (_, _, lexicon, version, phrase, hedge, probability, outcome) in zip(
        pairs.places(who, question).tolist(), rows, strict=True
    ):
        words[at] = phrases.setdefault((lexicon, version, phrase or hedge, probability), len(phrases))
        happened[at] = outcome == "yes"
    return words, np.array([each[-1] for each in phrases], dtype=np.float64), happened
