"""Heads of the ledger that somebody kept, checked by `trackrecord verify` and by the script for outsiders."""

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, select

from predictions import ledger
from predictions.audit.verify import verify
from predictions.models import LedgerEvent
from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_predictions
from service.db.engine import read_transaction
from tests.support.cli_runner import Command
from tests.support.fake_clock import START
from tests.support.sample_prediction import record_one

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_ledger.py"
QUESTION = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-05-01", "deadline_basis": "stated"}
Check = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the script in this process, with short pages: its exit code, the lines that it printed, and its error."""
    run = runpy.run_path(str(SCRIPT))["run"]
    run.__globals__["PAGE"] = 2

    def run_with(*arguments: str) -> tuple[int, list[str], str]:
        code = run(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err

    return run_with


@pytest.fixture
def exported(trackrecord: Command, tmp_path: Path) -> Path:
    """The ledger of a record with a key and some predictions, as `trackrecord export` writes it."""
    trackrecord("keys", "create", "desk", "--scope", "predict")
    for name in ("Ann", "Bob"):
        trackrecord("seed")
        assert trackrecord("predict", "--json", "-", stdin=json.dumps(prediction(name)).encode()).code == 0
    path = tmp_path / "ledger.jsonl"
    assert trackrecord("export", "--what", "ledger", "-o", str(path)).code == 0
    return path


def prediction(name: str, **fields: Any) -> dict[str, Any]:
    base = {"commentator": {"name": name}, "question": QUESTION, "made_at": "2025-01-01", "probability": 0.3}
    return base | fields


def head_of(lines: list[str]) -> str:
    event = json.loads(lines[-1])
    return f"{event['seq']}:{event['hash']}"


def test_the_script_finds_an_exported_ledger_whole_with_its_head(check: Check, exported: Path) -> None:
    lines = exported.read_text().splitlines()
    kept = [f"--head={head_of(lines)}", f"--head={head_of(lines[:3])}"]
    code, printed, _ = check(str(exported), *kept)
    assert (code, printed) == (0, [f"{len(lines)} events, 0 faults. Head {head_of(lines)}"])


def test_an_exported_ledger_hides_what_only_admins_read_and_is_checked_all_the_same(exported: Path) -> None:
    events = [json.loads(line) for line in exported.read_text().splitlines()]
    hidden = {event["action"] for event in events if event["body"] is None}
    assert hidden == {"person.entered", "key.created"}
    assert all((event["salt"] is None) == (event["body"] is None) for event in events)


@pytest.mark.parametrize(
    "field", ["at", "actor", "action", "subject", "subject_id", "body", "salt", "body_hash", "hash"]
)
def test_the_script_names_each_field_that_was_changed(check: Check, exported: Path, field: str) -> None:
    lines = exported.read_text().splitlines()
    event = json.loads(lines[4])
    other = {"at": "2025-01-01T00:00:00+00:00", "subject_id": 9999, "hash": "0" * 64, "body_hash": "0" * 64}
    lines[4] = json.dumps(event | {field: other.get(field, f"{event[field]}x")})
    exported.write_text("\n".join(lines))
    code, printed, _ = check(str(exported))
    assert code == 1
    assert printed[0].startswith("event 5: ")


def test_the_script_names_an_event_that_was_removed_and_an_end_that_was_cut_off(check: Check, exported: Path) -> None:
    lines = exported.read_text().splitlines()
    exported.write_text("\n".join(lines[:3] + lines[4:-2]))
    code, printed, _ = check(str(exported), "--head", head_of(lines))
    assert code == 1
    assert printed[0] == "event 4 is missing: event 5 follows 3"
    assert printed[1] == "event 5: its hash does not follow from the event before"
    assert printed[2].endswith(f"the ledger ends at event {len(lines) - 2}: its end was cut off")


def test_the_script_reads_all_pages_of_a_service(check: Check, admin: httpx.Client, base_url: str) -> None:
    for number in range(4):
        record_one(admin, commentator={"name": f"Person {number}"})
    newest = httpx.get(f"{base_url}/api/ledger").json()["head"]
    code, printed, _ = check(base_url, "--head", f"{newest['seq']}:{newest['hash']}")
    assert (code, printed) == (0, [f"{newest['seq']} events, 0 faults. Head {newest['seq']}:{newest['hash']}"])


@pytest.mark.parametrize("arguments", [("nothing.jsonl",), ("-", "--head", "7"), ("http://127.0.0.1:9",)])
def test_the_script_says_what_it_cannot_check(check: Check, arguments: tuple[str, ...]) -> None:
    code, printed, error = check(*arguments)
    assert (code, printed) == (2, [])
    assert len(error.splitlines()) == 1


def test_a_file_that_is_no_ledger_is_named_by_line(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"type": "question"}\n')
    code, _, error = check(str(path))
    assert code == 2
    assert error.startswith("line 1 is no event of a ledger")


def test_the_script_compares_tree_head_and_signature_with_checkpoints_that_were_kept(
    check: Check, trackrecord: Command, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = tmp_path / "state" / "checkpoint", tmp_path / "other.txt"
    assert trackrecord("checkpoint").code == 0
    assert trackrecord("checkpoint", "rotate-key", "--reason", "yearly").code == 0
    assert trackrecord("export", "--what", "ledger", "-o", str(exported)).code == 0
    lines, note = exported.read_text().splitlines(), kept.read_text()
    key = json.loads(json.loads(lines[-1])["body"])["verifier_key"]
    whole = f"{len(lines)} events, 0 faults. Head {head_of(lines)}"
    for options in ((), ("--key", key)):
        assert check(str(exported), "--checkpoint", str(kept), *options)[:2] == (0, [whole])
    root = note.splitlines()[2]
    for forged, said in (
        (note.replace("+00:00", "+01:00"), "its signature by 127.0.0.1 is forged"),
        (note.replace(root, "A" * 43 + "="), "the tree of the first"),
        (note.partition("—")[0], "it is not signed by a key that the ledger announces"),
    ):
        other.write_text(forged)
        code, printed, _ = check(str(exported), "--checkpoint", str(kept), "--checkpoint", str(other))
        assert code == 1
        assert printed[0].startswith(f"{other}: {said}")
    assert check(str(exported), "--checkpoint", str(kept), "--key", f"{key}A")[0] == 1
    assert check(str(exported), "--checkpoint", str(exported))[0] == 2
    exported.write_text("\n".join(lines[:-1]))
    assert "its end was cut off" in check(str(exported), "--checkpoint", str(kept))[1][0]
    exported.write_text("\n".join(lines))
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    code, printed, _ = check(str(exported), "--checkpoint", str(kept))
    assert (code, printed[1]) == (0, whole)
    assert printed[0].endswith("its signature is not checked, as the package cryptography is not installed")


def rewrite(session: Session, first: int) -> None:
    """Change an event, and give it and all that follow new hashes, as the owner of the database can."""
    previous = session.get_one(LedgerEvent, first - 1).hash
    for event in session.execute(select(LedgerEvent).where(LedgerEvent.seq >= first).order_by("seq")).scalars():
        event.actor = "somebody else" if event.seq == first else event.actor
        header = (event.seq, event.at, event.actor, event.action, event.subject, event.subject_id)
        event.hash = previous = ledger._link(previous, *header, event.body_hash)


@pytest.fixture
def unguarded() -> Iterator[Session]:
    """A database without triggers: whoever owns it can drop them."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_a_kept_head_shows_that_the_ledger_was_rewritten_or_cut_off(unguarded: Session) -> None:
    session = unguarded
    for name in ("Ann", "Bob", "Cy"):
        record(session, prediction(name))
    kept = [ledger.Head(row.seq, row.hash) for row in session.execute(select(LedgerEvent)).scalars()]
    assert list(ledger.head_errors(session, kept)) == []
    rewrite(session, 2)
    assert list(ledger.chain_errors(session)) == []
    found = list(ledger.head_errors(session, kept))
    assert len(found) == len(kept) - 1
    assert found[0].startswith("the ledger was rewritten: event 2 has the hash ")
    newer = ledger.Head(kept[-1].seq + 5, "a" * 64)
    (cut,) = ledger.head_errors(session, [newer])
    assert cut.startswith(f"the ledger ends at event {kept[-1].seq}, before the head ")


def record(session: Session, *items: dict[str, Any]) -> None:
    record_predictions(session, [PredictionIn.model_validate(item) for item in items], now=START, actor="test")


def test_verify_compares_the_heads_of_a_file_and_of_its_options(trackrecord: Command) -> None:
    trackrecord("seed")
    head = json.loads(trackrecord("export", "--what", "ledger").out.splitlines()[-1])
    kept, other = f"{head['seq']}:{head['hash']}", f"{head['seq'] + 1}:{'0' * 64}"
    file = trackrecord.file("heads.txt", f"{kept}\n\n{other}\n")
    assert trackrecord("verify", "--head", kept).code == 0
    done = trackrecord("verify", "--heads", file, "--head", kept, "--json")
    assert (done.code, done.json["agrees"], len(done.json["findings"])) == (1, False, 1)
    for wrong in ("7", f"0:{'a' * 64}", f"1:{'A' * 64}", f"1:{'a' * 63}"):
        refused = trackrecord("verify", "--head", wrong)
        assert refused.code == 2
        assert "write SEQ:HASH" in refused.err
    assert trackrecord("verify", "--heads", "none.txt").code == 2


def test_a_negative_zero_is_hashed_as_it_is_read(engine: Engine, session: Session) -> None:
    options = {"kind": "categorical", "options": ["a", "b"], "slug": "c"}
    single = [prediction("Ann", probability=-0.0)]
    many = [prediction(name, probability=-0.0) for name in ("Bob", "Cy")]
    shares = [prediction("Di", question=QUESTION | options, probability=None, probabilities=[-0.0, 1.0])]
    for items in (single, many, shares):
        record(session, *items)
    session.commit()
    with read_transaction(engine) as other:
        assert list(verify(other)) == []
    assert "-0.0" not in ledger.canonical({"a": [-0.0, {"b": -0.0}], "c": (-0.0,)})
    assert ledger.canonical({"a": "-0.0", "b": -0.5}) == '{"a":"-0.0","b":-0.5}'
