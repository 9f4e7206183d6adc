"""Checkpoints state size, root and head of the ledger; what was changed since, and what is forged, is named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

from predictions import ledger
from predictions.checkpoints import tree
from predictions.checkpoints.check import checkpoint_errors
from predictions.checkpoints.make import Stamp, announce_key, attach_stamp, key_in_use, record_checkpoint
from predictions.checkpoints.models import Checkpoint, CheckpointKey
from predictions.checkpoints.signed_note import Note, Signer, sign
from predictions.checkpoints.statement import Statement
from predictions.checkpoints.stored import announced_keys, list_checkpoints, newest_checkpoint, stamps_of
from predictions.checkpoints.tree import BLOCK
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent
from tests.predictions.checkpoints.rfc9162 import append_events
from tests.support.fake_clock import START

SIGNER, OTHER = Signer.new("record.example.org"), Signer.new("record.example.org")
TOMORROW = START + timedelta(days=1)


def make(session: Session, *, days: int = 0, signer: Signer = SIGNER) -> Checkpoint:
    tree.extend(session, 100)
    return record_checkpoint(session, signer, now=START + timedelta(days=days))


def errors(session: Session, kept: str | None, held: Signer | None = SIGNER) -> list[str]:
    parts = checkpoint_errors(session, kept=kept, held=str(held.verifier) if held else None)
    return [error for _, part in parts for error in part]


def begin(session: Session) -> Checkpoint:
    """A ledger of some blocks with two checkpoints; the newest is kept."""
    append_events(session, 2 * BLOCK)
    announce_key(session, SIGNER, None, now=START, actor="test")
    make(session)
    append_events(session, BLOCK + 5)
    return make(session, days=1)


def test_a_checkpoint_states_size_root_and_head_and_is_signed_by_the_announced_key(session: Session) -> None:
    row = begin(session)
    note = Note.parse(row.note)
    stated = Statement.parse(note.text)
    assert stated == Statement(
        "record.example.org", 3 * BLOCK + 6, tree.root(session, row.size), ledger.head(session).hash, TOMORROW
    )
    key = key_in_use(session)
    assert key == SIGNER.verifier
    assert note.signers([SIGNER.verifier]) == [key]
    announced = session.get_one(LedgerEvent, 2 * BLOCK + 1)
    assert (announced.action, announced.subject, announced.subject_id) == (
        "checkpoint.key_announced",
        "checkpoint_key",
        1,
    )
    assert f'"verifier_key":"{key}"' in announced.body
    assert errors(session, row.note) == []
    assert [each.id for each in list_checkpoints(session, before=None, limit=5)] == [2, 1]
    assert [each.id for each in list_checkpoints(session, before=2, limit=5)] == [1]


def test_the_same_statement_is_stored_once_and_a_later_one_of_the_same_ledger_again(session: Session) -> None:
    row = begin(session)
    assert make(session, days=1).id == row.id
    assert (make(session, days=2).id, row.id) == (3, 2)


def test_a_new_key_is_announced_with_the_signature_of_the_old_one(session: Session) -> None:
    row = begin(session)
    announce_key(session, OTHER, SIGNER, reason="yearly", now=TOMORROW, actor="test")
    new = session.get_one(CheckpointKey, 2)
    assert Note.parse(new.note).signers([SIGNER.verifier, OTHER.verifier]) == [OTHER.verifier, SIGNER.verifier]
    assert Note.parse(new.note).text.splitlines()[1] == new.verifier_key == str(OTHER.verifier)
    assert errors(session, row.note, OTHER) == []
    assert errors(session, make(session, days=2, signer=OTHER).note, OTHER) == []
    assert [each.verifier_key for each in announced_keys(session)] == [str(SIGNER.verifier), str(OTHER.verifier)]


def test_a_stamp_is_kept_with_the_checkpoint_and_told_in_the_ledger_by_its_hash(session: Session) -> None:
    row = begin(session)
    stamp = Stamp("opentimestamps", "checkpoint.ots", b"\0stamp")
    attached = attach_stamp(session, row.id, stamp, now=TOMORROW, actor="test")
    event = session.get_one(LedgerEvent, ledger.head(session).seq)
    assert (event.action, "content" in event.body, attached.sha256 in event.body) == ("checkpoint.stamped", False, True)
    (seen,) = stamps_of(session, [row.id])
    assert (seen.name, seen.size) == ("checkpoint.ots", 6)
    for wrong in (Stamp("Open", "a", b"a"), Stamp("a", "a", b""), Stamp("a", "a", b"a" * 65_537)):
        with pytest.raises(InvalidInput, match="must"):
            attach_stamp(session, row.id, wrong, now=TOMORROW, actor="test")
    assert errors(session, row.note) == []


@pytest.fixture
def unguarded() -> Iterator[Session]:
    """A database without triggers: whoever owns it can drop them."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def rewrite(session: Session, first: int) -> None:
    """Change an event, and give it and all that follow new hashes."""
    previous = session.get_one(LedgerEvent, first - 1).hash
    for seq in range(first, ledger.head(session).seq + 1):
        event = session.get_one(LedgerEvent, seq)
        event.actor = "somebody else" if seq == first else event.actor
        header = (event.seq, event.at, event.actor, event.action, event.subject, event.subject_id)
        event.hash = previous = ledger._link(previous, *header, event.body_hash)
    session.flush()


def rebuild(session: Session) -> None:
    tree.clear(session)
    tree.extend(session, 100)


def test_a_rewritten_ledger_is_named_with_or_without_a_new_tree_and_gets_no_signature(unguarded: Session) -> None:
    kept = begin(unguarded).note
    rewrite(unguarded, 5)
    assert list(ledger.chain_errors(unguarded)) == []
    found = errors(unguarded, kept)
    assert any("the stored tree differs from the events 1 to 64" in each for each in found)
    assert any("the checkpoint in the state directory (2025-04-02): the events up to 198" in each for each in found)
    with pytest.raises(Conflict, match="no checkpoint is signed, as event 198 has the hash"):
        make(unguarded, days=2)
    rebuild(unguarded)
    found = errors(unguarded, kept)
    assert not any("stored tree" in each for each in found)
    assert sum("the ledger was rewritten" in each for each in found) == 3


def test_an_end_that_was_cut_off_is_named_even_if_later_events_took_its_place(unguarded: Session) -> None:
    kept = begin(unguarded).note
    for table in ("ledger_event WHERE seq > 190", "ledger_subtree", "checkpoint WHERE id = 2"):
        unguarded.execute(text(f"DELETE FROM {table}"))
    rebuild(unguarded)
    found = errors(unguarded, kept)
    assert any("the ledger ends at event 190, before the checkpoint of 198 events" in each for each in found)
    assert any("is missing among the stored checkpoints" in each for each in found)
    note = Note.parse(kept)
    with pytest.raises(Conflict, match="the ledger ends at event 190"):
        record_checkpoint(unguarded, SIGNER, kept=[note], now=TOMORROW)
    append_events(unguarded, 20)
    rebuild(unguarded)
    assert any("the ledger was rewritten" in each for each in errors(unguarded, kept))
    with pytest.raises(Conflict, match="no checkpoint is signed"):
        record_checkpoint(unguarded, SIGNER, kept=[note], now=TOMORROW)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE ledger_subtree SET hash = '{zeros}' WHERE level = 7", "the stored tree differs from the events 1 to"),
        ("DELETE FROM ledger_subtree WHERE level = 6 AND position = 1", "lacks a subtree of the events 65 to 128"),
        ("INSERT INTO ledger_subtree VALUES (6, 3, '{zeros}')", "of events that the ledger does not have"),
        ("INSERT INTO ledger_subtree VALUES (9, 0, '{zeros}')", "of events that the ledger does not have"),
        ("DELETE FROM checkpoint WHERE id = 1", "checkpoint 1 is missing"),
        ("DELETE FROM checkpoint WHERE id = 2", "is missing among the stored checkpoints"),
        ("DELETE FROM checkpoint", "is missing among the stored checkpoints"),
        ("UPDATE checkpoint SET size = 5 WHERE id = 1", "checkpoint 1: its size or time is not the one that is signed"),
        ("UPDATE checkpoint SET note = 'x' WHERE id = 1", "checkpoint 1 is no signed note"),
        ("UPDATE checkpoint SET note = replace(note, '2025', '2024') WHERE id = 1", "checkpoint 1 is not signed by"),
        ("UPDATE checkpoint_key SET reason = 'x'", "checkpoint key 1 is not as the ledger announces it"),
        ("UPDATE checkpoint_key SET verifier_key = 'x'", "checkpoint key 1 is not as the ledger announces it"),
        ("DELETE FROM checkpoint_key", "checkpoint key 1 is missing, but the ledger announces it"),
        ("DELETE FROM ledger_event WHERE seq = 7", "is not checked from event 7, which is missing"),
        ("UPDATE ledger_event SET hash = 'no hash' WHERE seq = 7", "the stored tree differs from the events 1 to 64"),
        ("UPDATE checkpoint_stamp SET content = X'78'", "stamp 1 of checkpoint 1: its content was changed"),
    ],
)
def test_each_change_of_what_is_stored_is_named(unguarded: Session, statement: str, named: str) -> None:
    attach_stamp(unguarded, 1, Stamp("a", "a", b"a"), now=START, actor="test")
    kept = begin(unguarded).note
    assert errors(unguarded, kept) == []
    unguarded.execute(text(statement.format(zeros="0" * 64)))
    unguarded.expire_all()
    found = errors(unguarded, kept)
    assert any(named in each for each in found), found


def test_what_the_state_directory_holds_is_checked(session: Session) -> None:
    row = begin(session)
    stated = Statement.parse(Note.parse(row.note).text)
    for forged in (sign(stated.text(), [OTHER]), row.note.replace("2025", "2026")):
        assert any("is not signed by a key that the ledger announces" in each for each in errors(session, forged))
    assert errors(session, "nonsense")[0].startswith("the checkpoint in the state directory is no signed note")
    assert errors(session, sign("text\n", [SIGNER]))[0].startswith("the checkpoint in the state directory is no check")
    assert "is missing, so that an end of the ledger that was cut off would not be noticed" in errors(session, None)[0]
    (swapped,) = errors(session, row.note, OTHER)
    assert swapped.startswith("the key for checkpoints in the state directory is not the one that the ledger announced")
    (older,) = list_checkpoints(session, before=2, limit=1)
    assert errors(session, older.note, None) == []


def test_a_ledger_without_keys_and_checkpoints_has_no_fault_of_them(session: Session) -> None:
    append_events(session, BLOCK)
    assert errors(session, None, None) == []
    assert newest_checkpoint(session) is None
