"""Routes of contests: anybody sends one, editors take it up and answer it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlmodel import Session

from predictions.contests.answers import Contests
from predictions.contests.inputs import AnswerIn, ContestIn, DeletionIn
from predictions.contests.listing import ContestView, EditorContestView, list_contests, public, view_contests
from predictions.contests.models import PUBLIC, Contest, ContestState
from predictions.contests.receive import ANYBODY
from service.limits.contest_intake import receive_contest
from service.limits.write_route import WriteRoute
from service.lookup import NotOnRecord, contest_of
from service.security.access import Reader, ResolverCaller
from service.security.api_keys import Caller
from service.security.contest_links import contest_link, contest_number
from service.web.etag import JSON
from service.web.idempotency import Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/contests", tags=["contests"], route_class=WriteRoute)


class ReceivedContest(EditorContestView):
    """A contest with the secret link of its sender."""

    link: str = Field(description="secret address of its page: keep it, it is in this reply only")


@router.post("", status_code=201, response_model=ReceivedContest)
def send_contest(request: Request, data: ContestIn, _: Reader, write: Write) -> Response:
    """Contest something on record.

    Needs no key. The text stays confidential until an editor takes the contest up. The reply has its number and a
    secret link; an address may send a few an hour.
    """
    write.refuse_key()
    view, state = receive_contest(request, data), request.app.state
    link = state.settings.base_url + contest_link(state.secret, view.id)
    reply = ReceivedContest(**view.model_dump(), link=link)
    return Response(reply.model_dump_json(), 201, media_type=JSON)


@router.get("", response_model=None)
def list_all_contests(
    request: Request,
    caller: Reader,
    session: ReadSession,
    state: Annotated[ContestState | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List contests.

    In order of receipt: those that were taken up, and with the scope `resolve` all, with their senders' contact.
    """
    sees_all = caller.may("resolve")
    wanted = [each for each in (ContestState if sees_all else PUBLIC) if state in (None, each)]
    views = list_contests(session, states=wanted, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, views if sees_all else [public(view) for view in views], limit)


@router.get("/own/{token}", response_model=EditorContestView)
def get_own_contest(request: Request, token: str, session: ReadSession) -> Response:
    """Get the contest of a secret link."""
    return read_reply(request, _view(session, contest_number(request.app.state.secret, token)))


@router.delete("/own/{token}", response_model=EditorContestView)
def withdraw_contest(request: Request, token: str) -> Response:
    """Withdraw the contest of a secret link.

    Until an editor takes it up; its texts are deleted.
    """
    state = request.app.state
    number, now = contest_number(state.secret, token), state.clock.now()

    def job(session: Session) -> EditorContestView:
        Contests(session, ANYBODY, now, state.secret).withdraw(contest_of(session, number))
        return _view(session, number)

    return Response(state.writer.run(job).model_dump_json(), media_type=JSON)


@router.get("/{number}", response_model=ContestView)
def get_contest(request: Request, number: RowId, caller: Reader, session: ReadSession) -> Response:
    """Get a contest.

    One that was taken up; with the scope `resolve` any, with its sender's contact.
    """
    view = _view(session, number)
    if not caller.may("resolve") and view.state not in PUBLIC:
        raise NotOnRecord("contest", "id", number)  # nobody else learns that there is one
    return read_reply(request, view if caller.may("resolve") else public(view))


@router.post("/{number}/take-up", status_code=200, response_model=EditorContestView)
def take_up_contest(request: Request, number: RowId, caller: ResolverCaller, write: Write) -> Response:
    """Take a contest up.

    From then on its text is public, as being checked.
    """
    return _step(request, caller, write, number, lambda steps, contest: steps.take_up(contest))


@router.post("/{number}/answer", status_code=200, response_model=EditorContestView)
def answer_contest(request: Request, number: RowId, data: AnswerIn, caller: ResolverCaller, write: Write) -> Response:
    """Answer a contest that was taken up.

    Upheld, with the number of the correction that was made, or rejected with the reason.
    """
    return _step(request, caller, write, number, lambda steps, contest: steps.answer(contest, data))


@router.post("/{number}/deletion", status_code=200, response_model=EditorContestView)
def delete_contest(request: Request, number: RowId, data: DeletionIn, caller: ResolverCaller, write: Write) -> Response:
    """Delete the text of an abusive contest.

    Only while nobody has taken it up. That there was one stays on record, with the reason.
    """
    return _step(request, caller, write, number, lambda steps, contest: steps.delete(contest, data.reason))


def _step(
    request: Request, caller: Caller, write: Write, number: int, step: Callable[[Contests, Contest], Any]
) -> Response:
    secret, now = request.app.state.secret, write.now

    def job(session: Session) -> EditorContestView:
        step(Contests(session, caller.name, now, secret), contest_of(session, number))
        return _view(session, number)

    return write(caller, job, status=200)


def _view(session: Session, number: int) -> EditorContestView:
    return view_contests(session, [contest_of(session, number)])[0]
