"""A process that is asked to stop in the middle of a write: the write is answered, and the answer is true."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, event, func, select

from benchmarks.http_load import free_port
from predictions.models import Prediction
from service.cli import main, serve
from service.db.engine import make_engine, read_transaction
from tests.conftest import ADMIN_KEY
from tests.service.api.test_api_trouble import KEY, URL
from tests.service.db.test_several_processes import wait_for
from tests.support.processes import start_process
from tests.support.sample_prediction import PREDICTION

pytestmark = pytest.mark.both

COMMIT_SECONDS = 3


def serve_with_slow_commits(environment: dict[str, str], port: str, slow: str, grace_seconds: int | None) -> None:
    """Serve; while the file `slow` exists, each commit takes long."""
    os.environ.update(environment)
    sys.stdout = sys.stderr
    if grace_seconds is not None:
        serve.GRACE_SECONDS = grace_seconds
    event.listen(Engine, "commit", lambda _: time.sleep(COMMIT_SECONDS if Path(slow).exists() else 0))
    main(["serve", "--no-seed", "--no-scheduler", "--port", port])


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of a process on the test's database."""
    return {
        "TRACKRECORD_DATABASE_URL": database_url,
        "TRACKRECORD_STATE_DIR": str(tmp_path),
        "TRACKRECORD_ADMIN_KEY": ADMIN_KEY,
    }


@pytest.mark.parametrize(
    ("grace_seconds", "status", "words"),
    [(None, 201, '"commentator"'), (1, 503, "send it again with the same Idempotency-Key")],
    ids=["a stop that waits", "a stop that cannot wait"],
)
def test_a_stop_during_a_commit_is_followed_by_a_true_answer(
    environment: dict[str, str],
    database_url: str,
    tmp_path: Path,
    grace_seconds: int | None,
    status: int,
    words: str,
) -> None:
    base, slow = f"http://127.0.0.1:{(port := free_port())}", tmp_path / "slow"
    process = start_process(serve_with_slow_commits, environment, str(port), str(slow), grace_seconds)
    wait_for(base)
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=base, headers=KEY, timeout=30) as client:
        slow.touch()
        answer = pool.submit(client.post, URL, json=PREDICTION, headers={"Idempotency-Key": "once"})
        time.sleep(0.7)
        os.kill(process.pid or 0, signal.SIGTERM)
        reply = answer.result(30)
    process.join(20)
    assert (reply.status_code, words in reply.text) == (status, True), reply.text
    assert process.exitcode is not None
    engine = make_engine(database_url)
    with read_transaction(engine) as session:
        assert session.execute(select(func.count()).select_from(Prediction)).scalar() == 1
    engine.dispose()
