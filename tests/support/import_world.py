"""Imports for tests: lines of all kinds, run in pieces between which a test does what it likes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions.audit.verify import verify
from predictions.errors import InvalidInput
from predictions.imports.staging import Staging
from predictions.models import Commentator, LedgerEvent, Prediction, Question, RunningTotal, Source
from predictions.transfer.importer import Import, Report
from predictions.transfer.line_types import LINES, DemoLine
from service.db.engine import read_transaction
from service.db.pieces import Pieces
from service.imports import run_import
from tests.support.fake_clock import START, FakeClock

NOW = START
BY: dict[str, Any] = {"now": NOW, "actor": "somebody else"}


def question(slug: str, **more: Any) -> dict[str, Any]:
    content = {"type": "question", "slug": slug, "text": f"Will {slug} come?", "resolution_criteria": "It comes."}
    return content | {"deadline": "2025-03-31", "deadline_basis": "stated", "topics": [f"about-{slug}"]} | more


def prediction(name: str, slug: str, probability: float = 0.25, **more: Any) -> dict[str, Any]:
    line = {"type": "prediction", "commentator": {"name": name}, "question": {"slug": slug}}
    return line | {"made_at": "2025-03-01", "probability": probability} | more


def outcome(slug: str, which: str = "yes") -> dict[str, Any]:
    evidence = [{"url": "https://example.org/outcome"}]
    return {"type": "resolution", "question": slug, "outcome": which, "known_at": "2025-03-30", "evidence": evidence}


def run_lines(engine: Engine, lines: list[dict[str, Any]], *, clock: FakeClock | None = None) -> Report:
    """Import lines, all or none."""
    clock = clock or FakeClock()

    def stage(given: Pieces, into: Staging) -> Report:
        entering = Import(given.session, into, now=clock.now(), actor="importer", keep=False, pause=given.pause)
        for number, line in enumerate(lines, 1):
            parsed = LINES[line["type"]].model_validate(line)
            assert not isinstance(parsed, DemoLine)
            entering.take(number, parsed)
        report = entering.finish()
        if report.refused:
            raise InvalidInput(f"{report.faults}")
        return report

    done = run_import(engine, clock, actor="importer", stage=stage)
    for fault in done.finished.late:
        done.result.refuse_late(fault.number, fault.type, fault.error)
    return done.result


Between = Callable[[Callable[[], None]], None]


class Killed(BaseException):
    """Raised in place of the signal that ends a process."""


def actions(session: Session) -> list[str]:
    return list(session.execute(select(col(LedgerEvent.action)).order_by(col(LedgerEvent.seq))).scalars())


def body(session: Session, action: str) -> Any:
    query = select(col(LedgerEvent.body)).where(col(LedgerEvent.action) == action)
    return json.loads(session.execute(query).scalar_one())


def verified(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        return list(verify(session))


def kill_at(engine: Engine, between: Between, lines: list[dict[str, Any]], when: int) -> bool:
    """Start an import and end its process at a pause; return whether it came to that."""
    left = [when]

    def act() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    between(act)
    patched = pytest.MonkeyPatch()
    patched.setattr("service.imports._drop", lambda *_: None)  # a killed process does not drop its import
    try:
        run_lines(engine, lines)
    except Killed:
        return True
    finally:
        patched.undo()
        between(lambda: None)
    return False


LINES_OF_ALL_KINDS = [
    question("rain"),
    question("snow"),
    question("mild", condition={"question": "rain", "outcome": "no"}),
    {"type": "commentator", "name": "Ann", "statement": "I stand by it.", "statement_on": "2025-03-20"},
    {"type": "reference", "question": "snow", "probability": 0.5, "source": "odds", "as_of": "2025-02-20"},
    *(prediction(f"P{number}", slug, number / 10) for number in range(6) for slug in ("rain", "snow", "old")),
    prediction("Ann", "rain", 0.9, ref="first", source={"url": "https://example.org/a"}),
    prediction("Ann", "mild", 0.4, ref="other"),
    {
        "type": "correction",
        "prediction": "first",
        "ref": "second",
        "made_at": "2025-03-02",
        "probability": 0.8,
        "reason": "Misread.",
    },
    {"type": "withdrawal", "prediction": "second", "reason": "Said by somebody else."},
    {"type": "withdrawal", "prediction": "other", "reason": "Not a prediction."},
    outcome("rain"),
    outcome("snow", "no"),
]


def without_type(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("type", *names)}


def content(engine: Engine) -> dict[str, Any]:
    """The totals of all commentators by name, and the number of rows of each table."""
    with read_transaction(engine) as session:
        names = {row.id: row.name for row in session.execute(select(Commentator)).scalars()}
        totals = {
            (names[row.commentator_id], row.topic): row.model_dump(exclude={"commentator_id"})
            for row in session.execute(select(RunningTotal).where(col(RunningTotal.questions) > 0)).scalars()
        }
        counts = {
            table.__name__: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Commentator, Source, Question, Prediction)
        }
        return {"totals": totals, **counts}
