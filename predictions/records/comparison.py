"""Two commentators compared on the questions that both answered."""

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


class _OpeningPrediction(NamedTuple):
    """An opening prediction with its score and wording range (``least`` to ``most``), in whole numbers of 10^-12.

    ``probability`` is None on a question with options.
    """

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
    """Compare two commentators by the Brier scores of opening predictions; each event counts as one observation."""
    one, other = (_opening_predictions(session, row_id(person), filters, now) for person in (first, second))
    comparison = compare(
        [each.question for each in one.values()],
        [each.event for each in one.values()],
        [each.opening / SCALE for each in one.values()],
        [each.question for each in other.values()],
        [each.opening / SCALE for each in other.values()],
    )
    note = "" if comparison.enough else f"they are compared from {MIN_EVENTS} shared events on: fewer would show luck"
    refs = CommentatorRef.of(first), CommentatorRef.of(second)
    shared = [(each, other[number]) for number, each in one.items() if number in other]
    words = _by_words(shared) if comparison.enough else {}
    return PairView(
        first=refs[0],
        second=refs[1],
        questions=comparison.questions,
        events=comparison.events,
        difference=Estimate(value=comparison.difference, low=comparison.low, high=comparison.high, **words),
        p_value=comparison.p_value,
        note=note,
        **_bets(shared),
    )


def _opening_predictions(
    session: Session, person: int, filters: Filters, now: datetime
) -> dict[int, _OpeningPrediction]:
    scores = (Score.question_id, Question.event, Score.opening, Score.opening_low, Score.opening_high)
    columns = (*scores, Prediction.probability, Prediction.made_at, Question.known_at, Question.outcome)
    query = (
        select(*(col(column) for column in columns))
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Score.commentator_id) == person, *pair_filters(filters, now))
        .order_by(col(Score.question_id))
    )
    return {row[0]: _OpeningPrediction(*row) for row in session.execute(query)}


def _by_words(shared: Sequence[tuple[_OpeningPrediction, _OpeningPrediction]]) -> dict[str, float]:
    """Return the wording range of the difference: hedges of one at their best, of the other at their worst."""
    event = [mine.event for mine, _ in shared]
    ends = {
        "wording_low": [(theirs.least - mine.most) / SCALE for mine, theirs in shared],
        "wording_high": [(theirs.most - mine.least) / SCALE for mine, theirs in shared],
    }
    return {name: float(event_means(event, gains).mean()) for name, gains in ends.items()}


def _bets(shared: Sequence[tuple[_OpeningPrediction, _OpeningPrediction]]) -> dict[str, Any]:
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
