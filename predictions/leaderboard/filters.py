"""The filters of a board, which choose the scored pairs of commentator and question that it counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import col

from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.models import IS_CONDITIONAL, Commentator, Prediction, Question, QuestionTopic, Score, Source
from predictions.schemas.fields import check_period

Revisions = Literal["opening", "latest", "time_weighted"]
Include = Literal["deadline_passed", "resolved"]


@dataclass(frozen=True)
class Filters:
    """The filters of a board. None filters nothing; see the API's documentation of the leaderboard."""

    topic: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    deadline_basis: DeadlineBasis | None = None
    verbal: bool | None = None
    recorded_late: bool | None = None
    conditional: bool | None = None
    commentator_kind: CommentatorKind | None = None
    outlet: str | None = None
    source: int | None = None
    include: Include = "deadline_passed"

    def __post_init__(self) -> None:
        """Raise ``InvalidInput`` for a period that ends before it begins."""
        check_period(self.since, self.until)

    @property
    def only_topic(self) -> bool:
        """True if only the topic is filtered, so that the running totals are enough."""
        return self == Filters(topic=self.topic, include=self.include)


#: Aliased, because the outer query may select from predictions too.
_OPENING = aliased(Prediction)


def question_filters(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the filters that concern the question, as conditions on ``question``."""
    conditions: list[ColumnElement[bool]] = []
    if filters.topic is not None:
        conditions.append(
            exists().where(
                col(QuestionTopic.question_id) == col(Question.id), col(QuestionTopic.topic) == filters.topic
            )
        )
    if filters.event is not None:
        conditions.append(col(Question.event) == filters.event)
    if filters.since is not None:
        conditions.append(col(Question.deadline) >= filters.since)
    if filters.until is not None:
        conditions.append(col(Question.deadline) < filters.until)
    if filters.deadline_basis is not None:
        conditions.append(col(Question.deadline_basis) == filters.deadline_basis)
    if filters.conditional is not None:
        conditions.append(IS_CONDITIONAL if filters.conditional else ~IS_CONDITIONAL)
    return conditions


def pair_filters(filters: Filters, now: datetime, *, before_deadline: bool = False) -> list[ColumnElement[bool]]:
    """Return the filters as conditions on ``score`` joined with ``question``.

    ``before_deadline`` selects the pairs that ``include="deadline_passed"`` leaves out.
    """
    conditions = [~col(Score.vague), *question_filters(filters)]
    if before_deadline:
        conditions.append(col(Score.deadline) > now)
    elif filters.include == "deadline_passed":
        conditions.append(col(Score.deadline) <= now)
    if filters.verbal is not None:
        conditions.append(col(Score.verbal) == filters.verbal)
    if filters.recorded_late is not None:
        conditions.append(col(Score.recorded_late) == filters.recorded_late)
    if filters.commentator_kind is not None:
        conditions.append(
            exists().where(
                col(Commentator.id) == col(Score.commentator_id), col(Commentator.kind) == filters.commentator_kind
            )
        )
    from_outlet = _from_outlet(filters, _OPENING)
    if from_outlet:
        conditions.append(exists().where(col(_OPENING.id) == col(Score.opening_id), *from_outlet))
    return conditions


def prediction_filters(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the filters that concern the prediction (verbal or not, commentator, source) as conditions on it."""
    conditions = _from_outlet(filters, Prediction)
    if filters.verbal is not None:
        conditions.append(col(Prediction.hedge).is_not(None) == filters.verbal)
    if filters.commentator_kind is not None:
        conditions.append(
            exists().where(
                col(Commentator.id) == col(Prediction.commentator_id), col(Commentator.kind) == filters.commentator_kind
            )
        )
    return conditions


def _from_outlet(filters: Filters, prediction: type[Prediction]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.source is not None:
        conditions.append(col(prediction.source_id) == filters.source)
    if filters.outlet is not None:
        conditions.append(
            exists().where(col(Source.id) == col(prediction.source_id), col(Source.outlet) == filters.outlet)
        )
    return conditions
