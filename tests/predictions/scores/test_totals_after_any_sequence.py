"""Whatever is done in whatever order, every stored number follows from the append-only rows."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, update
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, col, select

from predictions.audit.verify import verify
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import Prediction, Question, Resolution, RunningTotal, Score
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.lookup import find_question
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import CorrectionIn, PredictionIn, QuestionIn, ResolutionIn, WithdrawalIn
from predictions.scores.rebuild import rescore
from predictions.scores.running_totals import FIELDS
from predictions.scoring.units import SCALE
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import Submission, record_each, record_predictions

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = st.sampled_from(["Ann", "Bob", "Cy"])
SLUGS = st.sampled_from(["plain", "choice", "scale", "child"])
SHARES = st.sampled_from([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.0, 0.5, 0.5]])
PERCENT = st.integers(0, 100).map(lambda number: number / 100)
OPTIONS = {"kind": "categorical", "options": ["a", "b", "c"]}
QUESTIONS: dict[str, dict[str, Any]] = {
    "plain": {"topics": ["one", "two"]},
    "choice": OPTIONS | {"topics": ["one"]},
    "scale": OPTIONS | {"kind": "ordinal"},
    "child": {"condition": {"question": "plain", "outcome": "yes"}, "topics": ["two"]},
}


class AnySequence(RuleBasedStateMachine):
    """Three people, four questions of which one hangs on another, and a clock that only goes forwards."""

    @initialize()
    def enter_questions(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        SQLModel.metadata.create_all(self.engine)
        self.session, self.now = Session(self.engine), START
        for slug, more in QUESTIONS.items():
            body = {
                "slug": slug,
                "text": f"Will {slug} happen?",
                "resolution_criteria": "c",
                "deadline": "2025-03-01",
                "deadline_basis": "stated",
            }
            enter_question(self.session, QuestionIn.model_validate(body | more), **self.by)

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()

    @property
    def by(self) -> dict[str, Any]:
        return {"now": self.now, "actor": "test"}

    def question(self, slug: str) -> Question:
        found = find_question(self.session, slug)
        assert found is not None
        return found

    def stated(self, slug: str, percent: float, shares: list[float], words: bool) -> dict[str, Any]:
        if slug in ("choice", "scale"):
            return {"probabilities": shares}
        return {"hedge": "may" if percent > 0.5 else "unlikely"} if words else {"probability": percent}

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @rule(people=st.lists(PEOPLE, min_size=1), slug=SLUGS, back=st.integers(0, 90), percent=PERCENT, shares=SHARES)
    def record(self, people: list[str], slug: str, back: int, percent: float, shares: list[float]) -> None:
        fields = {"question": {"slug": slug}, "made_at": (self.now - back * DAY).isoformat()}
        fields |= self.stated(slug, percent, shares, back % 3 == 0)
        items = [PredictionIn.model_validate(fields | {"commentator": {"name": name}}) for name in people]
        if back % 2:
            record_each(self.session, [Submission(item, self.now, f"by {len(items)}") for item in items])
        else:
            record_predictions(self.session, items, **self.by)

    @rule(pick=st.integers(0, 50), percent=PERCENT, shares=SHARES, withdraw=st.booleans())
    def amend(self, pick: int, percent: float, shares: list[float], withdraw: bool) -> None:
        rows = self.session.exec(select(Prediction).order_by(col(Prediction.id))).all()
        if not rows:
            return
        row = rows[pick % len(rows)]
        slug = self.session.get_one(Question, row.question_id).slug
        try:
            if withdraw:
                withdraw_prediction(self.session, row, WithdrawalIn(reason="r"), **self.by)
            else:
                fields = {
                    "made_at": row.made_at.isoformat(),
                    "reason": "r",
                    **self.stated(slug, percent, shares, False),
                }
                correct_prediction(self.session, row, CorrectionIn.model_validate(fields), **self.by)
        except Conflict:
            pass  # it is already superseded

    @rule(slug=SLUGS, outcome=st.sampled_from(["yes", "no", "a", "c", "annulled"]), ago=st.integers(0, 60))
    def resolve(self, slug: str, outcome: str, ago: int) -> None:
        body: dict[str, Any] = {"outcome": outcome, "known_at": (self.now - ago * DAY).isoformat(), "note": "n"}
        body |= {"evidence": [{"url": "https://example.org/"}]}
        with suppress(InvalidInput, Conflict):  # not an outcome of this question, or its condition is open
            resolve(self.session, self.question(slug), ResolutionIn.model_validate(body), **self.by)

    @rule(slug=SLUGS)
    def retract_resolution(self, slug: str) -> None:
        with suppress(Conflict):  # there is no resolution to retract
            retract_resolution(self.session, self.question(slug), "r", **self.by)

    @rule(slug=SLUGS, move=st.booleans())
    def move_or_declare(self, slug: str, move: bool) -> None:
        question = self.question(slug)
        try:
            if move:
                later = max(question.deadline, self.now) + 30 * DAY
                postpone(self.session, question, later, "r", **self.by)
            else:
                declare_decided(self.session, question, "r", **self.by)
        except Conflict:
            pass  # it has an outcome, or is not open

    @invariant()
    def rescoring_restores_every_score_and_total(self) -> None:
        before, scores = self.running_totals(), self.session.exec(select(Score)).all()
        if scores:
            scores[0].latest = SCALE - scores[0].latest
            self.session.add(scores[0])
            self.session.exec(update(RunningTotal).values(resolved=7, questions=9))
        made = rescore(self.session, **self.by, progress=lambda *_: None)
        assert (made.scores, made.changed) == (len(scores), min(len(scores), 1))
        assert self.running_totals() == before

    def running_totals(self) -> set[tuple[Any, ...]]:
        """Every running total with at least one question."""
        self.session.flush()
        self.session.expire_all()
        rows = self.session.exec(select(RunningTotal).where(col(RunningTotal.questions) > 0)).all()
        return {(row.commentator_id, row.topic, *(getattr(row, name) for name in FIELDS)) for row in rows}

    @invariant()
    def every_stored_number_follows_from_the_rows(self) -> None:
        assert list(verify(self.session)) == []

    @invariant()
    def a_failed_condition_annuls_and_a_met_one_does_not(self) -> None:
        parent, child = self.question("plain"), self.question("child")
        newest = select(Resolution).where(Resolution.question_id == child.id).order_by(col(Resolution.id).desc())
        last = self.session.exec(newest).first()
        if parent.outcome not in (None, "yes"):
            assert child.status is QuestionStatus.ANNULLED
        elif last is not None and last.automatic:
            assert last.outcome is None


def test_any_sequence_of_changes() -> None:
    run_sequences(5)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_any_of_many_sequences_of_changes() -> None:
    run_sequences(1000)


def run_sequences(count: int) -> None:
    checks = list(HealthCheck)
    run_state_machine_as_test(
        AnySequence,
        settings=settings(max_examples=count, stateful_step_count=25, deadline=None, suppress_health_check=checks),
    )
