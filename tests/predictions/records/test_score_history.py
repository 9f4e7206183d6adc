"""The score history: its value for a past day equals that of the record rebuilt as of that day."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from predictions.audit.as_of import rebuild
from predictions.errors import TrackRecordError
from predictions.leaderboard.board import board_line
from predictions.leaderboard.estimates import estimate, no_estimates
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator, Prediction, Question, row_id
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import postpone
from predictions.questions.resolve import resolve, retract_resolution
from predictions.records.commentator_record import record_of
from predictions.records.score_history import RULES, HistoryView, history_of
from predictions.records.scored_questions import scored_questions
from predictions.schemas.inputs import CorrectionIn, PredictionIn, QuestionIn, ResolutionIn, WithdrawalIn
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 120


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def ask(session: Session, slug: str, deadline: int, kind: str = "binary") -> Question:
    body: dict[str, Any] = {"slug": slug, "text": "t", "resolution_criteria": "c", "deadline_basis": "stated"}
    body |= {"deadline": on(deadline).isoformat(), "kind": kind}
    body |= {"options": ["low", "high", "higher"]} if kind != "binary" else {}
    return enter_question(session, QuestionIn.model_validate(body), now=on(0), actor="test")


def say(session: Session, question: Question, day: int, made: int, **fields: Any) -> Prediction:
    body = {"commentator": {"name": "Ann"}, "question": {"slug": question.slug}, "made_at": on(made).isoformat()}
    return record_prediction(session, PredictionIn.model_validate(body | fields), now=on(day), actor="test")


def resolve_on(session: Session, question: Question, day: int, outcome: str, known: int) -> None:
    body = {"outcome": outcome, "known_at": on(known).isoformat(), "evidence": [{"url": "https://example.org/"}]}
    resolve(session, question, ResolutionIn.model_validate(body), now=on(day), actor="test")


@contextmanager
def disposing(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.dispose()


def history(session: Session, now: datetime) -> HistoryView:
    ann = session.exec(select(Commentator)).one()
    return history_of(session, ann, scored_questions(session, row_id(ann)), now=now)


def test_each_outcome_correction_and_withdrawal_is_a_point(session: Session) -> None:
    first, second = ask(session, "first", 20), ask(session, "second", 30)
    right, wrong = say(session, first, 1, 0, probability=0.8), say(session, second, 1, 0, probability=0.5)
    resolve_on(session, first, 21, "yes", 20)
    resolve_on(session, second, 31, "no", 30)
    resolve_on(session, first, 41, "no", 20)
    withdraw_prediction(session, wrong, WithdrawalIn(reason="somebody else"), now=on(51), actor="test")
    right_now = {"made_at": right.made_at.isoformat(), "probability": 0.4, "reason": "misread"}
    correct_prediction(session, right, CorrectionIn.model_validate(right_now), now=on(61), actor="test")
    retract_resolution(session, first, "retracted", now=on(71), actor="test")
    points = [(point.at, point.resolved, point.brier.value) for point in history(session, on(80)).as_it_stood]
    assert points == [
        (on(21), 1, pytest.approx(0.04)),
        (on(31), 2, pytest.approx((0.04 + 0.25) / 2)),
        (on(41), 2, pytest.approx((0.64 + 0.25) / 2)),
        (on(51), 1, pytest.approx(0.64)),
        (on(61), 1, pytest.approx(0.16)),
        (on(71), 0, None),
    ]


def test_an_outcome_known_early_is_on_the_board_from_the_deadline_on(session: Session) -> None:
    early = ask(session, "early", 60)
    say(session, early, 1, 0, probability=0.9)
    resolve_on(session, early, 20, "yes", 19)
    assert history(session, on(59)).as_it_stood == []
    (point,) = history(session, on(61)).as_it_stood
    assert (point.at, point.resolved) == (on(60), 1)


def test_scores_in_the_order_of_their_outcomes_have_running_means(session: Session) -> None:
    later, sooner = ask(session, "later", 40), ask(session, "sooner", 30)
    say(session, later, 1, 0, probability=0.0)
    say(session, sooner, 1, 0, probability=0.5)
    resolve_on(session, later, 50, "yes", 40)
    resolve_on(session, sooner, 51, "yes", 30)
    found = [
        (point.question.slug, point.resolved, point.score, point.brier.value)
        for point in history(session, on(60)).by_outcome
    ]
    assert found == [("sooner", 1, 0.25, 0.25), ("later", 2, 1.0, 0.625)]


@pytest.mark.parametrize(
    ("database_url", "seed"),
    [
        *(("sqlite", 0), ("postgresql", 1)),
        *(pytest.param("sqlite", seed, marks=pytest.mark.long) for seed in range(2, 40)),
    ],
    indirect=["database_url"],  # the past is rebuilt in SQLite whatever the record is in
)
def test_every_day_of_the_history_is_what_the_record_rebuilt_for_it_says(session: Session, seed: int) -> None:
    live(session, random.Random(seed))
    points = history(session, on(DAYS)).as_it_stood
    assert len(points) > 3
    for day in range(0, DAYS + 1, 5):
        held = [point for point in points if point.at <= on(day)]
        with disposing(rebuild(session, on(day))) as engine, Session(engine) as past:
            ann = past.exec(select(Commentator)).first()
            if ann is None:
                assert not held
                continue
            line = record_of(past, ann, no_estimates(), now=on(day)).summary
        if not held:
            assert not line.resolved, day
            continue
        assert held[-1].resolved == line.resolved, day
        for name in RULES:
            found, expected = getattr(held[-1], name), getattr(line.statistics, name)
            assert found.value == expected.value, (day, name)
            for end in ("wording_low", "wording_high"):
                assert getattr(found, end) == pytest.approx(getattr(expected, end), abs=1e-8), (day, name)


def live(session: Session, chance: random.Random) -> None:
    """Half a year of one commentator's record, with everything that can happen to it, at noon of each day."""
    kinds = ("binary", "binary", "categorical", "ordinal")
    asked = [ask(session, f"q-{at}", chance.randrange(30, 90), chance.choice(kinds)) for at in range(8)]
    for day in range(1, DAYS):
        for _ in range(2):
            try:
                with session.begin_nested():
                    something(session, chance, chance.choice(asked), day)
            except TrackRecordError:
                continue


def something(session: Session, chance: random.Random, question: Question, day: int) -> None:
    fields: dict[str, Any] = {"probability": chance.choice((0, 0.2, 0.7, 1))}
    fields = {"hedge": chance.choice(("might", "likely"))} if chance.random() < 0.3 else fields
    fields = {"probabilities": chance.choice(([0.2, 0.3, 0.5], [1, 0, 0]))} if question.options else fields
    mine = session.exec(select(Prediction).where(Prediction.question_id == question.id)).all()
    drawn = chance.random()
    if drawn < 0.4:
        say(session, question, day, chance.randrange(day), **fields)
    elif drawn < 0.7:
        outcome = chance.choice([*(question.options or ["yes", "no"]), "annulled"])
        resolve_on(session, question, day, outcome, chance.randrange(10, max(day, 11)))
    elif drawn < 0.78:
        retract_resolution(session, question, "retracted", now=on(day), actor="test")
    elif drawn < 0.86:
        postpone(session, question, question.deadline + timedelta(days=10), "moved", now=on(day), actor="test")
    elif mine and drawn < 0.93:
        body = {"made_at": mine[-1].made_at.isoformat(), "reason": "misread", **fields}
        correct_prediction(session, mine[-1], CorrectionIn.model_validate(body), now=on(day), actor="test")
    elif mine:
        withdraw_prediction(session, mine[0], WithdrawalIn(reason="no"), now=on(day), actor="test")


def test_a_point_of_the_history_has_the_interval_of_the_board_of_that_day(session: Session) -> None:
    chance = random.Random(5)
    for at in range(14):
        question = ask(session, f"q-{at}", 20 + at)
        say(session, question, 1, 0, probability=chance.random())
        resolve_on(session, question, 21 + at, chance.choice(("yes", "no")), 20 + at)
    found = history(session, on(60))
    assert [point.brier.low is None for point in found.as_it_stood] == [True] * 9 + [False] * 5
    assert [point.brier.high is None for point in found.by_outcome] == [True] * 9 + [False] * 5
    for day, point in ((30, found.as_it_stood[9]), (34, found.as_it_stood[-1])):
        engine = rebuild(session, on(day))
        with Session(engine) as past:
            made = estimate(past, Filters(), "opening", on(day))
            line = board_line(past, past.exec(select(Commentator)).one(), made, now=on(day))
        engine.dispose()
        for name in ("brier", "brier_latest", "brier_time_weighted"):
            for end in ("low", "high"):
                expected = getattr(getattr(line.statistics, name), end)
                assert getattr(getattr(point, name), end) == pytest.approx(expected, abs=1e-8)
    last = found.by_outcome[-1]
    assert (last.brier.low, last.brier.high) == pytest.approx((line.brier_low, line.brier_high), abs=1e-8)


def test_the_score_history_has_wording_ranges(session: Session) -> None:
    """Stated 60%, then "likely" (60 to 85%, best 72%), each come true."""
    stated: tuple[dict[str, Any], ...] = ({"probability": 0.6}, {"hedge": "likely"})
    for at, fields in enumerate(stated):
        question = ask(session, f"q-{at}", 20 + at)
        say(session, question, 1, 0, **fields)
        resolve_on(session, question, 30, "yes", 20 + at)
    found = [(point.brier.wording_low, point.brier.wording_high) for point in history(session, on(60)).by_outcome]
    assert found == [
        pytest.approx((0.16, 0.16)),
        pytest.approx(((0.16 + 0.15**2) / 2, (0.16 + 0.4**2) / 2)),
    ]
