"""Only their owner may read the files of the state directory, whatever the mode of the directory."""

import os
import stat
from pathlib import Path

import pytest

from resolvers.probing.snapshots import write_atomically
from service.db.engine import make_engine
from service.limits.rate_exchange import RateExchange
from service.limits.rate_limit import RateLimiter
from service.settings import Settings
from tests.support.cli_runner import Command
from tests.support.fake_clock import FakeClock


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o777])
def test_state_files_are_private_whatever_the_mode_of_their_directory(
    trackrecord: Command, tmp_path: Path, mode: int
) -> None:
    state, before = tmp_path / "state", os.umask(0)
    try:
        state.mkdir(mode=mode)
        run = trackrecord.on("")
        assert run("seed").code == 0
        assert run("keys", "create", "desk", "--scope", "read").code == 0
    finally:
        os.umask(before)
    assert {"trackrecord.db", "secret"} <= set(modes(state))
    assert set(modes(state).values()) == {0o600}, modes(state)
    assert stat.S_IMODE(state.stat().st_mode) == mode


def test_files_that_an_older_version_left_readable_are_closed(trackrecord: Command, tmp_path: Path) -> None:
    run, state = trackrecord.on(""), tmp_path / "state"
    assert run("keys", "create", "desk", "--scope", "read").code == 0
    (state / "snapshots").mkdir(mode=0o755)
    for path in state.iterdir():
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert run("leaderboard").code == 0
    assert set(modes(state).values()) == {0o600}
    assert stat.S_IMODE((state / "snapshots").stat().st_mode) == 0o700


def test_a_database_outside_the_state_directory_is_private_too(trackrecord: Command, tmp_path: Path) -> None:
    assert trackrecord.on("sqlite:///elsewhere.db")("leaderboard").code == 0
    assert stat.S_IMODE((tmp_path / "elsewhere.db").stat().st_mode) == 0o600


def test_snapshots_and_request_counts_are_private(sqlite_url: str, tmp_path: Path) -> None:
    settings, before = Settings(_env_file=None, state_dir=tmp_path / "state"), os.umask(0)
    try:
        rates = RateLimiter(FakeClock())
        engine = make_engine(sqlite_url)
        exchange = RateExchange(rates, settings, engine)
        rates.charge("a", 1000, 500)
        exchange.exchange()
        exchange.start()
        exchange.stop()
        engine.dispose()
        write_atomically(tmp_path / "state" / "snapshot.gz", b"seen")
    finally:
        os.umask(before)
    assert {"request-counts.db", "snapshot.gz"} <= set(modes(tmp_path / "state"))
    assert set(modes(tmp_path / "state").values()) == {0o600}


@pytest.mark.parametrize(("mode", "warned"), [(0o750, True), (0o701, True), (0o700, False)])
def test_a_directory_that_others_may_enter_is_reported_at_start(
    trackrecord: Command, tmp_path: Path, mode: int, warned: bool
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)
    done = trackrecord.on("")("scheduler", "--once")
    assert done.code == 0
    assert (f"other users may enter the state directory {tmp_path / 'state'} (mode {mode:o})" in done.err) is (warned)
