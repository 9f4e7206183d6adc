"""Checkpoints as an operator meets them: scheduler, files in the state directory and commands; and attacks on them."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from predictions.checkpoints.signed_note import Note, Signer, VerifierKey
from predictions.checkpoints.statement import Statement
from predictions.checkpoints.stored import announced_keys, list_checkpoints
from predictions.errors import Conflict
from service import checkpoints
from service.checkpoints import Kept, KeyElsewhere, make_checkpoint, read_kept, rotate_key
from service.db import backup
from service.db.engine import read_transaction, write_transaction
from service.scheduling.checkpoint_keeper import CheckpointKeeper
from service.scheduling.scheduler import run_once
from service.settings import Settings
from tests.predictions.checkpoints.rfc9162 import append_events
from tests.support.cli_runner import Command
from tests.support.fake_clock import START, FakeClock

ATOM = {"": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    url = "https://record.example.org"
    return Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "state", public_url=url)


@pytest.fixture
def found(engine: Engine, settings: Settings) -> Callable[[], list[str]]:
    """What `verify` finds wrong with tree and checkpoints."""

    def find(kept: Kept | None = None) -> list[str]:
        with read_transaction(engine) as session:
            return list(checkpoints.findings(session, kept or read_kept(settings)))

    return find


def add(engine: Engine, count: int = 3) -> None:
    with write_transaction(engine) as session:
        append_events(session, count)


def make(engine: Engine, settings: Settings, *, days: int = 0, recreate: bool = False) -> int:
    now = START + timedelta(days=days)
    return make_checkpoint(engine, settings, now=now, actor="test", recreate=recreate).id


def ids(engine: Engine) -> tuple[list[int], list[int]]:
    """The ids of all checkpoints and keys."""
    with read_transaction(engine) as session:
        rows = list_checkpoints(session, before=None, limit=100)
        return sorted(row.id for row in rows), [key.id for key in announced_keys(session)]


def cut(engine: Engine, *statements: str) -> None:
    """Change the database as its owner can."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for table in ("ledger_event", "checkpoint", "checkpoint_key"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            for table in ("ledger_event", "checkpoint", "checkpoint_key"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_refuses_delete"))
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_refuses_update"))
        for statement in statements:
            connection.execute(text(statement))


def test_the_scheduler_makes_one_checkpoint_a_day_once_there_are_events(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    clock = FakeClock()
    run_once(engine, settings, clock)
    assert ids(engine) == ([], [])
    add(engine)
    for expected in ([1], [1], [1, 2], [1, 2, 3]):
        run_once(engine, settings, clock)
        assert ids(engine) == (expected, [1])
        assert found() == []
        clock.advance(24 * 3600 if expected != [1] or clock.now() > START else 3600)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.state_dir.glob("checkpoint*")}
    assert modes == {"checkpoint": 0o600, "checkpoint.key": 0o600}
    note = Note.parse((settings.state_dir / "checkpoint").read_text())
    assert Statement.parse(note.text).origin == "record.example.org"


def test_many_at_once_make_one_key_and_checkpoints_that_all_fit(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    add(engine, 200)
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(make, engine, settings, days=number) for number in range(8)]
        added = [pool.submit(add, engine, 70) for _ in range(8)]
        assert sorted(job.result() for job in made) == list(range(1, 9))
        assert {job.result() for job in added} == {None}
    numbers, keys = ids(engine)
    assert (numbers, keys) == (list(range(1, 9)), [1])
    assert found() == []
    assert not list(settings.state_dir.glob("*.next"))


def test_a_machine_without_the_key_signs_nothing_and_makes_no_other(engine: Engine, settings: Settings) -> None:
    add(engine)
    make(engine, settings)
    elsewhere = settings.model_copy(update={"state_dir": settings.state_dir.with_name("elsewhere")})
    with pytest.raises(KeyElsewhere, match=r"checkpoint\.key is missing, and the key record\.example\.org"):
        make(engine, elsewhere, days=1)
    keeper = CheckpointKeeper(engine, elsewhere, FakeClock(START + timedelta(days=1)))
    keeper.run()
    keeper.run()
    assert ids(engine) == ([1], [1])
    elsewhere.state_dir.mkdir(exist_ok=True)
    (elsewhere.state_dir / "checkpoint.key").write_text(Signer.new("record.example.org").secret_text())
    with pytest.raises(Conflict, match=r"checkpoint\.key is another key"):
        make(engine, elsewhere, days=1)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.key"])
def test_a_process_that_dies_after_its_commit_leaves_what_the_next_one_finishes(
    engine: Engine, settings: Settings, found: Callable[[], list[str]], name: str
) -> None:
    add(engine)
    make(engine, settings)
    path = settings.state_dir / name
    path.rename(path.with_name(f"{name}.next"))
    CheckpointKeeper(engine, settings, FakeClock()).run()
    assert path.exists()
    assert found() == []
    path.with_name(f"{name}.next").write_text("of a transaction that failed")
    CheckpointKeeper(engine, settings, FakeClock()).run()
    assert not path.with_name(f"{name}.next").exists()
    assert found() == []
    assert make(engine, settings, days=1) == 2


def test_a_new_key_is_signed_by_the_old_one_unless_that_is_lost(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    add(engine)
    make(engine, settings)
    renamed = settings.model_copy(update={"public_url": "https://other.example.org:8443"})
    new = rotate_key(engine, renamed, reason="moved", abandon=False, now=START, actor="test")
    assert new.name == "other.example.org"
    assert found() == []
    (settings.state_dir / "checkpoint.key").unlink()
    rotate_key(engine, renamed, reason="lost", abandon=False, now=START, actor="test")
    assert found() == []
    with read_transaction(engine) as session:
        first, second, third = announced_keys(session)
        keys = [VerifierKey.parse(row.verifier_key) for row in (first, second, third)]
        assert [len(Note.parse(row.note).signers(keys)) for row in (first, second, third)] == [1, 2, 1]
    assert make(engine, settings, days=1) == 4


def test_a_ledger_that_was_cut_gets_no_checkpoint_until_the_operator_gives_the_lost_one_up(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    add(engine, 70)
    make(engine, settings)
    add(engine, 70)
    make(engine, settings, days=1)
    lost = (settings.state_dir / "checkpoint").read_text()
    cut(
        engine,
        "DELETE FROM checkpoint WHERE id = 2",
        "DELETE FROM ledger_event WHERE seq > 80",
        "DELETE FROM ledger_subtree WHERE position > 0 OR level > 6",
    )
    assert any("the ledger ends at event 80, before the checkpoint of 141 events" in each for each in found())
    CheckpointKeeper(engine, settings, FakeClock(START + timedelta(days=2))).run()
    assert ids(engine) == ([1], [1])
    with pytest.raises(Conflict, match="rotate-key --abandon"):
        make(engine, settings, days=2)
    with pytest.raises(Conflict, match=r"the ledger ends at event 80, .*: add --abandon to say so in public"):
        rotate_key(engine, settings, reason="restored", abandon=False, now=START, actor="test")
    rotate_key(engine, settings, reason="restored", abandon=True, now=START + timedelta(days=2), actor="test")
    assert found() == []
    with read_transaction(engine) as session:
        assert announced_keys(session)[-1].abandoned == lost
    (kept,) = settings.state_dir.glob("checkpoint.abandoned-*")
    assert kept.read_text() == lost
    with pytest.raises(Conflict, match="leave out --abandon, as nothing is lost"):
        rotate_key(engine, settings, reason="again", abandon=True, now=START, actor="test")


@pytest.mark.parametrize(
    "wrong", ["DELETE FROM ledger_event WHERE seq = 7", "UPDATE checkpoint_key SET verifier_key = 'x'"]
)
def test_a_damaged_ledger_stops_checkpoints_and_not_the_scheduler(
    engine: Engine, settings: Settings, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    add(engine, 10)
    make(engine, settings)
    cut(engine, wrong)
    add(engine, 70)
    clock = FakeClock(START + timedelta(days=1))
    keeper = CheckpointKeeper(engine, settings, clock)
    for _ in range(3):
        keeper.run()
    assert len(caplog.records) == 1
    clock.advance(3601)
    keeper.run()
    assert len(caplog.records) == 2
    assert ids(engine)[0] == [1]


def test_a_deleted_checkpoint_of_the_state_directory_is_noticed_and_not_made_again_by_the_scheduler(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    add(engine)
    make(engine, settings)
    (settings.state_dir / "checkpoint").unlink()
    CheckpointKeeper(engine, settings, FakeClock(START + timedelta(days=1))).run()
    assert [each.partition(",")[0] for each in found()] == ["the checkpoint in the state directory is missing"]
    assert make(engine, settings, days=1, recreate=True) == 2
    assert found() == []


def test_a_checkpoint_of_the_state_directory_that_is_none_stops_the_scheduler_and_not_verify(
    engine: Engine, settings: Settings, found: Callable[[], list[str]]
) -> None:
    add(engine)
    make(engine, settings)
    for name, said in (("checkpoint", "is no signed note"), ("checkpoint.key", "is no key for checkpoints")):
        path = settings.state_dir / name
        before = path.read_text()
        path.write_bytes(b"\xff nonsense")
        with pytest.raises(Exception, match=said):
            make(engine, settings, days=1)
        assert len(found()) == 1
        path.write_text(before)
    assert found() == []


def test_the_command_signs_stamps_and_rotates(trackrecord: Command, tmp_path: Path) -> None:
    trackrecord("seed")
    first = trackrecord("checkpoint")
    assert (first.code, first.out) == (0, (tmp_path / "state" / "checkpoint").read_text())
    trackrecord.file("proof.ots", b"\0proof")
    assert trackrecord("checkpoint", "stamp", "1", "proof.ots").out == (
        "stamp 1, opentimestamps, is attached to checkpoint 1\n"
    )
    refused = trackrecord("checkpoint", "stamp", "7", "proof.ots")
    assert (refused.code, refused.err.partition(":")[0]) == (3, "no checkpoint has the id 7")
    trackrecord.file("large", b"x" * 70_000)
    refused = trackrecord("checkpoint", "stamp", "1", "large")
    assert (refused.code, refused.err) == (2, "FILE must have 1 to 65,536 bytes: attach the stamp alone\n")
    assert trackrecord("checkpoint", "stamp", "1", "proof.ots", "--kind", "A b").code == 2
    assert trackrecord("checkpoint", "rotate-key", "--reason", " ").code == 2
    rotated = trackrecord("checkpoint", "rotate-key", "--reason", "yearly")
    assert (rotated.code, str(VerifierKey.parse(rotated.out.strip()))) == (0, rotated.out.strip())
    assert trackrecord("checkpoint", "--json").json["id"] in (2, 3)
    assert trackrecord("checkpoint", "rebuild-tree").code == 0
    assert trackrecord("verify", "--json").json == {"agrees": True, "findings": []}
    (tmp_path / "state" / "checkpoint").unlink()
    missing = trackrecord("verify", "--json")
    assert (missing.code, missing.json["agrees"], len(missing.json["findings"])) == (1, False, 1)


def test_the_restore_of_an_older_backup_keeps_the_newer_checkpoint_and_names_what_is_lost(
    trackrecord: Command, tmp_path: Path
) -> None:
    run, state = trackrecord.on(""), tmp_path / "state"
    run("seed")
    assert run("checkpoint").code == 0
    assert run("backup", "copy").code == 0
    assert run("keys", "create", "desk", "--scope", "read").code == 0
    assert run("checkpoint").code == 0
    newest = (state / "checkpoint").read_text()
    for path in state.glob("trackrecord.db*"):
        path.unlink()
    restored = run("restore", "copy")
    assert (restored.code, (state / "checkpoint").read_text()) == (1, newest)
    assert "the ledger ends at event 42, before the checkpoint of 44 events: its end was cut off" in restored.out
    refused = run("checkpoint")
    assert (refused.code, "checkpoint rotate-key --abandon" in refused.err) == (3, True)
    assert run("checkpoint", "rotate-key", "--abandon", "--reason", "restored the backup").code == 0
    assert run("verify").code == 0


def test_a_backup_fits_together_though_a_checkpoint_is_made_meanwhile(
    trackrecord: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, copy_database = trackrecord.on(""), backup._copy_database
    run("seed")
    assert run("checkpoint").code == 0

    def copy_and_go_on(source: Engine, path: Path) -> None:
        copy_database(source, path)
        assert run("keys", "create", "desk", "--scope", "read").code == 0
        assert run("checkpoint").code == 0

    monkeypatch.setattr(backup, "_copy_database", copy_and_go_on)
    assert run("backup", "copy").code == 0
    monkeypatch.setenv("TRACKRECORD_STATE_DIR", str(tmp_path / "new"))
    assert run("restore", "copy").code == 0
