"""Dry run of a resolver: return what it would propose now, without recording anything."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import Field
from sqlalchemy import Engine

from predictions.schemas.fields import Input, Words
from predictions.schemas.views import View
from resolvers.clock import Clock
from resolvers.probing.attempt import BoundedFetch, ProbeResult, run_probe
from resolvers.probing.configuration import ResolverIn, find_attached, get_attached
from resolvers.probing.models import ProbeStatus
from resolvers.sources.evidence import ProposedOutcome
from resolvers.sources.interface import ProbedQuestion
from resolvers.sources.registry import all_resolvers, validate_config
from service.db.engine import read_transaction
from service.lookup import question_of
from service.security.access import require_resolver_permission
from service.security.api_keys import Caller
from service.settings import Settings
from service.time_limit import extend
from service.wiring.probing import make_fetch

#: A person waits for a dry run. Pages read by then are stored, and the next dry run continues from there.
DRY_RUN_SECONDS = 45.0


class ResolverKindView(View):
    """A resolver that can be attached to a question."""

    key: str = Field(description="name by which the resolver is attached")
    version: str = Field(description="version of the resolver")
    description: str = Field(description="what the resolver reads and proposes")
    config_schema: dict[str, Any] = Field(description="JSON schema of its settings")


class TrialIn(Input):
    """Settings to try that are not attached yet."""

    resolver: Words = Field(description="key of a resolver of /api/resolvers")
    config: dict[str, Any] = Field(description="settings of the resolver, by its config_schema")


class ProbeResultView(View):
    """Result of a dry run: the lines observed, and why an outcome would be proposed or not. Nothing is recorded."""

    question: int = Field(description="id of the question")
    resolver: str = Field(description="key of the resolver")
    state: ProbeStatus = Field(description="result of the probe")
    observed: list[str] = Field(description="lines that the probe observed")
    reason: str = Field(description="why an outcome would be proposed or not")
    proposal: ProposedOutcome | None = Field(description="the outcome that would be proposed; null without one")
    looked_at: datetime = Field(description="time of the probe")
    last_good_check: datetime | None = Field(
        description="time of the last successful probe, this one included; null without one"
    )


def resolver_kinds() -> list[ResolverKindView]:
    """Return all available resolvers, in order of key."""
    resolvers = sorted(all_resolvers().items())
    return [
        ResolverKindView(
            key=key,
            version=each.version,
            description=" ".join((type(each).__doc__ or "").split()),
            config_schema=each.settings.model_json_schema(),
        )
        for key, each in resolvers
    ]


def probe_now(request: Request, which: str, caller: Caller, data: TrialIn | None = None) -> ProbeResultView:
    """Run a resolver with the attached settings, or with those of ``data``. No session is open during the probe.

    Raises ``NotFound`` for a question without resolver, ``InvalidInput`` for settings that are not valid.
    """
    state = request.app.state
    with read_transaction(state.engine) as session:
        question = question_of(session, which)
        row = find_attached(session, question)
        if data is None:
            row = get_attached(session, question)
            settings = TrialIn.model_construct(resolver=row.resolver, config=row.config)
        else:
            settings = data
            require_resolver_permission(caller, question, ResolverIn(resolver=data.resolver, config=data.config))
            validate_config(data.resolver, data.config, question.kind)
        probed, last_good_at = ProbedQuestion.of(question), row.last_good_at if row else None
    extend(2 * DRY_RUN_SECONDS)
    result = dry_run(state.engine, state.settings, state.clock, probed, settings.resolver, settings.config)
    return probe_result_view(probed.id, settings.resolver, result, state.clock.now(), last_good_at)


def dry_run(
    engine: Engine, settings: Settings, clock: Clock, question: ProbedQuestion, resolver: str, config: object
) -> ProbeResult:
    """Probe now, for a person: nothing is proposed, and no snapshot is stored."""
    fetch = BoundedFetch(make_fetch(engine, settings, clock), clock, DRY_RUN_SECONDS, store_snapshots=False)
    return run_probe(question, resolver, config, fetch)


def probe_result_view(
    question: int, resolver: str, result: ProbeResult, now: datetime, last_good_at: datetime | None
) -> ProbeResultView:
    """Return the view of a result."""
    return ProbeResultView(
        question=question,
        resolver=resolver,
        state=result.state,
        observed=list(result.observed),
        reason=result.reason,
        proposal=result.proposal,
        looked_at=now,
        last_good_check=now if result.succeeded else last_good_at,
    )
