"""The resolver of a question: attach, change and detach it; every change is recorded in the ledger."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.errors import InvalidInput, NotFound
from predictions.models import Question, row_id
from predictions.questions.resolve import current_resolution
from predictions.schemas.fields import Input, Words
from predictions.schemas.views import View
from resolvers.outbound.redaction import REDACTED, redact_settings
from resolvers.probing.follow_up import next_follow_up
from resolvers.probing.models import AttachedResolver, ProbeStatus
from resolvers.sources.registry import validate_config
from resolvers.sources.rss import FeedResolver

LEAD_HOURS = 7 * 24
EVERY_MINUTES = 6 * 60
HOURS_IN_A_YEAR = 366 * 24


class ResolverIn(Input):
    """The resolver of a question: its settings, and when and how often it probes."""

    resolver: Words = Field(description="key of a resolver of /api/resolvers")
    config: dict[str, Any] = Field(description="settings of the resolver, by its config_schema")
    lead_hours: Annotated[int, Field(ge=0, le=10 * HOURS_IN_A_YEAR)] = Field(
        default=LEAD_HOURS, description="hours before the question is due at which probing starts"
    )
    every_minutes: Annotated[int, Field(ge=5, le=60 * 24 * 31)] = Field(
        default=EVERY_MINUTES, description="minutes between two probes"
    )
    automatic: bool = Field(
        default=False,
        description="its proposals resolve the question without a person; only an admin may set this",
    )
    paused: bool = Field(default=False, description="true: do not probe until it is false again")


class ResolverView(View):
    """The resolver of a question: settings, schedule, and the result of the last probe."""

    question: int = Field(description="id of the question")
    resolver: str = Field(description="key of the resolver")
    config: dict[str, Any] = Field(description="settings of the resolver; secrets are hidden")
    lead_hours: int = Field(description="hours before the question is due at which probing starts")
    every_minutes: int = Field(description="minutes between two probes")
    automatic: bool = Field(description="true if its proposals resolve the question without a person")
    automatic_by: str | None = Field(description="name of the admin who allowed that; null if nobody did")
    paused: bool = Field(description="true if it does not probe")
    attached_at: datetime = Field(description="time at which it was attached")
    attached_by: str = Field(description="name of the key or user that attached it")
    probing_from: datetime = Field(description="time at which probing starts")
    next_probe_at: datetime | None = Field(description="null if no probe is planned: paused, or resolved 30 days ago")
    probed_at: datetime | None = Field(description="time of the last probe; null before the first")
    state: ProbeStatus = Field(description="result of the last probe; waiting before the first")
    observed: list[str] = Field(description="lines that the last probe observed")
    reason: str = Field(description="why the last probe proposed an outcome or none")
    last_good_check: datetime | None = Field(description="time of the last successful probe; null without one")
    failures: int = Field(description="number of failed probes since the last success")


def find_attached(session: Session, question: Question) -> AttachedResolver | None:
    """Return the resolver of a question, or None."""
    return session.get(AttachedResolver, row_id(question))


def get_attached(session: Session, question: Question) -> AttachedResolver:
    """Return the resolver of a question. Raises ``NotFound`` if it has none."""
    row = find_attached(session, question)
    if row is None:
        raise NotFound(f"the question {question.slug!r} has no resolver: attach one, or resolve it by hand")
    return row


def list_attached(session: Session) -> list[tuple[AttachedResolver, Question]]:
    """Return all attached resolvers with their questions, in order of question."""
    query = select(AttachedResolver, Question).join(Question, col(Question.id) == col(AttachedResolver.question_id))
    return [(row, question) for row, question in session.exec(query.order_by(col(Question.id)))]


def needs_admin(question: Question, data: ResolverIn) -> bool:
    """Return whether only an admin may attach this: it is automatic, sends a secret, or uses another base address.

    Raises ``InvalidInput`` if the settings are not valid.
    """
    return data.automatic or validate_config(data.resolver, data.config, question.kind).needs_admin


def attach(
    session: Session,
    question: Question,
    data: ResolverIn,
    *,
    now: datetime,
    actor: str,
    draw: Callable[[], float] = random.random,
) -> AttachedResolver:
    """Attach a resolver to a question, or change it. Equal settings change nothing; otherwise probing starts again.

    Raises ``InvalidInput`` with a pointer to each invalid setting. The caller checks ``needs_admin``.
    """
    config = validate_config(data.resolver, data.config, question.kind).model_dump(mode="json")
    _check_no_placeholder(data)
    _check_automatic(data)
    settings = data.model_dump() | {"config": config}
    row = find_attached(session, question)
    before = _settings(row) if row else None
    if row and before == settings:
        return row
    origin = {"attached_at": now, "attached_by": actor, "automatic_by": actor if data.automatic else None}
    state = settings | origin | _new_state(question, data, now, draw)
    row = row or AttachedResolver(question_id=row_id(question), **state)
    for name, value in state.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    action = "question.resolver_changed" if before else "question.resolver_attached"
    _append_ledger_event(session, question, action, {"before": before, "after": settings | origin}, now, actor)
    return row


def reads_the_same(session: Session, question: Question, data: ResolverIn) -> bool:
    """Return whether the question has this resolver with this configuration, whatever its schedule.

    Raises ``InvalidInput`` if the settings are not valid.
    """
    row = find_attached(session, question)
    config = validate_config(data.resolver, data.config, question.kind).model_dump(mode="json")
    same = row is not None and (row.resolver, row.config) == (data.resolver, config)
    return same and row is not None and data.automatic == row.automatic


def _check_no_placeholder(data: ResolverIn) -> None:
    for name, value in data.config.items():
        if REDACTED in str(value):
            remedy = "enter the secret again, or give its environment variable in headers_env"
            raise InvalidInput.at(f"/config/{name}", f"contains {REDACTED}, which stands for a secret: {remedy}")


def _check_automatic(data: ResolverIn) -> None:
    if data.automatic and data.resolver == FeedResolver.key:
        raise InvalidInput.at("/automatic", "a feed only suggests outcomes: a person must confirm its proposals")


def _settings(row: AttachedResolver) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ResolverIn.model_fields}


def _new_state(question: Question, data: ResolverIn, now: datetime, draw: Callable[[], float]) -> dict[str, Any]:
    """Return a new schedule and no result. A probe already running used the old settings; its result is discarded."""
    start = question.due_at - timedelta(hours=data.lead_hours)
    spread = timedelta(minutes=data.every_minutes) * draw() / 10  # spread equal deadlines
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


def pause(session: Session, row: AttachedResolver, question: Question, *, now: datetime, actor: str) -> None:
    """Stop probing until somebody attaches the resolver again, with or without a change."""
    before = _settings(row)
    row.paused = True
    session.flush()
    body = {"before": before, "after": _settings(row)}
    _append_ledger_event(session, question, "question.resolver_changed", body, now, actor)


def detach(session: Session, question: Question, *, now: datetime, actor: str) -> None:
    """Detach the resolver from a question; its proposals remain. Raises ``NotFound`` if there is none."""
    row = get_attached(session, question)
    before = _settings(row)
    session.delete(row)
    session.flush()
    _append_ledger_event(session, question, "question.resolver_detached", {"before": before}, now, actor)


def _append_ledger_event(
    session: Session, question: Question, action: str, body: dict[str, Any], now: datetime, actor: str
) -> None:
    body = {what: each and each | {"config": redact_settings(each["config"])} for what, each in body.items()}
    ledger.append(session, now=now, actor=actor, action=action, subject=question, body=body)


def resolver_view(session: Session, row: AttachedResolver, question: Question) -> ResolverView:
    """Return the view of a question's resolver."""
    copied = set(ResolverView.model_fields) & set(AttachedResolver.model_fields) - {"next_probe_at"}
    planned: datetime | None = row.next_probe_at
    if question.outcome is not None:
        planned = next_follow_up(row, current_resolution(session, row_id(question)))
    return ResolverView(
        **{name: getattr(row, name) for name in copied - {"config"}},
        config=redact_settings(row.config),
        question=row.question_id,
        probing_from=question.due_at - timedelta(hours=row.lead_hours),
        next_probe_at=None if row.paused else planned,
        last_good_check=row.last_good_at,
    )
