"""Predictions recorded late: which count, by the rule in force, now and as of any instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from predictions.audit.as_of import rebuild
from predictions.audit.verify import verify
from predictions.enums import RankRecordedLate
from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator, LedgerEvent, Score
from predictions.queries.details import view_predictions
from predictions.records.commentator_changes import predictions_shown
from predictions.records.score_history import history_of
from predictions.records.scored_questions import scored_questions
from predictions.schemas.inputs import CorrectionIn, PredictionIn
from predictions.scores.late_rule import rule_in_force
from predictions.scores.rebuild import bring_into_force, rescore
from predictions.submissions.corrections import correct_prediction
from predictions.submissions.record import record_prediction
from tests.support.source_requests import create_question, resolve_question

DEADLINE = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = {"url": "https://example.org/column"}
SOURCED, ALL, NONE = RankRecordedLate.SOURCED, RankRecordedLate.ALL, RankRecordedLate.NONE


def on(day: int) -> dict[str, Any]:
    return {"now": DEADLINE + day * DAY, "actor": "editor"}


def record(session: Session, name: str, day: int, **more: Any) -> Any:
    body = {"commentator": {"name": name}, "question": {"slug": "rain"}, "made_at": "2025-02-01", "probability": 0.5}
    return record_prediction(session, PredictionIn.model_validate(body | more), **on(day))


@pytest.fixture
def late(session: Session) -> Session:
    """One prediction in time, one late with a source, one late without; one in time and revised late without."""
    question = create_question(session, "rain", DEADLINE)
    record(session, "In time", -1)
    record(session, "Reviser", -1)
    resolve_question(session, question, "yes", DEADLINE + DAY)
    record(session, "Sourced", 2, source=SOURCE)
    record(session, "Bare", 2)
    record(session, "Reviser", 2, probability=1.0, made_at="2025-02-02")
    return session


def counted(session: Session) -> dict[str, int]:
    """Return the number of predictions that count, by commentator."""
    query = select(Commentator.name, Score.counted).join(Score, col(Score.commentator_id) == col(Commentator.id))
    return dict(session.exec(query).all())


EXPECTED: list[tuple[RankRecordedLate, dict[str, int]]] = [
    (SOURCED, {"In time": 1, "Sourced": 1, "Reviser": 1}),
    (ALL, {"In time": 1, "Sourced": 1, "Bare": 1, "Reviser": 2}),
    (NONE, {"In time": 1, "Reviser": 1}),
]


@pytest.mark.parametrize(("rule", "expected"), EXPECTED, ids=[rule.value for rule, _ in EXPECTED])
def test_the_rule_decides_which_late_predictions_count_and_the_others_stay_on_record(
    late: Session, rule: RankRecordedLate, expected: dict[str, int]
) -> None:
    if rule is ALL:
        bring_into_force(late, NONE, **on(2))
    assert bring_into_force(late, rule, **on(3)) is not None
    assert counted(late) == expected
    assert bring_into_force(late, rule, **on(4)) is None, "it is in force already"
    assert list(verify(late)) == []
    assert rescore(late, **on(4), progress=lambda *_: None).changed == 0
    events = select(LedgerEvent).where(LedgerEvent.action == "setting.changed").order_by(col(LedgerEvent.seq))
    event = late.exec(events).all()[-1]
    assert (event.at, rule_in_force(late)) == (DEADLINE + 3 * DAY, rule)
    assert f'"after":{{"rank_recorded_late":"{rule.value}"}}' in event.body
    record(late, "Later", 5)
    assert ("Later" in counted(late)) == (rule is ALL), "a new one obeys the rule in force"
    assert list(verify(late)) == []


def test_one_without_a_source_is_shown_apart_with_its_flags_and_counted_in_the_open(late: Session) -> None:
    bring_into_force(late, SOURCED, **on(3))
    bare = late.exec(select(Commentator).where(Commentator.name == "Bare")).one()
    [shown] = predictions_shown(late, bare.id or 0, []).uncounted
    assert shown.flags == ["recorded_late", "unsourced"]
    items = board(late, Filters(), "opening", estimate(late, Filters(), "opening", DEADLINE + 9 * DAY), **_now(9))
    by_name = {item.commentator.name: item for item in items}
    assert (by_name["Bare"].resolved, by_name["Bare"].uncounted) == (0, 1)
    assert {name: by_name[name].share_recorded_late for name in ("In time", "Sourced")} == {"In time": 0, "Sourced": 1}


def test_a_source_in_a_correction_makes_a_late_prediction_count(late: Session) -> None:
    bring_into_force(late, SOURCED, **on(3))
    wrong = record(late, "Bare again", 4)
    body = {"made_at": "2025-02-01", "probability": 0.5, "source": SOURCE, "reason": "the column is found"}
    right = correct_prediction(late, wrong, CorrectionIn.model_validate(body), **on(5))
    assert "Bare again" in counted(late)
    assert "unsourced" not in view_predictions(late, [right])[0].flags


def test_the_record_and_the_history_follow_the_rule_of_each_day(late: Session) -> None:
    for day, rule in ((3, SOURCED), (5, NONE), (7, ALL)):
        bring_into_force(late, rule, **on(day))
    bare, sourced = (late.exec(select(Commentator).where(Commentator.name == n)).one() for n in ("Bare", "Sourced"))
    for person, days in ((bare, {2: 1, 4: 0, 6: 0, 8: 1}), (sourced, {2: 1, 4: 1, 6: 0, 8: 1})):
        history = history_of(late, person, scored_questions(late, person.id or 0), now=DEADLINE + 9 * DAY).as_it_stood
        for day, expected in days.items():
            at = DEADLINE + day * DAY
            engine = rebuild(late, at)
            with Session(engine) as past:
                assert (person.name in counted(past)) == bool(expected), (person.name, day)
            engine.dispose()
            assert [point.resolved for point in history if point.at <= at][-1] == expected, (person.name, day)


def _now(day: int) -> dict[str, Any]:
    return {"now": DEADLINE + day * DAY}
