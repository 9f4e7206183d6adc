"""Route of the leaderboard."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions import ledger
from predictions.columns import MAX_ID
from predictions.leaderboard.board import board, explanation
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.freshness import newest_scoring
from predictions.leaderboard.reference_performance import ReferencePerformance
from predictions.ledger import Head
from predictions.schemas.board_item import BoardItem
from predictions.scoring.reader_simulation import Robustness
from service.cache.as_of_cache import AsOfCache
from service.cache.leaderboard_cache import LeaderboardCache, State
from service.cache.page_cache import Address, PageBytes
from service.security.access import Reader
from service.web.cached_route import CachedPageRoute
from service.web.etag import etag_of, tagged
from service.web.leaderboard_query import BoardQuery
from service.web.responses import ReadSession, page_address, read_reply

router = APIRouter(prefix="/api", tags=["leaderboard"], route_class=CachedPageRoute)


class RobustnessView(BaseModel):
    """Robustness of the order to the interpretation of the hedges, by simulation; shares from 0 to 1."""

    leader: float = Field(description="share of simulated interpretations with the same first commentator, from 0 to 1")
    whole: float = Field(description="share of simulated interpretations with the same order of all, from 0 to 1")
    pairs: float = Field(
        description="mean share of simulated interpretations with the same order of two commentators, from 0 to 1"
    )


class Board(BaseModel):
    """The leaderboard: the commentators, best first, with the method of the ranking and the reference forecasts.

    Rank, tier, skill, intervals and secondary scores are estimates that a large record recomputes in the background;
    ``estimates`` and ``estimates_event`` say which record they belong to.
    """

    items: list[BoardItem] = Field(
        description="commentators, best first; those with too short a record last, without a rank"
    )
    total: int = Field(description="number of commentators on the leaderboard, before limit and offset")
    as_of: datetime = Field(description="instant of the record that the leaderboard shows")
    estimates: State = Field(
        description="current, stale (computed from an earlier record) or pending (not computed yet: retry shortly)"
    )
    estimates_event: int | None = Field(
        description="number of the ledger event up to which the estimates count; null while pending"
    )
    ledger_head: dict[str, Any] = Field(description="number (seq) and hash of the newest event of the ledger")
    method: dict[str, Any] = Field(description="parameters and explanation of the ranking")
    reference_forecasts: list[ReferencePerformance] = Field(description="scores of the reference forecasts, by kind")
    readers: RobustnessView | None = Field(
        description="how often the order holds under other interpretations of the hedges; null without ranked hedges"
    )


class LeaderboardQuery(BoardQuery):
    """The query of the API's leaderboard."""

    limit: Annotated[int, Query(ge=1, le=10_000, description="largest number of commentators in the reply")] = 1000
    offset: Annotated[int, Query(ge=0, le=MAX_ID, description="number of commentators to skip")] = 0


@router.get("/leaderboard", response_model=Board)
def get_leaderboard(
    request: Request, _: Reader, session: ReadSession, query: Annotated[LeaderboardQuery, Query()]
) -> Response:
    """Get the leaderboard.

    Commentators ranked with uncertainty; those with too short a record come last, without a rank.
    """
    state = request.app.state
    if query.as_of is not None:
        past = _past_board(session, state.as_of_cache, query, query.as_of, now=state.clock.now())
        return read_reply(request, past)
    page = _page(session, state.leaderboard_cache, query, page_address(request), state.clock.now())
    return tagged(request, page.body, page.tag, gzipped=page.gzipped)


def _page(
    session: Session, cache: LeaderboardCache, query: LeaderboardQuery, address: Address, now: datetime
) -> PageBytes:
    """Return the cached page, or a new one if the record has changed."""
    head = ledger.head(session)
    page = cache.get_page(address, head.seq, now)
    if page is not None:
        return page
    cached = cache.get_estimates(session, query.filters(), query.revisions, now)
    state = cached.state(newest_scoring(session), now)
    event = None if state == "pending" else cached.event
    content = _board(session, query, cached.estimates, head, now, state=state, event=event)
    body = content.model_dump_json().encode()
    page = PageBytes(body, etag_of(body), head.seq, cached.until)
    if state == "current":
        cache.store_page(address, page)
    return page


def _past_board(
    session: Session, as_of_cache: AsOfCache, query: LeaderboardQuery, as_of: datetime, *, now: datetime
) -> Board:
    with as_of_cache.open(session, as_of, query.filters(), query.revisions, now=now) as (past, head, estimates):
        return _board(past, query, estimates, head, as_of, state="current", event=head.seq)


def _board(
    session: Session,
    query: LeaderboardQuery,
    estimates: Estimates,
    head: Head,
    now: datetime,
    *,
    state: State,
    event: int | None,
) -> Board:
    items = board(
        session,
        query.filters(),
        query.revisions,
        estimates,
        sort=query.order,
        min_resolved=query.min_resolved,
        max_annulled=query.max_annulled,
        now=now,
    )
    return Board(
        items=items[query.offset : query.offset + query.limit],
        total=len(items),
        as_of=now,
        estimates=state,
        estimates_event=event,
        ledger_head={"seq": head.seq, "hash": head.hash},
        method=explanation(estimates.ranking) | {"revisions": query.revisions, "sort": query.order},
        reference_forecasts=list(estimates.reference_forecasts),
        readers=_robustness_view(estimates.readers if query.order == "skill" else None),
    )


def _robustness_view(found: Robustness | None) -> RobustnessView | None:
    return RobustnessView(leader=found.leader, whole=found.whole, pairs=found.pairs) if found else None
