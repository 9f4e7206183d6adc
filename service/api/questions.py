"""Routes of questions: create, list, get, correct, resolve, retract, postpone, snooze, assign."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.changes.doors import add_forecast
from predictions.changes.views import ChangeView
from predictions.enums import DeadlineBasis, QuestionStatus
from predictions.queries.details import view_question
from predictions.queries.listing import QuestionFilter, list_questions
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.questions.deadlines import UndoneIn, correct_deadline, undo_postponement
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.resolve import resolve, retract_resolution
from predictions.questions.triage import assign_question, snooze_question
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.fields import Instant
from predictions.schemas.inputs import (
    AssignmentIn,
    DecidedIn,
    PostponementIn,
    QuestionIn,
    ReasonedReferenceIn,
    ResolutionIn,
    RetractionIn,
    SnoozeIn,
)
from predictions.schemas.views import QuestionRefView, QuestionView, ResolutionView
from resolvers.probing.configuration import ResolverView, find_attached, resolver_view
from service.api.editorial.changes import MADE, WAITS, reply_to, status_of
from service.limits.write_route import WriteRoute
from service.lookup import in_its_zone, question_of
from service.security.access import Corrector, Predictor, Reader, ResolverCaller
from service.security.approvers import asker
from service.web.idempotency import Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/questions", tags=["questions"], route_class=WriteRoute)


class QuestionWithResolver(QuestionView):
    """A question with its attached resolver."""

    resolver: ResolverView | None = Field(description="the attached resolver; null without one")


class QuestionWithChange(QuestionView):
    """A question with the change of its settled record that was just made."""

    change: ChangeView | None = Field(default=None, description=MADE)


@router.post("", status_code=201, response_model=QuestionView)
def create_question(data: QuestionIn, caller: Predictor, write: Write) -> Response:
    """Create a question.

    If the same one exists, return that one.
    """

    def job(session: Session) -> BaseModel:
        return view_question(session, enter_question(session, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.get("", response_model=None)
def list_all_questions(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    topic: Annotated[str | None, Query(max_length=60)] = None,
    event: Annotated[str | None, Query(max_length=120)] = None,
    status: QuestionStatus | None = None,
    deadline_basis: DeadlineBasis | None = None,
    since: Annotated[Instant | None, Query(alias="from", description="deadline at or after this instant")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="deadline before this instant")] = None,
    q: Annotated[str | None, Query(max_length=200, description="part of the text")] = None,
) -> Response:
    """List questions.

    In order of creation.
    """
    filters = QuestionFilter(topic, event, status, deadline_basis, since, until, q)
    rows = list_questions(session, filters, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, [QuestionRefView.of(row) for row in rows], limit)


@router.get("/{which}", response_model=QuestionWithResolver)
def get_question(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Get a question.

    With its condition, reference forecasts, resolver, proposals and resolutions.
    """
    question = question_of(session, which)
    row = find_attached(session, question)
    resolver = resolver_view(session, row, question) if row else None
    return read_reply(request, QuestionWithResolver(**dict(view_question(session, question)), resolver=resolver))


@router.patch("/{which}", response_model=QuestionView)
def correct_question(which: IdOrSlug, data: QuestionChange, caller: ResolverCaller, write: Write) -> Response:
    """Correct a question.

    Text, criteria, options, condition, event, topics, deadline basis, or a deadline that was typed too late, of a
    question without outcome, with the reason. To move a deadline to a later instant, postpone it. Predictions made
    before a change of what decides the outcome are marked.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        if data.deadline is not None:
            at = in_its_zone(question, data.deadline)
            correct_deadline(session, question, at, data.reason, now=write.now, actor=caller.name)
        if data.changes.keys() - {"deadline"}:
            change_question(session, question, data, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job, status=200)


@router.post("/{which}/resolutions", status_code=201, response_model=ResolutionView)
def resolve_question(which: IdOrSlug, data: ResolutionIn, caller: ResolverCaller, write: Write) -> Response:
    """Resolve a question.

    A second resolution supersedes the first. Send `supersedes` with the id of the resolution you have seen (or "none")
    to get an error if another was recorded since.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        return ResolutionView.of(resolve(session, question, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.post(
    "/{which}/resolutions/taken-back",
    status_code=201,
    response_model=ResolutionView,
    deprecated=True,
    name="retract_question_resolution_at_former_address",
)
@router.post("/{which}/resolutions/retraction", status_code=201, response_model=ResolutionView)
def retract_question_resolution(which: IdOrSlug, data: RetractionIn, caller: ResolverCaller, write: Write) -> Response:
    """Retract a resolution.

    The question is then open or due again. `taken-back` is the former address.
    """

    def job(session: Session) -> BaseModel:
        row = retract_resolution(session, question_of(session, which), data.reason, now=write.now, actor=caller.name)
        return ResolutionView.of(row)

    return write(caller, job)


@router.post("/{which}/decided", status_code=200, response_model=QuestionView)
def declare_question_decided(which: IdOrSlug, data: DecidedIn, caller: ResolverCaller, write: Write) -> Response:
    """Declare a question decided.

    Before its deadline; people are prompted to resolve it now.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        declare_decided(session, question, data.reason, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job, status=200)


@router.post("/{which}/postponements", status_code=201, response_model=QuestionView)
def postpone_question(which: IdOrSlug, data: PostponementIn, caller: ResolverCaller, write: Write) -> Response:
    """Postpone a deadline.

    To a later instant, with the reason; the ledger keeps the earlier one.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        deadline = in_its_zone(question, data.deadline)
        postpone(session, question, deadline, data.reason, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job)


@router.post("/{which}/postponements/undo", status_code=200, response_model=QuestionView)
def undo_question_postponement(which: IdOrSlug, data: UndoneIn, caller: ResolverCaller, write: Write) -> Response:
    """Undo a postponement.

    The deadline is again what it was before the postponement to the present one; the ledger keeps both.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        undo_postponement(session, question, data.reason, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job, status=200)


@router.post("/{which}/snooze", status_code=200, response_model=QuestionView)
def snooze_due_question(which: IdOrSlug, data: SnoozeIn, caller: ResolverCaller, write: Write) -> Response:
    """Snooze a due question.

    Nobody is prompted before `until`; null ends the snooze now.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        snooze_question(session, question, data.until, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job, status=200)


@router.post("/{which}/assignment", status_code=200, response_model=QuestionView)
def assign_question_to_person(which: IdOrSlug, data: AssignmentIn, caller: ResolverCaller, write: Write) -> Response:
    """Assign a question.

    To a person, by name; null ends the assignment.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        assign_question(session, question, data.assignee, now=write.now, actor=caller.name)
        return view_question(session, question)

    return write(caller, job, status=200)


@router.post("/{which}/references", status_code=201, response_model=QuestionWithChange, responses=WAITS)
def record_reference_forecast(which: IdOrSlug, data: ReasonedReferenceIn, caller: Corrector, write: Write) -> Response:
    """Record a reference forecast.

    A market or crowd probability of one day, with which predictions of that day are compared. Once the outcome is on
    record it needs the scope `resolve` and a reason, and if it moves a score, another person's approval.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        done = add_forecast(session, question, data, data.reason, asker(session, caller, now=write.now))
        return reply_to(session, done, lambda _: view_question(session, question), QuestionWithChange)

    return write(caller, job, status=status_of)
