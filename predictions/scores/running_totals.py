"""Running totals of each commentator, overall and in each topic, updated question by question.

A change of a question subtracts its old contribution and adds the new one. So the cost of a change depends on the
predictions on that question alone, and the cost of reading the totals does not depend on the number of predictions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import product
from operator import attrgetter

from sqlalchemy import bindparam, insert, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from predictions import ledger
from predictions.columns import in_parts
from predictions.enums import QuestionStatus
from predictions.imports.staging import is_only_checking
from predictions.imports.uncounted import mark_counted, mark_counted_to, uncounted_on
from predictions.imports.visibility import hiding_predictions
from predictions.models import Prediction, Question, QuestionTopic, RunningTotal, Score, row_id
from predictions.scores.eligibility import select_active
from predictions.scores.question_scores import store_scores

COUNTS = ("questions", "resolved", "annulled", "uncounted", "vague")
SUMS = ("opening", "latest", "time_weighted", "opening_low", "opening_high")
FIELDS = COUNTS + SUMS

OVERALL = ""

#: The contribution of one question to one commentator's running total, in the order of FIELDS.
Contribution = tuple[int, ...]
ONLY_ASKED: Contribution = (1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ANNULLED: Contribution = (1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
_UNCOUNTED: Contribution = (1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
_VAGUE: Contribution = (1, 0, 0, 0, 1, 0, 0, 0, 0, 0)


# These queries run for every prediction, and building one takes longer than running it.
_ASKED = (
    select_active()
    .where(col(Prediction.question_id) == bindparam("question"))
    .with_only_columns(col(Prediction.commentator_id))
    .distinct()
)
_SCORED = sa_select(*(Score.__table__.c[name] for name in ("commentator_id", "vague", *SUMS))).where(  # type: ignore[attr-defined]
    col(Score.question_id) == bindparam("question")
)
_TOPICS = sa_select(col(QuestionTopic.topic)).where(col(QuestionTopic.question_id) == bindparam("question"))


def contributions(session: Session, question: Question) -> dict[int, Contribution]:
    """Return the question's contribution to each commentator's running total, from its stored scores."""
    key = {"question": question.id}
    people = {row[0] for row in session.execute(_ASKED, key)}
    if question.status is QuestionStatus.ANNULLED:
        return dict.fromkeys(people, _ANNULLED)
    if question.status is not QuestionStatus.RESOLVED:
        return dict.fromkeys(people, ONLY_ASKED)
    scored = {row[0]: _VAGUE if row[1] else (1, 1, 0, 0, 0, *row[2:]) for row in session.execute(_SCORED, key)}
    return dict.fromkeys(people, _UNCOUNTED) | scored


@contextmanager
def rescoring(session: Session, question: Question, *, now: datetime, actor: str) -> Iterator[None]:
    """Rescore a question after the block has changed its outcome or predictions, and update the running totals.

    Works in the transaction of the change. Appends a ``question.scored`` event to the ledger if scores changed.
    """
    if is_only_checking(session):
        yield
        session.flush()
        return
    number = row_id(question)
    with _hiding_uncounted(session, number):
        before = contributions(session, question)
    mark_counted(session, [number])
    yield
    session.flush()
    scored = store_scores(session, question)
    after = contributions(session, question)
    apply_change(session, question_topics(session, number), before, after)
    if scored or before != after:
        body = {"commentators": scored}
        ledger.append(session, now=now, actor=actor, action="question.scored", subject=question, body=body)


@contextmanager
def changing_topics(session: Session, question: Question) -> Iterator[None]:
    """Move what a question contributes from the running totals of its topics to those that the block gives it."""
    number = row_id(question)
    with _hiding_uncounted(session, number):
        before, topics = contributions(session, question), question_topics(session, number)
    mark_counted(session, [number])
    yield
    apply_change(session, topics, before, {})
    apply_change(session, question_topics(session, number), {}, contributions(session, question))


def question_topics(session: Session, question_id: int) -> list[str]:
    """Return the topics of a question in alphabetical order."""
    return sorted(session.execute(_TOPICS, {"question": question_id}).scalars())


def apply_change(
    session: Session, topics: Iterable[str], before: dict[int, Contribution], after: dict[int, Contribution]
) -> None:
    """Subtract ``before`` from the running totals and add ``after``, overall and in each of ``topics``."""
    nothing = (0,) * len(FIELDS)
    changes = {}
    for person in sorted({*before, *after}):
        old, new = before.get(person, nothing), after.get(person, nothing)
        if old != new:
            changes[person] = tuple(b - a for a, b in zip(old, new, strict=True))
    _add(session, {(person, topic): change for topic in (OVERALL, *topics) for person, change in changes.items()})


def count_first_predictions(session: Session, predictions: Iterable[tuple[int, int]]) -> None:
    """Count each question for commentators who predict on it for the first time, before the predictions are stored.

    ``predictions`` are pairs (commentator, question) on questions without an outcome; a pair with an active prediction
    changes nothing.
    """
    fresh = set(predictions)
    for question in uncounted_on(session, {question for _, question in fresh}):
        count_imported(session, question)
    _count(session, fresh)


def count_imported(session: Session, question_id: int, *, at_most: int | None = None) -> None:
    """Count the predictions of complete imports on a question without an outcome, if they are not counted yet.

    With ``at_most``, count those of so many commentators only, and leave the others for a later call.
    """
    for some in sorted(uncounted_on(session, [question_id]).get(question_id, ()), key=attrgetter("import_id")):
        key = {"question": question_id, "imported": some.import_id, "commentator": some.counted_to}
        people = list(session.execute(_IMPORTED if at_most is None else _IMPORTED.limit(at_most), key).scalars())
        with _hiding_uncounted(session, question_id):
            _count(session, {(person, question_id) for person in people})
        mark_counted_to(session, some, people[-1] if len(people) == at_most else None)
        if at_most is not None:
            return


@contextmanager
def _hiding_uncounted(session: Session, question_id: int) -> Iterator[None]:
    uncounted = uncounted_on(session, [question_id]).get(question_id, ())
    with hiding_predictions(session, [(some.import_id, some.counted_to) for some in uncounted]):
        yield


def _count(session: Session, fresh: set[tuple[int, int]]) -> None:
    people, questions = sorted({person for person, _ in fresh}), sorted({question for _, question in fresh})
    for some_people, some_questions in product(in_parts(people), in_parts(questions)):
        fresh.difference_update(
            (row[0], row[1]) for row in session.execute(_KNOWN, {"people": some_people, "questions": some_questions})
        )
    topics: dict[int, list[str]] = defaultdict(lambda: [OVERALL])
    for some_questions in in_parts(sorted({question for _, question in fresh})):
        for question, topic in session.execute(_TOPICS_OF, {"questions": some_questions}):
            topics[question].append(topic)
    counts = Counter((person, topic) for person, question in fresh for topic in topics[question])
    _add(session, {pair: tuple(count * one for one in ONLY_ASKED) for pair, count in sorted(counts.items())})


_KNOWN = (
    select_active()
    .where(
        col(Prediction.commentator_id).in_(bindparam("people", expanding=True)),
        col(Prediction.question_id).in_(bindparam("questions", expanding=True)),
    )
    .distinct()
)
_IMPORTED = (
    select_active()
    .where(
        col(Prediction.question_id) == bindparam("question"),
        col(Prediction.import_id) == bindparam("imported"),
        col(Prediction.commentator_id) > bindparam("commentator"),
    )
    .with_only_columns(col(Prediction.commentator_id))
    .distinct()
    .order_by(col(Prediction.commentator_id))
)
_TOPICS_OF = sa_select(col(QuestionTopic.question_id), col(QuestionTopic.topic)).where(
    col(QuestionTopic.question_id).in_(bindparam("questions", expanding=True))
)
_ADDED = tuple(f"add_{field}" for field in FIELDS)
_TABLE = RunningTotal.__table__  # type: ignore[attr-defined]
_SHIFT = (
    update(_TABLE)
    .where(_TABLE.c.commentator_id == bindparam("commentator"), _TABLE.c.topic == bindparam("in_topic"))
    .values({field: _TABLE.c[field] + bindparam(added) for field, added in zip(FIELDS, _ADDED, strict=True)})
)
_THERE = sa_select(_TABLE.c.commentator_id, _TABLE.c.topic).where(
    _TABLE.c.commentator_id.in_(bindparam("people", expanding=True)),
    _TABLE.c.topic.in_(bindparam("topics", expanding=True)),
)


def _add(session: Session, changes: dict[tuple[int, str], Contribution]) -> None:
    """Add to the running totals of these (commentator, topic); insert missing ones."""
    if not changes:
        return
    _make_rows(session, changes)
    rows = [
        {"commentator": person, "in_topic": topic, **dict(zip(_ADDED, change, strict=True))}
        for (person, topic), change in changes.items()
    ]
    session.connection().execute(_SHIFT, rows)


def _make_rows(session: Session, keys: Iterable[tuple[int, str]]) -> None:
    topics = sorted({topic for _, topic in keys})
    known: set[tuple[int, str]] = set()
    for people in in_parts(sorted({person for person, _ in keys})):
        known.update((row[0], row[1]) for row in session.execute(_THERE, {"people": people, "topics": topics}))
    zeros = dict.fromkeys(FIELDS, 0)
    fresh = [
        {"commentator_id": person, "topic": topic, **zeros} for person, topic in keys if (person, topic) not in known
    ]
    if fresh:
        session.execute(insert(_TABLE), fresh)
