"""Nothing that is settled moves in the dark: what needs a scope and a reason, what waits, and what it then does."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions import ledger
from predictions.audit.verify import verify
from predictions.changes.decisions import Done, approve, reject
from predictions.changes.doors import add_forecast, correct, withdraw
from predictions.changes.effects import effects
from predictions.changes.kinds import By
from predictions.changes.listing import changes_on, count_pending, scores_moved
from predictions.changes.models import Approval, ChangeState, PendingChange
from predictions.changes.settled import RESOLVER, WAITS, Waits, rule
from predictions.errors import Conflict, InvalidInput, NotAllowed
from predictions.models import LedgerEvent, Prediction, Question, Reference, Score, row_id
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import CorrectionIn, PredictionIn, ReferenceIn, ResolutionIn, WithdrawalIn
from predictions.submissions.record import record_prediction

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
ED: dict[str, Any] = {"now": NOW, "actor": "ed"}
QUESTION = {
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "stated",
}


def by(name: str, *, may_resolve: bool = True, alone: bool = False) -> By:
    return By(name, NOW + timedelta(hours=1), True, may_resolve, alone)


def forecast(**changes: Any) -> ReferenceIn:
    body = {"probability": 0.9, "source": "an exchange", "as_of": "2025-02-01"} | changes
    return ReferenceIn.model_validate(body)


def correction(**changes: Any) -> CorrectionIn:
    body = {"probability": 0.2, "made_at": "2025-03-01", "reason": "misread"} | changes
    return CorrectionIn.model_validate(body)


@pytest.fixture
def wrong(session: Session) -> Prediction:
    """A prediction of 80% on a question that resolved as no."""
    body = {"commentator": {"name": "Ann"}, "question": QUESTION, "made_at": "2025-03-01", "probability": 0.8}
    row = record_prediction(session, PredictionIn.model_validate(body), **ED)
    outcome = {"outcome": "no", "known_at": "2025-03-20", "evidence": [{"url": "https://example.org/"}]}
    question = session.exec(select(Question)).one()
    resolve(session, question, ResolutionIn.model_validate(outcome), **ED)
    return session.get_one(Prediction, row.id)


@pytest.fixture
def question(session: Session, wrong: Prediction) -> Question:
    return session.get_one(Question, wrong.question_id)


def waiting(done: Done) -> PendingChange:
    assert done.row is None
    assert done.change is not None
    return done.change


def score(session: Session) -> tuple[float, float]:
    row = session.exec(select(Score)).one()
    return row.opening / 1e12, row.reference / 1e12


def events(session: Session) -> list[str]:
    return [event.action for event in session.exec(select(LedgerEvent).order_by(LedgerEvent.seq)).all()]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", sorted(WAITS))
def test_the_rule_is_about_outcomes_on_record(kind: str) -> None:
    def asked(outcome: str | None) -> Question:
        content: dict[str, Any] = {"slug": "q", "outcome": outcome}
        return Question(**content)

    assert not rule(kind, asked(None), had_outcome=False).needs_resolve
    assert rule(kind, asked(None), had_outcome=True).needs_resolve == (kind != RESOLVER), "it was known"
    for outcome in ("no", "annulled"):
        settled = rule(kind, asked(outcome), had_outcome=True)
        assert settled.needs_resolve
        assert settled.waits == (Waits.ALWAYS if kind == RESOLVER else Waits.IF_SCORES_MOVE)


def test_a_forecast_after_the_outcome_waits_for_another_person_and_says_what_it_moves(
    session: Session, question: Question
) -> None:
    change = waiting(add_forecast(session, question, forecast(), "found in the archive", by("ed")))
    assert (score(session), session.exec(select(Reference)).all()) == ((0.64, 0.25), []), "nothing has moved yet"
    [effect] = change.scores
    moved = {name: (effect["before"][name], effect["after"][name]) for name in ("brier", "reference_brier")}
    assert moved == {"brier": (0.64, 0.64), "reference_brier": (0.25, 0.81)}
    assert effect["after"]["reference_type"] == "market"
    assert (change.affected, change.state, count_pending(session)) == (1, ChangeState.PENDING, 1)
    approve(session, change, by("flo"), "I have seen the archive.")
    [row] = session.exec(select(Reference)).all()
    assert score(session) == (0.64, 0.81)
    assert (change.state, change.approval, change.decided_by) == (
        ChangeState.APPROVED,
        Approval.ANOTHER_PERSON,
        "flo",
    )
    assert (change.result_id, change.decision, count_pending(session)) == (row.id, "I have seen the archive.", 0)
    assert events(session)[-4:] == ["change.requested", "question.scored", "reference.recorded", "change.approved"]
    assert list(verify(session)) == []


def test_a_correction_and_a_withdrawal_after_the_outcome_wait_too(session: Session, wrong: Prediction) -> None:
    first = waiting(correct(session, wrong, correction(), by("ed")))
    second = waiting(withdraw(session, wrong, WithdrawalIn(reason="somebody else"), by("ed")))
    assert second.scores == [{"commentator": 1, "before": first.scores[0]["before"], "after": None}]
    approve(session, first, by("flo"), None)
    [right] = session.exec(select(Prediction).where(Prediction.supersedes_id == wrong.id)).all()
    assert score(session)[0] == pytest.approx(0.04)
    assert (right.recorded_by, right.recorded_at, right.reason) == ("ed", NOW + timedelta(hours=1), "misread")
    with pytest.raises(Conflict, match="is superseded"):  # the record has moved meanwhile
        approve(session, second, by("flo"), None)
    reject(session, second, by("flo"), "It was hers.")
    assert (second.state, second.decision) == (ChangeState.REJECTED, "It was hers.")
    assert list(changes_on(session, right.question_id)) == [second, first]
    [shown] = scores_moved(session, right.commentator_id)
    assert (shown.change, shown.effect) == (first, first.scores[0])
    assert list(verify(session)) == []


def test_without_the_scope_or_a_reason_nothing_settled_changes(
    session: Session, question: Question, wrong: Prediction
) -> None:
    low = by("pat", may_resolve=False)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: add_forecast(session, question, forecast(), "a reason", low),
        lambda: add_forecast(session, question, forecast(as_of="2025-03-25"), "a reason", low),
        lambda: correct(session, wrong, correction(), low),
        lambda: withdraw(session, wrong, WithdrawalIn(reason="r"), low),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed, match=r"outcome of 'rain' is on record, so .* needs the scope 'resolve'"):
            attempt()
    with pytest.raises(InvalidInput, match="is missing: the outcome of 'rain' is on record") as error:
        add_forecast(session, question, forecast(), None, by("ed"))
    assert error.value.faults[0].pointer == "/reason"
    retract_resolution(session, question, "wrong town", **ED)
    with pytest.raises(NotAllowed, match="was on record and is retracted"):
        correct(session, wrong, correction(), low)
    assert correct(session, wrong, correction(), by("ed")).row is not None, "no score is there to move"
    assert "change.requested" in events(session)


def test_what_moves_no_score_takes_effect_at_once_and_stays_on_record(session: Session, question: Question) -> None:
    done = add_forecast(session, question, forecast(as_of="2025-03-25"), "for completeness", by("ed"))
    assert isinstance(done.row, Reference)
    assert done.change is not None
    assert (done.change.approval, done.change.reason) == (Approval.NO_SCORE_MOVED, "for completeness")
    again = add_forecast(session, question, forecast(as_of="2025-03-25"), None, by("pat", may_resolve=False))
    assert (again.row, again.change) == (done.row, None), "what is on record already changes nothing"


def test_where_nobody_else_may_approve_it_takes_effect_at_once_and_says_so(session: Session, wrong: Prediction) -> None:
    done = correct(session, wrong, correction(), by("ed", alone=True))
    assert isinstance(done.row, Prediction)
    assert done.change is not None
    assert (done.change.approval, done.change.decided_by) == (Approval.ONLY_PERSON, "ed")
    assert done.change.scores[0]["after"]["brier"] == pytest.approx(0.04)
    assert list(verify(session)) == []


def test_nobody_decides_on_their_own_change_and_nothing_is_decided_twice(session: Session, wrong: Prediction) -> None:
    change = waiting(correct(session, wrong, correction(), by("ed")))
    with pytest.raises(NotAllowed, match="you asked for change 1 yourself"):
        approve(session, change, by("ed"), None)
    with pytest.raises(NotAllowed, match="you asked for change 1 yourself"):
        reject(session, change, by("ed"), "no")
    approve(session, change, by("ed", alone=True), None)  # the others have left
    assert change.approval is Approval.ONLY_PERSON
    with pytest.raises(Conflict, match="change 1 is approved already, by ed"):
        approve(session, change, by("flo"), None)
    with pytest.raises(Conflict, match="change 1 is approved already, by ed"):
        reject(session, change, by("flo"), "no")


def test_a_change_whose_effect_is_another_by_now_is_not_approved(session: Session, question: Question) -> None:
    change = waiting(add_forecast(session, question, forecast(), "late", by("ed")))
    body = {"commentator": {"name": "Bob"}, "question": {"slug": "rain"}, "made_at": "2025-03-02", "probability": 0.5}
    record_prediction(session, PredictionIn.model_validate(body), **ED)
    with pytest.raises(Conflict, match="it would move other scores than it said"):
        approve(session, change, by("flo"), None)
    assert change.state is ChangeState.PENDING


def test_the_events_of_a_change_rebuild_its_row(session: Session, question: Question) -> None:
    change = waiting(add_forecast(session, question, forecast(), "late", by("ed")))
    approve(session, change, by("flo"), None)
    session.commit()
    rows = session.exec(select(LedgerEvent).where(LedgerEvent.subject == "pending_change")).all()
    entered, decided = (json.loads(event.body) for event in rows)
    assert decided["before"].keys() == decided["after"].keys()
    session.refresh(change)
    assert entered | decided["after"] == json.loads(ledger.canonical(ledger.contents(change)))


def test_a_preview_leaves_no_trace(session: Session, question: Question) -> None:
    session.commit()
    before = ledger.head(session)
    assert effects(session, row_id(question), lambda: withdraw_all(session)) != []
    assert (ledger.head(session), score(session)) == (before, (0.64, 0.25))
    assert session.exec(select(PendingChange)).all() == []


def withdraw_all(session: Session) -> None:
    for row in session.exec(select(Prediction)).all():
        withdraw(session, row, WithdrawalIn(reason="r"), by("ed", alone=True))
