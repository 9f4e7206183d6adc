"""The scored pairs of commentator and question that a board counts, as arrays, chosen by its filters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlmodel import Session, col

from predictions.columns import CommentatorKind, DeadlineBasis, QuestionKind, QuestionStatus, ReferenceType
from predictions.models import Commentator, Prediction, Question, QuestionTopic, Score, Source
from predictions.scoring import SCALE
from predictions.statements import Floats, Ints

Revisions = Literal["opening", "latest", "time_weighted"]
Include = Literal["deadline_passed", "resolved"]


@dataclass(frozen=True)
class Filters:
    """Which scored questions a board counts. None filters nothing; see the API's documentation of the leaderboard."""

    topic: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    deadline_basis: DeadlineBasis | None = None
    worded: bool | None = None
    recorded_late: bool | None = None
    conditional: bool | None = None
    commentator_kind: CommentatorKind | None = None
    outlet: str | None = None
    source: int | None = None
    include: Include = "deadline_passed"

    @property
    def only_topic(self) -> bool:
        """Whether the running sums answer: nothing is filtered but the topic."""
        return self == Filters(topic=self.topic, include=self.include)


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: arrays of one length n. Scores are whole numbers of 10^-12; ``reference`` too."""

    commentator: Ints
    question: Ints
    event: NDArray[Any]
    opening: Ints
    latest: Ints
    time_weighted: Ints
    opening_low: Ints
    opening_high: Ints
    reference: Ints
    reference_type: NDArray[Any]

    def __len__(self) -> int:
        return len(self.commentator)

    def scores(self, revisions: Revisions) -> Floats:
        """The Brier scores by one of the three rules for revisions."""
        found: Floats = getattr(self, revisions) / SCALE
        return found


def question_filters(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters that speak of the question, as conditions on ``question``."""
    found: list[ColumnElement[bool]] = []
    if filters.topic is not None:
        found.append(
            exists().where(
                col(QuestionTopic.question_id) == col(Question.id), col(QuestionTopic.topic) == filters.topic
            )
        )
    if filters.event is not None:
        found.append(col(Question.event) == filters.event)
    if filters.since is not None:
        found.append(col(Question.deadline) >= filters.since)
    if filters.until is not None:
        found.append(col(Question.deadline) < filters.until)
    if filters.deadline_basis is not None:
        found.append(col(Question.deadline_basis) == filters.deadline_basis)
    if filters.conditional is not None:
        conditional = or_(col(Question.condition_question_id).is_not(None), col(Question.condition_text).is_not(None))
        found.append(conditional if filters.conditional else ~conditional)
    return found


def pair_filters(filters: Filters, now: datetime, *, before_deadline: bool = False) -> list[ColumnElement[bool]]:
    """The filters as conditions on ``score`` joined with ``question``; ``before_deadline`` asks for what
    ``include="deadline_passed"`` leaves out."""
    found = [~col(Score.hedged), *question_filters(filters)]
    if before_deadline:
        found.append(col(Score.deadline) > now)
    elif filters.include == "deadline_passed":
        found.append(col(Score.deadline) <= now)
    if filters.worded is not None:
        found.append(col(Score.worded) == filters.worded)
    if filters.recorded_late is not None:
        found.append(col(Score.recorded_late) == filters.recorded_late)
    if filters.commentator_kind is not None:
        found.append(
            exists().where(
                col(Commentator.id) == col(Score.commentator_id), col(Commentator.kind) == filters.commentator_kind
            )
        )
    if filters.outlet is not None or filters.source is not None:
        found.append(_drawn_from(filters))
    return found


def _drawn_from(filters: Filters) -> ColumnElement[bool]:
    here = [col(Prediction.id) == col(Score.opening_id), col(Source.id) == col(Prediction.source_id)]
    if filters.outlet is not None:
        here.append(col(Source.outlet) == filters.outlet)
    if filters.source is not None:
        here.append(col(Source.id) == filters.source)
    return exists().where(*here)


def load_pairs(session: Session, filters: Filters, now: datetime) -> Pairs:
    """The scored pairs under ``filters``, each with its yardstick: where there was neither a market nor a consensus,
    the base rate of the topic's other events stands in."""
    names = ("commentator_id", "question_id", "opening", "latest", "time_weighted", "opening_low", "opening_high")
    query = (
        select(*(getattr(Score, name) for name in (*names, "reference", "reference_type")), col(Question.event))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(*pair_filters(filters, now))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    rows = session.execute(query).all()
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 3)
    numbers = [np.array(values, dtype=np.int64) for values in columns[: len(names) + 1]]
    question, reference = numbers[1], numbers[7]
    kinds = np.array([str(kind) for kind in columns[8]], dtype=object)
    base = base_rates(session)
    for at in np.flatnonzero(kinds == ReferenceType.EVEN):
        if (known := base.get(int(question[at]))) is not None:
            kinds[at], reference[at] = ReferenceType.BASE_RATE.value, known
    return Pairs(
        commentator=numbers[0],
        question=question,
        event=np.array(columns[9], dtype=object),
        opening=numbers[2],
        latest=numbers[3],
        time_weighted=numbers[4],
        opening_low=numbers[5],
        opening_high=numbers[6],
        reference=reference,
        reference_type=kinds,
    )


def base_rates(session: Session) -> dict[int, int]:
    """For each scored yes-or-no question with a topic, the Brier score, in whole numbers of 10^-12, of saying
    (k + 1)/(n + 2), where k of the n other events of its topic came true (an event counts as the mean of its
    questions). A question with several topics takes the first by name. Laplace's rule of succession."""
    topic = func.min(QuestionTopic.topic)
    query = (
        select(col(Question.id), topic, col(Question.event), col(Question.outcome))
        .join(QuestionTopic, col(QuestionTopic.question_id) == col(Question.id))
        .where(
            col(Question.status) == QuestionStatus.RESOLVED,
            col(Question.kind) == QuestionKind.BINARY,
            exists().where(col(Score.question_id) == col(Question.id)),
        )
        .group_by(col(Question.id), col(Question.event), col(Question.outcome))
        .order_by(col(Question.id))
    )
    rows = session.execute(query).all()
    counts: dict[tuple[str, str], list[int]] = {}
    for _, name, event, outcome in rows:
        here = counts.setdefault((name, event), [0, 0])
        here[0] += outcome == "yes"
        here[1] += 1
    totals: dict[str, list[float]] = {}
    for (name, _), (yes, asked) in counts.items():
        total = totals.setdefault(name, [0.0, 0])
        total[0] += yes / asked
        total[1] += 1
    found = {}
    for number, name, event, outcome in rows:
        yes, asked = counts[name, event]
        others = totals[name][1] - 1
        if others:
            rate = (totals[name][0] - yes / asked + 1) / (others + 2)
            found[number] = round((rate - (outcome == "yes")) ** 2 * SCALE)
    return found
