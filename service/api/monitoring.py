"""Monitoring: health checks, and metrics in the text format of Prometheus."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import ProposalState, QuestionStatus
from predictions.models import Commentator, Prediction, Proposal, Question
from resolvers.notifications.models import Delivery, DeliveryState
from resolvers.probing.models import AttachedResolver, ProbeStatus, SourceHost
from service.security.access import Reader
from service.web.problems import Problem
from service.web.responses import Reading

router = APIRouter(tags=["service"])


class Alive(BaseModel):
    """The process answers."""

    status: str


@router.get("/healthz", response_model=Alive)
def healthz() -> Alive:
    """Check that the process is alive."""
    return Alive(status="ok")


@router.get("/readyz", response_model=Alive, responses={503: {"description": "not ready, and why"}})
def readyz(request: Request) -> Any:
    """Check that the service is ready.

    The database answers, and the scheduler (if it runs here) ticks; else 503.
    """
    with request.app.state.engine.connect().execution_options(reading=True) as connection:
        connection.execute(text("SELECT 1"))
    scheduler = request.app.state.scheduler
    if scheduler is not None and not scheduler.healthy():
        return Problem(503, "Not available now", "the scheduler's ticks have stopped: restart the service")
    return Alive(status="ok")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, _: Reader, session: Reading) -> Response:
    """Get metrics.

    Counts of the record, lateness of prompts and state of the sources of resolvers, for Prometheus.
    """
    registry = CollectorRegistry()
    _count(registry, "commentators", "Commentators on record", session, Commentator)
    _count(registry, "predictions", "Predictions on record, superseded ones too", session, Prediction)
    _by_state(registry, "questions", session, col(Question.status), QuestionStatus)
    _by_state(registry, "proposals", session, col(Proposal.state), ProposalState)
    _by_state(registry, "deliveries", session, col(Delivery.state), DeliveryState)
    _by_state(
        registry, "resolvers", session, col(AttachedResolver.state), ProbeStatus, "Resolvers by what they saw last"
    )
    _sources(registry, request, session)
    _gauge(registry, "ledger_head", "Number of the newest event of the ledger", ledger.head(session).seq)
    _gauge(
        registry,
        "lateness_seconds",
        "How long the most overdue prompt waits for the scheduler",
        _lateness(request, session),
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _lateness(request: Request, session: Session) -> float:
    oldest: datetime | None = session.execute(select(func.min(col(Question.next_prompt_at)))).scalar()
    return max((request.app.state.clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def _sources(registry: CollectorRegistry, request: Request, session: Session) -> None:
    """How many hosts are left alone after failures, and for how long a resolver at work has had no good check."""
    broken = select(func.count()).select_from(SourceHost).where(col(SourceHost.broken))
    _gauge(registry, "source_hosts_left_alone", "Hosts that failed too often", session.execute(broken).scalar_one())
    seen = func.min(func.coalesce(AttachedResolver.last_good_at, AttachedResolver.attached_at))
    at_work = (
        ~col(AttachedResolver.paused),
        col(AttachedResolver.probed_at).is_not(None),
        col(Question.outcome).is_(None),
    )
    oldest: datetime | None = session.execute(
        select(seen).join(Question, col(Question.id) == col(AttachedResolver.question_id)).where(*at_work)
    ).scalar()
    age = (request.app.state.clock.now() - oldest).total_seconds() if oldest else 0.0
    told = "The longest time that a resolver at work has been without a good check"
    _gauge(registry, "resolver_good_check_age_seconds", told, max(age, 0.0))


def _gauge(registry: CollectorRegistry, name: str, told: str, value: float) -> None:
    Gauge(f"trackrecord_{name}", told, registry=registry).set(value)


def _count(registry: CollectorRegistry, name: str, told: str, session: Session, table: Any) -> None:
    _gauge(registry, name, told, session.execute(select(func.count()).select_from(table)).scalar_one())


def _by_state(
    registry: CollectorRegistry, name: str, session: Session, column: Any, states: type[StrEnum], told: str = ""
) -> None:
    told = told or f"{name.capitalize()} by state"
    gauge = Gauge(f"trackrecord_{name}", told, ["state"], registry=registry)
    counts = {row[0]: row[1] for row in session.execute(select(column, func.count()).group_by(column))}
    for state in states:
        gauge.labels(state.value).set(counts.get(state, 0))
