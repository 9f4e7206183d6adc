"""Leaderboard page: ranks with uncertainty, and filters in the query string."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.leaderboard.board import board as leaderboard
from predictions.leaderboard.board import explanation
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.freshness import newest_scoring
from predictions.leaderboard.opening_calibration import opening_calibration
from predictions.queries.overview import count_questions, latest_resolved, list_topics, next_deadlines
from predictions.schemas.board_item import BOARD_COLUMNS, BoardItem
from predictions.scoring.calibration import MIN_PREDICTIONS
from predictions.scoring.reader_simulation import READERS
from service.cache.as_of_cache import AsOfCache, AsOfRecord
from service.cache.leaderboard_cache import State
from service.limits.admission import slow_endpoint
from service.pages.charts.calibration_sparkline import sparklines
from service.pages.charts.scales import Scale
from service.pages.rendering.cached_page import estimates_page
from service.pages.rendering.csv_download import cached_csv, csv_bytes, csv_reply
from service.pages.rendering.templates import render, template_bytes
from service.security.access import Reader
from service.web.leaderboard_query import BoardQuery, FormQuery
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 100
#: Start and end of the intervals on 130 pixels, with a margin for the dots.
DRAWN = (5, 125)
LATEST = 5
FILE = "leaderboard.csv"


class BoardPageQuery(FormQuery, BoardQuery):
    """Query of the leaderboard page."""

    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1


Chosen = Annotated[BoardPageQuery, Query()]


@router.get("/")
def board(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """Show the leaderboard; with ``as_of``, as of a past instant."""
    if query.as_of is not None:
        with _open_past(request, session, query, query.as_of) as past:
            context = _context(past.session, query, past.estimates, query.as_of)
            return render(request, "leaderboard.html", session=session, **context)
    boards, now = request.app.state.leaderboard_cache, request.app.state.clock.now()
    return estimates_page(
        request,
        session,
        lambda: boards.get_estimates(session, query.filters(), query.revisions, now),
        lambda cached: template_bytes(
            request,
            "leaderboard.html",
            session=session,
            **_context(session, query, cached.estimates, now, state=cached.state(newest_scoring(session), now)),
        ),
    )


@router.get("/leaderboard.csv")
@slow_endpoint
def download(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """Download the whole leaderboard under these filters as CSV."""
    now = request.app.state.clock.now()
    if query.as_of is not None:
        with _open_past(request, session, query, query.as_of) as past:
            return csv_reply(request, FILE, _csv(_items(past.session, query, past.estimates, query.as_of)))
    cached = request.app.state.leaderboard_cache.get_estimates(session, query.filters(), query.revisions, now)
    return cached_csv(request, session, FILE, cached, lambda: _csv(_items(session, query, cached.estimates, now)))


def _open_past(
    request: Request, session: Session, query: BoardQuery, when: datetime
) -> AbstractContextManager[AsOfRecord]:
    cache: AsOfCache = request.app.state.as_of_cache
    return cache.open(session, when, query.filters(), query.revisions, now=request.app.state.clock.now())


def _csv(items: list[BoardItem]) -> bytes:
    rows = (
        (person.id, person.slug, person.name, person.kind, *item.columns().values())
        for item, person in ((item, item.commentator) for item in items)
    )
    return csv_bytes(("id", "slug", "name", "kind", *BOARD_COLUMNS), rows)


@router.get("/commentators")
def commentators() -> Response:
    """Redirect to the leaderboard, which lists all commentators, in order of name."""
    return RedirectResponse("/?sort=name", 307)


def _items(session: Session, query: BoardQuery, estimates: Estimates, now: datetime) -> list[BoardItem]:
    return leaderboard(
        session,
        query.filters(),
        query.revisions,
        estimates,
        sort=query.order,
        min_resolved=query.min_resolved,
        max_annulled=query.max_annulled,
        now=now,
    )


def _context(
    session: Session, query: BoardPageQuery, estimates: Estimates, now: datetime, *, state: State = "current"
) -> dict[str, Any]:
    items = _items(session, query, estimates, now)
    first = (query.page - 1) * PAGE
    page = items[first : first + PAGE]
    return {
        "title": "Leaderboard",
        "query": query,
        "groups": groups(page, by_tier=query.order == "skill"),
        "unranked": [item for item in page if item.status == "too_few"] if query.order == "skill" else [],
        "total": len(items),
        "first": first,
        "last": first + len(page),
        "more": first + PAGE < len(items),
        "ranked": sum(item.rank is not None for item in items),
        "skills": _skills(page),
        "briers": Scale(0.0, 0.5, *DRAWN),
        "curves": sparklines(opening_calibration(session, _drawable(page), query.filters(), now)),
        "topics": list_topics(session),
        "statuses": count_questions(session),
        "resolved": latest_resolved(session, LATEST),
        "next": next_deadlines(session, LATEST, now=now),
        "state": state,
        "method": explanation(estimates.ranking),
        "reference_forecasts": estimates.reference_forecasts,
        "readers": READERS,
        "by_reader": estimates.readers if query.order == "skill" else None,
    }


def _drawable(items: list[BoardItem]) -> list[int]:
    """Return the ids of the commentators with enough resolved questions for a calibration curve."""
    return [item.commentator.id for item in items if item.resolved >= MIN_PREDICTIONS]


def groups(items: list[BoardItem], *, by_tier: bool) -> list[tuple[int | None, list[BoardItem]]]:
    """Group the ranked items by tier; all items in one group if the order is another."""
    if not by_tier:
        return [(None, items)] if items else []
    tiers: list[tuple[int | None, list[BoardItem]]] = []
    for item in items:
        if item.status == "too_few":
            continue
        if not tiers or tiers[-1][0] != item.tier:
            tiers.append((item.tier, []))
        tiers[-1][1].append(item)
    return tiers


def _skills(items: list[BoardItem]) -> Scale:
    """Return a scale for the skill of ranked commentators, at least from -5 to 5; other values are clipped."""
    ranked = [item for item in items if item.rank is not None] or items
    low = min([-5.0, *(item.skill_low for item in ranked if item.skill_low is not None)])
    return Scale(low, max([5.0, *(item.skill_high for item in ranked if item.skill_high is not None)]), *DRAWN)
