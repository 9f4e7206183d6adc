"""`trackrecord doctor` finds each trouble that an operator should know of, says what to do, and changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine, text

from predictions.imports.lifecycle import open_import
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryState
from service.clock import SystemClock
from service.db.engine import write_transaction
from service.db.service_state import BACKUP, remember
from service.doctor import Check, State, examine
from service.scheduling.scheduler import Scheduler, run_once
from service.security.api_keys import NewKey, create_key
from service.security.own_secret import own_secret
from service.settings import Settings
from tests.service.api.test_troubles_told_apart import mounted
from tests.support.cli_runner import Command
from tests.support.http_source_server import RunningClock

Examine = Callable[..., dict[str, Check]]
NOW = SystemClock().now()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "state", tick_seconds=0.05)


@pytest.fixture
def found(settings: Settings, engine: Engine) -> Examine:
    """Examines an installation in which all was in order."""
    run_once(engine, settings, SystemClock())
    secret = own_secret(engine, settings, now=NOW)
    with write_transaction(engine) as session:
        create_key(session, NewKey("desk", ["read"]), secret=secret, now=NOW, actor="test")
        remember(session, BACKUP, "copy", now=NOW)

    def find(**changed: object) -> dict[str, Check]:
        now = changed.pop("now", None) or SystemClock().now()
        assert isinstance(now, datetime)
        other = settings.model_copy(update=changed)
        return {check.check: check for check in examine(other, now=now)}

    return find


def faults(checks: dict[str, Check]) -> list[str]:
    assert all(check.remedy for check in checks.values() if check.state is not State.OK)
    return [name for name, check in checks.items() if check.state is State.FAULT]


def add_delivery(engine: Engine, *, finished_at: datetime | None = None, attempts: int = 0) -> None:
    with write_transaction(engine) as session:
        channel = Channel(
            name="the desk", kind=ChannelKind.WEBHOOK, target="https://example.org/", topics=[], created_at=NOW
        )
        session.add(channel)
        session.flush()
        state = DeliveryState.DEAD if finished_at else DeliveryState.PENDING
        session.add(
            Delivery(
                channel_id=channel.id or 0,
                message_id="one",
                payload="{}",
                state=state,
                attempts=attempts,
                next_at=NOW,
                created_at=NOW,
                finished_at=finished_at,
            )
        )


def test_all_is_well_where_it_is(found: Examine) -> None:
    checks = found()
    assert {check.state for check in checks.values()} == {State.OK}, checks
    assert list(checks) == [
        *("state directory", "free space", "database", "secret", "admin key", "clock"),
        *("scheduler", "dead letters", "channels", "imports", "ranking", "checkpoint", "backup"),
    ]


def test_a_scheduler_is_seen_by_other_processes_and_its_stop_is_noticed(settings: Settings, engine: Engine) -> None:
    scheduler = Scheduler(engine, settings, RunningClock())

    def check(after: float = 0) -> Check:
        now = RunningClock().now() + timedelta(seconds=after)
        return next(check for check in examine(settings, now=now) if check.check == "scheduler")

    assert (check().state, check().finding) == (State.FAULT, "none has run on this database")
    scheduler.start()
    ends_at = monotonic() + 20
    while check().state is not State.OK and monotonic() < ends_at:
        sleep(0.1)
    scheduler.stop()
    assert check().state is State.OK
    assert check(after=120).state is State.FAULT
    assert "trackrecord scheduler" in check(after=120).remedy


def test_a_scheduler_that_stands_still_does_not_say_that_it_is_at_work(settings: Settings, engine: Engine) -> None:
    clock = RunningClock()
    scheduler = Scheduler(engine, settings, clock)
    scheduler.start()
    scheduler.stop()
    with write_transaction(engine) as session:
        session.execute(text("DELETE FROM service_state"))
    scheduler._sweep(scheduler._sweeper._token)  # type: ignore[arg-type]
    with write_transaction(engine) as session:
        assert session.execute(text("SELECT count(*) FROM service_state")).scalar() == 0


def test_a_secret_that_does_not_fit_is_found(found: Examine, settings: Settings) -> None:
    (settings.state_dir / "secret").unlink()
    lost = found()
    assert faults(lost) == ["secret"]
    assert "keys reset" in lost["secret"].remedy
    assert not (settings.state_dir / "secret").exists()
    (settings.state_dir / "secret").write_text("0123456789abcdef" * 4)
    assert faults(found()) == ["secret"]


def test_an_admin_key_that_is_not_accepted_is_a_warning(found: Examine, settings: Settings) -> None:
    other = Settings(_env_file=None, admin_key="another-key-of-the-operator-01")
    check = found(admin_key=other.admin_key)["admin key"]
    assert (check.state, "another-key" in check.finding + check.remedy) == (State.WARNING, False)


def test_a_clock_that_is_behind_the_ledger_or_apart_from_the_server_is_found(
    found: Examine, engine: Engine, trackrecord_anywhere: Command
) -> None:
    assert trackrecord_anywhere("seed").code == 0
    assert faults(found(now=NOW - timedelta(hours=1))) == ["clock"]
    ahead = found(now=NOW + timedelta(minutes=10))["clock"]
    assert ahead.state is (State.FAULT if engine.dialect.name == "postgresql" else State.OK)


def test_dead_letters_of_a_week_are_found_by_channel(found: Examine, engine: Engine) -> None:
    add_delivery(engine, finished_at=NOW - timedelta(days=2))
    checks = found()
    assert faults(checks) == ["dead letters"]
    assert "the desk (1)" in checks["dead letters"].finding
    with write_transaction(engine) as session:
        session.execute(text("DELETE FROM delivery"))
        session.execute(text("DELETE FROM channel"))
    add_delivery(engine, finished_at=NOW - timedelta(days=20))
    assert faults(found()) == []


@pytest.mark.parametrize(("attempts", "found_to_fail"), [(1, []), (3, ["channels"])])
def test_a_channel_that_fails_again_and_again_is_found(
    found: Examine, engine: Engine, attempts: int, found_to_fail: list[str]
) -> None:
    add_delivery(engine, attempts=attempts)
    assert faults(found()) == found_to_fail


def test_an_import_without_its_process_is_found(found: Examine, engine: Engine) -> None:
    for minutes, expected in ((0, []), (5, ["imports"])):
        with write_transaction(engine) as session:
            open_import(session, now=SystemClock().now() - timedelta(minutes=minutes), actor="x")
        assert faults(found()) == expected


def test_a_missing_backup_is_a_warning_and_one_that_stopped_a_fault(found: Examine, engine: Engine) -> None:
    with write_transaction(engine) as session:
        remember(session, BACKUP, "copy", now=NOW - timedelta(days=8))
    checks = found()
    assert (faults(checks), checks["backup"].finding) == (["backup"], "8 days ago, to copy")
    with write_transaction(engine) as session:
        session.execute(text("DELETE FROM service_state WHERE name = 'backup'"))
    assert found()["backup"].state is State.WARNING


def test_a_disk_that_is_about_to_be_full_is_found(found: Examine, tmp_path: Path) -> None:
    (tmp_path / "mounts").mkdir()
    with mounted(tmp_path / "mounts" / "small", 3 * 2**20) as small:
        small.chmod(0o700)
        assert found(state_dir=small)["free space"].state is State.FAULT


def test_a_state_directory_that_others_may_enter_is_a_warning(found: Examine, settings: Settings) -> None:
    settings.state_dir.chmod(0o755)
    check = found()["state directory"]
    assert (check.state, check.remedy) == (State.WARNING, f"run chmod 700 {settings.state_dir}")


def test_a_database_of_another_version_is_found_and_left_as_it_is(found: Examine, engine: Engine) -> None:
    with engine.begin() as connection:
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    for version in ("0012", "9999"):
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
        checks = found()
        assert faults(checks) == ["database"]
        assert "scheduler" not in checks
        with engine.begin() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == version
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{present}'"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nobody:s3cret@127.0.0.1:1/none", "unreachable"),
        ("", "there is no database"),
        ("sqlite:///damaged.db", "not a database"),
    ],
)
def test_a_database_that_cannot_be_used_is_found_and_none_is_made(
    trackrecord: Command, tmp_path: Path, url: str, told: str
) -> None:
    trackrecord.file("damaged.db", b"not a database" * 1000)
    before = sorted(tmp_path.rglob("*"))
    done = trackrecord.on(url)("doctor", "--json")
    checks = {check["check"]: check for check in done.json["checks"]}
    assert (done.code, done.json["healthy"], done.err) == (1, False, "")
    assert (checks["database"]["state"], told in checks["database"]["finding"]) == ("fault", True), checks
    assert checks["database"]["remedy"]
    assert "s3cret" not in done.out
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_prints_a_row_for_each_check_and_exits_by_the_result(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    assert run("seed").code == 0
    done = run("doctor")
    assert (done.code, "trackrecord scheduler" in done.out) == (1, True)
    assert run("scheduler", "--once").code == 0
    done = run("doctor", "--json")
    assert (done.code, done.json["healthy"]) == (0, True), done.out
    assert {*done.json["checks"][0]} == {"check", "state", "finding", "remedy"}
