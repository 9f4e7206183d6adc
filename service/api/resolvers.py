"""Routes of resolvers: list the kinds; get, attach, detach and try the resolver of a question."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.changes.views import ChangeView
from resolvers.probing.configuration import ResolverView, detach, get_attached
from resolvers.probing.configuration import resolver_view as view
from resolvers.probing.settled_questions import ReasonedResolverIn, attach_resolver
from service.api.editorial.changes import MADE, WAITS, reply_to, status_of_put
from service.limits.write_route import WriteRoute
from service.lookup import question_of
from service.on_demand.resolver_trial import (
    ProbeResultView,
    ResolverKindView,
    TrialIn,
    probe_now,
    resolver_kinds,
)
from service.security.access import Reader, ResolverCaller, require_resolver_permission
from service.security.approvers import asker
from service.web.idempotency import Write
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api", tags=["resolvers"], route_class=WriteRoute)


class ResolverKinds(BaseModel):
    """All available resolvers."""

    items: list[ResolverKindView] = Field(description="all available resolvers, in order of key")


class ResolverWithChange(ResolverView):
    """A resolver with the change of a settled question that its attachment was."""

    change: ChangeView | None = Field(default=None, description=MADE)


class DetachedResolver(BaseModel):
    """The question whose resolver was detached."""

    question: int = Field(description="id of the question")
    detached: bool = Field(default=True, description="always true")


@router.get("/resolvers", response_model=ResolverKinds)
def list_all_resolver_kinds(request: Request, _: Reader) -> Response:
    """List kinds of resolvers.

    Each with the JSON schema of its settings.
    """
    return read_reply(request, ResolverKinds(items=resolver_kinds()))


@router.get("/questions/{which}/resolver", response_model=ResolverView)
def get_question_resolver(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Get the resolver of a question.

    Settings, schedule, policy, last observation and last good check.
    """
    question = question_of(session, which)
    return read_reply(request, view(session, get_attached(session, question), question))


@router.put("/questions/{which}/resolver", response_model=ResolverWithChange, responses=WAITS)
def put_question_resolver(which: IdOrSlug, data: ReasonedResolverIn, caller: ResolverCaller, write: Write) -> Response:
    """Attach a resolver to a question.

    Only an admin may set `automatic`, `headers_env` (sends a secret) or `base_url` (reads another host). Once the
    outcome is on record it needs a reason and another person's approval.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        require_resolver_permission(caller, question, data)
        done = attach_resolver(session, question, data, asker(session, caller, now=write.now))
        return reply_to(session, done, lambda row: view(session, row, question), ResolverWithChange)

    return write(caller, job, status=status_of_put)


@router.delete("/questions/{which}/resolver", response_model=DetachedResolver)
def detach_resolver(which: IdOrSlug, caller: ResolverCaller, write: Write) -> Response:
    """Detach the resolver of a question.

    Its proposals stay.
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        detach(session, question, now=write.now, actor=caller.name)
        return DetachedResolver(question=question.id or 0)

    return write(caller, job, status=200)


@router.post("/questions/{which}/probe", response_model=ProbeResultView)
def probe_question(
    request: Request, which: IdOrSlug, caller: ResolverCaller, data: TrialIn | None = None
) -> ProbeResultView:
    """Run a resolver without recording anything.

    Without a body the attached resolver runs; a body tries other settings.
    """
    return probe_now(request, which, caller, data)
