"""Compare commentators, sources, questions, references and proposals with the events that entered and changed them."""

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel, col

from predictions import ledger
from predictions.audit.unreadable import UNREADABLE
from predictions.models import LedgerEvent, QuestionTopic
from predictions.slugs import name_key

BATCH = 500
#: What time, resolutions and decisions do to a row is compared elsewhere, or decides nothing.
_MOVING = {
    "question": {"status", "outcome", "known_at", "due_at", "next_prompt_at", "prompts", "snoozed_until", "snoozes"},
    "proposal": {"state", "decided_by", "decided_at", "proposed_at", "reason"},
}
_TABLES = ("commentator", "source", "question", "reference", "proposal")
_ENTERED = ("commentator.entered", "source.entered", "question.entered", "reference.recorded", "proposal.made")
_CHANGED = ("commentator.changed", "source.changed", "question.changed")
_FOLDED = (*_ENTERED, *_CHANGED, "question.postponed", "question.assigned", "proposal.rejected")


def changed_rows(session: Session, unreadable: Mapping[str, Collection[Any]]) -> Iterator[str]:
    """Yield one message for each row that is not as its events say.

    A row whose entry is in no event of its own (it came with an import) is not compared, and neither are
    ``unreadable`` rows, by table.
    """
    for table in map(SQLModel.metadata.tables.__getitem__, _TABLES):
        folded = _folded(session, table.name, unreadable.get("ledger_event", ()))
        while batch := dict(islice(folded, BATCH)):
            readable = {number: row for number, row in batch.items() if number not in unreadable.get(table.name, ())}
            yield from _compare(session, table, readable)


def _folded(session: Session, subject: str, skipped: Collection[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield id and columns of each row of a table as its events say that it is, in order of id."""
    of_table = (col(LedgerEvent.subject) == subject, col(LedgerEvent.action).in_(_FOLDED))
    columns = (LedgerEvent.seq, LedgerEvent.subject_id, LedgerEvent.action, LedgerEvent.body)
    query = select(*map(col, columns)).where(*of_table, col(LedgerEvent.seq).not_in(skipped))
    events = session.execute(query.order_by("subject_id", "seq").execution_options(yield_per=BATCH))
    for number, of_row in groupby(events, key=attrgetter("subject_id")):
        row: dict[str, Any] = {}
        for event in of_row:
            _apply(event.action, _parse(event.body), row)
        if "id" in row:
            yield number, row


def _parse(body: str) -> dict[str, Any]:
    """Return the body of an event; an empty one if it was made unreadable, which the check of the chain names."""
    try:
        content = json.loads(body)
    except UNREADABLE:
        return {}
    return content if isinstance(content, dict) else {}


def _apply(action: str, body: dict[str, Any], row: dict[str, Any]) -> None:
    if action in _ENTERED:
        moving = _MOVING.get(action.partition(".")[0], ())
        row.update({name: value for name, value in body.items() if name not in moving})
    elif action in _CHANGED:
        row.update(body.get("after", {}))
        if "name" in body.get("after", {}):
            row["name_key"] = name_key(body["after"]["name"])
    elif action == "question.postponed":
        row["deadline"] = body.get("after")
    elif action == "question.assigned":
        row["assignee"] = body.get("assignee")
    else:
        row |= {"state": "rejected", "reason": body.get("reason")}


def _compare(session: Session, table: Table, expected: dict[int, dict[str, Any]]) -> Iterator[str]:
    found = {row["id"]: dict(row) for row in session.execute(select(table).where(table.c.id.in_(expected))).mappings()}
    if table.name == "question":
        for number, topics in _topics(session, found).items():
            found[number]["topics"] = topics
    for number, row in expected.items():
        if number not in found:
            yield f"{table.name} {number} is missing, but the ledger has its entry"
            continue
        stored = json.loads(ledger.canonical(found[number]))
        differing = [name for name in row if name in stored and row[name] != stored[name]]
        if differing:
            yield f"{table.name} {number} differs from the ledger in {', '.join(sorted(differing))}"


def _topics(session: Session, questions: Collection[int]) -> dict[int, list[str]]:
    topics: dict[int, list[str]] = {number: [] for number in questions}
    query = select(col(QuestionTopic.question_id), col(QuestionTopic.topic)).order_by("topic")
    for number, topic in session.execute(query.where(col(QuestionTopic.question_id).in_(questions))):
        topics[number].append(topic)
    return topics
