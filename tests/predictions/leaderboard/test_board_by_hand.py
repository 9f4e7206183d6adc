"""The board against a slow computation from the raw rows, on random records that contain every special case."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters, Revisions
from predictions.models import Prediction, Question
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import CorrectionIn, PredictionIn, QuestionIn, ResolutionIn, WithdrawalIn
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_predictions
from tests.support import reference_board, reference_wording

START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=200)
PEOPLE = 7
QUESTIONS = 26
HEDGES = ("likely", "unlikely", "might", "almost certain", "never", "70%")
KINDS = ("person", "organisation", "market", "model")
REVISIONS: tuple[Revisions, ...] = ("opening", "latest", "time_weighted")
OPTIONS = ["low", "middle", "high"]
ITEM: dict[str, Any] = {"now": NOW - timedelta(days=1), "actor": "test"}
INTERVALS = (
    *("brier_opening", "brier_latest", "brier_time_weighted"),
    *("brier_adjusted", "peer", "brier_skill_score", "log_score"),
)
FIELDS = (
    *("rank", "tier", "resolved", "open", "overdue", "annulled", "uncounted", "events", "peer_questions"),
    *("brier", "brier_low", "brier_high", "brier_latest", "brier_time_weighted"),
    *("skill", "skill_low", "skill_high", "brier_adjusted", "peer", "brier_skill_score", "log_score"),
    *(f"{name}_{end}" for name in INTERVALS for end in ("low", "high")),
    *(f"{name}_wording_{end}" for name in ("brier", "skill", *INTERVALS) for end in ("low", "high")),
    *("share_verbal", "share_recorded_late", "share_conditional", "share_annulled"),
    *("share_stated_deadline", "share_implied_deadline", "share_assigned_deadline"),
)


@pytest.mark.parametrize("seed", range(3))
def test_every_number_of_the_board_equals_a_naive_computation_from_the_rows(session: Session, seed: int) -> None:
    invent(session, random.Random(seed))
    for revisions in REVISIONS:
        compare_with_a_naive_computation(session, revisions)


def compare_with_a_naive_computation(session: Session, revisions: Revisions) -> None:
    filters = Filters()
    items = board(session, filters, revisions, estimate(session, filters, revisions, NOW), now=NOW)
    expected = reference_wording.board(session, NOW, revisions)
    assert {item.commentator.id for item in items} == {
        commentator for commentator, line in expected.items() if line_shown(line)
    }
    for item in items:
        line, found = expected[item.commentator.id], item.columns()
        for name in FIELDS:
            wanted = (
                pytest.approx(
                    line[name], abs=1e-4 if name.endswith(("_low", "_high")) and "skill_l" not in name else 1e-8
                )
                if line.get(name) is not None
                else None
            )
            assert found[name] == wanted, (item.commentator.name, name)
    assert any(item.rank for item in items)
    assert {item.status for item in items} >= {"provisional"}


def line_shown(line: dict[str, Any]) -> bool:
    return any(line[name] for name in ("open", "overdue", "annulled", "resolved", "uncounted"))


def invent(session: Session, chance: random.Random) -> None:
    """Seven people, the last of them with little to say, on questions of every kind, fate and basis."""
    asked = [enter_question(session, question(at, chance), **ITEM) for at in range(QUESTIONS)]
    early = [item for item in random_predictions(asked, chance) if chance.random() < 0.8]
    ids = record_predictions(session, early, now=START + timedelta(days=100), actor="test")
    ids += record_predictions(session, random_predictions(asked, chance), **ITEM)
    for number in chance.sample(ids, 8):
        wrong = session.get_one(Prediction, number)
        if chance.random() < 0.5:
            withdraw_prediction(session, wrong, WithdrawalIn(reason="somebody else"), **ITEM)
        elif wrong.probability is not None:
            right = {
                "made_at": wrong.made_at.isoformat(),
                "probability": chance.choice((0.0, 0.35, 1.0)),
                "reason": "r",
            }
            correct_prediction(session, wrong, CorrectionIn.model_validate(right), **ITEM)
    for row in asked:
        outcome = fate(row, chance)
        if outcome is not None and session.get_one(Question, row.id).outcome is None:
            resolve(session, row, outcome, **ITEM)
    session.flush()


def question(at: int, chance: random.Random) -> QuestionIn:
    kind = chance.choice(("binary", "binary", "binary", "categorical", "ordinal"))
    deadline = START + timedelta(days=chance.choice((90, 120, 150, 230)), hours=chance.randrange(24))
    body: dict[str, Any] = {
        "slug": f"q-{at}",
        "text": "t",
        "resolution_criteria": "c",
        "kind": kind,
        "deadline": deadline.isoformat(),
        "deadline_basis": chance.choice(("stated", "implied", "assigned")),
        "topics": chance.sample(("economy", "war", "weather"), chance.randrange(3)),
    }
    if kind != "binary":
        body["options"] = OPTIONS
    if chance.random() < 0.3:
        body["event"] = f"family-{chance.randrange(3)}"
    if at and chance.random() < 0.2:
        body["condition"] = {"text": "if it comes to that"}
    if chance.random() < 0.4:
        numbers = {"probability": 0.4} if kind == "binary" else {"probabilities": [0.2, 0.3, 0.5]}
        body["reference"] = {"source": "an exchange", "as_of": (START + timedelta(days=20)).isoformat(), **numbers}
    return QuestionIn.model_validate(body)


def random_predictions(asked: list[Question], chance: random.Random) -> list[PredictionIn]:
    found = []
    for row in asked:
        for commentator in range(PEOPLE):
            if chance.random() < (0.75 if commentator < PEOPLE - 1 else 0.1):
                made_at = START + timedelta(days=chance.choice((0, 10, 10, 30, 60, 85)), minutes=chance.randrange(600))
                found.append(
                    PredictionIn.model_validate(
                        {
                            "commentator": {"name": f"Person {commentator}", "kind": KINDS[commentator % len(KINDS)]},
                            "question": {"slug": row.slug},
                            "made_at": made_at.isoformat(),
                            **stated(row, chance),
                            **drawn_from(chance),
                        }
                    )
                )
    return found


def drawn_from(chance: random.Random) -> dict[str, Any]:
    outlet = chance.choice(("Gazette", "Herald", None))
    url = f"https://example.org/{outlet}/{chance.randrange(2)}"
    return {"source": {"url": url, "outlet": outlet}} if outlet else {}


def stated(row: Question, chance: random.Random) -> dict[str, Any]:
    if row.options:
        first, second = sorted((chance.randrange(11), chance.randrange(11)))
        return {"probabilities": [first / 10, (second - first) / 10, (10 - second) / 10]}
    if chance.random() < 0.3:
        return {"hedge": chance.choice(HEDGES)}
    return {"probability": chance.choice((0.0, 0.1, 0.3, 0.5, 0.77, 0.9, 1.0))}


def fate(row: Question, chance: random.Random) -> ResolutionIn | None:
    """Mostly an outcome, known before the deadline or at it; at times annulled, at times none."""
    drawn = chance.random()
    if drawn < 0.08:
        return None
    outcome = "annulled" if drawn < 0.16 else chance.choice(row.options or ["yes", "no"])
    known_at = START + timedelta(days=chance.choice((25, 70))) if drawn < 0.4 else min(row.deadline, ITEM["now"])
    body = {"outcome": outcome, "known_at": known_at.isoformat(), "evidence": [{"url": "https://example.org/"}]}
    return ResolutionIn.model_validate(body)


def test_the_naive_board_reads_every_active_prediction(session: Session) -> None:
    invent(session, random.Random(1))
    rows = session.exec(select(Prediction)).all()
    assert 0 < len(reference_board.active_predictions(session)) < len(rows)
