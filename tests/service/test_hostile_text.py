"""Names and texts with control characters and marks of direction are recorded as they are, and shown safely."""

import json
import re
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from predictions.safe_text import json_text, printable
from resolvers.notifications.payloads import CHANNEL_TEST, message
from resolvers.notifications.rendering import render_email, render_short
from service.files.csv_injection import unguard
from service.files.csv_mapping import cell_of
from service.pages.rendering.csv_download import csv_bytes
from tests.support.cli_runner import Command

ESC, CSI, BELL, RLO, SEPARATOR = "\x1b", "\x9b", "\x07", "\u202e", "\u2028"
NAME = f"Eve{ESC}[2J{CSI}31m{RLO}Invented{BELL}"
TEXT = f"Will{ESC}]0;owned{BELL} it {RLO}rain{SEPARATOR}?"
PREDICTION: dict[str, Any] = {
    "commentator": {"name": NAME, "slug": "eve"},
    "question": {
        "slug": "rain",
        "text": TEXT,
        "resolution_criteria": f"By the{ESC} gauge.\r\nAnd {RLO}no other.",
        "deadline": "2025-05-31",
        "deadline_basis": "stated",
        "topics": ["weather"],
    },
    "source": {"url": "https://example.org/a", "title": f"A{ESC}{RLO}B", "outlet": f"The{ESC}{RLO} Paper"},
    "made_at": "2025-04-01",
    "hedge": "unlikely",
    "note": f"a{ESC}{RLO}{SEPARATOR}note",
}


def controls(text: str) -> set[str]:
    """The control characters and separators of lines in a text, apart from those that plain text is made of."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Zl", "Zp") and each not in "\t\n\r"}


@pytest.fixture
def entered(admin: httpx.Client) -> httpx.Client:
    reply = admin.post("/api/predictions", json=PREDICTION)
    assert reply.status_code == 201, reply.text
    assert reply.json()["commentator"]["name"] == NAME, "the record keeps what was said"
    return admin


PAGES = (
    *("/", "/questions", "/questions/rain", "/commentators/eve", "/sources", "/sources/1", "/ledger", "/search?q=Eve"),
    *("/calibration?commentator=eve", "/questions/rain/card", "/commentators/eve/card", "/commentators/eve/edit"),
    *("/compare?first=eve&second=eve", "/due", "/record", "/sources?outlet=The"),
)
IMAGES = ("/commentators/eve/badge.svg", "/questions/rain/badge.svg")


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_control_character_and_isolate_direction(entered: httpx.Client, path: str) -> None:
    text = entered.get(path).text
    assert controls(text) == set()
    assert RLO not in re.sub(r"<bdi>[^<]*</bdi>", "", text), "an override reaches the text around a name"


def test_names_are_isolated_on_pages(entered: httpx.Client) -> None:
    name = re.sub(f"[{ESC}{CSI}{BELL}]", "", NAME)
    assert f"<h1><bdi>{name}</bdi></h1>" in entered.get("/commentators/eve").text
    for path in ("/questions/rain", "/?include=resolved&min_resolved=0", "/search?q=Eve"):
        assert re.search(r'<a href="/commentators/eve[^>]*><bdi>Eve', entered.get(path).text), path


@pytest.mark.parametrize("path", [*IMAGES, "/resolutions.atom", "/resolutions.atom?commentator=eve"])
def test_images_and_feeds_are_well_formed_and_hold_no_direction_marks(entered: httpx.Client, path: str) -> None:
    evidence = [{"url": "https://example.org/x", "note": f"a{ESC}{RLO}b"}]
    answer = {"outcome": "no", "known_at": "2025-03-31", "evidence": evidence, "note": f"n{ESC}{RLO}"}
    assert entered.post("/api/questions/rain/resolutions", json=answer).status_code == 201
    reply = entered.get(path)
    fromstring(reply.content)
    assert controls(reply.text) == set()
    assert RLO not in reply.text


@pytest.mark.parametrize("path", ["/deadlines.ics", "/deadlines.ics?commentator=eve"])
def test_calendars_hold_neither(entered: httpx.Client, path: str) -> None:
    text = entered.get(path).text
    assert "rain ?" in text
    assert controls(text) == set()
    assert RLO not in text


def test_files_for_spreadsheets_hold_no_control_character(entered: httpx.Client) -> None:
    assert controls(entered.get("/leaderboard.csv?min_resolved=0").text) == set()


@pytest.fixture
def recorded(trackrecord: Command) -> Command:
    assert trackrecord("predict", "--json", "-", stdin=json.dumps(PREDICTION).encode()).code == 0
    return trackrecord


COMMANDS = (
    ("question", "rain"),
    ("question", "rain", "--json"),
    ("record", "eve"),
    ("record", "eve", "--json"),
    ("leaderboard", "--sort", "name", "--min-resolved", "0"),
    ("due",),
    ("export",),
    ("export", "--format", "csv"),
    ("predict", f"--commentator={NAME}", "--question=rain", "--made-at=2025-04-02", "--hedge=likely"),
    ("question", f"no{ESC}such"),
    ("keys", "revoke", f"no{ESC}such"),
    ("predict", "--commentator=Ann", "--question=rain", "--made-at=2025-04-02", f"--hedge=zz{ESC}z"),
    ("import", f"no{ESC}file.csv"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command).replace(ESC, "^"))
def test_no_command_sends_control_characters_to_the_terminal(recorded: Command, command: tuple[str, ...]) -> None:
    done = recorded(*command)
    for text in (done.out, done.err):
        assert controls(text) <= ({SEPARATOR} if command[-1] == "csv" else set())
        assert RLO not in text or command[-1] == "csv"


def test_every_command_prints_through_the_function_that_cleans() -> None:
    folder = Path(__file__).parents[2] / "service" / "cli"
    prints = re.compile(r"\btyper\.echo\(|\bprint\(|\bsys\.std(out|err)\.write\(")
    assert [path.name for path in folder.glob("*.py") if prints.search(path.read_text())] == ["common.py"]


def test_a_faulty_line_of_a_file_is_named_without_its_control_characters(recorded: Command) -> None:
    line = {"commentator": {"name": "Ann"}, "question": {"slug": f"a{ESC}b"}, "made_at": f"x{ESC}y", "probability": 2}
    done = recorded("import", "-", "--format", "jsonl", stdin=json.dumps(line).encode())
    assert done.code != 0
    assert controls(done.out + done.err) == set()


def test_json_for_programs_still_means_the_same() -> None:
    content = {"name": NAME, "text": "ü\u2028\u2066x"}
    text = json_text(content)
    assert json.loads(text) == content
    assert controls(text) == set()
    assert "ü" in text


def test_messages_hold_neither() -> None:
    at = datetime(2025, 4, 1, tzinfo=UTC)
    payload = message(CHANNEL_TEST, at, {"channel": NAME, "note": TEXT})
    mail = render_email(payload, "msg_1", lambda _: "https://example.org")
    EmailMessage()["Subject"] = mail.subject
    for text in (mail.subject, mail.text, mail.html, *render_short(payload)):
        assert controls(text) == set()
        assert RLO not in text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n"])
def test_no_cell_of_a_spreadsheet_is_a_formula_in_any_width(sign: str) -> None:
    for text in (f"{sign}cmd()", f"{ESC}{sign}cmd()", f"'{sign}cmd()"):
        for written in (cell_of(text), csv_bytes(["a"], [[text]]).decode().removeprefix("a\n").strip('"')):
            assert written.startswith("'")
            assert ESC not in written
        assert unguard(cell_of(text)) == text.replace(ESC, "")


def test_plain_text_is_shown_as_it_is() -> None:
    for text in ("Ann Able", "Ünï\nçødé\t✓", "עברית", "a\u200fb", ""):
        assert printable(text) == text
