"""The leaderboard."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions import ledger
from predictions.columns import MAX_ID
from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import Sort, board, explanation
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.filters import Filters, Include, Revisions
from predictions.leaderboard.freshness import newest_scoring
from predictions.leaderboard.reference_performance import ReferencePerformance
from predictions.ledger import Head
from predictions.schemas.board_item import BoardItem
from predictions.schemas.fields import Instant
from predictions.scoring.reader_simulation import Robustness
from service.cache.as_of_cache import AsOfCache
from service.cache.leaderboard_cache import LeaderboardCache, State
from service.cache.page_cache import Address, PageBytes
from service.security.access import Reader
from service.web.cached_route import CachedPageRoute
from service.web.etag import etag_of, tagged
from service.web.responses import Reading, address_of, read_reply

router = APIRouter(prefix="/api", tags=["leaderboard"], route_class=CachedPageRoute)


class ReadersView(BaseModel):
    """For how many simulated readers of the words the order of the board holds, as shares from 0 to 1: that the first
    stays first, that the whole order stays, and of any two commentators."""

    leader: float
    whole: float
    pairs: float


class Board(BaseModel):
    """The leaderboard: items best first, when it was read, and how it is made.

    Rank, tier, skill, intervals and what stands beside them are the *estimates*: ``current``, ``stale`` (the last ones,
    while those of a large record are made anew) or ``pending`` (the first ones are being made: ask again).
    ``estimates_event`` is the ledger event that they rest on, null while pending; ``ledger_head`` the newest there is.
    ``references`` say how the references did on the calls compared with them; ``readers`` how far the order depends on
    who reads the words (null where no ranked call came from words).
    """

    items: list[BoardItem]
    total: int
    as_of: datetime
    estimates: State
    estimates_event: int | None
    ledger_head: dict[str, Any]
    method: dict[str, Any]
    reference_forecasts: list[ReferencePerformance]
    readers: ReadersView | None


def filters(
    topic: Annotated[str | None, Query(max_length=60)] = None,
    event: Annotated[str | None, Query(max_length=120, description="a family of questions")] = None,
    since: Annotated[Instant | None, Query(alias="from", description="deadline at or after")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="deadline before")] = None,
    deadline_basis: DeadlineBasis | None = None,
    verbal: Annotated[bool | None, Query(description="true: only words; false: only stated numbers")] = None,
    recorded_late: Annotated[bool | None, Query(description="false: leave out what was recorded afterwards")] = None,
    conditional: bool | None = None,
    kind: Annotated[CommentatorKind | None, Query(description="of the commentator")] = None,
    outlet: Annotated[str | None, Query(max_length=200)] = None,
    source: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    include: Annotated[Include, Query(description="resolved: also before the deadline has passed")] = "deadline_passed",
) -> Filters:
    """Which scored questions a board counts, from the address."""
    return Filters(
        topic, event, since, until, deadline_basis, verbal, recorded_late, conditional, kind, outlet, source, include
    )


Chosen = Annotated[Filters, Depends(filters)]
AsOf = Annotated[Instant | None, Query(description="as it stood at this past instant; a date: its first instant")]


@router.get("/leaderboard", response_model=Board)
def get_leaderboard(
    request: Request,
    _: Reader,
    session: Reading,
    chosen: Chosen,
    revisions: Annotated[Revisions, Query(description="which prediction of each commentator counts")] = "opening",
    sort: Annotated[Sort | None, Query(description="default: skill; brier for other revisions than opening")] = None,
    min_resolved: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    max_annulled: Annotated[float, Query(ge=0, le=1, description="leave out whose share annulled is above it")] = 1.0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    as_of: AsOf = None,
) -> Response:
    """Get the leaderboard.

    Commentators ranked, with uncertainty; those with too short a record come last, without a rank.
    """
    order = sort or ("skill" if revisions == "opening" else "brier")
    wanted = Wanted(chosen, revisions, order, min_resolved, max_annulled, limit, offset)
    state = request.app.state
    if as_of is not None:
        return read_reply(request, _past_board(session, state.as_of_cache, wanted, as_of, now=state.clock.now()))
    page = _page(session, state.leaderboard_cache, wanted, address_of(request), state.clock.now())
    return tagged(request, page.body, page.tag)


class Wanted(NamedTuple):
    """Which page of which board."""

    filters: Filters
    revisions: Revisions
    sort: Sort
    min_resolved: int
    max_annulled: float
    limit: int
    offset: int


def _page(session: Session, boards: LeaderboardCache, wanted: Wanted, address: Address, now: datetime) -> PageBytes:
    """The page as it was sent last, or made anew where something has changed."""
    head = ledger.head(session)
    page = boards.get_page(address, head.seq, now)
    if page is not None:
        return page
    kept = boards.get_estimates(session, wanted.filters, wanted.revisions, now)
    state = kept.state(newest_scoring(session), now)
    event = None if state == "pending" else kept.event
    content = _board(session, wanted, kept.estimates, head, now, state=state, event=event)
    body = content.model_dump_json().encode()
    page = PageBytes(body, etag_of(body), head.seq, kept.until)
    if state == "current":
        boards.store_page(address, page)
    return page


def _past_board(session: Session, pasts: AsOfCache, wanted: Wanted, as_of: datetime, *, now: datetime) -> Board:
    with pasts.open(session, as_of, wanted.filters, wanted.revisions, now=now) as (past, head, made):
        return _board(past, wanted, made, head, as_of, state="current", event=head.seq)


def _board(
    session: Session,
    wanted: Wanted,
    made: Estimates,
    head: Head,
    now: datetime,
    *,
    state: State,
    event: int | None,
) -> Board:
    items = board(
        session,
        wanted.filters,
        wanted.revisions,
        made,
        sort=wanted.sort,
        min_resolved=wanted.min_resolved,
        max_annulled=wanted.max_annulled,
        now=now,
    )
    return Board(
        items=items[wanted.offset : wanted.offset + wanted.limit],
        total=len(items),
        as_of=now,
        estimates=state,
        estimates_event=event,
        ledger_head={"seq": head.seq, "hash": head.hash},
        method=explanation(made.ranking) | {"revisions": wanted.revisions, "sort": wanted.sort},
        reference_forecasts=list(made.reference_forecasts),
        readers=_readers(made.readers if wanted.sort == "skill" else None),
    )


def _readers(found: Robustness | None) -> ReadersView | None:
    return ReadersView(leader=found.leader, whole=found.whole, pairs=found.pairs) if found else None
