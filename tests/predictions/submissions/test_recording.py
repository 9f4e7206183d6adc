"""Recording: predictions stay on record; a later one revises, a correction supersedes, a withdrawal stays visible."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from predictions.audit.verify import verify
from predictions.errors import Conflict, InvalidInput
from predictions.models import Commentator, LedgerEvent, Prediction, Question, Score, Source
from predictions.queries.details import view_predictions
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import CorrectionIn, PredictionIn, QuestionIn, ResolutionIn, WithdrawalIn
from predictions.scoring.units import SCALE
from predictions.submissions.commentators import change_commentator
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction, record_predictions

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}
QUESTION = {
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "stated",
}
OPTIONS = {"slug": "how-much", "text": "How much?", "options": ["none", "some", "much"]}


def prediction_in(**changes: Any) -> PredictionIn:
    whole = {"commentator": {"name": "Ann"}, "question": QUESTION, "made_at": "2025-03-01", "probability": 0.8}
    whole |= changes
    return PredictionIn.model_validate({name: value for name, value in whole.items() if value is not None})


def record(session: Session, **changes: Any) -> Prediction:
    return record_prediction(session, prediction_in(**changes), **BY)


def resolve_scored(
    session: Session, outcome: str = "yes", known_at: str = "2025-03-20", slug: str = "rain"
) -> dict[str, Any]:
    """Resolve a question; gives its scores by the commentator's name."""
    question = session.exec(select(Question).where(Question.slug == slug)).one()
    body = {"outcome": outcome, "known_at": known_at, "evidence": [{"url": "https://example.org/"}]}
    resolve(session, question, ResolutionIn.model_validate(body), **BY)
    assert list(verify(session)) == []
    rows = session.exec(select(Commentator.name, Score).join(Score, col(Score.commentator_id) == col(Commentator.id)))
    return dict(rows.all())


def flags(session: Session, row: Prediction) -> list[str]:
    return view_predictions(session, [row])[0].flags


def test_a_later_prediction_revises_the_earlier_and_both_stay(session: Session) -> None:
    record(session, probability=0.8)
    record(session, probability=0.4, made_at="2025-03-10")
    score = resolve_scored(session)["Ann"]
    assert (score.opening, score.latest) == (0.04 * SCALE, 0.36 * SCALE)
    assert len(session.exec(select(Prediction)).all()) == 2


def test_the_order_of_recording_does_not_matter_only_the_date_of_the_prediction(session: Session) -> None:
    record(session, probability=0.4, made_at="2025-03-10")
    record(session, probability=0.8)
    score = resolve_scored(session)["Ann"]
    assert (score.opening, score.latest) == (0.04 * SCALE, 0.36 * SCALE)


def test_a_prediction_made_at_the_deadline_or_later_is_kept_with_its_mark_and_does_not_count(session: Session) -> None:
    times = {"In time": "2025-03-20T23:59:58.999Z", "At": "2025-03-20T23:59:59Z", "After": "2025-03-21"}
    for name, made_at in times.items():
        row = record(session, commentator={"name": name}, made_at=made_at)
        assert ("made_too_late" in flags(session, row)) == (name != "In time")
    assert [name for name, score in resolve_scored(session).items() if score.opening is not None] == ["In time"]


def test_a_prediction_made_when_the_outcome_was_known_does_not_count(session: Session) -> None:
    record(session, commentator={"name": "Before"}, made_at="2025-03-09T23:59:59Z")
    record(session, commentator={"name": "At"}, made_at="2025-03-10T12:00:00Z")
    record(session, commentator={"name": "After"}, made_at="2025-03-11")
    scores = resolve_scored(session, known_at="2025-03-10T12:00:00Z")
    counted = {name for name, score in scores.items() if score.opening is not None}
    assert "Before" in counted
    assert "After" not in counted


def test_a_prediction_recorded_after_the_deadline_counts_and_is_marked(session: Session) -> None:
    row = record(session)
    assert "recorded_late" in flags(session, row)
    timely = record_prediction(
        session, prediction_in(made_at="2025-03-02"), now=datetime(2025, 3, 2, tzinfo=UTC), actor="e"
    )
    assert "recorded_late" not in flags(session, timely)


def test_a_prediction_in_the_future_is_refused(session: Session) -> None:
    with pytest.raises(InvalidInput):
        record(session, question=QUESTION | {"deadline": "2026-01-01"}, made_at="2025-04-01T12:06:00Z")


def test_a_prediction_on_a_resolved_question_is_scored_at_once(session: Session) -> None:
    record(session)
    resolve_scored(session)
    record(session, commentator={"name": "Bob"}, probability=0.5)
    scores = session.exec(select(Score.opening).order_by(col(Score.commentator_id))).all()
    assert scores == [0.04 * SCALE, 0.25 * SCALE]
    assert list(verify(session)) == []


@pytest.mark.parametrize("before", [True, False], ids=["resolved before", "resolved after"])
def test_a_correction_supersedes_and_the_score_follows(session: Session, before: bool) -> None:
    wrong = record(session)
    if before:
        resolve_scored(session)
    right = CorrectionIn.model_validate({"made_at": "2025-03-01", "probability": 0.5, "reason": "misread"})
    row = correct_prediction(session, wrong, right, **BY)
    if not before:
        resolve_scored(session)
    assert session.exec(select(Score.opening)).all() == [0.25 * SCALE]
    assert (wrong.probability, row.supersedes_id) == (0.8, wrong.id)
    assert "superseded" in flags(session, wrong)
    with pytest.raises(Conflict):
        correct_prediction(session, wrong, right, **BY)
    assert list(verify(session)) == []


def test_a_withdrawn_prediction_is_seen_but_scored_no_more(session: Session) -> None:
    wrong = record(session)
    record(session, commentator={"name": "Bob"})
    resolve_scored(session)
    mark = withdraw_prediction(session, wrong, WithdrawalIn(reason="another person"), **BY)
    assert len(session.exec(select(Score)).all()) == 1
    assert (mark.reason, len(session.exec(select(Prediction)).all())) == ("another person", 3)
    for row in (wrong, mark):
        with pytest.raises(Conflict):
            withdraw_prediction(session, row, WithdrawalIn(reason="again"), **BY)
    assert list(verify(session)) == []


def test_a_commitment_without_a_probability_is_on_record_and_not_scored(session: Session) -> None:
    row = record(session, probability=None, commitment=True)
    assert (row.probability, row.commitment) == (None, True)
    assert all(score.opening is None for score in resolve_scored(session).values())


def test_a_hedge_becomes_an_interval_and_the_recorders_interpretation_overrides_it(session: Session) -> None:
    read = record(session, probability=None, hedge="very likely")
    assert read.low is not None
    assert read.probability is not None
    assert read.high is not None
    assert read.low < read.probability < read.high
    own = {"low": 0.1, "best": 0.2, "high": 0.3}
    row = record(session, commentator={"name": "Bob"}, probability=None, hedge="bound to", interval=own)
    assert (row.low, row.probability, row.high, row.overridden) == (0.1, 0.2, 0.3, True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("categorical", (0.04 + 0.25 + 0.49) / 2), ("ordinal", (0.04 + 0.49) / 2)],
)
def test_several_options_are_scored_as_their_kind_asks(session: Session, kind: str, expected: float) -> None:
    record(session, question=QUESTION | OPTIONS | {"kind": kind}, probability=None, probabilities=[0.2, 0.5, 0.3])
    score = resolve_scored(session, outcome="much", slug="how-much")["Ann"]
    assert score.opening == pytest.approx(expected * SCALE, abs=2)


def test_probabilities_by_name_are_those_in_order(session: Session) -> None:
    named = {"much": 0.3, "none": 0.2, "some": 0.5}
    row = record(session, question=QUESTION | OPTIONS | {"kind": "ordinal"}, probability=None, probabilities=named)
    assert row.probabilities == [0.2, 0.5, 0.3]


def test_probabilities_must_add_up_to_one(session: Session) -> None:
    with pytest.raises(InvalidInput, match="add up to 1"):
        record(
            session, question=QUESTION | OPTIONS | {"kind": "ordinal"}, probability=None, probabilities=[0.2, 0.5, 0.4]
        )


def test_predictions_recorded_together_equal_those_recorded_one_by_one(session: Session) -> None:
    items = [
        prediction_in(commentator={"name": name}, made_at=f"2025-03-0{day}") for day, name in enumerate("ABABC", 1)
    ]
    ids = record_predictions(session, items, **BY)
    assert len(set(ids)) == 5
    assert len(resolve_scored(session)) == 3


def test_the_invalid_one_of_many_predictions_is_named(session: Session) -> None:
    with pytest.raises(InvalidInput) as found:
        record_predictions(session, [prediction_in(), prediction_in(made_at="2025-05-30")], **BY)
    assert found.value.faults[0].pointer == "/1/made_at"


@pytest.mark.parametrize("name", ["ANN", "  ann ", "A\u200bnn", "Ａnn"])
def test_one_person_spelled_differently_is_one_commentator(session: Session, name: str) -> None:
    assert record(session).commentator_id == record(session, commentator={"name": name}).commentator_id


def test_two_people_cannot_have_one_name(session: Session) -> None:
    record(session)
    row = record(session, commentator={"name": "Bob"})
    bob = session.get_one(Commentator, row.commentator_id)
    with pytest.raises(Conflict):
        change_commentator(session, bob, {"name": "ann"}, **BY)
    with pytest.raises(InvalidInput):
        change_commentator(session, bob, {"name": "\u200b"}, **BY)


def test_one_address_is_one_source_whatever_the_fragment(session: Session) -> None:
    for url in ("https://example.org/a", "https://example.org/a#part"):
        record(session, source={"url": url})
    assert len(session.exec(select(Source)).all()) == 1


def test_a_question_without_a_slug_is_found_by_its_text_and_deadline(session: Session) -> None:
    body = {name: value for name, value in QUESTION.items() if name != "slug"}
    first, second = (enter_question(session, QuestionIn.model_validate(body), **BY) for _ in range(2))
    assert first.id == second.id
    other = enter_question(session, QuestionIn.model_validate(body | {"deadline": "2025-03-21"}), **BY)
    assert (first.slug, other.slug) == ("will-it-rain", "will-it-rain-2")


@pytest.mark.parametrize("table", ["prediction", "resolution", "ledger_event"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_is_on_record_can_be_neither_changed_nor_deleted(session: Session, table: str, change: str) -> None:
    record(session)
    resolve_scored(session)
    session.commit()
    statement = change.format(table).replace("id = id", "seq = seq" if table == "ledger_event" else "id = id")
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_a_batch_enters_each_new_source_once_with_its_event_and_in_few_statements(session: Session) -> None:
    record(session, source={"url": "https://example.org/known", "title": "Known"})
    statements: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    addresses = ["known", "new", "new#part", *(f"{number}" for number in range(200)), "new"]
    items = [prediction_in(source={"url": f"https://example.org/{each}", "title": each}) for each in addresses]
    ids = record_predictions(session, items, **BY)
    assert len(statements) < 60
    sources = {row.url: row for row in session.exec(select(Source))}
    assert len(sources) == 202
    assert (sources["https://example.org/known"].title, sources["https://example.org/new"].title) == ("Known", "new")
    named = [session.get_one(Source, session.get_one(Prediction, number).source_id).url for number in ids]
    assert named == [f"https://example.org/{each.partition('#')[0]}" for each in addresses]
    entered = select(func.count()).where(col(LedgerEvent.action) == "source.entered")
    assert session.execute(entered).scalar_one() == 202
    assert list(verify(session)) == []


def test_a_batch_enters_the_commentators_and_sources_that_its_lines_would_enter_one_by_one(session: Session) -> None:
    names = ("Ann", "ann", "Bob", "\U0001f642", "Änn", "Bob  Smith", "bob smith", "-")
    people = [
        *({"name": name} for name in names),
        {"name": "Cleo", "slug": "cleo-x"},
        {"name": "Cleo"},
        {"slug": "ann"},
    ]
    items = [
        prediction_in(commentator=each, made_at=f"2025-03-{at + 1:02}", source={"url": f"https://example.org/{at % 4}"})
        for at, each in enumerate(people)
    ]
    undone = session.begin_nested()
    one_by_one = [record_prediction(session, item, **BY) for item in items]
    expected = [(row.commentator_id, row.source_id) for row in one_by_one]
    columns = [col(getattr(Commentator, name)) for name in ("id", "slug", "name", "name_key")]
    entered = [tuple(row) for row in session.execute(select(*columns).order_by(col(Commentator.id)))]
    undone.rollback()
    session.expire_all()
    rows = [session.get_one(Prediction, number) for number in record_predictions(session, items, **BY)]
    by_id = {row[0]: row[1:] for row in entered}
    now_entered = {row[0]: tuple(row[1:]) for row in session.execute(select(*columns))}
    assert sorted(by_id.values()) == sorted(now_entered.values())
    assert [now_entered[row.commentator_id] for row in rows] == [by_id[person] for person, _ in expected]
    assert [row.source_id for row in rows][:4] == sorted(row.source_id or 0 for row in rows[:4])
    assert list(verify(session)) == []
