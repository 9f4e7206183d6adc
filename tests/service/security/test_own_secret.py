"""A lost or changed secret, and a changed admin key, are reported with the remedy; nothing is silently made again."""

from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.security.own_secret import SecretLost
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.cli_runner import Command, Done
from tests.support.fake_clock import FakeClock

COMMANDS = (
    ("serve", "--port", "0"),
    ("scheduler", "--once"),
    ("keys", "create", "other", "--scope", "read"),
    ("keys", "revoke", "desk", "--force"),
    ("channels", "add", "desk", "https://example.org/hook"),
)


@pytest.fixture
def run(trackrecord_anywhere: Command) -> Command:
    """The command on a database with one key, and the secret behind it."""
    assert trackrecord_anywhere("keys", "create", "desk", "--scope", "admin").code == 0
    return trackrecord_anywhere


def refused(done: Done, told: str) -> None:
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert told in done.err
    assert "trackrecord keys reset NAME" in done.err


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_lost_secret_is_reported_and_not_made_again(run: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    secret = tmp_path / "state" / "secret"
    kept = secret.read_text()
    secret.unlink()
    refused(run(*arguments), f"the secret in {secret} is missing, although keys are stored")
    assert not secret.exists()
    secret.write_text(kept)
    assert run("scheduler", "--once").code == 0


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_another_secret_is_reported(run: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "state" / "secret").write_text("0123456789abcdef" * 4)
    refused(run(*arguments), "is not the one that the stored keys were made with")


def test_another_secret_in_the_settings_is_reported_by_its_variable(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKRECORD_SECRET_KEY", "another secret of the operator")
    done = run("scheduler", "--once")
    refused(done, "TRACKRECORD_SECRET_KEY is not the one that the stored keys were made with")
    assert "another secret" not in done.err


def test_the_secret_may_move_from_its_file_into_the_settings(
    run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "state" / "secret"
    monkeypatch.setenv("TRACKRECORD_SECRET_KEY", secret.read_text().strip())
    secret.unlink()
    assert run("scheduler", "--once").code == 0


def test_what_needs_no_secret_can_be_read_without_it(run: Command, tmp_path: Path) -> None:
    (tmp_path / "state" / "secret").unlink()
    for arguments in (("leaderboard",), ("verify",), ("keys", "list"), ("export",)):
        assert run(*arguments).code == 0


def test_after_a_reset_only_the_new_key_is_valid(run: Command, tmp_path: Path) -> None:
    (tmp_path / "state" / "secret").unlink()
    done = run("keys", "reset", "new admin")
    assert (done.code, done.out.startswith("tr_"), done.err) == (0, True, "")
    states = {key["name"]: key["revoked_at"] is None for key in run("keys", "list", "--json").json}
    assert states == {"desk": False, "new admin": True}
    assert run("scheduler", "--once").code == 0


def test_a_service_of_an_older_version_keeps_its_keys(settings: Settings, clock: FakeClock) -> None:
    """Its secret was never recorded: the one that is there counts."""
    from sqlalchemy import text

    from service.db.engine import make_engine

    for _ in range(2):
        with serving(create_app(settings, clock=clock)) as url:
            reply = httpx.get(f"{url}/api/keys", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
            assert reply.status_code == 200
        engine = make_engine(settings.database)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM service_state"))
        engine.dispose()
    (settings.state_dir / "secret").unlink()
    from service.security.own_secret import own_secret

    engine = make_engine(settings.database)
    with pytest.raises(SecretLost):
        own_secret(engine, settings, now=clock.now())
    engine.dispose()


def test_a_changed_admin_key_is_reported_at_start_and_not_accepted(
    settings: Settings, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(create_app(settings, clock=clock)):
        assert "TRACKRECORD_ADMIN_KEY" not in caplog.text
    changed = "another-key-of-the-operator-01"
    other = Settings(**{**settings.model_dump(), "admin_key": changed}, _env_file=None)
    with serving(create_app(other, clock=clock)) as url:
        assert "TRACKRECORD_ADMIN_KEY is not accepted" in caplog.text
        assert "trackrecord keys create NAME --scope admin" in caplog.text
        assert changed not in caplog.text
        for key, status in ((ADMIN_KEY, 200), (changed, 401)):
            assert httpx.get(f"{url}/api/keys", headers={"Authorization": f"Bearer {key}"}).status_code == status
