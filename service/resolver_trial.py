"""Try a resolver: what it would propose now, without recording anything."""

from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request

from predictions.models import Question
from predictions.schemas.fields import Input, Words
from predictions.schemas.views import View
from resolvers.probing.attempt import ProbeResult
from resolvers.probing.configuration import (
    ResolverIn,
    find_attached,
    get_attached,
    needs_admin,
)
from resolvers.probing.models import ProbeStatus
from resolvers.sources.evidence import ProposedOutcome
from resolvers.sources.interface import ProbedQuestion
from resolvers.sources.registry import all_resolvers, validate_config
from service.db.engine import read_transaction
from service.lookup import question_of
from service.security.api_keys import Caller
from service.wiring.probing import dry_run


class KindView(View):
    """A resolver that can be attached to a question."""

    key: str
    version: str
    description: str
    config_schema: dict[str, Any]


class TrialIn(Input):
    """Settings to try that are not attached yet."""

    resolver: Words
    config: dict[str, Any]


class ProbeResultView(View):
    """What a resolver saw, and why it would propose an outcome or not. Nothing is put on record by a dry run."""

    question: int
    resolver: str
    state: ProbeStatus
    observed: list[str]
    reason: str
    proposal: ProposedOutcome | None
    looked_at: datetime
    last_good_check: datetime | None


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


def probe_now(request: Request, which: str, who: Caller, data: TrialIn | None = None) -> ProbeResultView:
    """A dry run with the attached settings, or with those of ``data``. No session is open while it looks.

    Raises ``NotFound`` for a question without resolver, ``InvalidInput`` for settings that are not valid.
    """
    state = request.app.state
    with read_transaction(state.engine) as session:
        question = question_of(session, which)
        row = find_attached(session, question)
        if data is None:
            row = get_attached(session, question)
            tried = TrialIn.model_construct(resolver=row.resolver, config=row.config)
        else:
            tried = data
            require_permission(who, question, ResolverIn(resolver=data.resolver, config=data.config))
            validate_config(data.resolver, data.config, question.kind)
        shown, last_good_at = ProbedQuestion.of(question), row.last_good_at if row else None
    seen = dry_run(state.engine, state.settings, state.clock, shown, tried.resolver, tried.config)
    return view_probe_result(shown.id, tried.resolver, seen, state.clock.now(), last_good_at)


def view_probe_result(
    question: int, resolver: str, seen: ProbeResult, now: datetime, last_good_at: datetime | None
) -> ProbeResultView:
    """A look as it is shown."""
    return ProbeResultView(
        question=question,
        resolver=resolver,
        state=seen.state,
        observed=list(seen.observed),
        reason=seen.reason,
        proposal=seen.proposal,
        looked_at=now,
        last_good_check=now if seen.succeeded else last_good_at,
    )


def require_permission(who: Caller, question: Question, data: ResolverIn) -> None:
    """Raises 403 where only an admin may attach or try this."""
    if needs_admin(question, data) and not who.may("admin"):
        raise HTTPException(
            403,
            f"the key {who.name!r} does not grant 'admin', which automatic, headers_env and another base_url need: "
            "leave them out, or ask an admin",
        )
