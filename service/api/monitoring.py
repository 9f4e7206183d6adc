"""Routes for monitoring: health checks, and metrics for Prometheus."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel, Field

from predictions import ledger
from predictions.enums import ProposalState, QuestionStatus
from predictions.queries.overview import (
    count_commentators,
    count_predictions,
    count_proposals,
    count_questions,
    oldest_planned_prompt,
)
from resolvers.notifications.delivery_log import count_deliveries, oldest_undelivered
from resolvers.notifications.models import DeliveryState
from resolvers.probing.models import ProbeStatus
from resolvers.probing.statistics import count_paused_hosts, count_resolvers, oldest_good_check
from service.db.service_state import SCHEDULER, recall
from service.errors import Unavailable
from service.limits.admission import admitted
from service.security.access import Reader
from service.web.problems import problem_of
from service.web.responses import ReadSession

router = APIRouter(tags=["service"])


class HealthStatus(BaseModel):
    """Result of a health check."""

    status: str = Field(description="ok")
    demo: bool = Field(description="true if the record is the invented one of a demo")


class ReadinessStatus(HealthStatus):
    """Result of the check that the service is ready."""

    detail: str = Field(description="what holds up writes for the moment; empty if nothing does")


@router.get("/healthz", response_model=HealthStatus)
async def healthz(request: Request) -> HealthStatus:
    """Check that the process is alive."""
    return HealthStatus(status="ok", demo=request.app.state.demo)


@router.get("/readyz", response_model=ReadinessStatus, responses={503: {"description": "not ready, with the reason"}})
async def readyz(request: Request) -> Any:
    """Check that the service is ready.

    The database takes a read and a write within two seconds, and the scheduler (if it runs here) ticks; else 503. While
    another writer holds the database for less than half a minute, the service is ready, and `detail` says so.
    """
    scheduler = request.app.state.scheduler
    fault, remark = await request.app.state.readiness.find()
    if fault is None and remark is None and scheduler is not None and not scheduler.healthy():
        fault = f"the scheduler has done nothing for {scheduler.seconds_since_progress():.0f} seconds"
    if fault is not None:
        return problem_of(Unavailable(f"Not ready: {fault}. Retry shortly."))
    return ReadinessStatus(status="ok", demo=request.app.state.demo, detail=remark or "")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    dependencies=[Depends(admitted, scope="function")],
)
def metrics(request: Request, _: Reader, session: ReadSession) -> Response:
    """Get metrics.

    Counts of the record, lateness of prompts and messages, the scheduler's last work, and the state of the sources of
    resolvers, for Prometheus.
    """
    registry, now = CollectorRegistry(), request.app.state.clock.now()
    gauges = {
        "commentators": ("Commentators on record", count_commentators(session)),
        "predictions": ("Predictions on record, superseded ones too", count_predictions(session)),
        "source_hosts_left_alone": ("Hosts without requests after repeated failures", count_paused_hosts(session)),
        "resolver_good_check_age_seconds": (
            "Longest time since the last success of an active resolver",
            _age(oldest_good_check(session), now),
        ),
        "ledger_head": ("Number of the newest event of the ledger", ledger.head(session).seq),
        "lateness_seconds": (
            "How long the most overdue prompt has been waiting for the scheduler",
            _age(oldest_planned_prompt(session), now),
        ),
        "oldest_undelivered_seconds": (
            "Age of the oldest message that should have arrived; 0 if all have",
            _age(oldest_undelivered(session, now), now),
        ),
    }
    if (heartbeat := recall(session, SCHEDULER)) is not None:
        gauges["scheduler_heartbeat_age_seconds"] = (
            "Time since a scheduler, in any process, last did all that was due",
            _age(heartbeat.at, now),
        )
    for name, (text, value) in gauges.items():
        Gauge(f"trackrecord_{name}", text, registry=registry).set(value)
    _by_state(registry, "questions", "Questions by state", QuestionStatus, count_questions(session))
    _by_state(registry, "proposals", "Proposals by state", ProposalState, count_proposals(session))
    _by_state(registry, "deliveries", "Deliveries by state", DeliveryState, count_deliveries(session))
    _by_state(
        registry, "resolvers", "Resolvers by the state of their last probe", ProbeStatus, count_resolvers(session)
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def _by_state(
    registry: CollectorRegistry, name: str, text: str, states: type[StrEnum], counts: Mapping[Any, int]
) -> None:
    gauge = Gauge(f"trackrecord_{name}", text, ["state"], registry=registry)
    for state in states:
        gauge.labels(state.value).set(counts.get(state, 0))
