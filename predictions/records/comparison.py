"""What the pure formulas of calibration and of pairs say about the record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.leaderboard.filters import Filters, pair_filters
from predictions.models import Commentator, Prediction, Question, Score, row_id
from predictions.schemas.estimates import Estimate
from predictions.schemas.views import CommentatorRef, View
from predictions.scores.prediction_arrays import micros
from predictions.scoring.head_to_head import MIN_EVENTS, compare, e_values, event_means, one_after_another
from predictions.scoring.units import SCALE


class PairView(View):
    """Two commentators on the resolved questions that both answered. ``difference`` is the mean over events of (score
    of ``second`` - score of ``first``): above 0 the first was better; its wording range takes the hedges of both. With
    too few shared events only the counts.

    ``bet_on_first`` is what 1 would have become by betting on the first's probabilities against the second's (an
    e-value), over the ``bet_events`` shared events that came one after another, each forecast when the one before was
    known; ``bet_on_second`` the other way round. From 20 on it is ruled out that the other was at least as good
    every time, however often one looks: with 95%.
    """

    first: CommentatorRef = Field(description="first commentator")
    second: CommentatorRef = Field(description="second commentator")
    questions: int = Field(description="number of resolved questions that both answered")
    events: int = Field(description="number of separate events among them")
    difference: Estimate = Field(description="mean score of second minus first, by event; above 0 the first was better")
    p_value: float | None = Field(
        description="probability of so large a difference by chance; null with too few events"
    )
    bet_events: int = Field(description="number of events over which the bets ran")
    bet_on_first: float = Field(description="what a stake of 1 on the first's probabilities has become (an e-value)")
    bet_on_second: float = Field(description="what a stake of 1 on the second's probabilities has become (an e-value)")
    note: str = Field(description="why there is no comparison; empty if there is one")


class _Call(NamedTuple):
    """An opening call with its score, and what it could be by what its words may mean, in whole numbers of 10^-12;
    ``probability`` is None where there are options."""

    question: int
    event: str
    opening: int
    least: int
    most: int
    probability: float | None
    made_at: datetime
    known_at: datetime
    outcome: str


def compare_commentators(
    session: Session, first: Commentator, second: Commentator, filters: Filters, *, now: datetime
) -> PairView:
    """Compare two commentators by the Brier scores of their opening calls, whole events as one piece of evidence."""
    one, other = (_calls(session, row_id(person), filters, now) for person in (first, second))
    found = compare(
        [call.question for call in one.values()],
        [call.event for call in one.values()],
        [call.opening / SCALE for call in one.values()],
        [call.question for call in other.values()],
        [call.opening / SCALE for call in other.values()],
    )
    note = "" if found.enough else f"they are compared from {MIN_EVENTS} shared events on: fewer would show luck"
    refs = CommentatorRef.of(first), CommentatorRef.of(second)
    shared = [(call, other[number]) for number, call in one.items() if number in other]
    words = _by_words(shared) if found.enough else {}
    return PairView(
        first=refs[0],
        second=refs[1],
        questions=found.questions,
        events=found.events,
        difference=Estimate(value=found.difference, low=found.low, high=found.high, **words),
        p_value=found.p_value,
        note=note,
        **_bets(shared),
    )


def _calls(session: Session, person: int, filters: Filters, now: datetime) -> dict[int, _Call]:
    scores = (Score.question_id, Question.event, Score.opening, Score.opening_low, Score.opening_high)
    columns = (*scores, Prediction.probability, Prediction.made_at, Question.known_at, Question.outcome)
    query = (
        select(*(col(column) for column in columns))
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Score.commentator_id) == person, *pair_filters(filters, now))
        .order_by(col(Score.question_id))
    )
    return {row[0]: _Call(*row) for row in session.execute(query)}


def _by_words(shared: Sequence[tuple[_Call, _Call]]) -> dict[str, float]:
    """The difference where the words of either are read for the best, and those of the other for the worst."""
    event = [mine.event for mine, _ in shared]
    ends = {
        "wording_low": [(theirs.least - mine.most) / SCALE for mine, theirs in shared],
        "wording_high": [(theirs.most - mine.least) / SCALE for mine, theirs in shared],
    }
    return {name: float(event_means(event, gains).mean()) for name, gains in ends.items()}


def _bets(shared: Sequence[tuple[_Call, _Call]]) -> dict[str, Any]:
    """What betting on either would have come to, on shared yes-or-no questions."""
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
    bets = {name: e_values(*said, *rest) for name, said in (("bet_on_first", (p, q)), ("bet_on_second", (q, p)))}
    return {name: float(bet[-1]) if len(bet) else 1.0 for name, bet in bets.items()} | {
        "bet_events": len(np.unique(event[counts]))
    }
