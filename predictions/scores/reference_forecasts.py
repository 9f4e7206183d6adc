"""The reference forecast of a prediction's day.

The first of: a market or crowd probability on record from that day or before; the mean of at least three other
commentators at the end of that day; 50% (an equal share for each option). The base rate of a topic, which ranks
between the last two, depends on all other questions and is inserted when the leaderboard is computed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from predictions.enums import ReferenceType
from predictions.models import Question, Reference
from predictions.scores.prediction_arrays import PredictionArrays, micros
from predictions.scoring.units import SCALE, Floats, Ints

MIN_OTHERS = 3
DAY = 86_400_000_000
# Days since 1900 fit into 20 bits: a question and a day make one sortable whole number.
_DAYS_BITS, _DAY_OFFSET = 20, 30_000
_KNOWN = (
    select(col(Reference.question_id), col(Reference.as_of), col(Reference.probabilities))
    .where(col(Reference.question_id).in_(bindparam("questions", expanding=True)))
    .order_by(col(Reference.as_of), col(Reference.id))
)
TYPES = (ReferenceType.EVEN, ReferenceType.CONSENSUS, ReferenceType.MARKET)


@dataclass(frozen=True)
class ReferenceForecasts:
    """Probabilities (m, K) for m opening predictions, and the index in ``TYPES`` of the type of each."""

    probabilities: Floats
    kind: Ints


def reference_forecasts(
    session: Session, questions: Sequence[Question], rows: PredictionArrays, openings: Ints
) -> ReferenceForecasts:
    """Find the reference forecast of each opening prediction.

    ``rows`` are the eligible predictions on ``questions``, ``openings`` (m,) the positions of opening ones in them.
    """
    options = rows.probabilities.shape[1]
    probabilities = np.full((len(openings), options), 1 / max(options, 2))
    kind = np.zeros(len(openings), dtype=np.int64)
    for index, (covered, values) in enumerate(
        (_consensus(rows, openings), _market(session, questions, rows, openings)), start=1
    ):
        probabilities[covered] = values[covered]
        kind[covered] = index
    return ReferenceForecasts(probabilities, kind)


def _day_key(group: Ints, time: Ints) -> Ints:
    return (group << _DAYS_BITS) + time // DAY + _DAY_OFFSET


def _consensus(rows: PredictionArrays, openings: Ints) -> tuple[Ints, Floats]:
    """Compute the mean latest prediction of the other commentators at the end of each opening prediction's day.

    Sums are of whole numbers, so that they are exact in any order and in any batch of questions.
    """
    _, pair = np.unique(np.column_stack((rows.question, rows.commentator)), axis=0, return_inverse=True)
    pair = pair.reshape(-1)
    units = np.rint(rows.probabilities * SCALE).astype(np.int64)
    own = np.lexsort((rows.id, rows.made_at, pair))
    first = np.diff(pair[own], prepend=-1) != 0
    previous = np.where(first[:, None], 0, np.roll(units[own], 1, axis=0))
    change, newcomer = np.empty_like(units), np.empty(len(rows), dtype=np.int64)
    change[own], newcomer[own] = units[own] - previous, first
    by_time = np.lexsort((rows.id, rows.commentator, rows.made_at, rows.question))
    total = np.cumsum(change[by_time], axis=0)
    people = np.cumsum(newcomer[by_time])
    keys = _day_key(rows.question[by_time], rows.made_at[by_time])
    at = np.searchsorted(keys, _day_key(rows.question[openings], rows.made_at[openings]), side="right") - 1
    before = np.searchsorted(keys, rows.question[openings] << _DAYS_BITS, side="left") - 1
    mine = np.searchsorted(
        _day_key(pair[own], rows.made_at[own]), _day_key(pair[openings], rows.made_at[openings]), "right"
    )
    total, people = np.vstack((total, 0 * total[:1])), np.append(people, 0)  # position -1: nothing before
    others = people[at] - people[before] - 1
    sums = total[at] - total[before] - units[own][mine - 1]
    covered = np.flatnonzero(others >= MIN_OTHERS)
    means = np.zeros((len(openings), units.shape[1]))
    means[covered] = np.clip(sums[covered] / others[covered, None] / SCALE, 0, 1)
    return covered, means


def _market(
    session: Session, questions: Sequence[Question], rows: PredictionArrays, openings: Ints
) -> tuple[Ints, Floats]:
    """Find the newest market or crowd probability whose day is not after that of the opening prediction."""
    position = {question.id: index for index, question in enumerate(questions)}
    known = session.execute(_KNOWN, {"questions": list(position)}).all()
    values = np.zeros((len(openings), rows.probabilities.shape[1]))
    if not known:
        return np.empty(0, dtype=np.int64), values
    question = np.array([position[reference.question_id] for reference in known], dtype=np.int64)
    as_of = micros([reference.as_of for reference in known])
    order = np.lexsort((np.arange(len(known)), as_of, question))
    keys = _day_key(question[order], as_of[order])
    at = np.searchsorted(keys, _day_key(rows.question[openings], rows.made_at[openings]), side="right") - 1
    covered = np.flatnonzero((at >= 0) & (question[order][at] == rows.question[openings]))
    values[covered] = np.array([reference.probabilities for reference in known])[order][at[covered]]
    return covered, values
