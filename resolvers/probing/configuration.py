"""The resolver of a question: attached, changed, detached; every change of it is on the ledger."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.errors import InvalidInput, NotFound
from predictions.models import Question, row_id
from predictions.schemas.fields import Input, Words
from predictions.schemas.views import View
from resolvers.outbound.redaction import redact
from resolvers.probing.models import AttachedResolver, ProbeStatus
from resolvers.sources.registry import checked_config
from resolvers.sources.rss import FeedWatch

LEAD_HOURS = 7 * 24
EVERY_MINUTES = 6 * 60
HOURS_OF_A_YEAR = 366 * 24


class ResolverIn(Input):
    """Which resolver looks for the outcome of a question, with what settings, from when on, and how often."""

    resolver: Words
    config: dict[str, Any]
    lead_hours: Annotated[int, Field(ge=0, le=10 * HOURS_OF_A_YEAR)] = Field(
        default=LEAD_HOURS, description="probing starts so long before the question is due"
    )
    every_minutes: Annotated[int, Field(ge=5, le=60 * 24 * 31)] = EVERY_MINUTES
    automatic: bool = Field(
        default=False,
        description="what it finds resolves the question without a person; only an admin may say so",
    )
    paused: bool = False


class ResolverView(View):
    """The resolver of a question: settings, schedule, policy, and what the last look saw."""

    question: int
    resolver: str
    config: dict[str, Any]
    lead_hours: int
    every_minutes: int
    automatic: bool
    automatic_by: str | None
    paused: bool
    attached_at: datetime
    attached_by: str
    probing_from: datetime
    next_probe_at: datetime | None = Field(description="null while nothing is planned: paused, or the outcome is known")
    probed_at: datetime | None
    state: ProbeStatus
    observed: list[str]
    reason: str
    last_good_check: datetime | None
    failures: int


def find_attached(session: Session, question: Question) -> AttachedResolver | None:
    """The resolver of a question."""
    return session.get(AttachedResolver, row_id(question))


def attached(session: Session, question: Question) -> AttachedResolver:
    """The resolver of a question. Raises ``NotFound`` where it has none."""
    found = find_attached(session, question)
    if found is None:
        raise NotFound(f"the question {question.slug!r} has no resolver: attach one, or resolve it by hand")
    return found


def list_attached(session: Session) -> list[tuple[AttachedResolver, Question]]:
    """All resolvers with their questions, in order of question."""
    query = select(AttachedResolver, Question).join(Question, col(Question.id) == col(AttachedResolver.question_id))
    return [(row, question) for row, question in session.exec(query.order_by(col(Question.id)))]


def needs_admin(question: Question, data: ResolverIn) -> bool:
    """Whether only an admin may attach this: a policy, a secret, or a source that is not the real one.

    Raises ``InvalidInput`` where the settings are not valid.
    """
    return data.automatic or checked_config(data.resolver, data.config, question.kind).needs_admin


def attach(
    session: Session,
    question: Question,
    data: ResolverIn,
    *,
    now: datetime,
    actor: str,
    draw: Callable[[], float] = random.random,
) -> AttachedResolver:
    """Give a question its resolver, or change it. The same again changes nothing; else it is probed anew.

    Raises ``InvalidInput`` with a pointer to each setting that is not valid. The caller checks ``needs_admin``.
    """
    config = checked_config(data.resolver, data.config, question.kind).model_dump(mode="json")
    _may_be_automatic(data)
    settings = data.model_dump() | {"config": config}
    found = find_attached(session, question)
    before = _settings(found) if found else None
    if found and before == settings:
        return found
    by = {"attached_at": now, "attached_by": actor, "automatic_by": actor if data.automatic else None}
    state = settings | by | _unseen(question, data, now, draw)
    row = found or AttachedResolver(question_id=row_id(question), **state)
    for name, value in state.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    action = "question.resolver_changed" if before else "question.resolver_attached"
    _append_ledger_event(session, question, action, {"before": before, "after": settings}, now, actor)
    return row


def _may_be_automatic(data: ResolverIn) -> None:
    if data.automatic and data.resolver == FeedWatch.key:
        raise InvalidInput.at("/automatic", "a feed gives leads only: a person must confirm what it finds")


def _settings(row: AttachedResolver) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ResolverIn.model_fields}


def _shown(config: dict[str, Any]) -> dict[str, Any]:
    """Settings as readers and the ledger may have them: no password or token that stands in an address."""
    return {
        name: redact(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value
        for name, value in config.items()
    }


def _unseen(question: Question, data: ResolverIn, now: datetime, draw: Callable[[], float]) -> dict[str, Any]:
    """A schedule that starts anew. Whoever is looking at this moment looks for the old settings: its find is void."""
    start = question.due_at - timedelta(hours=data.lead_hours)
    spread = timedelta(minutes=data.every_minutes) * draw() / 10  # many questions may share one deadline and source
    return {
        "next_probe_at": start + spread if start > now else now,
        "lease_until": None,
        "lease_token": None,
        "probed_at": None,
        "state": ProbeStatus.WAITING,
        "observed": [],
        "reason": "",
        "last_good_at": None,
        "failures": 0,
    }


def detach(session: Session, question: Question, *, now: datetime, actor: str) -> None:
    """Take the resolver off a question; what it proposed stays. Raises ``NotFound`` where there is none."""
    row = attached(session, question)
    before = _settings(row)
    session.delete(row)
    session.flush()
    _append_ledger_event(session, question, "question.resolver_detached", {"before": before}, now, actor)


def _append_ledger_event(
    session: Session, question: Question, action: str, body: dict[str, Any], now: datetime, actor: str
) -> None:
    body = {what: each and each | {"config": _shown(each["config"])} for what, each in body.items()}
    ledger.append(session, now=now, actor=actor, action=action, subject=question, body=body)


def view_attached(row: AttachedResolver, question: Question) -> ResolverView:
    """A question's resolver as it is shown."""
    same = set(ResolverView.model_fields) & set(AttachedResolver.model_fields) - {"next_probe_at"}
    idle = row.paused or question.outcome is not None
    return ResolverView(
        **{name: getattr(row, name) for name in same - {"config"}},
        config=_shown(row.config),
        question=row.question_id,
        probing_from=question.due_at - timedelta(hours=row.lead_hours),
        next_probe_at=None if idle else row.next_probe_at,
        last_good_check=row.last_good_at,
    )
