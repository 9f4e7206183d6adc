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
    """Scored pairs: arrays of one length n, in order of commentator and question. Scores are whole numbers of 10^-12,
    and so are ``opening_low`` and ``opening_high``, what the opening call could score by what its words may mean, and
    ``reference``, the score of the reference, whose type is a place in ``TYPES``. ``event`` numbers the events by name,
    ``basis`` is a place in ``BASES``; ``given`` is the probability that the opening call gave to what happened."""

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
        """Where the pairs of these commentators and questions, which must be among them, stand in the arrays."""
        size = int(self.question.max(initial=0)) + 1
        return np.searchsorted(self.commentator * size + self.question, commentator * size + question)

    def scores(self, revisions: Revisions) -> Floats:
        """The Brier scores by one of the three rules for revisions."""
        found: Floats = getattr(self, revisions) / SCALE
        return found


def load_pairs(session: Session, filters: Filters, now: datetime) -> Pairs:
    """The scored pairs under ``filters``, each with its reference: where there was neither a market nor a consensus,
    the base rate of the topic's other events stands in."""
    rows = _scored(session, filters, now)
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_NUMBERS) + len(_FLAGS) + 1)
    found = {name: np.array(values, dtype=np.int64) for name, values in zip(_NUMBERS, columns, strict=False)}
    verbal, late = (np.array(values, dtype=bool) for values in columns[len(_NUMBERS) : -1])
    kind = np.array([TYPES.index(ReferenceType(name)) for name in columns[-1]], dtype=np.int64)
    asked, of_row = np.unique(found["question_id"], return_inverse=True)
    event, conditional, basis, binary = _asked(session, asked)
    known = base_rates(session)
    rate = np.array([known.get(int(number), -1) for number in asked], dtype=np.int64)[of_row]
    by_rate = (kind == _EVEN) & (rate >= 0)
    return Pairs(
        commentator=found["commentator_id"],
        question=found["question_id"],
        event=event[of_row],
        opening=found["opening"],
        opening_low=found["opening_low"],
        opening_high=found["opening_high"],
        latest=found["latest"],
        time_weighted=found["time_weighted"],
        reference=np.where(by_rate, rate, found["reference"]),
        reference_type=np.where(by_rate, _BASE_RATE, kind),
        verbal=verbal,
        recorded_late=late,
        conditional=conditional[of_row],
        basis=basis[of_row],
        given=_given(session, filters, now, found, binary[of_row]),
    )


def _scored(session: Session, filters: Filters, now: datetime) -> Sequence[Any]:
    query = (
        select(*(getattr(Score, name) for name in (*_NUMBERS, *_FLAGS)), type_coerce(Score.reference_type, String))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(*pair_filters(filters, now))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    return session.execute(query).all()


def _asked(session: Session, numbers: Ints) -> tuple[Ints, Bools, Ints, Bools]:
    """Event, whether conditional, basis of the deadline and whether yes-or-no, of the questions with these ids."""
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


def _given(session: Session, filters: Filters, now: datetime, found: dict[str, Ints], binary: Bools) -> Floats:
    """The probability that each opening call gave to what happened: of a yes-or-no question it follows from the Brier
    score, of one with options from what was said."""
    given: Floats = np.clip(1 - np.sqrt(found["opening"] / SCALE), 0, 1)
    if binary.all():
        return given
    query = (
        select(col(Prediction.id), col(Prediction.probabilities), Question)
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(*pair_filters(filters, now), col(Question.kind) != QuestionKind.BINARY)
    )
    said = {
        number: shares[outcome_index(question, question.outcome or "")]
        for number, shares, question in session.execute(query)
    }
    for at in np.flatnonzero(~binary):
        given[at] = said[int(found["opening_id"][at])]
    return given
