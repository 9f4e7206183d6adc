"""The leaderboard: who stands where, how sure that is, and why; filters live in the address."""

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
from service.pages.charts.calibration_sparkline import sparklines
from service.pages.charts.scales import Scale
from service.pages.rendering.cached_page import shared_page
from service.pages.rendering.csv_download import csv_reply
from service.pages.rendering.templates import render, template_bytes
from service.security.access import Reader
from service.web.leaderboard_query import BoardQuery, FormQuery
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 100
#: Where the intervals begin and end, in pixels of 130: a margin for the dots.
DRAWN = (5, 125)
LATEST = 5


class BoardPageQuery(FormQuery, BoardQuery):
    """The query of the leaderboard's page."""

    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1


Chosen = Annotated[BoardPageQuery, Query()]


@router.get("/")
def board(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """The leaderboard; with ``as_of`` as it stood at a past instant."""
    if query.as_of is not None:
        with _as_it_stood(request, session, query, query.as_of) as past:
            shown = _shown(past.session, query, past.estimates, query.as_of)
            return render(request, "board.html", session=session, **shown)
    boards, now = request.app.state.leaderboard_cache, request.app.state.clock.now()
    return shared_page(
        request,
        session,
        lambda: boards.get_estimates(session, query.filters(), query.revisions, now),
        lambda made: template_bytes(
            request,
            "board.html",
            session=session,
            **_shown(session, query, made.estimates, now, state=made.state(newest_scoring(session), now)),
        ),
    )


@router.get("/leaderboard.csv")
def download(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """The whole board under these filters, as CSV."""
    now = request.app.state.clock.now()
    if query.as_of is not None:
        with _as_it_stood(request, session, query, query.as_of) as past:
            return _csv(_items(past.session, query, past.estimates, query.as_of))
    made = request.app.state.leaderboard_cache.get_estimates(session, query.filters(), query.revisions, now).estimates
    return _csv(_items(session, query, made, now))


def _as_it_stood(
    request: Request, session: Session, query: BoardQuery, when: datetime
) -> AbstractContextManager[AsOfRecord]:
    pasts: AsOfCache = request.app.state.as_of_cache
    return pasts.open(session, when, query.filters(), query.revisions, now=request.app.state.clock.now())


def _csv(items: list[BoardItem]) -> Response:
    rows = (
        (who.id, who.slug, who.name, who.kind, *item.columns().values())
        for item, who in ((item, item.commentator) for item in items)
    )
    return csv_reply("leaderboard.csv", ("id", "slug", "name", "kind", *BOARD_COLUMNS), rows)


@router.get("/commentators")
def commentators() -> Response:
    """All commentators are on the board, in order of name."""
    return RedirectResponse("/?sort=name", 307)


def _items(session: Session, query: BoardQuery, made: Estimates, now: datetime) -> list[BoardItem]:
    return leaderboard(
        session,
        query.filters(),
        query.revisions,
        made,
        sort=query.order,
        min_resolved=query.min_resolved,
        max_annulled=query.max_annulled,
        now=now,
    )


def _shown(
    session: Session, query: BoardPageQuery, made: Estimates, now: datetime, *, state: State = "current"
) -> dict[str, Any]:
    items = _items(session, query, made, now)
    first = (query.page - 1) * PAGE
    here = items[first : first + PAGE]
    return {
        "title": "Leaderboard",
        "query": query,
        "groups": groups(here, by_tier=query.order == "skill"),
        "unranked": [item for item in here if item.status == "too_few"] if query.order == "skill" else [],
        "total": len(items),
        "first": first,
        "last": first + len(here),
        "more": first + PAGE < len(items),
        "ranked": sum(item.rank is not None for item in items),
        "skills": _skills(here),
        "briers": Scale(0.0, 0.5, *DRAWN),
        "curves": sparklines(opening_calibration(session, _drawable(here), query.filters(), now)),
        "topics": list_topics(session),
        "statuses": count_questions(session),
        "resolved": latest_resolved(session, LATEST),
        "next": next_deadlines(session, LATEST, now=now),
        "state": state,
        "method": explanation(made.ranking),
        "reference_forecasts": made.reference_forecasts,
        "readers": READERS,
        "by_reader": made.readers if query.order == "skill" else None,
    }


def _drawable(items: list[BoardItem]) -> list[int]:
    """Return the ids of the commentators with enough resolved questions for a calibration curve."""
    return [item.commentator.id for item in items if item.resolved >= MIN_PREDICTIONS]


def groups(items: list[BoardItem], *, by_tier: bool) -> list[tuple[int | None, list[BoardItem]]]:
    """The items in runs that share a tier, those too short to rank left out; one run where order is another."""
    if not by_tier:
        return [(None, items)] if items else []
    found: list[tuple[int | None, list[BoardItem]]] = []
    for item in items:
        if item.status == "too_few":
            continue
        if not found or found[-1][0] != item.tier:
            found.append((item.tier, []))
        found[-1][1].append(item)
    return found


def _skills(items: list[BoardItem]) -> Scale:
    """A scale for the skill of the ranked, and at least from -5 to 5; what lies outside is drawn at its end."""
    ranked = [item for item in items if item.rank is not None] or items
    low = min([-5.0, *(item.skill_low for item in ranked if item.skill_low is not None)])
    return Scale(low, max([5.0, *(item.skill_high for item in ranked if item.skill_high is not None)]), *DRAWN)
