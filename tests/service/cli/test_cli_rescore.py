"""`rescore` makes the stored numbers what the append-only rows say; `verify` says whether they are."""

from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlmodel import Session, col

from predictions.models import LedgerEvent, RunningTotal, Score
from service.db.engine import read_transaction, write_transaction
from tests.predictions.transfer.test_export import NOW, one_of_everything
from tests.support.cli_runner import Command
from tests.support.generated_record import fill


def numbers(session: Session) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    scores = session.execute(select(Score).order_by(col(Score.commentator_id), col(Score.question_id))).scalars()
    sums = session.execute(
        select(RunningTotal).order_by(col(RunningTotal.commentator_id), col(RunningTotal.topic))
    ).scalars()
    return [row.model_dump() for row in scores], [row.model_dump() for row in sums if row.questions]


def test_rescoring_restores_spoiled_scores_and_sums(trackrecord_anywhere: Command, engine: Engine) -> None:
    run = trackrecord_anywhere
    with write_transaction(engine) as session:
        one_of_everything(session)
        fill(session, now=NOW, people=10, questions=12)
    with read_transaction(engine) as session:
        before = numbers(session)
    with write_transaction(engine) as session:
        session.execute(update(Score).where(col(Score.commentator_id) == 1).values(latest=7))
        session.execute(delete(Score).where(col(Score.commentator_id) == 2))
        session.execute(update(Score).where(col(Score.commentator_id) == 3).values(deadline=NOW))
        session.execute(delete(RunningTotal).where(col(RunningTotal.topic) != ""))
        session.execute(update(RunningTotal).values(opening=1))
    assert run("verify").code == 1
    done = run("rescore", "--json")
    assert done.code == 0
    with read_transaction(engine) as session:
        assert numbers(session) == before
        last = session.execute(select(LedgerEvent).order_by(col(LedgerEvent.seq).desc())).scalars().first()
        assert last is not None
        assert last.action == "record.rescored"
    assert done.json["scores"] == len(before[0]) > 90
    assert 0 < done.json["changed"] < len(before[0])
    assert run("verify", "--json").json == {"agrees": True, "findings": []}
    assert run("rescore", "--json").json == {"scores": len(before[0]), "changed": 0}


def test_rescoring_an_empty_record_does_nothing(trackrecord: Command) -> None:
    assert trackrecord("rescore").out == "0 scores recomputed, 0 of them changed\n"
    assert trackrecord("export", "--what", "ledger").out == ""


def test_the_rule_for_late_predictions_comes_into_force_and_data_sets_count_as_sourced(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trackrecord
    question = {"type": "question", "slug": "rain", "text": "Rain?", "resolution_criteria": "c"}
    question |= {"deadline": "2025-05-31", "deadline_basis": "stated"}
    stated = {"commentator": {"name": "From a file"}, "question": {"slug": "rain"}, "made_at": "2025-04-01"}
    ended: dict[str, Any] = {"type": "resolution", "question": "rain", "outcome": "no", "known_at": "2025-05-31"}
    ended |= {"evidence": [{"url": "https://example.org/gauge"}]}
    assert run("import", run.lines("all.jsonl", [question, stated | {"probability": 0.2}, ended])).code == 0
    by_hand = ("predict", "--commentator", "By hand", "--question", "rain", "--probability", "0.2")
    assert "[recorded_late, unsourced]" in run(*by_hand, "--made-at", "2025-04-01").out

    def ranked(rule: str) -> set[str]:
        monkeypatch.setenv("TRACKRECORD_RANK_RECORDED_LATE", rule)
        assert run("rescore").code == 0
        assert run("verify").code == 0
        items = run("leaderboard", "--json").json["items"]
        return {item["commentator"]["name"] for item in items if item["resolved"]}

    assert ranked("sourced") == {"From a file"}
    assert ranked("all") == {"From a file", "By hand"}
    assert ranked("none") == set()
    monkeypatch.setenv("TRACKRECORD_RANK_RECORDED_LATE", "some")
    refused = run("rescore")
    assert refused.code == 2
    assert "TRACKRECORD_RANK_RECORDED_LATE must be 'sourced', 'all' or 'none'" in refused.err
