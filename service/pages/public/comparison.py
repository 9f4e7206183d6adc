"""Two commentators side by side, on the resolved questions that both answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator
from predictions.queries.listing import list_commentators
from predictions.queries.search import find_commentator
from predictions.records.commentator_record import RecordView, ScoreView, counted, record_of
from predictions.records.comparison import PairView, compare_commentators
from predictions.scoring.head_to_head import MIN_EVENTS, PROVEN
from service.pages.charts.scales import Scale
from service.pages.rendering.formatting import plural
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
SUGGESTED = 10
SHOWN = 200
Who = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Shared:
    """One question that both answered."""

    one: ScoreView
    other: ScoreView


@router.get("/compare")
def comparison(request: Request, _: Reader, session: ReadSession, one: Who = "", other: Who = "") -> Response:
    """Two commentators side by side; names or slugs that fit nobody get suggestions."""
    now = request.app.state.clock.now()
    named = [(text, find_commentator(session, text)) for text in (one, other)]
    people = [person for _, person in named if person is not None]
    both = len(people) == 2 and people[0].id != people[1].id
    made = (
        request.app.state.leaderboard_cache.get_estimates(session, Filters(), "opening", now).estimates
        if both
        else None
    )
    return render(
        request,
        "compare.html",
        session=session,
        title=" and ".join(person.name for person in people) if both else "Compare two commentators",
        named=named,
        suggestions=[list_commentators(session, text=t, limit=SUGGESTED) if t and not p else [] for t, p in named],
        same=len(people) == 2 and not both,
        min_events=MIN_EVENTS,
        shown=SHOWN,
        found=side_by_side(session, people, made, now) if made is not None else None,
    )


@dataclass(frozen=True)
class SideBySide:
    """Both records, what they share (newest outcome first), the comparison, and a scale for its interval."""

    records: list[RecordView]
    shared: list[Shared]
    result: PairView
    scale: Scale

    @property
    def verdict(self) -> str:
        """What the comparison bears, in a sentence."""
        one, other = (record.commentator.name for record in self.records)
        low, high = self.result.difference.low, self.result.difference.high
        if low is None or high is None:
            return f"They share too few separate events to be compared: {self.result.events} of {MIN_EVENTS}."
        if low > 0:
            return f"On what both answered, {one} was closer to what happened, by more than luck easily explains."
        if high < 0:
            return f"On what both answered, {other} was closer to what happened, by more than luck easily explains."
        return "On what both answered they cannot be told apart: the gap could easily be luck."

    @property
    def bet(self) -> str:
        """What holds however often one looks, in two sentences; empty without events that came one after another."""
        result = self.result
        if not result.bet_events:
            return ""
        one, other = (record.commentator.name for record in self.records)
        became, ahead, behind = max((result.bet_on_first, one, other), (result.bet_on_second, other, one))
        rules = "rules" if became >= PROVEN else "does not rule"
        events, payoff = plural(result.bet_events, "shared event"), f"{became:,.{2 if became < 100 else 0}f}"
        return (
            f"However often one looks: 1 put on the numbers of {ahead} against those of {behind}, on {events} of which "
            f"each was forecast when the one before was known, would have become {payoff}. That {rules} out that "
            f"{behind} was at least as good every time: it takes {PROVEN:.0f}, where luck alone brings either of two "
            "equals at most one time in ten."
        )


def side_by_side(session: Session, people: Sequence[Commentator], made: Estimates, now: datetime) -> SideBySide:
    """Compare two commentators by their opening calls on the questions that the default board counts."""
    records = [record_of(session, person, made, now=now) for person in people]
    one, other = ({score.question.id: score for score in counted(record.scores, now)} for record in records)
    shared = [Shared(score, other[number]) for number, score in one.items() if number in other]
    result = compare_commentators(session, people[0], people[1], Filters(), now=now)
    reach = max(0.1, abs(result.difference.low or 0.0), abs(result.difference.high or 0.0))
    return SideBySide(records, shared, result, Scale(-reach, reach, 5, 125))
