"""Resolvers: which there are, which one looks for the outcome of a question, and what it sees at this moment."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.inputs import Input, Words
from predictions.models import Question
from predictions.views import View
from resolvers.attached_models import Sight
from resolvers.attaching import ResolverIn, ResolverView, attach, attached, detach, find_attached, needs_admin
from resolvers.attaching import view_attached as view
from resolvers.base import QuestionView
from resolvers.catalog import all_resolvers, checked_config
from resolvers.looking import Look
from resolvers.proposals import Proposal
from service.api.questions import Which, question_of
from service.auth import Caller, Reader, ResolverCaller
from service.database import reading
from service.probing import dry_run
from service.replies import Reading, Writing, read_reply

router = APIRouter(prefix="/api", tags=["resolvers"])


class KindView(View):
    """A resolver that can be attached to a question."""

    key: str
    version: str
    description: str
    config_schema: dict[str, Any]


class Kinds(BaseModel):
    """All resolvers there are."""

    items: list[KindView]


class TrialIn(Input):
    """Settings to try that are not attached yet."""

    resolver: Words
    config: dict[str, Any]


class LookView(View):
    """What a resolver saw, and why it would propose an outcome or not. Nothing is put on record by a dry run."""

    question: int
    resolver: str
    state: Sight
    saw: list[str]
    reason: str
    proposal: Proposal | None
    looked_at: datetime
    last_good_check: datetime | None


class Detached(BaseModel):
    """The question whose resolver was taken off."""

    question: int
    detached: bool = True


def kinds() -> list[KindView]:
    """All resolvers there are, by their key."""
    found = sorted(all_resolvers().items())
    return [
        KindView(
            key=key,
            version=each.version,
            description=" ".join((type(each).__doc__ or "").split()),
            config_schema=each.settings.model_json_schema(),
        )
        for key, each in found
    ]


@router.get("/resolvers", response_model=Kinds)
def catalog(request: Request, _: Reader) -> Response:
    """List the resolvers there are, each with the JSON schema of its settings."""
    return read_reply(request, Kinds(items=kinds()))


@router.get("/questions/{which}/resolver", response_model=ResolverView)
def read(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """Read the resolver of a question: settings, schedule, policy, what it saw last, and the last good check."""
    question = question_of(session, which)
    return read_reply(request, view(attached(session, question), question))


@router.put("/questions/{which}/resolver", response_model=ResolverView)
def put(which: Which, data: ResolverIn, who: ResolverCaller, write: Writing) -> Response:
    """Attach a resolver to a question, or change it. The settings are validated, and the ledger keeps the change.

    Only an admin may set `automatic`, send a secret (`headers_env`), or name a source that is not the real one
    (`base_url`).
    """

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        allow(who, question, data)
        return view(attach(session, question, data, now=write.now, actor=who.name), question)

    return write(who, job, status=200)


@router.delete("/questions/{which}/resolver", response_model=Detached)
def remove(which: Which, who: ResolverCaller, write: Writing) -> Response:
    """Take the resolver off a question. What it proposed stays."""

    def job(session: Session) -> BaseModel:
        question = question_of(session, which)
        detach(session, question, now=write.now, actor=who.name)
        return Detached(question=question.id or 0)

    return write(who, job, status=200)


@router.post("/questions/{which}/probe", response_model=LookView)
def probe(request: Request, which: Which, who: ResolverCaller, data: TrialIn | None = None) -> LookView:
    """Look at the source now: a dry run, which says what was seen and why it would propose or not.

    Without a body the attached resolver looks; a body tries other settings. Nothing is put on record.
    """
    return look_now(request, which, who, data)


def look_now(request: Request, which: str, who: Caller, data: TrialIn | None = None) -> LookView:
    """A dry run with the attached settings, or with those of ``data``. No session is open while it looks.

    Raises ``NotFound`` for a question without resolver, ``InvalidInput`` for settings that are not valid.
    """
    state = request.app.state
    with reading(state.engine) as session:
        question = question_of(session, which)
        row = find_attached(session, question)
        if data is None:
            row = attached(session, question)
            tried = TrialIn.model_construct(resolver=row.resolver, config=row.config)
        else:
            tried = data
            allow(who, question, ResolverIn(resolver=data.resolver, config=data.config))
            checked_config(data.resolver, data.config, question.kind)
        shown, good_at = QuestionView.of(question), row.good_at if row else None
    seen = dry_run(state.engine, state.settings, state.clock, shown, tried.resolver, tried.config)
    return view_look(shown.id, tried.resolver, seen, state.clock.now(), good_at)


def view_look(question: int, resolver: str, seen: Look, now: datetime, good_at: datetime | None) -> LookView:
    """A look as it is shown."""
    return LookView(
        question=question,
        resolver=resolver,
        state=seen.sight,
        saw=list(seen.saw),
        reason=seen.reason,
        proposal=seen.proposal,
        looked_at=now,
        last_good_check=now if seen.good else good_at,
    )


def allow(who: Caller, question: Question, data: ResolverIn) -> None:
    """Raises 403 where only an admin may attach or try this."""
    if needs_admin(question, data) and not who.may("admin"):
        raise HTTPException(
            403,
            f"the key {who.name!r} does not grant 'admin', which automatic, headers_env and another base_url need: "
            "leave them out, or ask an admin",
        )
