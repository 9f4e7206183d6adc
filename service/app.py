"""Create the FastAPI application, with the objects that requests share on its state."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.datastructures import State

from predictions.demo_mark import is_demo
from predictions.ledger import head
from resolvers.clock import Clock
from service import __version__, pages
from service.api import (
    channels,
    commentators,
    comparison,
    keys,
    leaderboard,
    ledger,
    lexicons,
    monitoring,
    predictions,
    prompts,
    proposals,
    questions,
    records,
    resolvers,
    snapshots,
    sources,
    subscriptions,
)
from service.api.editorial import changes, contests, corrections
from service.cache.as_of_cache import AsOfCache
from service.cache.calibration_cache import CalibrationCache
from service.cache.leaderboard_cache import LeaderboardCache
from service.clock import SystemClock
from service.db.coalesced_reads import CoalescedRead, CoalescedReads
from service.db.engine import make_engine, read_transaction, when_unlocked, write_transaction
from service.db.ranking_rule import apply_ranking_rule
from service.db.readiness import Readiness
from service.db.write_queue import Writer
from service.limits.admission import Admission, admitted
from service.limits.body_limit import BodyLimit
from service.limits.counted_errors import CountedErrors
from service.limits.rate_exchange import RateExchange
from service.logs import logged
from service.pages.rendering.static_files import Assets
from service.security.api_keys import ensure_admin_key
from service.security.key_usage import KeyUsage
from service.security.own_secret import admin_key_fault, own_secret
from service.security.sign_in_throttle import SignInThrottle
from service.settings import Settings
from service.web import openapi, problems
from service.web.compression import Compression
from service.web.head_requests import HeadAsGet
from service.web.openapi_webhooks import webhooks
from service.web.reply_headers import ReplyHeaders
from service.web.request_time import RequestTime
from service.web.strict_requests import check_request

log = logging.getLogger(__name__)
API = (
    *(commentators, sources, questions, predictions, proposals, prompts, resolvers, snapshots, leaderboard, records),
    *(comparison, corrections, contests, changes, channels, subscriptions, keys, ledger, lexicons, monitoring),
)
#: Batches that are written at the same time, so that they leave threads to other requests.
BATCHES_AT_ONCE = 4
DESCRIPTION = (
    "Records what public commentators predict, resolves the questions at their deadlines, and scores them. "
    "Reading is public unless the operator closes it; writing needs `Authorization: Bearer <key>`. Every error is "
    "`application/problem+json` (RFC 9457) and says in `errors` which field it is about and what to do."
)


def create_app(settings: Settings, *, clock: Clock | None = None, scheduler: bool = False) -> FastAPI:
    """Return the service as an ASGI app on a migrated database; with ``scheduler``, also run the scheduler in it."""
    app = FastAPIOffline(  # the files of the documentation page come from this host
        docs_url=None,
        title="Track Record",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.clock = clock or SystemClock()
    app.state.with_scheduler = scheduler
    app.state.sign_in_throttle = SignInThrottle()
    work = [Depends(admitted, scope="function")]
    for module in API:
        counted = [] if module is monitoring else work
        app.include_router(module.router, dependencies=[*counted, Depends(check_request)])
    app.include_router(pages.router, dependencies=work)
    app.webhooks.include_router(webhooks)
    app.mount("/static", Assets(), name="static")
    problems.install_error_handlers(app, pages.problem_page)
    openapi.amend_openapi(app)
    app.add_exception_handler(pages.SignInFirst, pages.sign_in_first)
    app.add_middleware(RequestTime, page=pages.problem_page)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(CountedErrors, page=pages.problem_page)
    app.add_middleware(Compression)
    app.add_middleware(HeadAsGet)
    app.middleware_stack = logged(ReplyHeaders(app.build_middleware_stack()))  # around the handler of internal errors
    return app


def _store_admin_key(state: State) -> None:
    with write_transaction(state.engine) as session:  # exclusive, as other processes may be starting
        plain = state.settings.admin_key.get_secret_value()
        ensure_admin_key(session, plain, secret=state.secret, now=state.clock.now())
        if (fault := admin_key_fault(session, state.settings, now=state.clock.now())) is not None:
            log.warning(fault)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    state.engine = make_engine(state.settings.database, service=True)
    state.secret = own_secret(state.engine, state.settings, now=state.clock.now())
    with read_transaction(state.engine) as session:
        state.demo = is_demo(session)
    state.admission = Admission(state.settings, state.clock)
    exchange = RateExchange(state.admission.rates, state.settings, state.engine)
    exchange.start()
    state.writer = Writer(state.engine)
    state.key_usage = KeyUsage(state.engine, state.clock)
    state.key_usage.start()
    state.readiness = Readiness(state.engine, state.writer, state.clock)
    state.leaderboard_cache = LeaderboardCache(state.engine)
    state.newest_event = CoalescedRead(state.engine, lambda session: head(session).seq)
    state.callers = CoalescedReads(state.engine)
    state.calibrations = CalibrationCache(state.engine)
    state.as_of_cache = AsOfCache(state.engine)
    state.batch_turns = CapacityLimiter(BATCHES_AT_ONCE)
    state.scheduler = None
    await run_sync(when_unlocked, lambda: apply_ranking_rule(state.engine, state.settings, now=state.clock.now()))
    if state.settings.admin_key is not None:
        await run_sync(when_unlocked, lambda: _store_admin_key(state))
    if state.with_scheduler:
        from service.scheduling.scheduler import Scheduler

        state.scheduler = Scheduler(state.engine, state.settings, state.clock)
        state.scheduler.start()
    try:
        yield
    finally:
        if state.scheduler is not None:
            await run_sync(state.scheduler.stop)
        exchange.stop()
        await run_sync(state.key_usage.stop)
        await run_sync(state.writer.close)  # meanwhile the loop sends the answers to what is committed
        state.as_of_cache.close()
        state.engine.dispose()
