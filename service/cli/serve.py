"""Commands that run the service, or the scheduler without it."""

import errno
import gc
import logging
import signal
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn
from sqlmodel import Session

from predictions.errors import InvalidInput
from service.app import create_app
from service.cli.common import ACTOR, AsJson, clock, print_json, ready, say
from service.cli.errors import Failed
from service.db.engine import make_engine, when_unlocked, write_transaction
from service.db.ranking_rule import apply_ranking_rule
from service.limits.client_address import TrustedProxies
from service.limits.http_protocol import guarded
from service.logs import configure_logs
from service.scheduling.scheduler import Scheduler, run_once
from service.security import api_keys
from service.security.own_secret import own_secret
from service.settings import Settings, write_private
from service.starting_record import enter_starting_record
from service.state_files import open_to_others
from service.time_limit import WRITE_SECONDS
from service.web import request_time

#: So many new objects start the garbage collector: a page makes tens of thousands, most of which end with it.
NEW_OBJECTS = 10_000
#: A stop waits for the answers under way. None takes longer, so that none is cut off.
log = logging.getLogger(__name__)
GRACE_SECONDS = int(WRITE_SECONDS + request_time.GRACE_SECONDS) + 2


def serve(
    host: Annotated[str | None, typer.Option(help="default: TRACKRECORD_HOST, or 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="default: TRACKRECORD_PORT, or 8000")] = None,
    no_scheduler: Annotated[
        bool, typer.Option("--no-scheduler", help="do not run the scheduler in this process")
    ] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="leave an empty database empty")] = False,
) -> None:
    """Start the API, the pages and the scheduler. Ctrl-C stops it."""
    with ready(host=host, port=port) as (settings, engine), open_listener(settings) as listener:
        configure_logs(settings)
        warn_of_open_state(settings)
        secret = own_secret(engine, settings, now=clock.now())

        def enter() -> int:
            with write_transaction(engine) as session:
                entered = 0 if no_seed else enter_starting_record(session, now=clock.now())
                create_first_key(session, settings, secret)
                return entered

        entered = when_unlocked(enter)
        if entered:
            say(f"Entered the starting record: {entered} questions.")
        run(settings, listener, with_scheduler=not no_scheduler)


def warn_of_open_state(settings: Settings) -> None:
    """Warn if other users may enter the state directory."""
    if (warning := open_to_others(settings)) is not None:
        log.warning(warning)


def open_listener(settings: Settings) -> socket.socket:
    """Open a socket on the configured host and port. Raises ``Failed`` or ``InvalidInput`` with the remedy."""
    host, port = settings.host, settings.port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        remedies = {
            errno.EADDRINUSE: f"port {port} on {host} is in use: stop what uses it, or choose another with --port",
            errno.EACCES: f"port {port} needs privileges that this user lacks: choose one above 1023 with --port",
        }
        if error.errno in remedies:
            raise Failed(remedies[error.errno]) from None
        other = f"cannot listen on {host}: {reason}: check --host and TRACKRECORD_HOST"
        raise InvalidInput(other) from None


def run(settings: Settings, listener: socket.socket, *, with_scheduler: bool) -> None:
    """Serve on a migrated database until interrupted."""
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    url = settings.base_url
    say(f"Leaderboard {url}/   due {url}/due   API {url}/docs   (Ctrl-C stops)")
    app = create_app(settings, scheduler=with_scheduler)
    gc.collect()
    gc.freeze()  # the collector would go through all modules again and again: 40% of the CPU time of long replies
    gc.set_threshold(NEW_OBJECTS)
    config = uvicorn.Config(
        app,
        http=guarded(TrustedProxies(settings.trusted_proxies), https=url.startswith("https://")),
        ws="none",
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # which uvicorn raises once more when it has shut down
        server.run(sockets=[listener])
    if not server.started:
        raise Failed("the service did not start: see the lines above")


def create_first_key(session: Session, settings: Settings, secret: bytes) -> None:
    """Create an admin key if there is no key yet; print it once, with the file that stores it."""
    if settings.admin_key is not None or api_keys.list_keys(session):
        return
    first = api_keys.NewKey(api_keys.FIRST_ADMIN, ["admin"])
    _, plain = api_keys.create_key(session, first, secret=secret, now=clock.now(), actor=ACTOR)
    path = settings.state_dir / "admin.key"
    path.unlink(missing_ok=True)
    write_private(path, plain)
    say(f"Admin key, shown only once and stored in {path}: {plain}")


def scheduler(
    once: Annotated[bool, typer.Option("--once", help="sweep once and exit")] = False, as_json: AsJson = False
) -> None:
    """Run the scheduler without the API. Ctrl-C stops it."""
    with ready() as (settings, migrated):
        configure_logs(settings)
        warn_of_open_state(settings)
        own_secret(migrated, settings, now=clock.now())
        engine = make_engine(settings.database, service=True)
        try:
            when_unlocked(lambda: apply_ranking_rule(engine, settings, now=clock.now()))
            if once:
                _print_counts(run_once(engine, settings), as_json=as_json)
            else:
                _run_until_stopped(Scheduler(engine, settings, clock))
        finally:
            engine.dispose()


def _print_counts(counts: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(counts))
    else:
        say(", ".join(f"{name} {count}" for name, count in counts.items()) or "prompted 0")


def _run_until_stopped(running: Scheduler) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running.start()
    stop.wait()
    running.stop()
