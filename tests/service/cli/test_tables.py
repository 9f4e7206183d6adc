"""What commands print for people: tables that fit a terminal, and a line for each result."""

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from service.cli import common
from tests.support.cli_runner import Command

TEXT = "Will the harbour of Port Amber freeze over before the end of the year, by the harbour office?"
NEW = {"slug": "q", "text": TEXT, "resolution_criteria": "c", "deadline": "2025-03-20", "deadline_basis": "stated"}
CHOICE = NEW | {"slug": "who", "text": "Who?", "kind": "categorical", "options": ["Ada", "Ben"]}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], io.StringIO]:
    """A function that has commands print to a terminal of that width; it returns what is printed."""

    def open_terminal(width: int) -> io.StringIO:
        screen = io.StringIO()
        monkeypatch.setattr(common, "out", Console(file=screen, force_terminal=True, width=width, color_system=None))
        return screen

    return open_terminal


@pytest.fixture
def filled(trackrecord: Command) -> Command:
    """The command on a record with a scored prediction, one on options, and a commitment."""
    for question, stated in (
        (NEW, {"hedge": "unlikely"}),
        (CHOICE, {"probabilities": {"Ada": 0.6, "Ben": 0.4}}),
        (NEW | {"slug": "later", "deadline": "2199-01-01"}, {"commitment": True}),
    ):
        body = {"commentator": {"name": "Ann"}, "question": question, "made_at": "2025-03-01"} | stated
        assert trackrecord("predict", "--json", "-", stdin=json.dumps(body).encode()).code == 0
    resolved = ("resolve", "q", "no", "--known-at", "2025-03-20", "--evidence", "https://example.org/x")
    assert trackrecord(*resolved).code == 0
    return trackrecord


def test_a_table_fits_the_terminal_and_a_narrow_one_leaves_out_what_is_least_needed(
    filled: Command, terminal: Callable[[int], io.StringIO]
) -> None:
    narrow, wide = terminal(60), None
    filled("due")
    assert max(map(len, narrow.getvalue().splitlines())) <= 60
    assert "days ago" not in narrow.getvalue()
    wide = terminal(140)
    filled("due")
    assert "days ago" in wide.getvalue()
    assert "who" in wide.getvalue()


def test_a_record_lists_scores_and_open_predictions_in_the_words_of_the_glossary(filled: Command) -> None:
    text = filled("record", "ann").out
    header = next(line for line in text.splitlines() if "Brier" in line and "outcome" in line)
    assert header.split()[:2] == ["question", "prediction"]
    assert "reference" in header
    assert "unlikely" in text
    assert "Ada 0.6 Ben 0.4" in text


def test_a_recorded_prediction_is_confirmed_with_its_numbers(filled: Command) -> None:
    for option, numbers in (
        (("--probability", "0.3"), "later: 0.3"),
        (("--hedge", "unlikely"), "later: 'unlikely', 0."),
    ):
        made = filled("predict", "--commentator", "Bob", "--question", "later", "--made-at", "2025-03-02", *option)
        assert (made.code, numbers in made.out) == (0, True), made


def test_a_record_as_of_no_time_is_refused_with_the_form_of_one(filled: Command) -> None:
    done = filled("record", "ann", "--as-of", "yesterday")
    assert (done.code, "--as-of" in done.err, "must be a time in RFC 3339" in done.err) == (2, True, True), done.err


def test_an_empty_record_says_that_nothing_is_due(trackrecord: Command) -> None:
    assert trackrecord("due").out == "nothing is due\n"


def test_a_long_leaderboard_says_how_many_more_there_are(filled: Command) -> None:
    body = {"commentator": {"name": "Bob"}, "question": {"slug": "later"}, "made_at": "2025-03-01", "probability": 0.5}
    assert filled("predict", "--json", "-", stdin=json.dumps(body).encode()).code == 0
    assert filled("leaderboard", "--limit", "1").out.endswith("1 more: raise --limit\n")


def test_resolvers_and_their_kinds_are_listed_as_text_and_as_json(trackrecord: Command) -> None:
    assert trackrecord("seed", "--json").json == {"questions": 13}
    lines = trackrecord("resolver", "list").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["new-sanctions-6-months", "ofac"],
        ["new-sanctions-12-months", "ofac"],
    ]
    kinds = trackrecord("resolver", "kinds", "--json").json
    assert {kind["key"] for kind in kinds} > {"json", "ofac", "feed"}
    assert all(kind["key"] in trackrecord("resolver", "kinds").out for kind in kinds)
    settings = json.dumps({"url": "https://example.org/x.json", "yes": "done"})
    attached = trackrecord("resolver", "set", "troops-by-end-2026", "json", settings, "--json").json
    assert (attached["resolver"], attached["automatic"]) == ("json", False)


def test_channels_are_listed_as_json_and_a_chat_address_is_checked(trackrecord: Command) -> None:
    assert trackrecord("channels", "add", "desk", "https://example.org/hook").code == 0
    (channel,) = trackrecord("channels", "list", "--json").json
    assert (channel["name"], channel["kind"], "secret" in channel) == ("desk", "webhook", False)
    refused = trackrecord("channels", "add", "room", "nosuchservice://room", "--kind", "chat")
    assert (refused.code, "not the address of a chat service" in refused.err) == (2, True)
