"""A contest from its receipt to the answer: confidential until it is taken up, and each step in the ledger."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions import ledger
from predictions.contests.answers import Contests
from predictions.contests.inputs import AnswerIn, ContestIn
from predictions.contests.listing import list_contests, public_contests
from predictions.contests.models import Contest, ContestState
from predictions.contests.receive import receive
from predictions.contests.sealing import sealed
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent
from predictions.schemas.inputs import CommentatorIn, CorrectionIn, PredictionIn
from predictions.submissions.commentators import change_commentator, enter_commentator
from predictions.submissions.corrections import correct_prediction
from predictions.submissions.record import record_prediction
from tests.support.sample_prediction import PREDICTION

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
SECRET = b"secret of the tests"
TEXT = "She said it of another town."
GIVEN = {"name": "Ann Invented", "contact": "ann@example.org", "text": TEXT}
EVIDENCE = [{"url": "https://example.org/column", "note": "The column."}]


def contest(session: Session, **changes: Any) -> Contest:
    if session.get(Contest, 1) is None:
        record_prediction(session, PredictionIn.model_validate(PREDICTION), now=NOW, actor="recorder")
    given = {"prediction": 1, "evidence": EVIDENCE} | GIVEN | changes
    return receive(session, ContestIn.model_validate(given), days=7, secret=SECRET, now=NOW)


def steps(session: Session, *, days: int = 1) -> Contests:
    return Contests(session, "editor", NOW + timedelta(days=days), SECRET)


def events(session: Session) -> list[tuple[str, dict[str, Any]]]:
    found = session.exec(select(LedgerEvent).where(LedgerEvent.subject == "contest").order_by(LedgerEvent.seq)).all()  # type: ignore[arg-type]
    return [(event.action, json.loads(event.body)) for event in found]


def test_the_ledger_has_only_keyed_hashes_until_the_contest_is_taken_up(session: Session) -> None:
    row = contest(session)
    ((action, body),) = events(session)
    assert action == "contest.received"
    assert ledger.is_confidential(action)
    assert not any(value in json.dumps(body) for value in (TEXT, "Ann Invented", "ann@example.org", "example.org"))
    assert {name: body[name] for name in sealed(row, SECRET)} == sealed(row, SECRET)
    assert sealed(row, b"another secret")["text_hmac"] != body["text_hmac"]
    assert public_contests(session, question=1) == []
    steps(session).take_up(row)
    _, body = events(session)[-1]
    assert body["before"]["text_hmac"] == sealed(row, SECRET)["text_hmac"]
    assert (body["after"]["text"], body["after"]["evidence"]) == (TEXT, EVIDENCE)
    assert "ann@example.org" not in json.dumps(body)
    (shown,) = public_contests(session, question=1)
    assert (shown.state, shown.text, shown.taken_up_by, shown.prediction) == ("taken_up", TEXT, "editor", 1)
    assert not hasattr(shown, "contact")


def withdraw(session: Session, row: Contest) -> None:
    steps(session).withdraw(row)


def delete(session: Session, row: Contest) -> None:
    steps(session).delete(row, "spam")


@pytest.mark.parametrize(("end", "state"), [(withdraw, "withdrawn"), (delete, "deleted")])
def test_what_nobody_has_taken_up_can_be_removed_and_is_gone_from_row_and_ledger(
    session: Session, end: Callable[[Session, Contest], None], state: str
) -> None:
    row = contest(session)
    end(session, row)
    assert (row.state.value, row.name, row.contact, row.text, row.evidence) == (state, "", "", "", [])
    assert row.next_prompt_at is None
    assert TEXT not in json.dumps(events(session))
    assert list(ledger.chain_errors(session)) == []
    with pytest.raises(Conflict, match=state):
        end(session, row)
    taken_up = contest(session)
    steps(session).take_up(taken_up)
    with pytest.raises(Conflict, match="is taken up"):
        end(session, taken_up)
    assert taken_up.text == TEXT


def test_it_is_upheld_with_a_correction_of_what_is_contested_or_rejected_with_a_reason(session: Session) -> None:
    row, other = contest(session), contest(session)
    upheld = {"decision": "upheld", "answer": "She is right.", "correction": 1}
    with pytest.raises(Conflict, match="take it up first"):
        steps(session).answer(row, AnswerIn.model_validate(upheld))
    for each in (row, other):
        steps(session).take_up(each)
    with pytest.raises(InvalidInput, match="no correction has the number 1"):
        steps(session).answer(row, AnswerIn.model_validate(upheld))
    somebody = enter_commentator(session, CommentatorIn(name="Somebody else"), now=NOW, actor="recorder")
    change_commentator(session, somebody, {"description": "x"}, now=NOW, actor="recorder")
    elsewhere = ledger.head(session).seq
    with pytest.raises(InvalidInput, match="is about something else"):
        steps(session).answer(row, AnswerIn.model_validate(upheld | {"correction": elsewhere}))
    right = CorrectionIn.model_validate({"made_at": "2025-03-01", "probability": 0.3, "reason": "A number."})
    correct_prediction(session, row_of_prediction(session), right, now=NOW, actor="editor")
    number = next(event.seq for event in reversed(all_events(session)) if event.action == "prediction.corrected")
    steps(session, days=2).answer(row, AnswerIn.model_validate(upheld | {"correction": number}))
    assert (row.state, row.decided_by, row.correction) == (ContestState.UPHELD, "editor", number)
    steps(session, days=2).answer(other, AnswerIn(decision="rejected", answer="The column says so."))
    assert [view.state.value for view in public_contests(session, commentator=1)] == ["rejected", "upheld"]
    with pytest.raises(Conflict, match="an answer is given once"):
        steps(session).answer(other, AnswerIn(decision="rejected", answer="Again."))


def row_of_prediction(session: Session) -> Any:
    from predictions.models import Prediction

    return session.get_one(Prediction, 1)


def all_events(session: Session) -> list[LedgerEvent]:
    return list(session.exec(select(LedgerEvent).order_by(LedgerEvent.seq)).all())  # type: ignore[arg-type]


def test_each_row_is_the_fold_of_its_events(session: Session) -> None:
    """But for the columns of which the ledger has a keyed hash."""
    for end in (withdraw, delete, None):
        row = contest(session)
        if end is not None:
            end(session, row)
        else:
            steps(session).take_up(row)
            steps(session).answer(row, AnswerIn(decision="rejected", answer="No."))
        folded: dict[str, Any] = {}
        for event in all_events(session):
            if (event.subject, event.subject_id) == ("contest", row.id):
                body = json.loads(event.body)
                folded.update(body if event.action == "contest.received" else body["after"])
        session.refresh(row)
        stored = json.loads(ledger.canonical(ledger.contents(row)))
        unsealed = {name for name in stored if name in folded}
        assert set(stored) - unsealed <= {"contact"}
        assert {name: folded[name] for name in unsealed} == {name: stored[name] for name in unsealed}
    assert len(list_contests(session, states=list(ContestState))) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prediction": None}, "say what is contested"),
        ({"question": "rain"}, "not both"),
        ({"text": "x" * 4001}, "at most 4000"),
        ({"text": " "}, "text"),
        ({"name": "x" * 201}, "at most 200"),
        ({"evidence": [{"url": "javascript:alert(1)"}]}, "url"),
        ({"evidence": EVIDENCE * 6}, "at most 5"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_contest_is_refused(session: Session, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contest(session, **changes)


def test_a_line_of_a_record_is_contested_only_where_there_is_one(session: Session) -> None:
    contest(session)
    row = contest(session, prediction=None, question="rain", commentator="ann-invented")
    assert (row.prediction_id, row.question_id, row.commentator_id) == (None, 1, 1)
    enter_commentator(session, CommentatorIn(name="Somebody else"), now=NOW, actor="recorder")
    with pytest.raises(InvalidInput, match="has made no prediction on this question"):
        contest(session, prediction=None, question="rain", commentator="somebody-else")
    for wrong in ({"question": "nothing"}, {"commentator": 99}, {"prediction": 99}):
        with pytest.raises(InvalidInput, match="check it"):
            contest(session, **({"prediction": None} | wrong))
