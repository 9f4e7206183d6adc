"""Proposals: an outcome is suggested with evidence; a person confirms or rejects it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.enums import ProposalState
from predictions.models import row_id
from predictions.questions.proposals import confirm, list_proposals, propose, reject
from predictions.schemas.inputs import ProposalDecisionIn, ProposalIn, ResolutionIn
from predictions.schemas.views import ProposalView, ResolutionView
from service.lookup import proposal_of, question_of
from service.security.access import Predictor, Reader, ResolverCaller
from service.web.idempotency import Writing
from service.web.pagination import Cursor, Limit, after, page_reply
from service.web.path_params import Number, Which
from service.web.responses import Reading, read_reply

router = APIRouter(prefix="/api", tags=["proposals"])


@router.post("/questions/{which}/proposals", status_code=201, response_model=ProposalView)
def propose_outcome(which: Which, data: ProposalIn, who: Predictor, write: Writing) -> Response:
    """Propose an outcome.

    With evidence; it scores nothing until a person confirms it.
    """

    def job(session: Session) -> BaseModel:
        row = propose(session, question_of(session, which), data, now=write.now, actor=who.name)
        return ProposalView.of(row)

    return write(who, job)


@router.get("/proposals", response_model=None)
def list_all_proposals(
    request: Request,
    _: Reader,
    session: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: ProposalState | None = None,
    question: Annotated[str | None, Query(max_length=120, description="its id or slug")] = None,
) -> Response:
    """List proposals.

    In order of entry; contradicting proposals on one question are listed one after the other.
    """
    number = row_id(question_of(session, question)) if question is not None else None
    rows = list_proposals(session, question=number, state=state, after=after(cursor), limit=limit)
    return page_reply(request, [ProposalView.of(row) for row in rows], limit)


@router.get("/proposals/{number}", response_model=ProposalView)
def get_proposal(request: Request, number: Number, _: Reader, session: Reading) -> Response:
    """Get a proposal.

    With its evidence and the decision about it.
    """
    return read_reply(request, ProposalView.of(proposal_of(session, number)))


@router.post("/proposals/{number}/confirm", status_code=201, response_model=ResolutionView)
def confirm_proposal(number: Number, who: ResolverCaller, write: Writing, data: ResolutionIn | None = None) -> Response:
    """Confirm a proposal.

    The question is resolved as proposed. A body amends date, evidence and note, not the outcome.
    """

    def job(session: Session) -> BaseModel:
        row = confirm(session, proposal_of(session, number), data, now=write.now, actor=who.name)
        return ResolutionView.of(row)

    return write(who, job)


@router.post("/proposals/{number}/reject", status_code=200, response_model=ProposalView)
def reject_proposal(number: Number, data: ProposalDecisionIn, who: ResolverCaller, write: Writing) -> Response:
    """Reject a proposal.

    With the reason; it stays on record.
    """

    def job(session: Session) -> BaseModel:
        proposal = proposal_of(session, number)
        reject(session, proposal, data.reason, now=write.now, actor=who.name)
        return ProposalView.of(proposal)

    return write(who, job, status=200)
