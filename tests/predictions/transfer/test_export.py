"""An export contains the whole record, and its import makes the same record again."""

import csv
import io
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.enums import DeadlineBasis, QuestionKind
from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator, Question, RunningTotal, Score, Source
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import postpone
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import (
    CommentatorIn,
    ConditionIn,
    CorrectionIn,
    EvidenceIn,
    IntervalIn,
    PredictionIn,
    QuestionIn,
    QuestionRef,
    ReferenceIn,
    ResolutionIn,
    SourceIn,
    WithdrawalIn,
)
from predictions.submissions.commentators import change_commentator, enter_commentator
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction
from predictions.submissions.sources import change_source, confirm_source
from service.db.engine import make_engine, read_transaction, write_transaction
from service.files.csv_injection import guard, unguard
from tests.support.cli_runner import Command
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill

ACTOR = "the tests"
ENDED_AS_NO = {
    "type": "resolution",
    "question": "p",
    "outcome": "no",
    "known_at": "2025-05-30",
    "evidence": [{"url": "https://example.org/again"}],
}
NOW = FakeClock().now()
EVIDENCE = [EvidenceIn(url="https://example.org/seen", note="=HYPERLINK(1) as | seen"), EvidenceIn(url="http://a.b")]


class Editor:
    """Puts one of everything on record."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.by: dict[str, Any] = {"now": NOW, "actor": ACTOR}

    def question(self, slug: str, **more: Any) -> Question:
        given: dict[str, Any] = {"text": f"-1 or {slug}?", "resolution_criteria": "As\nwritten."}
        given |= {"deadline": NOW - timedelta(days=9), "deadline_basis": DeadlineBasis.IMPLIED}
        data = QuestionIn(slug=slug, **(given | more))
        return enter_question(self.session, data, **self.by)

    def predict(self, name: str, slug: str, days: int, **fields: Any) -> Any:
        source = SourceIn(url=f"https://example.org/{name}/{days}", title='@home, "quoted"', outlet="+1 News")
        data = PredictionIn(
            commentator=CommentatorIn(name=name),
            question=QuestionRef(slug=slug),
            made_at=NOW - timedelta(days=days),
            source=source if days % 2 else None,
            **fields,
        )
        return record_prediction(self.session, data, **self.by)

    def resolve(self, question: Question, outcome: str, days: int = 9) -> None:
        data = ResolutionIn(outcome=outcome, known_at=NOW - timedelta(days=days), evidence=EVIDENCE, note="n")
        resolve(self.session, question, data, **self.by)


def one_of_everything(session: Session) -> None:
    editor = Editor(session)
    plain = editor.question("plain", topics=["b-topic", "a-topic"], event="family", opens_at=NOW - timedelta(days=400))
    kinds = {"kind": QuestionKind.ORDINAL, "options": ["low|er", "=mid", "high, higher"]}
    ordinal = editor.question(
        "ordinal", **kinds, reference=ReferenceIn(probabilities=[0.2, 0.3, 0.5], source="a crowd", as_of=NOW)
    )
    child = editor.question("child", condition=ConditionIn(question="plain", outcome="yes"))
    failed = editor.question("failed", condition=ConditionIn(question="plain", outcome="no"))
    verbal = editor.question("verbal", condition=ConditionIn(text="If it comes to that"))
    late = editor.question("late")
    editor.question("open", deadline=NOW + timedelta(days=50))
    say_everything(editor)
    for question, outcome in ((plain, "yes"), (child, "no"), (ordinal, "=mid"), (late, "yes"), (verbal, "annulled")):
        editor.resolve(question, outcome)
    editor.resolve(ordinal, "low|er", days=8)
    retract_resolution(session, late, "Too early.", **editor.by)
    postpone(session, late, NOW + timedelta(days=40_000), "Moved far.", **editor.by)
    source = session.execute(select(Source)).scalars().first()
    assert source is not None
    change_source(session, source, {"archive_url": "https://archive.example.org/1"}, **editor.by)
    confirm_source(session, source, **editor.by)
    assert failed.outcome == "annulled"
    person = session.execute(select(Commentator)).scalars().first()
    assert person is not None
    change_commentator(
        session,
        person,
        {"statement": "I stand by it.", "statement_on": "2025-04-02", "description": "'=a"},
        **editor.by,
    )


def say_everything(editor: Editor) -> None:
    for slug in ("plain", "child", "failed", "late", "open"):
        editor.predict("=Ann", slug, 30, probability=0.1 + 0.2)
        editor.predict("Bob", slug, 31, hedge="probably", note="a note")
    editor.predict("Bob", "plain", 20, hedge="might")
    editor.predict("Cy", "plain", 21, hedge="who knows", interval=IntervalIn(low=0.1, best=1 / 3, high=0.9))
    editor.predict("Cy", "verbal", 21, commitment=True)
    editor.predict("Cy", "ordinal", 22, probabilities={"low|er": 0.25, "=mid": 0.25, "high, higher": 0.5})
    twice = [editor.predict("Dee", "plain", 23, probability=0.9) for _ in range(2)]
    withdraw_prediction(editor.session, twice[1], WithdrawalIn(reason="Twice."), **editor.by)
    wrong = editor.predict("Eve", "plain", 23, probability=0.8)
    right = CorrectionIn(made_at=NOW - timedelta(days=24), hedge="unlikely", lexicon="icd203", reason="Misread.")
    again = correct_prediction(editor.session, wrong, right, **editor.by)
    correct_prediction(
        editor.session, again, CorrectionIn(made_at=again.made_at, probability=0.7, reason="Twice wrong."), **editor.by
    )


def whole(url: str) -> dict[str, Any]:
    """Scores, sums, board and rows, by names instead of ids."""
    engine = make_engine(url)
    try:
        with read_transaction(engine) as session:
            return read_whole(session)
    finally:
        engine.dispose()


def read_whole(session: Session) -> dict[str, Any]:
    people = {row.id: row for row in session.execute(select(Commentator)).scalars()}
    questions = {row.id: row for row in session.execute(select(Question)).scalars()}
    derived = {"commentator_id", "question_id", "opening_id", "latest_id", "recorded_late"}
    scores = session.execute(select(Score)).scalars()
    sums = session.execute(select(RunningTotal)).scalars()
    made = estimate(session, Filters(), "opening", NOW)
    items = board(session, Filters(), "opening", made, now=NOW)
    apart = {"id", "import_id", "created_at", "due_at", "condition_question_id", "next_prompt_at", "prompts"}
    return {
        "scores": {
            (people[row.commentator_id].slug, questions[row.question_id].slug): row.model_dump(exclude=derived)
            for row in scores
        },
        "sums": {
            (people[row.commentator_id].slug, row.topic): row.model_dump(exclude={"commentator_id"}) for row in sums
        },
        "board": [item.model_dump(exclude={"commentator": {"id"}}) for item in items],
        "questions": {row.slug: row.model_dump(exclude=apart) for row in questions.values()},
        "people": {row.slug: row.model_dump(exclude={"id", "created_at", "import_id"}) for row in people.values()},
        "sources": [
            row.model_dump(exclude={"id", "created_at", "import_id", "confirmed_at", "confirmed_by"})
            | {"confirmed": row.confirmed_at is not None}
            for row in session.execute(select(Source).order_by(col(Source.id))).scalars()
        ],
    }


@pytest.fixture
def other(sqlite_template: Path, tmp_path: Path) -> str:
    """A second empty database."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.db')}"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_makes_the_same_record_again(
    form: str,
    trackrecord_anywhere: Command,
    engine: Engine,
    database_url: str,
    other: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("predictions.transfer.export.FETCHED", 7)  # so that it streams, as a large record does
    monkeypatch.setattr("predictions.transfer.importer.AT_ONCE", 11)
    with write_transaction(engine) as session:
        one_of_everything(session)
        fill(session, now=NOW, people=12, questions=15, share=0.7)
    before, run = whole(database_url), trackrecord_anywhere
    written = run("export", "--format", form)
    assert written.code == 0, written.err
    run.on(other)
    done = run("import", "-", "--format", form, stdin=written.out.encode())
    assert (done.code, done.err) == (0, "")
    after = whole(other)
    for part in before:
        assert after[part] == before[part], part
    assert len(after["scores"]) > 100
    assert run("verify").code == 0
    assert without_refs(run("export", "--format", form).out) == without_refs(written.out)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_names_without_a_letter_keep_their_slugs_from_one_record_to_another(
    form: str, trackrecord_anywhere: Command, engine: Engine, database_url: str, other: str
) -> None:
    """Those of now, and those that were made before."""
    ended: dict[str, Any] = {
        "deadline": NOW - timedelta(days=9),
        "deadline_basis": DeadlineBasis.STATED,
        "resolution_criteria": "-",
    }
    with write_transaction(engine) as session:
        editor = Editor(session)
        for slug, name in (("n-", "!"), ("n--2", "!!")):
            enter_commentator(session, CommentatorIn(slug=slug, name=name), **editor.by)
        mute = [enter_question(session, QuestionIn(text=text, **ended), **editor.by).slug for text in ("?", "??", "ᎠᎡ")]
        mute += [editor.question("n--3").slug]
        session.flush()
        for slug in mute:
            for name in ("🙂", "-", "🙃", "!", "!!", "Ꭰ"):
                editor.predict(name, slug, 30, probability=0.5)
    run, before = trackrecord_anywhere, whole(database_url)
    written = run("export", "--format", form)
    run.on(other)
    done = run("import", "-", "--format", form, stdin=written.out.encode())
    assert (done.code, done.err) == (0, "")
    assert whole(other) == before
    assert sorted(slugs_of(other)) == sorted(slugs_of(database_url))
    assert {"n-", "n--2", "n--3"} <= set(slugs_of(other))


def slugs_of(url: str) -> list[str]:
    engine = make_engine(url)
    try:
        with read_transaction(engine) as session:
            slugs = select(col(Commentator.slug)).union_all(select(col(Question.slug)))
            return list(session.execute(slugs).scalars())
    finally:
        engine.dispose()


def without_refs(text: str) -> list[str]:
    """The lines in any order, without the numbers in their refs: corrections are entered after all predictions."""
    return sorted(re.sub(r"\bp\d+\b", "p", text).splitlines())


def test_importing_an_export_into_its_own_record_adds_nothing(trackrecord: Command, sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with write_transaction(engine) as session:
        one_of_everything(session)
    engine.dispose()
    before = trackrecord("export", "--what", "ledger").out
    file = trackrecord.file("all.jsonl", trackrecord("export").out)
    done = trackrecord("import", file, "--json")
    assert done.code == 0
    assert set(done.json["recorded"].values()) == {0}
    assert done.json["present"]["prediction"] == 17
    assert done.json["present"]["correction"] == 2
    assert trackrecord("export", "--what", "ledger").out == before


@pytest.mark.parametrize("what", ["scores", "leaderboard", "ledger"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_computed_is_exported_but_refused_by_an_import(
    trackrecord: Command, what: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictions.transfer.export_computed.FETCHED", 1)
    trackrecord("seed")
    text = trackrecord("export", "--what", what, "--format", form).out
    rows = list(csv.DictReader(io.StringIO(text))) if form == "csv" else [json.loads(x) for x in text.splitlines()]
    assert len(rows) > 1
    done = trackrecord("import", "-", "--format", form, stdin=text.encode())
    assert done.code == 2
    assert "computed" in done.err or "unknown column" in done.err


@given(st.text())
def test_a_guarded_cell_is_no_formula_and_is_imported_unchanged(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_predictions_made_too_late_go_from_one_record_to_another(
    trackrecord: Command, tmp_path: Path, sqlite_template: Path
) -> None:
    run = trackrecord
    question = {"slug": "rain", "text": "Rain?", "resolution_criteria": "c", "deadline": "2025-05-31"}
    question |= {"type": "question", "deadline_basis": "stated"}
    stated = {"commentator": {"name": "Ann"}, "question": {"slug": "rain"}, "probability": 0.5}
    late = [stated | {"made_at": made_at} for made_at in ("2025-05-31T23:59:59Z", "2025-06-02")]
    assert run("import", run.lines("first.jsonl", [question, *late])).code == 0
    assert (
        "[recorded_late, unsourced, made_too_late]"
        in run(
            *(
                "predict",
                "--commentator",
                "Bob",
                "--question",
                "rain",
                "--probability",
                "0.5",
                "--made-at",
                "2025-06-02",
            )
        ).out
    )
    run("export", "--output", "all.jsonl")
    run.on(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'second.db')}")
    done = run("import", "all.jsonl", "--json")
    assert (done.code, done.json["recorded"]["predictions"]) == (0, 3)


@pytest.mark.parametrize(("outcome", "state"), [("no", "annulled"), (None, "resolved")])
def test_an_outcome_whose_condition_was_corrected_since_goes_from_one_record_to_another(
    trackrecord: Command, tmp_path: Path, sqlite_template: Path, outcome: str | None, state: str
) -> None:
    run, evidence = trackrecord, ("--known-at", "2025-05-30", "--evidence", "https://example.org/")
    parent = {"type": "question", "slug": "p", "text": "P?", "resolution_criteria": "c", "deadline": "2025-05-31"}
    parent |= {"deadline_basis": "stated"}
    child = parent | {"slug": "c", "text": "C?", "condition": {"question": "p", "outcome": "yes"}}
    stated = {"commentator": {"name": "Ann"}, "question": {"slug": "c"}, "made_at": "2025-04-01", "probability": 0.3}
    run("import", run.lines("first.jsonl", [parent, child, stated]))
    for slug in ("p", "c"):
        assert run("resolve", slug, "yes", *evidence).code == 0
    change = ENDED_AS_NO if outcome else {"type": "retraction", "question": "p", "reason": "a slip"}
    assert run("import", run.lines("second.jsonl", [change])).code == 0
    run("export", "--output", "all.jsonl")
    run.on(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'second.db')}")
    assert run("import", "all.jsonl").err == ""
    assert run("question", "c", "--json").json["status"] == state
    assert run("resolve", "p", "yes", *evidence).code == 0
    assert run("question", "c", "--json").json["outcome"] == "yes"
    assert run("leaderboard", "--json").json["items"][0]["resolved"] == 1
    assert run("verify").code == 0
