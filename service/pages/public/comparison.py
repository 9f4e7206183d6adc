"""Comparison page: two commentators on the resolved questions that both answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.leaderboard.board import board_line
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator
from predictions.queries.listing import list_commentators
from predictions.queries.search import find_commentator
from predictions.records.comparison import PairView, Shared, compare_on, shared_questions
from predictions.schemas.board_item import BoardItem
from predictions.scoring.head_to_head import MIN_EVENTS, PROVEN
from service.cache.current_record import current_estimates
from service.limits.admission import slow_endpoint
from service.pages.charts.scales import Scale
from service.pages.rendering.cached_page import estimates_page
from service.pages.rendering.formatting import plural
from service.pages.rendering.templates import address, template_bytes
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
SUGGESTED = 10
SHOWN = 200
NameOrSlug = Annotated[str, Query(max_length=200)]
Former = Annotated[str | None, Query(max_length=200, deprecated=True)]


@router.get("/compare")
@slow_endpoint
def comparison(
    request: Request,
    _: Reader,
    session: ReadSession,
    first: NameOrSlug = "",
    second: NameOrSlug = "",
    one: Former = None,
    other: Former = None,
) -> Response:
    """Compare two commentators, given by name or slug; suggest others for unknown names.

    An address with the former names of the parameters is redirected.
    """
    if one is not None or other is not None:
        return RedirectResponse(address("/compare", {"first": first or one, "second": second or other}), 301)
    now = request.app.state.clock.now()
    return estimates_page(
        request,
        session,
        lambda: current_estimates(request, session),
        lambda cached: template_bytes(
            request, "comparison.html", session=session, **_context(session, first, second, cached.estimates, now)
        ),
    )


def _context(session: Session, first: str, second: str, estimates: Estimates, now: datetime) -> dict[str, Any]:
    named = [(text, find_commentator(session, text)) for text in (first, second)]
    people = [person for _, person in named if person is not None]
    both = len(people) == 2 and people[0].id != people[1].id
    return {
        "title": " and ".join(person.name for person in people) if both else "Compare two commentators",
        "named": named,
        "suggestions": [list_commentators(session, text=t, limit=SUGGESTED) if t and not p else [] for t, p in named],
        "same": len(people) == 2 and not both,
        "min_events": MIN_EVENTS,
        "limit": SHOWN,
        "comparison": side_by_side(session, people, estimates, now) if both else None,
    }


@dataclass(frozen=True)
class SideBySide:
    """Both lines of the board, the shared questions (newest first), the comparison, and a scale for its interval."""

    lines: list[BoardItem]
    shared: list[Shared]
    result: PairView
    scale: Scale

    @property
    def result_sentence(self) -> str:
        """The result of the comparison in one sentence."""
        one, other = (line.commentator.name for line in self.lines)
        low, high = self.result.difference.low, self.result.difference.high
        if low is None or high is None:
            return f"Too few shared events for a comparison: {self.result.events} of {MIN_EVENTS}."
        if low > 0:
            return f"On shared questions, {one} had the better scores, by more than luck easily explains."
        if high < 0:
            return f"On shared questions, {other} had the better scores, by more than luck easily explains."
        return "On shared questions, no clear difference: it could easily be luck."

    @property
    def betting_test(self) -> str:
        """The result of the betting test in two sentences; empty without successive events."""
        result = self.result
        if result.bet_events < 2:
            return ""
        one, other = (line.commentator.name for line in self.lines)
        became, ahead, behind = max((result.bet_on_first, one, other), (result.bet_on_second, other, one))
        rules = "rules" if became >= PROVEN else "does not rule"
        events, payoff = plural(result.bet_events, "shared event"), f"{became:,.{2 if became < 100 else 0}f}"
        return (
            f"Betting test, valid for repeated checks: 1 bet on the probabilities of {ahead} against {behind}, "
            f"on {events}, each predicted after the outcome of the previous one was known, would have become {payoff}. "
            f"That {rules} out that {behind} was at least as good every time; it takes {PROVEN:.0f}, which either of "
            "two equally good commentators reaches by luck in at most one case in ten."
        )


def side_by_side(session: Session, people: Sequence[Commentator], estimates: Estimates, now: datetime) -> SideBySide:
    """Compare two commentators by their opening predictions on the questions of the default leaderboard."""
    lines = [board_line(session, person, estimates, now=now) for person in people]
    shared = shared_questions(session, people[0], people[1], Filters(), now=now)
    result = compare_on(shared, people[0], people[1])
    shared.sort(key=lambda pair: pair[0].known_at, reverse=True)
    reach = max(0.1, abs(result.difference.low or 0.0), abs(result.difference.high or 0.0))
    return SideBySide(lines, shared, result, Scale(-reach, reach, 5, 125))
