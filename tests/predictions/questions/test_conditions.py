"""Questions that depend on others: whatever happens, their state follows from their own outcome and the others'."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, col, select

from predictions.audit.as_of import rebuild
from predictions.audit.verify import verify
from predictions.enums import ProposalState
from predictions.errors import Conflict
from predictions.models import Commentator, Question, Score, row_id
from predictions.queries.details import view_question
from predictions.questions.create import enter_question
from predictions.questions.lookup import find_question
from predictions.questions.proposals import propose
from predictions.questions.resolve import current_resolution, resolve, retract_resolution
from predictions.questions.triage import snooze_question
from predictions.records.score_history import history_of
from predictions.records.scored_questions import scored_questions
from predictions.schemas.inputs import PredictionIn, ProposalIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_prediction
from resolvers.deadline_sweep import sweep_due
from tests.support.source_requests import create_question, resolve_question

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
#: Each question with the one on which it depends and the outcome which that must have.
TREE: dict[str, tuple[str, str] | None] = {
    "root": None,
    "if-yes": ("root", "yes"),
    "if-no": ("root", "no"),
    "deep": ("if-yes", "yes"),
    "deeper": ("deep", "no"),
}
SLUGS = st.sampled_from(list(TREE))
Outcome = tuple[str | None, datetime | None]
NONE: Outcome = (None, None)


@dataclass
class Model:
    """What people have said last of each question, from which everything follows."""

    own: dict[str, Outcome] = field(default_factory=lambda: dict.fromkeys(TREE, NONE))

    def outcome(self, slug: str) -> Outcome:
        condition = TREE[slug]
        if condition is not None:
            outcome, known_at = self.outcome(condition[0])
            if outcome not in (None, condition[1]) and self.own[slug][0] != "annulled":
                return "annulled", known_at
        return self.own[slug]

    def holds(self, slug: str) -> bool:
        """Return whether every question above has the outcome that it must have."""
        condition = TREE[slug]
        return condition is None or (self.outcome(condition[0])[0] == condition[1] and self.holds(condition[0]))

    def scored(self) -> set[str]:
        return {slug for slug in TREE if self.outcome(slug)[0] in ("yes", "no") and self.holds(slug)}


class AnyOrder(RuleBasedStateMachine):
    """Five questions in a tree, each with one prediction, and a model of them."""

    @initialize()
    def enter_questions(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        SQLModel.metadata.create_all(self.engine)
        self.session, self.now, self.model = Session(self.engine), START, Model()
        #: Schedules of questions without an outcome, before they were annulled.
        self.schedules: dict[str, tuple[Any, ...]] = {}
        for slug, condition in TREE.items():
            body: dict[str, Any] = {"slug": slug, "text": f"{slug}?", "resolution_criteria": "c"}
            body |= {"deadline": "2025-02-01", "deadline_basis": "stated"}
            more = {"condition": {"question": condition[0], "outcome": condition[1]}} if condition else {}
            enter_question(self.session, QuestionIn.model_validate(body | more), **self.by)
            body = {"commentator": {"name": "Ann"}, "question": {"slug": slug}, "made_at": "2024-11-01"}
            record_prediction(self.session, PredictionIn.model_validate(body | {"probability": 0.3}), **self.by)

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()

    @property
    def by(self) -> dict[str, Any]:
        return {"now": self.now, "actor": "editor"}

    def question(self, slug: str) -> Question:
        found = find_question(self.session, slug)
        assert found is not None
        return found

    @rule(days=st.integers(1, 9))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY
        sweep_due(self.session, now=self.now, base_url="https://record.example.org")

    @rule(slug=SLUGS)
    def snooze(self, slug: str) -> None:
        with suppress(Conflict):
            snooze_question(self.session, self.question(slug), self.now + 5 * DAY, **self.by)

    @rule(slug=SLUGS, outcome=st.sampled_from(["yes", "no", "no", "annulled"]), ago=st.integers(0, 9))
    def resolve(self, slug: str, outcome: str, ago: int) -> None:
        known_at = self.now - ago * DAY
        body = {"outcome": outcome, "known_at": known_at.isoformat(), "evidence": [{"url": "https://example.org/"}]}
        schedules = self.seen()
        try:
            resolve(self.session, self.question(slug), ResolutionIn.model_validate(body), **self.by)
        except Conflict:
            assert outcome != "annulled"
            assert not self.model.holds(slug)
        else:
            assert outcome == "annulled" or self.model.holds(slug)
            self.changed(slug, (outcome, known_at), schedules)

    @rule(slug=SLUGS)
    def retract(self, slug: str) -> None:
        schedules = self.seen()
        is_own = self.model.outcome(slug) == self.model.own[slug] != NONE
        try:
            retract_resolution(self.session, self.question(slug), "r", **self.by)
        except Conflict:
            condition = TREE[slug]
            above = self.model.outcome(condition[0])[0] if condition else None
            assert not is_own or (condition is not None and above not in (None, condition[1]))
        else:
            self.changed(slug, NONE, schedules)

    def seen(self) -> dict[str, tuple[Any, ...]]:
        names = ("status", "due_at", "next_prompt_at", "prompts", "snoozed_until", "snoozes")
        questions = {slug: self.question(slug) for slug in TREE}
        return {slug: tuple(getattr(it, name) for name in names) for slug, it in questions.items() if not it.outcome}

    def changed(self, slug: str, own: Outcome, before: dict[str, tuple[Any, ...]]) -> None:
        """Note what a person has said, and compare the schedules of others that were annulled or are no longer."""
        self.model.own[slug] = own
        self.schedules.pop(slug, None)
        after = self.seen()
        for other in TREE:
            if other in before and other not in after and other != slug:
                self.schedules[other] = before[other]
            elif other in after and other not in before and other in self.schedules:
                assert after[other] == self.schedules.pop(other), other

    @invariant()
    def every_question_is_as_the_model_says(self) -> None:
        for slug in TREE:
            row = self.question(slug)
            assert (row.outcome, row.known_at) == self.model.outcome(slug), slug
            status = {None: ("open", "due"), "annulled": ("annulled",)}.get(row.outcome, ("resolved",))
            assert row.status.value in status

    @invariant()
    def a_question_is_scored_only_if_every_condition_above_is_met(self) -> None:
        query = select(Question.slug).join(Score, col(Score.question_id) == col(Question.id))
        assert set(self.session.exec(query)) == self.model.scored()

    @invariant()
    def what_is_stored_can_be_verified(self) -> None:
        assert list(verify(self.session)) == []


@pytest.fixture
def family(session: Session) -> Session:
    """A question, one that counts only if it ends with yes, and one that counts only if that one does too."""
    above: dict[str, Any] = {}
    for slug in ("parent", "child", "grandchild"):
        create_question(session, slug, START + 30 * DAY, **above)
        body = {"commentator": {"name": "Ann"}, "question": {"slug": slug}, "made_at": "2024-12-01"}
        record_prediction(
            session, PredictionIn.model_validate(body | {"probability": 0.3}), now=START - DAY, actor="editor"
        )
        above = {"condition": {"question": slug, "outcome": "yes"}}
    return session


def named(session: Session, slug: str) -> Question:
    found = find_question(session, slug)
    assert found is not None
    return found


def end(session: Session, slug: str, outcome: str | None, day: int) -> None:
    """Resolve a question, known since then; retract its resolution for None."""
    now = START + day * DAY
    if outcome is None:
        retract_resolution(session, named(session, slug), "a slip", now=now, actor="editor")
    else:
        resolve_question(session, named(session, slug), outcome, now)
    assert list(verify(session)) == []


def scored(session: Session) -> list[str]:
    query = select(Question.slug).join(Score, col(Score.question_id) == col(Question.id)).order_by(col(Question.id))
    return list(session.exec(query))


def test_a_child_has_its_own_outcome_again_and_is_scored_when_its_condition_is_met_again(family: Session) -> None:
    for day, slug in enumerate(("parent", "child", "grandchild"), 31):
        end(family, slug, "yes", day)
    child = named(family, "child")
    own = (child.outcome, child.known_at, child.status)
    assert scored(family) == ["parent", "child", "grandchild"]
    end(family, "parent", "no", 40)
    assert ((child.outcome, child.known_at), scored(family)) == (("annulled", START + 40 * DAY), ["parent"])
    end(family, "parent", None, 41)
    assert ((child.outcome, child.known_at, child.status), scored(family)) == (own, [])
    assert view_question(family, child).condition.is_open  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="has no outcome yet"):
        end(family, "child", "no", 42)
    with pytest.raises(Conflict, match="waits for its own condition"):
        end(family, "grandchild", "no", 42)
    end(family, "parent", "yes", 43)
    assert ((child.outcome, child.known_at, child.status), scored(family)) == (own, ["parent", "child", "grandchild"])
    last = current_resolution(family, row_id(child))
    assert last is not None
    assert (last.automatic, last.evidence) == (True, [{"url": "https://example.org/report", "note": "A report."}])


def test_the_history_of_a_score_has_no_question_whose_condition_was_open(family: Session) -> None:
    days = [(31, "parent", "yes"), (32, "child", "yes"), (33, "parent", None), (34, "parent", "no")]
    days += [(35, "parent", "yes"), (36, "grandchild", "no"), (37, "child", None), (38, "child", "yes")]
    for day, slug, outcome in days:
        end(family, slug, outcome, day)
    ann = family.exec(select(Commentator)).one()
    now = START + 39 * DAY
    history = history_of(family, ann, scored_questions(family, ann.id or 0), now=now).as_it_stood
    counts = {point.at: point.resolved for point in history}
    for day, expected in ((31, 1), (32, 2), (33, 0), (34, 1), (35, 2), (36, 3), (37, 1), (38, 3)):
        at = START + day * DAY
        engine = rebuild(family, at)
        with Session(engine) as past:
            assert len(scored(past)) == expected, day
        engine.dispose()
        assert counts[max(each for each in counts if each <= at)] == expected, day


def test_a_proposal_that_a_failed_condition_overtook_waits_again_when_it_no_longer_fails(family: Session) -> None:
    body = {"outcome": "no", "known_at": "2025-01-02", "rationale": "r", "evidence": [{"url": "https://example.org/"}]}
    child, by = named(family, "child"), {"now": START + 3 * DAY, "actor": "reader"}
    proposal = propose(family, child, ProposalIn.model_validate(body), **by)  # type: ignore[arg-type]
    end(family, "parent", "no", 31)
    assert (proposal.state, proposal.decided_by) == (ProposalState.OVERTAKEN, "system")
    end(family, "parent", None, 32)
    assert (proposal.state, proposal.decided_by, proposal.decided_at) == (ProposalState.PENDING, None, None)


def test_any_order_of_resolutions_corrections_and_retractions() -> None:
    run(8)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_orders_of_resolutions_corrections_and_retractions() -> None:
    run(2000)


def run(count: int) -> None:
    options: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(AnyOrder, settings=settings(max_examples=count, stateful_step_count=25, **options))
