"""The client of resolvers: its rate limit and circuit breaker hold for all processes on one database."""

import pytest
from sqlalchemy import Engine

from resolvers.errors import SourceUnavailable
from resolvers.probing.rate_limited_client import FAILURES_TO_BREAK
from service.db.engine import make_engine
from service.settings import Settings
from service.wiring.probing import make_fetch
from tests.support.http_source_server import RunningClock, reply, serving_raw


def test_a_host_that_fails_one_process_is_spared_by_another(
    engine: Engine, settings: Settings, database_url: str
) -> None:
    other_engine = make_engine(database_url)
    with serving_raw() as server:
        allowed = settings.model_copy(update={"allowed_hosts": (server.host,)})
        one, other = (make_fetch(each, allowed, RunningClock()) for each in (engine, other_engine))
        server.routes["/"] = reply(b"", status=500)
        for _ in range(FAILURES_TO_BREAK):
            with pytest.raises(SourceUnavailable):
                one.get(f"{server.url}/")
        with pytest.raises(SourceUnavailable, match="is not requested before"):
            other.get(f"{server.url}/")
        assert len(server.requests) == FAILURES_TO_BREAK
    other_engine.dispose()
