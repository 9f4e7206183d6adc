"""The leaderboard, and each commentator's record."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from predictions import ledger
from predictions.columns import MAX_ID, CommentatorKind, DeadlineBasis
from predictions.inputs import Instant
from predictions.leaderboard import Sort, board, explanation
from predictions.record import RecordView, record_of
from predictions.scored import Filters, Include, Revisions
from predictions.views import BoardItem
from service.api.commentators import Which, commentator_of
from service.auth import Reader
from service.boards import PageBytes, newest_scoring
from service.replies import Reading, etag_of, read_reply, tagged

router = APIRouter(prefix="/api", tags=["leaderboard"])


class Board(BaseModel):
    """The leaderboard: items best first, when it was read, and how it is made.

    ``estimates_event`` is the ledger event that rank, tier and intervals rest on; ``ledger_head`` the newest there is.
    """

    items: list[BoardItem]
    total: int
    as_of: datetime
    estimates_event: int
    ledger_head: dict[str, Any]
    method: dict[str, Any]


def filters(
    topic: Annotated[str | None, Query(max_length=60)] = None,
    event: Annotated[str | None, Query(max_length=120, description="a family of questions")] = None,
    since: Annotated[Instant | None, Query(alias="from", description="deadline at or after")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="deadline before")] = None,
    deadline_basis: DeadlineBasis | None = None,
    worded: Annotated[bool | None, Query(description="true: only words; false: only stated numbers")] = None,
    recorded_late: Annotated[bool | None, Query(description="false: leave out what was recorded afterwards")] = None,
    conditional: bool | None = None,
    kind: Annotated[CommentatorKind | None, Query(description="of the commentator")] = None,
    outlet: Annotated[str | None, Query(max_length=200)] = None,
    source: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    include: Annotated[Include, Query(description="resolved: also before the deadline has passed")] = "deadline_passed",
) -> Filters:
    """Which scored questions a board counts, from the address."""
    return Filters(
        topic, event, since, until, deadline_basis, worded, recorded_late, conditional, kind, outlet, source, include
    )


Chosen = Annotated[Filters, Depends(filters)]


@router.get("/leaderboard", response_model=Board)
def leaderboard(
    request: Request,
    _: Reader,
    session: Reading,
    chosen: Chosen,
    revisions: Annotated[Revisions, Query(description="which prediction of each commentator counts")] = "opening",
    sort: Annotated[Sort | None, Query(description="default: skill; brier for other revisions than opening")] = None,
    min_resolved: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Commentators ranked, with uncertainty; those with too short a record stand behind, without a rank."""
    boards, now = request.app.state.boards, request.app.state.clock.now()
    head = ledger.head(session)
    order = sort or ("skill" if revisions == "opening" else "brier")
    wanted = (chosen, revisions, order, min_resolved, limit, offset)
    page = boards.page(wanted, head.seq, now)
    if page is None:
        kept = boards.estimates(session, chosen, revisions, now)
        items = board(session, chosen, revisions, kept.estimates, sort=order, min_resolved=min_resolved, now=now)
        content = Board(
            items=items[offset : offset + limit],
            total=len(items),
            as_of=now,
            estimates_event=kept.event,
            ledger_head={"seq": head.seq, "hash": head.hash},
            method=explanation(kept.estimates.ranking) | {"revisions": revisions, "sort": order},
        )
        body = content.model_dump_json().encode()
        page = PageBytes(body, etag_of(body), head.seq, kept.until)
        if kept.fresh(newest_scoring(session), now):
            boards.keep_page(wanted, page)
    return tagged(request, page.body, page.tag)


@router.get("/commentators/{which}/record", response_model=RecordView)
def record(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """A commentator's record: the line on the board, every scored question, what is open, calibration."""
    now = request.app.state.clock.now()
    person = commentator_of(session, which)
    kept = request.app.state.boards.estimates(session, Filters(), "opening", now)
    return read_reply(request, record_of(session, person, kept.estimates, now=now))
