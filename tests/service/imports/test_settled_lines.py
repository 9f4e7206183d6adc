"""A file that changes what is settled follows the rule of every other door: a reason, and a second person."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_runner import Command
from tests.support.import_world import outcome, prediction, question

RECORD = [question("rain"), prediction("Ann", "rain", 0.8), outcome("rain", "no")]
FORECAST = {"type": "reference", "question": "rain", "probability": 0.9, "source": "an exchange", "as_of": "2025-02-01"}
CORRECTION = {
    "type": "correction",
    "prediction": 1,
    "made_at": "2025-03-01",
    "probability": 0.2,
    "reason": "misread",
}


@pytest.fixture
def load(trackrecord: Command, tmp_path: Path) -> Any:
    """`load(lines)` imports a file of these lines; gives the exit code and the report."""

    def run(lines: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "lines.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)))
        done = trackrecord("import", str(file), "--json")
        return done.code, json.loads(done.out)

    assert run(RECORD)[0] == 0
    return run


def brier(run: Command) -> float:
    [score] = json.loads(run("record", "ann", "--json").out)["scores"]
    return score["brier"]


def test_an_operator_alone_imports_corrections_and_references_of_settled_questions(
    load: Any, trackrecord: Command
) -> None:
    code, report = load([FORECAST])
    assert (code, report["faults"][0]["pointer"]) == (2, "/reason")
    code, report = load([FORECAST | {"reason": "the archive"}, CORRECTION])
    assert (code, report["waiting"], report["refused"]) == (0, 0, 0)
    assert (report["recorded"]["references"], report["recorded"]["predictions"]) == (1, 1)
    assert brier(trackrecord) == pytest.approx(0.04)
    _, again = load([FORECAST, CORRECTION])
    assert again["present"] == {"reference": 1, "correction": 1}


def test_lines_that_move_a_score_wait_where_a_second_person_could_approve(load: Any, trackrecord: Command) -> None:
    assert trackrecord("keys", "create", "Flo", "--scope", "resolve").code == 0
    code, report = load([FORECAST | {"reason": "the archive"}, CORRECTION, prediction("Bob", "rain", 0.5)])
    assert (code, report["waiting"], report["refused"]) == (0, 2, 0)
    assert (report["recorded"]["references"], report["recorded"]["predictions"]) == (0, 1), "Bob's is no correction"
    assert brier(trackrecord) == pytest.approx(0.64)
    assert trackrecord("verify").code == 0
