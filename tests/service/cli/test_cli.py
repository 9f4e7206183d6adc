"""The command line for scripts and people: what it records and prints, and its exit codes."""

import inspect
import json
import sqlite3
from typing import Any

import pytest

from service.cli.errors import EXIT_CODES
from service.cli.record import predict as predict_command
from tests.support.cli_runner import Command

NEW = {
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-05-31",
    "deadline_basis": "stated",
}


def options(**given: str) -> list[str]:
    return [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]


def predict(run: Command, *more: str, **given: str) -> Any:
    known = {"commentator": "Ann Able", "question": "rain", "made_at": "2025-04-01"}
    return run("predict", *options(**(known | given)), *more)


def predict_json(run: Command, **given: Any) -> Any:
    known = {"commentator": {"name": "Ann Able"}, "question": {"slug": "rain"}, "made_at": "2025-04-01"}
    return run("predict", "--json", "-", stdin=json.dumps(known | given).encode())


@pytest.fixture
def rain(trackrecord: Command) -> Command:
    """The command on a record with one question, rain, and one prediction of 25% on it."""
    assert predict_json(trackrecord, question=NEW, probability=0.25).code == 0
    return trackrecord


def resolve(run: Command, outcome: str = "no", *more: str) -> Any:
    return run("resolve", "rain", outcome, "--known-at", "2025-05-31", "--evidence", "https://example.org/x", *more)


def test_a_prediction_is_recorded_resolved_and_scored(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    made = predict_json(
        run,
        commentator={"name": "Ann Able", "kind": "organisation"},
        question=NEW | {"topics": ["weather", "sky"], "event": "spring"},
        source={"url": "https://example.org/a", "title": "A", "outlet": "The Paper", "published_on": "2025-04-01"},
        hedge="probably not",
        note="on page 3",
    ).json
    assert (made["low"], made["hedge"], made["source"]["outlet"]) == (0.1, "probably not", "The Paper")
    asked = run("question", "rain", "--json").json
    assert (asked["topics"], asked["event"], asked["deadline"]) == (
        ["sky", "weather"],
        "spring",
        "2025-05-31T23:59:59Z",
    )
    assert resolve(run).out == "resolution 1: rain ended as no\n"
    item = run("leaderboard", "--topic", "sky", "--kind", "organisation", "--json").json["items"][0]
    assert item["brier"] == pytest.approx(made["probability"] ** 2, abs=1e-12)
    assert run("leaderboard", "--kind", "market", "--json").json["items"] == []
    assert run("verify").out == "every row agrees with the ledger, and every stored number with the rows\n"


def test_a_recorders_own_interpretation_counts(rain: Command) -> None:
    interval = {"low": 0.1, "best": 0.4, "high": 0.6}
    made = predict_json(rain, hedge="who can tell", interval=interval, lexicon="icd203").json
    assert (made["low"], made["probability"], made["high"], made["lexicon"]) == (0.1, 0.4, 0.6, "icd203")
    assert "overridden" in made["flags"]


def test_several_options_take_several_probabilities(trackrecord: Command) -> None:
    new = NEW | {"kind": "categorical", "options": ["red", "green", "blue"]}
    done = predict_json(trackrecord, question=new, probabilities=[0.5, 0.25, 0.25])
    assert done.json["probabilities"] == {"red": 0.5, "green": 0.25, "blue": 0.25}


def test_the_options_record_what_the_same_prediction_as_json_does(rain: Command) -> None:
    source = {"url": "https://example.org/a", "title": "A", "outlet": "The Paper"}
    given = {"hedge": "unlikely", "lexicon": "icd203", "against": True, "note": "on page 3"}
    whole = predict_json(rain, commentator={"name": "Bob Bold"}, source=source, **given).json
    texts = {"source_url": source["url"], "source_title": source["title"], "outlet": source["outlet"]}
    stated = {name: str(value) for name, value in given.items() if name != "against"}
    done = predict(rain, "--against", commentator="Cy Careful", **texts, **stated)
    assert done.code == 0
    assert done.out.startswith("recorded prediction 3: Cy Careful on rain: 'unlikely', 0.675 (0.55 to 0.8)")
    assert len(inspect.signature(predict_command).parameters) <= 12
    first, second = rain("question", "rain", "--json").json["predictions"][1:]
    same = {name for name in first if name not in {"id", "commentator", "links"}}
    assert {name: first[name] for name in same} == {name: whole[name] for name in same}
    assert {name: second[name] for name in same - {"recorded_at"}} == {
        name: first[name] for name in same - {"recorded_at"}
    }


def test_a_prediction_as_json_comes_from_a_file_or_standard_input_and_is_checked_as_by_the_api(rain: Command) -> None:
    whole = {"commentator": {"name": "Bob"}, "question": {"slug": "rain"}, "made_at": "2025-04-01", "probability": 0.5}
    assert rain("predict", "--json", rain.file("one.json", json.dumps(whole))).json["probability"] == 0.5
    for text, message in {
        json.dumps(whole | {"probability": 7}): "`probability` must be at most 1",
        json.dumps(whole | {"question": NEW | {"deadline": "soon"}}): "`question.deadline` must be a time",
        json.dumps(whole | {"probabilty": 0.5}): "`probabilty` is not a known field",
        '{"made_at": 1, "made_at": 2}': "duplicate key",
        "{": "--json is not valid JSON",
        "[]": "must be an object",
    }.items():
        done = rain("predict", "--json", "-", stdin=text.encode())
        assert (done.code, done.out) == (2, ""), text
        assert message in done.err
    both = rain("predict", "--json", "-", "--note", "x", stdin=json.dumps(whole).encode())
    assert (both.code, "--json" in both.err) == (2, True)
    assert rain("predict", "--json", "nowhere.json").code == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"probability": "7"}, "--probability must be at most 1"),
        ({"probability": "30%"}, "--probability must be a number, for example 0.3"),
        ({"probability": "0.3", "made-at": "1.4.2025"}, "--made-at must be a time in RFC 3339"),
        ({"hedge": "zork"}, "--hedge: lexicon survey has no entry for 'zork'"),
        ({"probability": "0.3", "question": "snow"}, "--question: no question has slug 'snow'"),
        ({"probability": "0.3", "source-url": "nowhere"}, "--source-url must be a web address"),
        ({}, "give exactly one of probability, probabilities and hedge"),
    ],
)
def test_a_bad_option_is_named_with_the_remedy(rain: Command, given: dict[str, str], message: str) -> None:
    done = predict(rain, **given)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_resolving_takes_notes_and_guards_against_a_race(rain: Command) -> None:
    first = resolve(rain, "yes", "--evidence-note", "The gauge.", "--note", "Clear.", "--json").json
    assert first["evidence"] == [{"url": "https://example.org/x", "note": "The gauge."}]
    assert first["note"] == "Clear."
    done = resolve(rain, "no", "--supersedes", "none")
    assert (done.code, "somebody else changed it" in done.err) == (3, True)
    assert resolve(rain, "no", "--supersedes", "1").out.endswith("ended as no, superseding resolution 1\n")
    assert resolve(rain, "no", "--evidence-note", "a", "--evidence-note", "b").code == 2
    annulled = rain("resolve", "rain", "annulled", "--known-at", "2025-06-01", "--note", "The gauge broke.")
    assert annulled.code == 0
    assert "annulled" in rain("question", "rain").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["question", "rain"], 0),
        (["question", "snow"], 3),
        (["record", "ann-able"], 0),
        (["record", "nobody"], 3),
        (["resolve", "snow", "yes", "--known-at", "2025-05-31", "--evidence", "https://example.org"], 3),
        (["resolve", "rain", "maybe", "--known-at", "2025-05-31", "--evidence", "https://example.org"], 2),
        (["resolve", "rain", "yes", "--known-at", "2999-05-31", "--evidence", "https://example.org"], 2),
        (["resolve", "rain", "yes", "--known-at", "2025-05-31"], 2),
        (["resolve", "rain", "yes"], 2),
        (["leaderboard", "--from", "yesterday"], 2),
        (["leaderboard", "--revisions", "none"], 2),
        (["keys", "create", "bot", "--scope", "fly"], 2),
        (["due"], 0),
        (["fly"], 2),
        (["--help"], 0),
        (["--version"], 0),
        ([], 2),
    ],
)
def test_exit_codes_tell_scripts_what_happened(rain: Command, arguments: list[str], code: int) -> None:
    done = rain(*arguments)
    assert done.code == code, done.err
    assert "Traceback" not in done.err


def test_help_documents_the_exit_codes_and_every_command_has_a_line(trackrecord: Command) -> None:
    message = " ".join(trackrecord("--help").out.replace("│", " ").split())
    assert " ".join(EXIT_CODES.split()) in message
    for command in (
        "serve",
        "predict",
        "resolve",
        "due",
        "leaderboard",
        "import",
        "export",
        "verify",
        "rescore",
        "keys",
    ):
        assert command in message
        assert trackrecord(*([command] if command != "keys" else ["keys", "list"]), "--help").code == 0


def test_verify_exits_with_1_where_a_number_is_wrong(rain: Command, sqlite_url: str) -> None:
    resolve(rain)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE score SET latest = latest + 1")
    database.close()
    done = rain("verify", "--json")
    assert done.code == 1
    assert not done.json["agrees"]
    assert any("commentator 1" in finding for finding in done.json["findings"])


def test_the_board_filters_as_the_api_does(rain: Command) -> None:
    predict(rain, commentator="Bob Bold", hedge="likely", source_url="https://example.org/b", outlet="The Paper")
    resolve(rain)

    def names(*arguments: str) -> list[str]:
        return [item["commentator"]["name"] for item in rain("leaderboard", *arguments, "--json").json["items"]]

    assert names("--sort", "brier") == ["Ann Able", "Bob Bold"]
    assert names("--verbal") == names("--outlet", "The Paper") == names("--source", "1") == ["Bob Bold"]
    assert names("--numbers") == ["Ann Able"]
    assert names("--in-time") == names("--from", "2025-06-01") == names("--conditional") == []
    assert names("--to", "2025-06-01", "--unconditional", "--deadline-basis", "stated", "--limit", "1") == ["Ann Able"]
    assert names("--min-resolved", "2") == names("--topic", "none") == names("--event", "none") == []


def test_the_board_and_a_record_can_be_read_as_of_a_past_instant(rain: Command) -> None:
    resolve(rain)
    before = rain("leaderboard", "--as-of", "2025-01-01", "--json").json
    assert (before["items"], before["as_of"]) == ([], "2025-01-01T00:00:00+00:00")
    assert rain("record", "ann-able", "--as-of", "2025-01-01").code == 3
    assert rain("leaderboard", "--as-of", "2150-01-01").code == 2


def test_keys_are_made_listed_and_revoked(trackrecord: Command) -> None:
    made = trackrecord("keys", "create", "bot", "--scope", "predict", "--scope", "read", "--json").json
    assert made["key"].startswith("tr_")
    assert trackrecord("keys", "create", "bot", "--scope", "read").code == 3
    assert trackrecord("keys", "revoke", "bot").code == 0
    (listed,) = trackrecord("keys", "list", "--json").json
    assert (listed["name"], listed["scopes"]) == ("bot", ["predict", "read"])
    assert listed["revoked_at"] is not None
    assert made["key"] not in json.dumps(listed) + trackrecord("keys", "list").out


def test_due_questions_are_listed_whether_swept_or_not(trackrecord: Command) -> None:
    trackrecord("seed")
    before = trackrecord("due", "--json").json
    assert trackrecord("scheduler", "--once").out.startswith("prompted ")
    after = trackrecord("due", "--json").json
    assert [item["slug"] for item in before] == [item["slug"] for item in after]
    assert len(after) > 3
    assert all(item["status"] == "due" for item in after)
    assert after[0]["slug"] in trackrecord("due", "--limit", "1").out
    assert trackrecord("seed").out.startswith("the database has questions already")


def test_tables_are_plain_and_whole_where_no_terminal_reads_them(trackrecord: Command) -> None:
    trackrecord("seed")
    name = "Opinion columnist, The Washington Post (column on the Trump-Putin call)"
    text = trackrecord("leaderboard").out
    assert name in text
    assert "\x1b" not in text
    assert len({line.index("0.") for line in text.splitlines() if " 0." in line}) <= 1
    assert "no-peace-without-deterrence" in trackrecord("due").out
