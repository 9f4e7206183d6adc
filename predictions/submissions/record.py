"""Record predictions, one or many at once."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from predictions import ledger
from predictions.clock_tolerance import CLOCK_TOLERANCE
from predictions.errors import InvalidInput, inside, time_text
from predictions.imports.staging import Staging, import_id, staging
from predictions.models import Prediction, Question, row_id
from predictions.schemas.inputs import PredictionIn, StatedIn
from predictions.scores.running_totals import count_first_predictions, rescoring
from predictions.submissions.entity_cache import EntityCache
from predictions.submissions.reserved_ids import reserve_ids
from predictions.submissions.stated_probability import stated_probability

Row = dict[str, Any]
_TABLE = Prediction.__table__  # type: ignore[attr-defined]
_STORE = insert(_TABLE)


@dataclass(frozen=True)
class Submission:
    """A submitted prediction with its time and actor."""

    data: PredictionIn
    now: datetime
    actor: str


def record_prediction(session: Session, data: PredictionIn, *, now: datetime, actor: str) -> Prediction:
    """Record one prediction; find commentator, question and source by their keys, or enter them.

    A prediction on a resolved question is scored at once. One that was made too late (``eligibility.in_time``) is kept
    and does not count. ``now`` becomes ``recorded_at``. Raises ``InvalidInput`` if something named is not on record,
    the probabilities do not fit the question, or ``made_at`` lies in the future.
    """
    return record_each(session, [Submission(data, now, actor)])[0]


def record_each(session: Session, submissions: Sequence[Submission]) -> list[Prediction]:
    """Record predictions of one batch like ``record_prediction``, with one ledger event each.

    Returns copies of the rows in the same order. All get the time of the last. All or nothing: raises the
    ``InvalidInput`` of the first invalid one.
    """
    now = submissions[-1].now
    caches = {actor: EntityCache(session, now=now, actor=actor) for actor in {one.actor for one in submissions}}
    for actor, cache in caches.items():
        cache.prefetch([one.data for one in submissions if one.actor == actor])
    rows = [_prepare(caches[one.actor], one.data) for one in submissions]
    ids = _store(session, rows, now=now, actor=submissions[-1].actor)
    numbered = [{"id": number, **row} for number, row in zip(ids, rows, strict=True)]
    entries = [
        ledger.NewEvent(now, one.actor, "prediction.recorded", _TABLE.name, row["id"], row)
        for one, row in zip(submissions, numbered, strict=True)
    ]
    ledger.append_all(session, entries)
    return [Prediction(**row) for row in numbered]


def record_predictions(session: Session, items: Sequence[PredictionIn], *, now: datetime, actor: str) -> list[int]:
    """Record many predictions like ``record_prediction``, with one ledger event. Returns their ids in the same order.

    For an import they are staged, without an event. All or nothing: the pointers of an ``InvalidInput`` begin with the
    index of the item (``/3/probability``).
    """
    cache = EntityCache(session, now=now, actor=actor)
    cache.prefetch(items)
    cache.enter_together(items)
    rows = []
    for index, item in enumerate(items):
        with inside(f"/{index}"):
            rows.append(_prepare(cache, item))
    if not rows:
        return []
    if (into := staging(session)) is not None:
        return list(_stage(session, into, rows))
    ids = _store(session, rows, now=now, actor=actor)
    contents = ledger.RowDigest()
    for number, row in zip(ids, rows, strict=True):
        contents.add(number, {"id": number, **row})
    subject = session.get_one(Prediction, ids[0])
    ledger.append(
        session, now=now, actor=actor, action="predictions.recorded", subject=subject, body=contents.summary()
    )
    return list(ids)


def _stage(session: Session, into: Staging, rows: list[Row]) -> range:
    """Insert rows of an import, which are counted and scored after its completion. Returns the ids."""
    ids = reserve_ids(session, Prediction, len(rows))
    numbered = [{"id": number, **row} for number, row in zip(ids, rows, strict=True)]
    session.connection().execute(_STORE, numbered)
    for row in numbered:
        into.add(_TABLE.name, row["id"], row)
    into.must_count(session, {row["question_id"] for row in rows})
    return ids


def _store(session: Session, rows: list[Row], *, now: datetime, actor: str) -> range:
    """Insert the rows, update the counts of questions and rescore the resolved ones. Returns the ids."""
    questions = {number: session.get_one(Question, number) for number in {row["question_id"] for row in rows}}
    resolved = {number for number, question in questions.items() if question.outcome is not None}
    count_first_predictions(
        session,
        (
            (row["commentator_id"], row["question_id"])
            for row in rows
            if row["question_id"] not in resolved
            and (row["probability"] is not None or row["probabilities"] is not None)
        ),
    )
    with ExitStack() as stack:
        for number in sorted(resolved, reverse=True):
            stack.enter_context(rescoring(session, questions[number], now=now, actor=actor))
        ids = reserve_ids(session, Prediction, len(rows))
        session.connection().execute(_STORE, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return ids


def _prepare(cache: EntityCache, data: PredictionIn) -> Row:
    commentator, question = cache.commentator(data.commentator), cache.question(data.question)
    return _row(cache, data, commentator, question)


def _row(cache: EntityCache, data: StatedIn, commentator_id: int, question: Question) -> Row:
    """Return all columns of a prediction except its id."""
    if data.made_at - cache.now > CLOCK_TOLERANCE:
        raise InvalidInput.at("/made_at", f"lies in the future: give a time up to now, {time_text(cache.now)}")
    source_id = cache.source(data.source)
    return {
        "commentator_id": commentator_id,
        "question_id": row_id(question),
        "source_id": source_id,
        "made_at": data.made_at,
        "recorded_at": cache.now,
        "recorded_by": cache.actor,
        "commitment": data.commitment,
        "note": data.note,
        "supersedes_id": None,
        "withdrawn": False,
        "reason": None,
        "import_id": import_id(cache.session),
        **vars(stated_probability(data, question)),
    }
