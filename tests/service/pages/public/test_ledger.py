"""Checkpoints as a reader meets them: list, notes, proofs, stamps, feed and page."""

import json
from datetime import timedelta
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import Engine

from predictions.checkpoints.make import Stamp, attach_stamp
from predictions.checkpoints.signed_note import Note
from predictions.checkpoints.statement import Statement
from service.checkpoints import make_checkpoint
from service.db.engine import write_transaction
from service.settings import Settings
from tests.predictions.checkpoints.rfc9162 import root_by_inclusion, roots_by_consistency
from tests.support.fake_clock import START
from tests.support.sample_prediction import record_one

ATOM = {"": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def with_checkpoints(admin: httpx.Client, engine: Engine, settings: Settings) -> httpx.Client:
    """An admin's client of a record with three checkpoints."""
    for number in range(3):
        record_one(admin, commentator={"name": f"Person {number}"})
        make_checkpoint(engine, settings, now=START + timedelta(days=number), actor="test")
    return admin


def feed_of(client: httpx.Client) -> list[Element]:
    reply = client.get("/ledger/checkpoints.atom")
    assert reply.headers["content-type"].startswith("application/atom+xml")
    return list(fromstring(reply.content).findall("entry", ATOM))


def test_the_list_is_newest_first_in_pages_and_each_has_its_note_as_text(with_checkpoints: httpx.Client) -> None:
    first = with_checkpoints.get("/api/ledger/checkpoints?limit=2").json()
    second = with_checkpoints.get(first["next"]).json()
    items = [*first["items"], *second["items"]]
    assert ([each["id"] for each in items], second["next"]) == ([3, 2, 1], None)
    for each in items:
        reply = with_checkpoints.get(each["note_address"])
        assert (reply.headers["content-type"], reply.text) == ("text/plain; charset=utf-8", each["note"])
        stated = Statement.parse(Note.parse(reply.text).text)
        assert (stated.size, stated.root.hex(), stated.head_hash) == (
            each["size"],
            each["root"],
            each["head"]["hash"],
        )
    assert with_checkpoints.get("/api/ledger/checkpoints/2").json() == items[1]
    missing = with_checkpoints.get("/api/ledger/checkpoints/9")
    assert (missing.status_code, missing.json()["detail"]) == (
        404,
        "no checkpoint has the id 9: see GET /api/ledger/checkpoints for all",
    )


def test_proofs_lead_from_an_event_and_from_a_checkpoint_to_the_root_of_a_checkpoint(
    with_checkpoints: httpx.Client,
) -> None:
    newest, _, oldest = with_checkpoints.get("/api/ledger/checkpoints").json()["items"]
    events = with_checkpoints.get("/api/ledger?limit=1000").json()["items"]
    for event in events[: newest["size"]]:
        proof = with_checkpoints.get(f"/api/ledger/{event['seq']}/proof?size={newest['size']}").json()
        path = [bytes.fromhex(each) for each in proof["path"]]
        root = root_by_inclusion(bytes.fromhex(event["hash"]), event["seq"] - 1, newest["size"], path)
        assert root.hex() == proof["root"] == newest["root"]
    query = f"first={oldest['size']}&second={newest['size']}"
    proof = with_checkpoints.get(f"/api/ledger/consistency?{query}").json()
    path = [bytes.fromhex(each) for each in proof["path"]]
    roots = roots_by_consistency(oldest["size"], newest["size"], bytes.fromhex(oldest["root"]), path)
    assert [root.hex() for root in roots] == [oldest["root"], newest["root"]]


@pytest.mark.parametrize(
    ("address", "pointer", "said"),
    [
        ("3/proof?size=2", "/query/size", "must be at least 3, the number of the event: raise it"),
        ("3/proof?size=999", "/query/size", "the number of events in the ledger"),
        ("consistency?first=5&second=4", "/query/first", "must be from 1 to 4, the second size"),
        ("consistency", "/query/first", "is required: add it"),
    ],
)
def test_a_proof_that_cannot_be_says_why(with_checkpoints: httpx.Client, address: str, pointer: str, said: str) -> None:
    reply = with_checkpoints.get(f"/api/ledger/{address}")
    assert reply.status_code == 422
    (fault,) = reply.json()["errors"]
    assert fault["pointer"] == pointer
    assert said in fault["detail"]


def test_the_feed_carries_whole_notes_and_the_page_names_key_and_newest(with_checkpoints: httpx.Client) -> None:
    entries = feed_of(with_checkpoints)
    items = with_checkpoints.get("/api/ledger/checkpoints").json()["items"]
    assert [each.findtext("content", "", ATOM) for each in entries] == [each["note"] for each in items]
    page = with_checkpoints.get("/ledger", headers={"Accept": "text/html"}).text
    event = with_checkpoints.get("/api/ledger?subject=checkpoint_key").json()["items"][0]
    assert json.loads(event["body"])["verifier_key"] in page.replace("&#43;", "+")
    assert "/api/ledger/checkpoints/3/note" in page


def test_an_empty_ledger_has_an_empty_list_and_feed(admin: httpx.Client) -> None:
    assert admin.get("/api/ledger/checkpoints").json() == {"items": [], "next": None}
    assert feed_of(admin) == []
    assert "Signed checkpoints" not in admin.get("/ledger", headers={"Accept": "text/html"}).text


def test_a_stamp_is_downloaded_as_it_was_attached(with_checkpoints: httpx.Client, engine: Engine) -> None:
    with write_transaction(engine) as session:
        stamp = Stamp("opentimestamps", "<checkpoint>.ots", b"\0<b>stamp")
        attach_stamp(session, 2, stamp, now=START, actor="test")
    (seen,) = with_checkpoints.get("/api/ledger/checkpoints/2").json()["stamps"]
    assert (seen["kind"], seen["name"], seen["size"]) == ("opentimestamps", "<checkpoint>.ots", 9)
    reply = with_checkpoints.get(seen["address"])
    assert (reply.content, reply.headers["content-type"]) == (b"\0<b>stamp", "application/octet-stream")
    assert reply.headers["content-disposition"] == 'attachment; filename="checkpoint-2-opentimestamps-1"'
    elsewhere = with_checkpoints.get("/api/ledger/checkpoints/1/stamps/1")
    assert (elsewhere.status_code, elsewhere.json()["detail"]) == (
        404,
        "checkpoint 1 has no stamp 1: see GET /api/ledger/checkpoints/1",
    )
