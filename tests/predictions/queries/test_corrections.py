"""Reading corrections takes no longer on a long record."""

from datetime import UTC, datetime

from sqlalchemy import event, text
from sqlmodel import Session

from predictions import ledger
from predictions.queries.corrections import ACTIONS, list_corrections

NOW = datetime(2025, 4, 1, tzinfo=UTC)


def test_corrections_are_found_by_their_own_index_however_many_other_events_there_are(session: Session) -> None:
    others = [ledger.NewEvent(NOW, "x", "question.scored", "question", 1, {}) for _ in range(3000)]
    mine = [ledger.NewEvent(NOW, "x", action, "nothing", 1, {}) for action in ACTIONS]
    ledger.append_all(session, [*mine, *others])
    statements: list[tuple[str, object]] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *of: statements.append((of[2], of[3])))
    assert [row.id for row in list_corrections(session, limit=100)] == list(range(len(ACTIONS), 0, -1))
    statement, parameters = next(each for each in statements if "FROM ledger_event" in each[0])
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE ledger_event"))
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    plan = connection.exec_driver_sql(explain + statement, parameters).all()  # type: ignore[arg-type]
    assert "ix_ledger_event_corrections" in str(plan)
