"""Routes of proposals: propose, list, get, confirm, reject."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.enums import ProposalState
from predictions.models import row_id
from predictions.questions.proposals import confirm, list_proposals, propose, reject
from predictions.schemas.inputs import ProposalDecisionIn, ProposalIn, ResolutionIn
from predictions.schemas.views import ProposalView, ResolutionView
from service.limits.write_route import WriteRoute
from service.lookup import proposal_of, question_of
from service.security.access import Predictor, Reader, ResolverCaller
from service.web.idempotency import Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import IdOrSlug, RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api", tags=["proposals"], route_class=WriteRoute)


@router.post("/questions/{which}/proposals", status_code=201, response_model=ProposalView)
def propose_outcome(which: IdOrSlug, data: ProposalIn, caller: Predictor, write: Write) -> Response:
    """Propose an outcome.

    With evidence; it scores nothing until a person confirms it.
    """

    def job(session: Session) -> BaseModel:
        row = propose(session, question_of(session, which), data, now=write.now, actor=caller.name)
        return ProposalView.of(row)

    return write(caller, job)


@router.get("/proposals", response_model=None)
def list_all_proposals(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: ProposalState | None = None,
    question: Annotated[str | None, Query(max_length=120, description="id or slug of the question")] = None,
) -> Response:
    """List proposals.

    In order of creation.
    """
    number = row_id(question_of(session, question)) if question is not None else None
    rows = list_proposals(session, question=number, state=state, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, [ProposalView.of(row) for row in rows], limit)


@router.get("/proposals/{number}", response_model=ProposalView)
def get_proposal(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a proposal.

    With its evidence and the decision about it.
    """
    return read_reply(request, ProposalView.of(proposal_of(session, number)))


@router.post("/proposals/{number}/confirm", status_code=201, response_model=ResolutionView)
def confirm_proposal(number: RowId, caller: ResolverCaller, write: Write, data: ResolutionIn | None = None) -> Response:
    """Confirm a proposal.

    The question is resolved as proposed. A body replaces date, evidence and note, but not the outcome.
    """

    def job(session: Session) -> BaseModel:
        row = confirm(session, proposal_of(session, number), data, now=write.now, actor=caller.name)
        return ResolutionView.of(row)

    return write(caller, job)


@router.post("/proposals/{number}/reject", status_code=200, response_model=ProposalView)
def reject_proposal(number: RowId, data: ProposalDecisionIn, caller: ResolverCaller, write: Write) -> Response:
    """Reject a proposal.

    With the reason; it stays on record.
    """

    def job(session: Session) -> BaseModel:
        proposal = proposal_of(session, number)
        reject(session, proposal, data.reason, now=write.now, actor=caller.name)
        return ProposalView.of(proposal)

    return write(caller, job, status=200)
