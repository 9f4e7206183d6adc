"""Imports in pieces: hidden until complete, whole or not at all."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from predictions.audit.as_of import rebuild
from predictions.errors import Conflict, InvalidInput
from predictions.import_models import BulkImport, ImportLine, ImportQuestion
from predictions.imports.lifecycle import LEASE
from predictions.models import Commentator, Prediction, Question, row_id
from predictions.questions.references import add_reference
from predictions.schemas.inputs import (
    PredictionIn,
    ReferenceIn,
)
from predictions.scores.rebuild import rescore
from predictions.submissions.record import record_prediction
from service.db.engine import read_transaction, write_transaction
from service.errors import Unavailable
from service.imports import take_over_imports
from tests.support.fake_clock import FakeClock
from tests.support.import_world import (
    BY,
    LINES_OF_ALL_KINDS,
    NOW,
    Between,
    actions,
    body,
    content,
    kill_at,
    outcome,
    prediction,
    question,
    run_lines,
    verified,
    without_type,
)


def test_rows_of_an_import_are_hidden_until_it_is_complete_and_all_there_then(
    record: Engine, between_pieces: Between
) -> None:
    before, seen = content(record), []

    def look() -> None:
        with read_transaction(record) as session:
            seen.append("import.completed" in actions(session))
            if not seen[-1]:
                assert session.execute(select(Question).where(col(Question.slug) == "rain")).first() is None
                assert (
                    session.execute(select(col(Prediction.id)).where(col(Prediction.import_id).is_not(None))).all()
                    == []
                )
        if not seen[-1]:
            assert content(record) == before
            assert verified(record) == []

    between_pieces(look)
    report = run_lines(record, LINES_OF_ALL_KINDS)
    assert (seen.count(False) > 5, seen.count(True) > 5) == (True, True)
    assert report.recorded == {
        "commentators": 6,
        "sources": 1,
        "questions": 3,
        "references": 1,
        "predictions": 23,
        "resolutions": 3,
    }
    assert verified(record) == []
    with read_transaction(record) as session:
        done = actions(session)
        started, completed = (body(session, action) for action in ("import.started", "import.completed"))
    assert done.index("import.started") + 1 == done.index("import.completed")
    assert done[-1] == "import.finished"
    assert started["count"] == sum(table["count"] for table in completed.values()) == 6 + 1 + 3 + 1 + 20
    assert len(started["root"]) == 64


def test_an_import_in_pieces_gives_the_record_that_one_transaction_gives(
    record: Engine, between_pieces: Between, sqlite_url: str
) -> None:
    between_pieces(lambda: None)
    run_lines(record, LINES_OF_ALL_KINDS)
    in_pieces = content(record)
    with write_transaction(record) as session:
        assert rescore(session, now=NOW, actor="test", progress=lambda *_: None).changed == 0
    assert content(record) == in_pieces


@pytest.mark.parametrize("when", [1, 9, 17, 25, 33, 45, 60])
def test_a_killed_import_leaves_nothing_or_is_finished_by_another_process(
    record: Engine, between_pieces: Between, when: int
) -> None:
    before = content(record)
    killed = kill_at(record, between_pieces, LINES_OF_ALL_KINDS, when)
    with read_transaction(record) as session:
        complete = "import.completed" in actions(session)
    if not complete:
        assert content(record) == before
    clock = FakeClock(NOW + LEASE)
    assert take_over_imports(record, clock) == 0, "its process may still be alive"
    clock.advance(1)
    take_over_imports(record, clock)
    assert verified(record) == []
    with read_transaction(record) as session:
        tables: tuple[Any, ...] = (ImportQuestion, ImportLine)
        left = [session.connection().execute(select(table.__table__)).all() for table in tables]
        assert left == [[], []]
        assert complete == (session.execute(select(BulkImport)).first() is not None)
        hidden = select(func.count()).select_from(Prediction.__table__)  # type: ignore[attr-defined]
        assert session.connection().execute(hidden).scalar_one() == content(record)["Prediction"]
    if not complete:
        assert content(record) == before
    run_lines(record, LINES_OF_ALL_KINDS)  # again, as somebody would who has got no answer
    once = content(record)
    assert (once["Question"], once["Commentator"], once["Prediction"]) == (4, 8, 2 + 20 + 3)
    assert killed or when > 40


def test_an_import_with_a_refused_line_leaves_nothing(record: Engine, between_pieces: Between) -> None:
    before = content(record)
    between_pieces(lambda: None)
    with read_transaction(record) as session:
        events = actions(session)
    with pytest.raises(InvalidInput):
        run_lines(record, [*LINES_OF_ALL_KINDS, outcome("rain", "perhaps")])
    assert content(record) == before
    with read_transaction(record) as session:
        assert actions(session) == events
        assert session.connection().execute(select(BulkImport.__table__)).all() == []  # type: ignore[attr-defined]
    assert verified(record) == []


def test_who_names_a_hidden_row_makes_it_part_of_the_record(record: Engine, between_pieces: Between) -> None:
    named: list[int] = []

    def name_them() -> None:
        if named:
            return
        with write_transaction(record) as session:
            hidden = session.connection().execute(select(Prediction.__table__.c.id)).all()  # type: ignore[attr-defined]
            if len(hidden) < 10:
                return
            full = without_type(question("rain"))
            line = prediction("P3", "", 0.7, question=full)
            row = record_prediction(session, PredictionIn.model_validate(without_type(line)), **BY)
            asked = session.get_one(Question, row.question_id)
            reference = {"probability": 0.5, "source": "odds", "as_of": "2025-02-20"}
            add_reference(session, asked, ReferenceIn.model_validate(reference), **BY)
            named.append(row_id(row))

    between_pieces(name_them)
    with pytest.raises(InvalidInput):
        run_lines(record, [*LINES_OF_ALL_KINDS, outcome("rain", "perhaps")])
    assert named
    assert verified(record) == []
    with read_transaction(record) as session:
        assert {"P3"} <= set(session.execute(select(col(Commentator.name))).scalars())
        events = actions(session)
        assert {"commentator.entered", "question.entered", "reference.recorded"} <= set(
            events[events.index("resolution.confirmed") :]
        )
    named.clear()
    run_lines(record, LINES_OF_ALL_KINDS)
    assert verified(record) == []


def test_the_past_has_the_rows_of_an_import_since_its_completion(record: Engine, between_pieces: Between) -> None:
    clock = FakeClock()

    def let_time_pass() -> None:
        clock.advance(1)

    between_pieces(let_time_pass)
    run_lines(record, LINES_OF_ALL_KINDS, clock=clock)
    with read_transaction(record) as session:
        completed_at = session.execute(select(col(BulkImport.completed_at))).scalar_one()
        assert completed_at is not None
        numbers = []
        for at in (completed_at - timedelta(seconds=0.5), completed_at):
            past = rebuild(session, at)
            with Session(past) as then:
                numbers.append(then.execute(select(func.count()).select_from(Prediction)).scalar_one())
            past.dispose()
    assert numbers == [2, 22]


def test_rows_of_a_complete_import_can_never_be_deleted(record: Engine, between_pieces: Between) -> None:
    between_pieces(lambda: None)
    run_lines(record, LINES_OF_ALL_KINDS)
    with pytest.raises(DBAPIError, match="append-only"), write_transaction(record) as session:
        session.connection().exec_driver_sql("DELETE FROM prediction WHERE import_id IS NOT NULL")


def test_an_import_that_stood_still_too_long_does_not_come_back(record: Engine, between_pieces: Between) -> None:
    before, passed = content(record), [0]

    def stand_still() -> None:
        passed[0] += 1
        if passed[0] == 8:
            between_pieces(lambda: None)
            take_over_imports(record, FakeClock(NOW + 2 * LEASE))

    between_pieces(stand_still)
    with pytest.raises(Conflict, match="import it again"):
        run_lines(record, LINES_OF_ALL_KINDS)
    assert content(record) == before
    assert verified(record) == []


def test_two_imports_at_once_that_name_the_same_people_and_questions_both_arrive(
    record: Engine, between_pieces: Between
) -> None:
    inner: Iterator[int] = iter(range(1))

    def import_too() -> None:
        for _ in inner:
            run_lines(record, [question("rain"), *(prediction(f"P{number}", "rain", 0.6) for number in range(12))])

    calls = [0]

    def later() -> None:
        calls[0] += 1
        if calls[0] > 12:
            import_too()

    between_pieces(later)
    run_lines(record, LINES_OF_ALL_KINDS)
    assert verified(record) == []
    assert content(record)["Prediction"] == 2 + 20 + 3 + 12


def test_a_ref_that_two_corrections_have_is_refused(record: Engine) -> None:
    lines = [question("rain"), question("snow")]
    lines += [prediction("Ann", slug, ref=slug) for slug in ("rain", "snow")]
    correction = {"type": "correction", "ref": "x", "made_at": "2025-03-02", "probability": 0.8, "reason": "Misread."}
    lines += [correction | {"prediction": slug} for slug in ("rain", "snow")]
    with pytest.raises(InvalidInput, match="'x' is a duplicate"):
        run_lines(record, lines)


def test_an_import_is_recorded_even_if_the_database_fails_before_its_scores_are_computed(
    record: Engine, between_pieces: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("the database is busy")

    with monkeypatch.context() as patched:
        patched.setattr("service.imports.finish_import", fail)
        report = run_lines(record, LINES_OF_ALL_KINDS)
    assert report.refused == 0
    assert "is complete, but not counted" in verified(record)[0]
    take_over_imports(record, FakeClock(NOW + 2 * LEASE))
    assert verified(record) == []
    assert content(record)["Prediction"] == 2 + 20 + 3


def test_checking_lines_computes_no_scores(record: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[object] = []

    def store_scores(_: Session, asked: Question) -> int:
        computed.append(asked.slug)
        return 0

    monkeypatch.setattr("predictions.scores.running_totals.store_scores", store_scores)
    late = [outcome("old", "no"), outcome("rain", "perhaps")]
    lines = [{"type": "withdrawal", "prediction": 1, "reason": "Wrong."}, *late]
    with pytest.raises(InvalidInput):
        run_lines(record, [*LINES_OF_ALL_KINDS, *lines])
    assert computed == []
