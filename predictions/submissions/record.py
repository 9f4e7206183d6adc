"""Recording predictions: one in one call, or many; a wrong one is superseded or withdrawn, never edited."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, insert, text
from sqlmodel import Session, select

from predictions import ledger
from predictions.errors import InvalidInput, inside
from predictions.models import Prediction, Question, row_id
from predictions.schemas.inputs import PredictionIn, StatedIn
from predictions.scores.running_totals import count_first_calls, rescoring
from predictions.submissions.entity_cache import EntityCache
from predictions.submissions.stated_probability import stated_probability

CLOCK_TOLERANCE = timedelta(minutes=5)
Row = dict[str, Any]
_TABLE = Prediction.__table__  # type: ignore[attr-defined]
_STORE = insert(_TABLE)
_RESERVE = text("SELECT setval(:sequence, nextval(:sequence) + :count - 1)")


@dataclass(frozen=True)
class Submission:
    """A prediction as it comes in: by whom, and when."""

    data: PredictionIn
    now: datetime
    actor: str


def record_prediction(session: Session, data: PredictionIn, *, now: datetime, actor: str) -> Prediction:
    """Put one prediction on record, with commentator, question and source found or entered by their keys.

    A prediction on a resolved question is scored at once. ``now`` becomes ``recorded_at``. Raises ``InvalidInput``
    where something named is not on record, the numbers do not fit the question, or ``made_at`` lies after the
    deadline or in the future.
    """
    return record_each(session, [Submission(data, now, actor)])[0]


def record_each(session: Session, submissions: Sequence[Submission]) -> list[Prediction]:
    """Put predictions that came in together on record, as ``record_prediction`` does one by one; gives copies of the
    rows in the same order. All are recorded at the moment of the last.

    All or nothing; an ``InvalidInput`` is that of the first one at fault.
    """
    now = submissions[-1].now
    desks = {actor: EntityCache(session, now=now, actor=actor) for actor in {one.actor for one in submissions}}
    for actor, desk in desks.items():
        desk.prefetch([one.data for one in submissions if one.actor == actor])
    rows = [_prepare(desks[one.actor], one.data) for one in submissions]
    ids = _store(session, rows, now=now, actor=submissions[-1].actor)
    numbered = [{"id": number, **row} for number, row in zip(ids, rows, strict=True)]
    entries = [
        ledger.NewEvent(now, one.actor, "prediction.recorded", _TABLE.name, row["id"], row)
        for one, row in zip(submissions, numbered, strict=True)
    ]
    ledger.append_all(session, entries)
    return [Prediction(**row) for row in numbered]


def record_predictions(session: Session, items: Sequence[PredictionIn], *, now: datetime, actor: str) -> list[int]:
    """Put many predictions on record at once, as ``record_prediction`` does one by one, with one ledger event; gives
    their ids in the same order.

    All or nothing: an ``InvalidInput`` says in its pointers which item (``/3/probability``) is at fault.
    """
    desk = EntityCache(session, now=now, actor=actor)
    desk.prefetch(items)
    rows = []
    for index, item in enumerate(items):
        with inside(f"/{index}"):
            rows.append(_prepare(desk, item))
    if not rows:
        return []
    ids = _store(session, rows, now=now, actor=actor)
    body = {"count": len(ids), "ids": ranges(ids), "sha256": digest(ids, rows)}
    subject = session.get_one(Prediction, ids[0])
    ledger.append(session, now=now, actor=actor, action="predictions.recorded", subject=subject, body=body)
    return list(ids)


def _store(session: Session, rows: list[Row], *, now: datetime, actor: str) -> range:
    """Insert the rows, count the questions they are the first calls on, rescore the resolved ones; gives the ids."""
    questions = {number: session.get_one(Question, number) for number in {row["question_id"] for row in rows}}
    settled = {number for number, question in questions.items() if question.outcome is not None}
    count_first_calls(
        session,
        (
            (row["commentator_id"], row["question_id"])
            for row in rows
            if row["question_id"] not in settled
            and (row["probability"] is not None or row["probabilities"] is not None)
        ),
    )
    with ExitStack() as stack:
        for number in sorted(settled, reverse=True):
            stack.enter_context(rescoring(session, questions[number], now=now, actor=actor))
        ids = _reserved(session, len(rows))
        session.connection().execute(_STORE, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return ids


def _reserved(session: Session, count: int) -> range:
    """Ids for that many rows. Writers come one at a time, so that nobody else takes them; asking the database for the
    ids that it gave instead would take twice the time of the insert."""
    if session.get_bind().dialect.name == "postgresql":
        last = session.execute(_RESERVE, {"sequence": "prediction_id_seq", "count": count}).scalar_one()
    else:
        last = (session.execute(select(func.max(_TABLE.c.id))).scalar() or 0) + count
    return range(last - count + 1, last + 1)


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Numbers as ranges [first, last], in order: a bulk gets ids that follow one another."""
    found: list[list[int]] = []
    for number in ids:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def digest(ids: Iterable[int], rows: Iterable[Row]) -> str:
    """The SHA-256 of predictions as the ledger would write them one by one, in the order given."""
    lines = (ledger.canonical({"id": number, **row}) for number, row in zip(ids, rows, strict=True))
    return sha256("\n".join(lines).encode()).hexdigest()


def _prepare(desk: EntityCache, data: PredictionIn) -> Row:
    commentator, question = desk.commentator(data.commentator), desk.question(data.question)
    return _row(desk, data, row_id(commentator), question)


def _row(desk: EntityCache, data: StatedIn, commentator_id: int, question: Question) -> Row:
    """All columns of a prediction but its id."""
    if data.made_at > question.deadline:
        raise InvalidInput.at(
            "/made_at",
            f"lies after the question's deadline, {question.deadline.isoformat()}: a prediction made then cannot count",
        )
    if data.made_at - desk.now > CLOCK_TOLERANCE:
        raise InvalidInput.at("/made_at", f"lies in the future (it is {desk.now.isoformat()}): check the date")
    source = desk.source(data.source)
    return {
        "commentator_id": commentator_id,
        "question_id": row_id(question),
        "source_id": source.id if source else None,
        "made_at": data.made_at,
        "recorded_at": desk.now,
        "recorded_by": desk.actor,
        "commitment": data.commitment,
        "note": data.note,
        "supersedes_id": None,
        "withdrawn": False,
        "reason": None,
        **vars(stated_probability(data, question)),
    }
