"""Whatever is altered in the database past the program, `verify` names it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Float, Integer, String, Table, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from predictions.audit.verify import verify
from predictions.contests.answers import Contests
from predictions.contests.inputs import AnswerIn, ContestIn
from predictions.contests.receive import receive
from predictions.imports.lifecycle import complete, finish, open_import
from predictions.models import Commentator, Prediction, Question, Source
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.proposals import confirm, propose, reject
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve, retract_resolution
from predictions.questions.triage import assign_question, snooze_question
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import (
    CorrectionIn,
    PredictionIn,
    ProposalIn,
    QuestionIn,
    QuestionRef,
    ReferenceIn,
    ResolutionIn,
    WithdrawalIn,
)
from predictions.submissions.commentators import change_commentator
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction, record_predictions
from predictions.submissions.sources import change_source
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.channels import ChannelIn, ChannelPreferences
from resolvers.notifications.subscriptions import SubscriptionIn, subscribe, unsubscribe
from resolvers.probing.configuration import ResolverIn, attach, pause
from service.channel_changes import Changer
from service.db.audit import other_tables
from service.security.api_keys import NewKey, create_key, revoke_and_stop, rotate_key

NOW = datetime(2025, 6, 1, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "Ann"}
SECRET = b"the secret of this test"
EVIDENCE = [{"url": "https://example.org/e"}]
#: Columns that decide nothing: counts of work that goes on, and what somebody saw last.
WORK = {
    "api_key": {"last_used_at"},
    "attached_resolver": {
        *("next_probe_at", "lease_until", "lease_token", "probed_at", "state", "observed", "reason", "last_good_at"),
        "failures",
    },
}
RECORD = (
    *("commentator", "source", "question", "question_topic", "reference", "prediction", "proposal", "resolution"),
    *("score", "running_total", "prompt", "channel", "subscription", "attached_resolver", "person", "api_key"),
    *("contest", "ledger_event"),
)


@pytest.fixture(scope="module")
def record() -> Iterator[Session]:
    """A record in which everything has happened once, in a database without triggers."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        imported(session)
        first, second, third = (question(session, slug) for slug in ("first", "second", "third"))
        predictions(session, first, second)
        outcomes(session, first, second, third)
        people_and_channels(session, third)
        contested(session)
        session.commit()
        assert list(findings(session)) == []
        yield session
    engine.dispose()


def findings(session: Session) -> list[str]:
    session.expire_all()
    return list(verify(session, other_tables(SECRET)))


def question(session: Session, slug: str, **fields: Any) -> Question:
    data = {"slug": slug, "text": f"Will {slug} happen?", "resolution_criteria": "c", "topics": ["x", "y"]}
    data |= {"deadline": "2025-05-01", "deadline_basis": "stated", **fields}
    return enter_question(session, QuestionIn.model_validate(data), **BY)


def stated(slug: str, name: str, **fields: Any) -> PredictionIn:
    data = {"question": {"slug": slug}, "commentator": {"name": name}, "made_at": "2025-01-01", "probability": 0.3}
    return PredictionIn.model_validate(data | fields)


def imported(session: Session) -> None:
    into = open_import(session, **BY)
    asked = question(session, "imported")
    add_reference(session, asked, reference("2025-01-01"), **BY)
    source = {"url": "https://example.org/imported"}
    record_predictions(session, [stated("imported", name, source=source) for name in ("Di", "Ed")], **BY)
    assert complete(session, into, **BY)
    sweep_due(session, now=NOW, base_url="https://example.org")
    outcome = {"outcome": "no", "known_at": "2025-05-01", "evidence": EVIDENCE}
    resolve(session, asked, ResolutionIn.model_validate(outcome), **BY)
    assert finish(session, into.import_id, **BY)


def reference(day: str) -> ReferenceIn:
    return ReferenceIn.model_validate({"probability": 0.4, "source": "a market", "as_of": day})


def predictions(session: Session, first: Question, second: Question) -> None:
    wording = {"probability": None, "hedge": "unlikely", "source": {"url": "https://example.org/a", "outlet": "A"}}
    alone = record_prediction(session, stated("first", "Bo", **wording), **BY)
    wrong = record_predictions(session, [stated("first", "Cy"), stated("second", "Cy"), stated("second", "Bo")], **BY)
    correction = CorrectionIn.model_validate({"made_at": "2025-01-02", "probability": 0.6, "reason": "misread"})
    correct_prediction(session, session.get_one(Prediction, wrong[0]), correction, **BY)
    withdraw_prediction(session, session.get_one(Prediction, wrong[2]), WithdrawalIn(reason="twice"), **BY)
    bo, source = session.get_one(Commentator, alone.commentator_id), session.get_one(Source, alone.source_id)
    change_commentator(session, bo, {"name": "Bo Y", "statement": "No.", "statement_on": "2025-02-01"}, **BY)
    change_source(session, source, {"title": "T"}, **BY)
    add_reference(session, first, reference("2025-01-01"), **BY)
    clearer = {"text": "Will the second happen?", "topics": ["y", "z"], "reason": "clearer"}
    change_question(session, second, QuestionChange.model_validate(clearer), **BY)


def outcomes(session: Session, first: Question, second: Question, third: Question) -> None:
    declare_decided(session, question(session, "early", deadline="2026-01-01"), "it happened", **BY)
    sweep_due(session, now=NOW, base_url="https://example.org")
    sweep_due(session, now=NOW + timedelta(days=3), base_url="https://example.org")
    suggestion = {"outcome": "yes", "known_at": "2025-04-01", "rationale": "seen", "evidence": EVIDENCE}
    no = propose(session, first, ProposalIn.model_validate(suggestion | {"outcome": "no"}), **BY)
    yes = propose(session, first, ProposalIn.model_validate(suggestion), **BY)
    reject(session, propose(session, third, ProposalIn.model_validate(suggestion), **BY), "wrong page", **BY)
    confirm(session, yes, None, **BY)
    assert no.state == "overtaken"
    outcome = ResolutionIn.model_validate({"outcome": "no", "known_at": "2025-05-01", "evidence": EVIDENCE})
    resolve(session, second, outcome, **BY)
    retract_resolution(session, second, "too early", **BY)
    snooze_question(session, third, NOW + timedelta(days=4), **BY)
    assign_question(session, second, "Bo", **BY)
    postpone(session, second, datetime(2025, 7, 1, tzinfo=UTC), "moved", **BY)


def people_and_channels(session: Session, third: Question) -> None:
    changer = Changer("Ann", NOW, SECRET)
    keys = [create_key(session, NewKey(name, ["resolve"]), secret=SECRET, **BY)[0] for name in ("Ann", "Bo", "Cy")]
    rotate_key(session, keys[0], secret=SECRET, **BY)
    mail = {"kind": "email", "target": "bo@example.org", "person": "Bo"}
    channels = [
        changer.add(session, ChannelIn.model_validate({"name": name, **mail})) for name in ("mail", "other", "old")
    ]
    changer.change(session, channels[1], ChannelPreferences(topics=["x"], quiet_from="22:00", quiet_to="06:00"))
    changer.switch(session, channels[2], enabled=False)
    for topic in ("x", "y"):
        subscribe(session, channels[0], SubscriptionIn(channel=channels[0].id or 0, topic=topic), **BY)
    unsubscribe(session, channels[0], SubscriptionIn(channel=channels[0].id or 0, topic="y"), **BY)
    asked = SubscriptionIn(channel=channels[0].id or 0, question=QuestionRef(slug="third"))
    subscribe(session, channels[0], asked, **BY)
    revoke_and_stop(session, keys[2], changer)
    config = {"url": "https://example.org/feed.json", "yes": "done"}
    resolver = ResolverIn.model_validate({"resolver": "json", "config": config})
    pause(session, attach(session, third, resolver, **BY), third, **BY)


def contested(session: Session) -> None:
    wrong = ContestIn.model_validate(
        {"prediction": 3, "name": "Di", "text": "I did not say so.", "contact": "di@x.org"}
    )
    first, second, _ = [receive(session, wrong, days=7, secret=SECRET, now=NOW) for _ in range(3)]
    steps = Contests(session, "Ann", NOW, SECRET)
    steps.take_up(first)
    steps.answer(first, AnswerIn.model_validate({"decision": "rejected", "answer": "It is in the source."}))
    steps.withdraw(second)


def other(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9 + 0.01
    if isinstance(value, list):
        return [*value, "other"] if not value or isinstance(value[0], str) else value[:-1]
    if isinstance(value, dict):
        return value | {"other": 1}
    return f"{value or ''}x"


def alterations(session: Session, table: Table) -> Iterator[tuple[str, Any]]:
    """Yield each alteration of one table with what it does.

    Each column is altered in one of three rows; these rows are deleted, and one is copied.
    """
    rows = session.execute(select(table).order_by(*table.primary_key.columns)).mappings().all()
    three = (rows[0], rows[len(rows) // 2], rows[-1])
    for at, column in enumerate(table.columns):
        if column.name not in WORK.get(table.name, ()):
            row = three[at % 3]
            for value in altered(column, row[column.name]):
                yield (
                    f"{named(table, row)} {column.name}: {value!r}",
                    update(table).where(*own(table, row)).values({column.name: value}),
                )
    for row in three:
        yield f"{named(table, row)} is deleted", delete(table).where(*own(table, row))
    copy = {column.name: copied(column, three[1][column.name]) for column in table.columns}
    yield f"{named(table, three[1])} is copied", insert(table).values(copy)


def own(table: Table, row: Any) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def named(table: Table, row: Any) -> str:
    return f"{table.name} {[row[column.name] for column in table.primary_key.columns]}"


def altered(column: Any, value: Any) -> Iterator[Any]:
    """Yield other values for a column: one of the same type, and none."""
    if isinstance(value, StrEnum):
        yield next(each for each in type(value) if each is not value)
    else:
        yield other(value) if value is not None else filled(column)
    if column.nullable and value is not None:
        yield None


def copied(column: Any, value: Any) -> Any:
    """Return the value of a column in a copy of a row: other keys, and other unique texts."""
    if column.primary_key and isinstance(value, int):
        return value + 1000
    return other(value) if isinstance(column.type, String) and type(value) is str else value


def filled(column: Any) -> Any:
    """Return a value for a blank column."""
    kinds = ((UTCDateTime, NOW), (JSON, ["x"]), (Boolean, True), (Integer, 1), (Float, 0.5))
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "x")


#: What a finding calls the rows of these tables.
NAMES = {
    "question_topic": ("question",),
    "running_total": ("running total",),
    "ledger_event": ("ledger event", "the ledger"),
}


@pytest.mark.parametrize("name", RECORD)
def test_every_altered_value_and_every_deleted_row_is_named(record: Session, name: str) -> None:
    record.execute(text("PRAGMA ignore_check_constraints = ON"))
    missed, tried = [], 0
    for what, statement in alterations(record, SQLModel.metadata.tables[name]):
        attempt = record.begin_nested()
        try:
            record.execute(statement)
        except IntegrityError:
            pass
        else:
            named = next(
                (each for each in NAMES.get(name, (name,)) if any(each in found for found in findings(record))), ""
            )
            if not named:
                missed.append(what)
            tried += 1
        attempt.rollback()
    assert (missed, tried > 3) == ([], True)
