"""`trackrecord demo`: an invented record, populated as in use, in a database of its own."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from predictions.audit.verify import verify
from predictions.demo_mark import is_demo, mark_as_demo
from predictions.enums import QuestionKind, QuestionStatus, RankRecordedLate
from predictions.errors import Conflict
from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.ledger import head
from predictions.models import Commentator, LedgerEvent, Prediction, Proposal, Question, Score
from predictions.questions.create import enter_question
from predictions.schemas.inputs import QuestionIn
from predictions.scores.rebuild import bring_into_force
from service.cli import main
from service.db.engine import make_engine, read_transaction, write_transaction
from service.db.migrate import upgrade
from service.demo.build import build
from service.demo.phrases import TOPICS

NOW = datetime(2026, 5, 20, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
    upgrade(engine)
    with write_transaction(engine) as session:
        assert build(session, now=NOW) == 400
    yield engine
    engine.dispose()


@pytest.fixture
def record(demo: Engine) -> Iterator[Session]:
    with read_transaction(demo) as session:
        yield session


def count(session: Session, column: object) -> dict[object, int]:
    return dict(session.execute(select(column, func.count()).group_by(column)).all())  # type: ignore[call-overload]


def test_it_holds_sixty_commentators_and_four_hundred_questions_in_a_database_marked_as_a_demo(record: Session) -> None:
    assert record.execute(select(func.count()).select_from(Commentator)).scalar_one() == 60
    assert record.execute(select(func.count()).select_from(Question)).scalar_one() == 400
    assert is_demo(record)


def test_every_kind_and_state_occurs(record: Session) -> None:
    assert set(count(record, Question.kind)) == set(QuestionKind)
    states = count(record, Question.status)
    assert states[QuestionStatus.RESOLVED] > 250
    assert states[QuestionStatus.ANNULLED] > 5
    waiting = select(func.count()).where(col(Question.outcome).is_(None), col(Question.due_at) <= NOW)
    assert record.exec(waiting).one() > 10
    assert record.exec(select(func.count()).where(col(Question.deadline) > NOW)).one() > 20
    assert record.exec(select(func.count(col(Proposal.id)))).one() > 3
    for column in (Prediction.hedge, Prediction.supersedes_id, Question.condition_question_id):
        assert record.exec(select(func.count()).where(col(column).is_not(None))).one() > 3
    actions = set(record.exec(select(LedgerEvent.action)).all())
    assert actions >= {
        "prediction.corrected",
        "prediction.withdrawn",
        "resolution.corrected",
        "resolution.retracted",
        "question.postponed",
        "question.declared_decided",
        "commentator.changed",
    }


def test_the_ledger_is_in_order_of_time_and_nothing_is_in_the_future(record: Session) -> None:
    times = record.exec(select(LedgerEvent.at).order_by(col(LedgerEvent.seq))).all()
    assert list(times) == sorted(times)
    assert times[-1] <= NOW
    assert times[0] < NOW - timedelta(days=365)


def test_every_stored_number_agrees(record: Session) -> None:
    assert list(verify(record)) == []


def test_the_board_has_ranks_tiers_and_some_with_too_few(record: Session) -> None:
    items = board(record, Filters(), "opening", estimate(record, Filters(), "opening", NOW), now=NOW)
    ranked = [item for item in items if item.rank]
    assert len(ranked) > 30
    assert len({item.tier for item in ranked}) > 1
    assert any(item.status == "too_few" for item in items)


def test_the_same_seed_on_the_same_day_makes_the_same_record(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.demo.questions.TOPICS", TOPICS[:1])
    made = []
    for hours in (0, 2):
        engine = make_engine(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{hours}.db')}")
        with write_transaction(engine) as session:
            build(session, now=NOW + timedelta(hours=hours))
            query = select(Prediction.made_at, Prediction.recorded_at, Prediction.probability, Prediction.hedge)
            made.append(session.exec(query.order_by(col(Prediction.id))).all())
        engine.dispose()
    assert len(made[0]) > 100
    assert made[0] == made[1]


def test_a_second_start_changes_nothing(demo: Engine) -> None:
    with write_transaction(demo) as session:
        before = head(session)
        assert build(session, now=NOW) == 0
        assert head(session) == before


def test_it_refuses_a_database_with_a_record_that_is_not_invented(session: Session) -> None:
    body = {"text": "t", "resolution_criteria": "c", "deadline": "2026-06-01", "deadline_basis": "stated"}
    enter_question(session, QuestionIn.model_validate(body), now=NOW, actor="a")
    with pytest.raises(Conflict):
        build(session, now=NOW)


def test_the_command_builds_it_in_a_folder_of_its_own_whatever_database_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.cli.demo.build", lambda session, **_: 3)
    monkeypatch.setenv("TRACKRECORD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKRECORD_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--no-serve"])
    assert ended.value.code in (0, None)
    assert (tmp_path / "demo" / "trackrecord.db").exists()
    assert not (tmp_path / "real.db").exists()
    assert "Entered 3 invented questions." in capsys.readouterr().out


def test_a_fresh_demo_replaces_the_existing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def small(session: Session, **_: object) -> int:
        if is_demo(session):
            return 0
        mark_as_demo(session, now=NOW)
        return 3

    monkeypatch.setattr("service.cli.demo.build", small)
    monkeypatch.setenv("TRACKRECORD_STATE_DIR", str(tmp_path))
    for option, told in (("", "Entered 3"), ("", "The demo exists already."), ("--fresh", "Entered 3")):
        with pytest.raises(SystemExit):
            main(["demo", "--no-serve", *([option] if option else [])])
        assert told in capsys.readouterr().out


def test_what_is_recorded_late_has_a_source_and_is_ranked(demo: Engine) -> None:
    with Session(demo) as session:  # which is rolled back
        late = session.exec(select(func.count()).select_from(Score).where(col(Score.recorded_late))).one()
        assert late > 0
        done = bring_into_force(session, RankRecordedLate.SOURCED, now=NOW, actor="test")
        assert done is not None
        assert done.changed == 0
