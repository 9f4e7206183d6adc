"""Two commentators compared on the questions that both answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from predictions.leaderboard.filters import Filters, pair_filters
from predictions.models import Commentator, Prediction, Question, Score, row_id
from predictions.schemas.estimates import Estimate
from predictions.schemas.views import CommentatorRef, View
from predictions.scores.prediction_arrays import micros
from predictions.scoring.head_to_head import MIN_EVENTS, compare, e_values, event_means, one_after_another
from predictions.scoring.units import SCALE


class PairView(View):
    """Two commentators compared on the resolved questions that both answered.

    ``difference`` is the mean over events of (score of ``second`` - score of ``first``): above 0, the first was better;
    its wording range covers the hedges of both. With too few shared events, there are only counts.

    ``bet_on_first`` is an e-value: the final capital, starting from 1, of bets on the first's probabilities against the
    second's, over the ``bet_events`` shared events that followed one another, each predicted when the previous outcome
    was known. ``bet_on_second`` is the reverse. A value of 20 or more rejects, at 95% confidence and however often it
    is checked, the hypothesis that the other was always at least as good.
    """

    first: CommentatorRef = Field(description="the first commentator")
    second: CommentatorRef = Field(description="the second commentator")
    questions: int = Field(description="resolved questions that both answered")
    events: int = Field(description="events among them")
    difference: Estimate = Field(
        description="mean score of the second minus that of the first: above 0 the first was better"
    )
    p_value: float | None = Field(description="p-value of the sign-flip test; null if too few events")
    bet_events: int = Field(description="events in the sequential bet")
    bet_on_first: float = Field(description="what 1 put on the first would have become")
    bet_on_second: float = Field(description="what 1 put on the second would have become")
    note: str = Field(description="why nothing is compared; empty where it is")


class OpeningPrediction(NamedTuple):
    """A scored opening prediction on a shared question: its score, with the wording range, in whole numbers of 10^-12.

    ``probability`` is None on a question with options.
    """

    question: int
    slug: str
    text: str
    event: str
    known_at: datetime
    outcome: str
    opening: int
    opening_low: int
    opening_high: int
    probability: float | None
    hedge: str | None
    made_at: datetime

    @property
    def brier(self) -> float:
        """The Brier score."""
        return self.opening / SCALE

    @property
    def brier_low(self) -> float:
        """The lower end of its wording range."""
        return self.opening_low / SCALE

    @property
    def brier_high(self) -> float:
        """The upper end of its wording range."""
        return self.opening_high / SCALE


#: The opening predictions of two commentators on one question.
Shared = tuple[OpeningPrediction, OpeningPrediction]
_COLUMNS = (
    *(getattr(Question, name) for name in ("id", *OpeningPrediction._fields[1:6])),
    *(getattr(Score, name) for name in OpeningPrediction._fields[6:9]),
    *(getattr(Prediction, name) for name in OpeningPrediction._fields[9:]),
)
_OF_OTHER = aliased(Score)


def compare_commentators(
    session: Session, first: Commentator, second: Commentator, filters: Filters, *, now: datetime
) -> PairView:
    """Compare two commentators by the Brier scores of opening predictions; each event counts as one observation."""
    return compare_on(shared_questions(session, first, second, filters, now=now), first, second)


def shared_questions(
    session: Session, first: Commentator, second: Commentator, filters: Filters, *, now: datetime
) -> list[Shared]:
    """Return the opening predictions of both on the resolved questions that both answered, by id of the question."""
    people = row_id(first), row_id(second)
    one, other = (_on_questions_of(session, *pair, filters, now) for pair in (people, people[::-1]))
    return [(mine, other[number]) for number, mine in one.items() if number in other]


def compare_on(shared: Sequence[Shared], first: Commentator, second: Commentator) -> PairView:
    """Compare two commentators on the questions that both answered."""
    question = [mine.question for mine, _ in shared]
    own, others = [mine.brier for mine, _ in shared], [theirs.brier for _, theirs in shared]
    comparison = compare(question, [mine.event for mine, _ in shared], own, question, others)
    note = "" if comparison.enough else f"they are compared from {MIN_EVENTS} shared events on: fewer would show luck"
    words = _by_words(shared) if comparison.enough else {}
    return PairView(
        first=CommentatorRef.of(first),
        second=CommentatorRef.of(second),
        questions=comparison.questions,
        events=comparison.events,
        difference=Estimate(value=comparison.difference, low=comparison.low, high=comparison.high, **words),
        p_value=comparison.p_value,
        note=note,
        **_bets(shared),
    )


def _on_questions_of(
    session: Session, person: int, other: int, filters: Filters, now: datetime
) -> dict[int, OpeningPrediction]:
    """Return the opening predictions of a person by question, on questions for which another has a score too."""
    query = (
        select(*_COLUMNS)
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Score.commentator_id) == person, *pair_filters(filters, now))
        .where(
            col(Score.question_id).in_(select(col(_OF_OTHER.question_id)).where(col(_OF_OTHER.commentator_id) == other))
        )
        .order_by(col(Score.question_id))
    )
    return {row[0]: OpeningPrediction._make(row) for row in session.execute(query)}


def _by_words(shared: Sequence[Shared]) -> dict[str, float]:
    """Return the wording range of the difference: hedges of one at their best, of the other at their worst."""
    event = [mine.event for mine, _ in shared]
    ends = {
        "wording_low": [(theirs.opening_low - mine.opening_high) / SCALE for mine, theirs in shared],
        "wording_high": [(theirs.opening_high - mine.opening_low) / SCALE for mine, theirs in shared],
    }
    return {name: float(event_means(event, gains).mean()) for name, gains in ends.items()}


def _bets(shared: Sequence[Shared]) -> dict[str, Any]:
    """Return the e-values for either commentator, on shared yes-or-no questions."""
    pairs = [(mine, theirs) for mine, theirs in shared if mine.probability is not None]
    event = np.array([mine.event for mine, _ in pairs])
    known_at = micros([mine.known_at for mine, _ in pairs])
    counts = one_after_another(event, micros([max(a.made_at, b.made_at) for a, b in pairs]), known_at)
    p, q = (np.array([pair[at].probability for pair in pairs], dtype=np.float64)[counts] for at in (0, 1))
    rest = (
        np.array([mine.outcome == "yes" for mine, _ in pairs], dtype=np.int64)[counts],
        event[counts],
        known_at[counts],
    )
    bets = {name: e_values(*both, *rest) for name, both in (("bet_on_first", (p, q)), ("bet_on_second", (q, p)))}
    return {name: float(bet[-1]) if len(bet) else 1.0 for name, bet in bets.items()} | {
        "bet_events": len(np.unique(event[counts]))
    }
