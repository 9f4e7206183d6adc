"""The scored pairs of commentator and question that a board counts, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import String, exists, select, type_coerce
from sqlmodel import Session, col

from predictions.enums import DeadlineBasis, QuestionKind, ReferenceType
from predictions.leaderboard.filters import Filters, Revisions, pair_filters
from predictions.models import IS_CONDITIONAL, Prediction, Question, Score
from predictions.outcomes import outcome_index
from predictions.scores.base_rates import base_rates
from predictions.scoring.units import SCALE, Bools, Floats, Ints

TYPES = tuple(sorted(ReferenceType))
BASES = tuple(DeadlineBasis)
_EVEN, _BASE_RATE = TYPES.index(ReferenceType.EVEN), TYPES.index(ReferenceType.BASE_RATE)
_NUMBERS = (
    *("commentator_id", "question_id", "opening", "opening_low", "opening_high", "latest", "time_weighted"),
    *("reference", "opening_id"),
)
_FLAGS = ("verbal", "recorded_late")


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: arrays of one length n, in order of commentator and question.

    Scores are whole numbers of 10^-12: by revision rule, ``opening_low`` and ``opening_high`` (the wording range of the
    opening prediction) and ``reference`` (the score of the reference). ``reference_type`` is an index in ``TYPES``,
    ``basis`` one in ``BASES``; ``event`` numbers the events in order of name. ``given`` is the probability that the
    opening prediction gave to the outcome.
    """

    commentator: Ints
    question: Ints
    event: Ints
    opening: Ints
    opening_low: Ints
    opening_high: Ints
    latest: Ints
    time_weighted: Ints
    reference: Ints
    reference_type: Ints
    verbal: Bools
    recorded_late: Bools
    conditional: Bools
    basis: Ints
    given: Floats

    def __len__(self) -> int:
        return len(self.commentator)

    def places(self, commentator: Ints, question: Ints) -> Ints:
        """Return the indices of the pairs of these commentators and questions; every pair must exist."""
        size = int(self.question.max(initial=0)) + 1
        return np.searchsorted(self.commentator * size + self.question, commentator * size + question)

    def scores(self, revisions: Revisions) -> Floats:
        """Return the Brier scores by one of the three revision rules."""
        scores: Floats = getattr(self, revisions) / SCALE
        return scores


def load_pairs(session: Session, filters: Filters, now: datetime) -> Pairs:
    """Return the scored pairs under ``filters``, each with its reference.

    Without a market and a consensus, the reference is the base rate of the topic's other events.
    """
    rows = _scored(session, filters, now)
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_NUMBERS) + len(_FLAGS) + 1)
    numbers = {name: np.array(values, dtype=np.int64) for name, values in zip(_NUMBERS, columns, strict=False)}
    verbal, late = (np.array(values, dtype=bool) for values in columns[len(_NUMBERS) : -1])
    kind = np.array([TYPES.index(ReferenceType(name)) for name in columns[-1]], dtype=np.int64)
    questions, of_row = np.unique(numbers["question_id"], return_inverse=True)
    event, conditional, basis, binary = _question_columns(session, questions)
    known = base_rates(session)
    rate = np.array([known.get(int(number), -1) for number in questions], dtype=np.int64)[of_row]
    by_rate = (kind == _EVEN) & (rate >= 0)
    return Pairs(
        commentator=numbers["commentator_id"],
        question=numbers["question_id"],
        event=event[of_row],
        opening=numbers["opening"],
        opening_low=numbers["opening_low"],
        opening_high=numbers["opening_high"],
        latest=numbers["latest"],
        time_weighted=numbers["time_weighted"],
        reference=np.where(by_rate, rate, numbers["reference"]),
        reference_type=np.where(by_rate, _BASE_RATE, kind),
        verbal=verbal,
        recorded_late=late,
        conditional=conditional[of_row],
        basis=basis[of_row],
        given=_given(session, filters, now, numbers, binary[of_row]),
    )


def _scored(session: Session, filters: Filters, now: datetime) -> Sequence[Any]:
    query = (
        select(*(getattr(Score, name) for name in (*_NUMBERS, *_FLAGS)), type_coerce(Score.reference_type, String))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(*pair_filters(filters, now))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    return session.execute(query).all()


def _question_columns(session: Session, numbers: Ints) -> tuple[Ints, Bools, Ints, Bools]:
    """Return event, conditional or not, deadline basis, and yes-or-no or not, of the questions with these ids."""
    query = select(
        *(col(Question.id), col(Question.event), IS_CONDITIONAL, col(Question.deadline_basis)),
        col(Question.kind) == QuestionKind.BINARY,
    ).where(exists().where(col(Score.question_id) == col(Question.id)))
    known = {row[0]: row[1:] for row in session.execute(query)}
    rows = [known[number] for number in numbers.tolist()]
    places = {name: place for place, name in enumerate(sorted({row[0] for row in rows}))}
    return (
        np.array([places[row[0]] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=bool),
        np.array([BASES.index(row[2]) for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=bool),
    )


def _given(session: Session, filters: Filters, now: datetime, numbers: dict[str, Ints], binary: Bools) -> Floats:
    """Return the probability that each opening prediction gave to the outcome.

    On a yes-or-no question it follows from the Brier score; otherwise it is read from the prediction.
    """
    given: Floats = np.clip(1 - np.sqrt(numbers["opening"] / SCALE), 0, 1)
    if binary.all():
        return given
    query = (
        select(col(Prediction.id), col(Prediction.probabilities), Question)
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(*pair_filters(filters, now), col(Question.kind) != QuestionKind.BINARY)
    )
    given_by_id = {
        number: shares[outcome_index(question, question.outcome or "")]
        for number, shares, question in session.execute(query)
    }
    for at in np.flatnonzero(~binary):
        given[at] = given_by_id[int(numbers["opening_id"][at])]
    return given
