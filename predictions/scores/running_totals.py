"""Running sums of each commentator, overall and in each topic, shifted by what one question adds to them.

A change of a question takes off what it added before and adds what it adds now, so that its cost depends on the
predictions on that question alone, and a reader of the sums does not depend on the number of predictions at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import product

from sqlalchemy import Select, and_, bindparam, exists, insert, or_, update
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from predictions import ledger
from predictions.columns import in_parts
from predictions.enums import QuestionStatus
from predictions.models import Prediction, Question, QuestionTopic, RunningTotal, Score, row_id
from predictions.scores.question_scores import store_scores

COUNTS = ("questions", "resolved", "annulled", "uncounted", "vague")
SUMS = ("opening", "latest", "time_weighted", "opening_low", "opening_high")
FIELDS = COUNTS + SUMS

OVERALL = ""

#: What one question adds to one commentator's running total, in the order of FIELDS.
Contribution = tuple[int, ...]
ONLY_ASKED: Contribution = (1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ANNULLED: Contribution = (1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
_UNCOUNTED: Contribution = (1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
_VAGUE: Contribution = (1, 0, 0, 0, 1, 0, 0, 0, 0, 0)


def active_predictions() -> Select[int, int]:
    """(commentator, question) of every prediction that carries a probability and is not superseded or withdrawn."""
    later = aliased(Prediction)
    return sa_select(col(Prediction.commentator_id), col(Prediction.question_id)).where(
        or_(col(Prediction.probability).is_not(None), col(Prediction.probabilities).is_not(None)),
        ~exists().where(and_(col(later.supersedes_id) == col(Prediction.id))),
    )


# Statements that are asked for every prediction are built once: building one takes longer than running it.
_ASKED = (
    active_predictions()
    .where(col(Prediction.question_id) == bindparam("what"))
    .with_only_columns(col(Prediction.commentator_id))
    .distinct()
)
_SCORED = sa_select(*(Score.__table__.c[name] for name in ("commentator_id", "vague", *SUMS))).where(  # type: ignore[attr-defined]
    col(Score.question_id) == bindparam("what")
)
_TOPICS = sa_select(col(QuestionTopic.topic)).where(col(QuestionTopic.question_id) == bindparam("what"))


def contributions(session: Session, question: Question) -> dict[int, Contribution]:
    """What the question adds to the running total of each commentator who predicted on it, by its stored scores."""
    what = {"what": question.id}
    people = {row[0] for row in session.execute(_ASKED, what)}
    if question.status is QuestionStatus.ANNULLED:
        return dict.fromkeys(people, _ANNULLED)
    if question.status is not QuestionStatus.RESOLVED:
        return dict.fromkeys(people, ONLY_ASKED)
    found = {row[0]: _VAGUE if row[1] else (1, 1, 0, 0, 0, *row[2:]) for row in session.execute(_SCORED, what)}
    return dict.fromkeys(people, _UNCOUNTED) | found


@contextmanager
def rescoring(session: Session, question: Question, *, now: datetime, actor: str) -> Iterator[None]:
    """Around any change of a question's outcome or predictions: rescore it and shift the running totals, all in one
    transaction with the change. The ledger gets a ``question.scored`` event where scores changed."""
    before = contributions(session, question)
    yield
    session.flush()
    scored = store_scores(session, question)
    after = contributions(session, question)
    apply_change(session, question_topics(session, row_id(question)), before, after)
    if scored or before != after:
        body = {"commentators": scored}
        ledger.append(session, now=now, actor=actor, action="question.scored", subject=question, body=body)


def question_topics(session: Session, question_id: int) -> list[str]:
    """The topics of a question, in order."""
    return sorted(session.execute(_TOPICS, {"what": question_id}).scalars())


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


def count_first_calls(session: Session, calls: Iterable[tuple[int, int]]) -> None:
    """Count each question for those who predict on it for the first time, before their predictions are stored.

    ``calls`` are pairs (commentator, question); one whose predictions stand already changes nothing.
    """
    fresh = set(calls)
    people, questions = sorted({who for who, _ in fresh}), sorted({what for _, what in fresh})
    for some_people, some_questions in product(in_parts(people), in_parts(questions)):
        fresh.difference_update(
            (row[0], row[1]) for row in session.execute(_KNOWN, {"people": some_people, "questions": some_questions})
        )
    topics: dict[int, list[str]] = defaultdict(lambda: [OVERALL])
    for some_questions in in_parts(sorted({what for _, what in fresh})):
        for what, topic in session.execute(_TOPICS_OF, {"questions": some_questions}):
            topics[what].append(topic)
    counts = Counter((who, topic) for who, what in fresh for topic in topics[what])
    _add(session, {pair: tuple(count * one for one in ONLY_ASKED) for pair, count in sorted(counts.items())})


_KNOWN = (
    active_predictions()
    .where(
        col(Prediction.commentator_id).in_(bindparam("people", expanding=True)),
        col(Prediction.question_id).in_(bindparam("questions", expanding=True)),
    )
    .distinct()
)
_TOPICS_OF = sa_select(col(QuestionTopic.question_id), col(QuestionTopic.topic)).where(
    col(QuestionTopic.question_id).in_(bindparam("questions", expanding=True))
)
_ADDED = tuple(f"add_{field}" for field in FIELDS)
_TABLE = RunningTotal.__table__  # type: ignore[attr-defined]
_SHIFT = (
    update(_TABLE)
    .where(_TABLE.c.commentator_id == bindparam("who"), _TABLE.c.topic == bindparam("where"))
    .values({field: _TABLE.c[field] + bindparam(added) for field, added in zip(FIELDS, _ADDED, strict=True)})
)
_THERE = sa_select(_TABLE.c.commentator_id, _TABLE.c.topic).where(
    _TABLE.c.commentator_id.in_(bindparam("people", expanding=True)),
    _TABLE.c.topic.in_(bindparam("topics", expanding=True)),
)


def _add(session: Session, changes: dict[tuple[int, str], Contribution]) -> None:
    """Add to the running totals of these (commentator, topic), which are made where there are none."""
    if not changes:
        return
    _make_rows(session, changes)
    rows = [
        {"who": who, "where": topic, **dict(zip(_ADDED, change, strict=True))}
        for (who, topic), change in changes.items()
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
