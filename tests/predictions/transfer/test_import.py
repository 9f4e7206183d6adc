"""Import: a whole file or nothing, twice without duplicates, in any order, with the result that the API would give."""

from typing import Any

import pytest

from tests.support.cli_runner import Command

RAIN = {
    "type": "question",
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "Yes if the gauge says so.",
    "deadline": "2025-05-31",
    "deadline_basis": "stated",
    "topics": ["weather"],
}
SUN = RAIN | {"slug": "sun", "text": "Will the sun shine?", "condition": {"question": "rain", "outcome": "no"}}
ENDED = {
    "type": "resolution",
    "question": "rain",
    "outcome": "no",
    "known_at": "2025-05-31",
    "evidence": [{"url": "https://example.org/gauge"}],
}


def prediction_line(name: str, question: str = "rain", probability: float = 0.25, **more: Any) -> dict[str, Any]:
    line = {"commentator": {"name": name}, "question": {"slug": question}, "made_at": "2025-04-01"}
    return line | {"probability": probability} | more


def brier(run: Command, name: str) -> float:
    items = run("leaderboard", "--json").json["items"]
    return next(item["brier"] for item in items if item["commentator"]["name"] == name)


def test_lines_may_come_in_any_order(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    reference = {"type": "reference", "question": "rain", "probability": 0.5, "source": "odds", "as_of": "2025-03-31"}
    lines = [
        ENDED | {"question": "sun", "outcome": "yes"},
        ENDED,
        prediction_line("Ann"),
        prediction_line("Bob", "sun"),
        reference,
        SUN,
        RAIN,
    ]
    done = run("import", run.lines("all.jsonl", lines), "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["recorded"] == {
        "commentators": 2,
        "sources": 0,
        "questions": 2,
        "references": 1,
        "predictions": 2,
        "resolutions": 2,
    }
    assert brier(run, "Ann") == pytest.approx(0.0625, abs=1e-12)
    assert brier(run, "Bob") == pytest.approx(0.5625, abs=1e-12)
    assert run("record", "ann", "--json").json["scores"][0]["reference_type"] == "market"
    assert run("verify").code == 0


def test_the_same_file_twice_adds_nothing_and_says_so(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    source = {"url": "https://example.org/a", "title": "A"}
    verbal = {"commentator": {"name": "Cy"}, "question": {"slug": "rain"}, "made_at": "2025-04-02", "hedge": "unlikely"}
    lines = [
        RAIN,
        prediction_line("Ann", source=source),
        prediction_line("Ann", source=source),
        prediction_line("Bob"),
        verbal,
        ENDED,
    ]
    file = run.lines("all.jsonl", lines)
    assert run("import", file, "--json").json["recorded"]["predictions"] == 4
    before = run("export", "--what", "ledger").out
    again = run("import", file, "--json")
    assert again.code == 0
    assert set(again.json["recorded"].values()) == {0}
    assert again.json["present"] == {"question": 1, "prediction": 4, "resolution": 1}
    assert run("export", "--what", "ledger").out == before
    assert "already: 4 prediction lines" in run("import", file).out.replace("1 question line, ", "")


def test_a_new_line_in_a_known_file_is_the_only_one_recorded(trackrecord: Command) -> None:
    run = trackrecord
    run("import", run.lines("all.jsonl", [RAIN, prediction_line("Ann"), prediction_line("Bob")]))
    changed = [
        RAIN,
        prediction_line("Ann"),
        prediction_line("Ann", probability=0.3),
        prediction_line("Bob", note="new"),
        prediction_line("Bob"),
    ]
    done = run("import", run.lines("all.jsonl", changed), "--json").json
    assert done["recorded"]["predictions"] == 2
    assert done["present"]["prediction"] == 2


def test_an_outcome_corrected_here_is_not_undone_by_its_old_file(trackrecord: Command) -> None:
    run = trackrecord
    file = run.lines("all.jsonl", [RAIN, prediction_line("Ann"), ENDED])
    run("import", file)
    run("resolve", "rain", "yes", "--known-at", "2025-05-30", "--evidence", "https://example.org/b")
    assert run("import", file, "--json").json["present"]["resolution"] == 1
    assert run("question", "rain", "--json").json["outcome"] == "yes"


def test_one_invalid_line_prevents_the_whole_import(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    future = prediction_line("Bob", made_at="2199-07-01")
    file = run.lines(
        "all.jsonl",
        [RAIN, prediction_line("Ann"), future, prediction_line("Cy", probability=1.5), prediction_line("Di", "snow")],
    )
    before = run("export").out
    done = run("import", file)
    assert done.code == 2
    assert "all.jsonl:3: `made_at` lies in the future" in done.err
    assert "all.jsonl:4: `probability` must be at most 1" in done.err
    assert "all.jsonl:5: question.slug: no question has slug 'snow'" in done.err
    assert "3 lines refused" in done.err
    assert "nothing was recorded" in done.err
    assert run("export").out == before


def test_partial_records_the_valid_lines_and_exits_with_a_code_of_its_own(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    future = prediction_line("Eve", made_at="2199-07-01", source={"url": "https://example.org/future"})
    lines = [
        RAIN,
        prediction_line("Ann"),
        future,
        prediction_line("Bob"),
        prediction_line("Cy", "nowhere"),
        prediction_line("Di"),
        ENDED,
        ENDED | {"outcome": "x"},
    ]
    done = run("import", run.lines("all.jsonl", lines), "--partial", "--json")
    assert done.code == 1
    assert done.json["recorded"]["predictions"] == 3
    assert [fault["line"] for fault in done.json["faults"]] == [3, 5, 8]
    assert done.json["recorded"]["sources"] == 0
    assert {item["commentator"]["name"] for item in run("leaderboard", "--json").json["items"]} == {"Ann", "Bob", "Di"}
    assert run("verify").code == 0


def test_a_dry_run_shows_what_would_be_recorded_and_records_nothing(trackrecord: Command) -> None:
    run = trackrecord
    file = run.lines("all.jsonl", [RAIN, prediction_line("Ann"), ENDED])
    before = run("export").out
    done = run("import", file, "--dry-run")
    assert done.code == 0
    assert done.out.startswith("would record 1 commentator, 1 question, 1 prediction, 1 resolution;")
    assert run("export").out == before
    assert run("import", file).code == 0


def test_corrections_and_withdrawals_name_lines_of_their_file_or_ids(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    right = {"made_at": "2025-04-01", "probability": 0.5, "reason": "Misread."}
    lines: list[dict[str, Any]] = [
        {"type": "correction", "prediction": "first", "ref": "second", **right},
        {"type": "correction", "prediction": "second", **right, "probability": 0.75},
        {"type": "withdrawal", "prediction": "third", "reason": "Not said."},
        *(RAIN, prediction_line("Ann", ref="first"), prediction_line("Bob", ref="third"), ENDED),
    ]
    assert run("import", run.lines("all.jsonl", lines)).code == 0
    assert brier(run, "Ann") == pytest.approx(0.5625, abs=1e-12)
    assert [item["commentator"]["name"] for item in run("leaderboard", "--json").json["items"]] == ["Ann"]
    done = run("import", run.lines("more.jsonl", [{"type": "withdrawal", "prediction": 1, "reason": "No."}]))
    assert (done.code, "superseded by prediction" in done.err) == (2, True)
    assert run("import", "all.jsonl", "--json").json["present"]["correction"] == 2


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ({"type": "withdrawal", "prediction": "nobody", "reason": "x"}, "no line that was recorded has the ref"),
        ({"type": "withdrawal", "prediction": 99, "reason": "x"}, "no prediction has the id 99"),
        ({"type": "resolution", "question": "nix"} | {k: ENDED[k] for k in ("outcome", "known_at", "evidence")}, "nix"),
        ({"type": "taking_back", "question": "rain", "reason": "x"}, "there is nothing to retract"),
        ({"type": "predicton"}, "did you mean 'prediction'?"),
        ({"type": 7}, "unknown type 7"),
        (RAIN | {"deadline": "2026-01-01"}, "differs from that of question"),
        (SUN | {"condition": {"question": "nix", "outcome": "no"}}, "enter that question first"),
        (ENDED | {"known_at": "2199-01-01"}, "lies in the future"),
    ],
)
def test_an_invalid_line_is_reported_with_the_remedy(trackrecord: Command, line: Any, remedy: str) -> None:
    trackrecord("import", trackrecord.lines("first.jsonl", [RAIN]))
    done = trackrecord("import", trackrecord.lines("all.jsonl", [line, prediction_line("Ann")]))
    assert done.code == 2
    assert done.err.startswith("all.jsonl:1: ")
    assert remedy in done.err


def test_many_faults_are_counted_and_the_first_are_shown(trackrecord: Command) -> None:
    lines = [prediction_line(f"P {number}", probability=7) for number in range(70)]
    done = trackrecord("import", trackrecord.lines("all.jsonl", lines))
    assert done.code == 2
    assert done.err.count("all.jsonl:") == 50
    assert "70 lines refused; the first 50 faults are shown" in done.err


def test_a_file_with_too_many_errors_is_not_checked_to_the_end(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictions.transfer.importer.ENOUGH", 5)
    future = [prediction_line(f"P {number}", made_at="2199-07-01") for number in range(20)]
    file = trackrecord.lines("all.jsonl", [RAIN, *future, prediction_line("Ann"), ENDED])
    done = trackrecord("import", file)
    assert (done.code, "at least 5 lines refused" in done.err) == (2, True)
    partial = trackrecord("import", file, "--partial", "--json").json
    assert (partial["refused"], partial["stopped"], partial["recorded"]["predictions"]) == (20, False, 1)


def test_predictions_on_a_resolved_question_are_scored_at_once(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    run("import", run.lines("one.jsonl", [RAIN, prediction_line("Ann"), ENDED]))
    run(
        "import",
        run.lines(
            "two.jsonl",
            [prediction_line("Bob", probability=0.5), prediction_line("Bob", probability=0.1, made_at="2025-05-01")],
        ),
    )
    assert brier(run, "Bob") == pytest.approx(0.25, abs=1e-12)
    assert run("verify").code == 0
