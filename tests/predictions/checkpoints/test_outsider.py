"""An outsider checks a service with what docs/ledger.md says, and without any of our code."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from service.checkpoints import make_checkpoint, rotate_key
from service.settings import Settings
from tests.support.fake_clock import START
from tests.support.sample_prediction import record_one

DOCUMENT = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text()


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)


def root(hashes: list[str]) -> bytes:
    """The root of the tree of events with these hashes."""
    if len(hashes) == 1:
        return sha256(b"\x00", bytes.fromhex(hashes[0]))
    half = 1
    while 2 * half < len(hashes):
        half *= 2
    return node(root(hashes[:half]), root(hashes[half:]))


def is_signed(note: str, key: str) -> bool:
    """Whether the note has a valid signature by a key, written as NAME+ID+KEY."""
    name, key_id, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    assert (public[:1], len(public)) == (b"\x01", 33)
    assert key_id == sha256(name.encode(), b"\n", public).hex()[:8]
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ")
        signature = base64.b64decode(value)
        if (dash, signer, signature[:4].hex()) == ("\u2014", name, key_id):
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], (text + "\n").encode())
            return True
    return False


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def record(admin: httpx.Client, engine: Engine, settings: Settings) -> httpx.Client:
    """A record with three checkpoints, the last of which is by a second key."""
    for number in range(2):
        record_one(admin, commentator={"name": f"Person {number}"})
        make_checkpoint(engine, settings, now=START + timedelta(days=number), actor="test")
    for number in range(2, 40):
        record_one(admin, commentator={"name": f"Person {number}"})
    rotate_key(engine, settings, reason="yearly", abandon=False, now=START + timedelta(days=2), actor="test")
    return admin


def announced(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(event["body"]) for event in events if event["action"] == "checkpoint.key_announced"]


def test_tree_head_and_signatures_of_checkpoints_are_as_the_document_says(record: httpx.Client) -> None:
    events = record.get("/api/ledger?limit=1000").json()["items"]
    hashes = [event["hash"] for event in events]
    first, second = announced(events)
    notes = [record.get(each["note_address"]).text for each in record.get("/api/ledger/checkpoints").json()["items"]]
    for note, key in zip(notes[::-1], [first, first, second], strict=True):
        name, size, root_text, head, at, empty, _signature, rest = note.split("\n")
        assert (name, empty, rest) == ("127.0.0.1", "", "")
        assert base64.b64decode(root_text) == root(hashes[: int(size)])
        assert head == f"{size} {hashes[int(size) - 1]}"
        assert re.fullmatch(r"2025-04-0\dT12:00:00\+00:00", at)
        assert is_signed(note, key["verifier_key"])
    for body, signed_by in ((first, [first]), (second, [first, second])):
        title, key, _at = body["note"].split("\n")[:3]
        assert (title, key) == ("key for checkpoints of the ledger", body["verifier_key"])
        assert [each for each in (first, second) if is_signed(body["note"], each["verifier_key"])] == signed_by


def test_proofs_are_checked_by_the_code_in_the_document(record: httpx.Client) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict[str, Any] = {"node": node}
    exec(code, names)
    hashes = [event["hash"] for event in record.get("/api/ledger?limit=1000").json()["items"]]
    for seq in (1, 2, 40, len(hashes)):
        proof = record.get(f"/api/ledger/{seq}/proof").json()
        leaf, path = sha256(b"\x00", bytes.fromhex(hashes[seq - 1])), [bytes.fromhex(each) for each in proof["path"]]
        assert names["root_by_inclusion"](leaf, seq - 1, proof["size"], path) == root(hashes)
        if seq < len(hashes):
            proof = record.get(f"/api/ledger/consistency?first={seq}").json()
            before, path = root(hashes[:seq]), [bytes.fromhex(each) for each in proof["path"]]
            assert names["roots_by_consistency"](seq, len(hashes), before, path) == (before, root(hashes))


def test_the_example_in_the_document_is_signed_by_the_key_in_it() -> None:
    (note,) = re.findall(r"```\n(record\.example\.org\n.*?)```", DOCUMENT, re.DOTALL)
    (key,) = re.findall(r"^record\.example\.org\+\S+$", DOCUMENT, re.MULTILINE)
    assert is_signed(note, key)
