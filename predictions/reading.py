"""Reading the record: things on record as read models, one by one and page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session, SQLModel, col

from predictions.attending import is_snoozed
from predictions.columns import CommentatorKind, DeadlineBasis, QuestionStatus
from predictions.inputs import check_period
from predictions.models import (
    Commentator,
    Prediction,
    Proposal,
    Question,
    QuestionTopic,
    Reference,
    Resolution,
    Source,
    key,
)
from predictions.questions import outcomes
from predictions.standings import question_topics
from predictions.views import (
    CommentatorRef,
    ConditionView,
    PredictionView,
    ProposalView,
    QuestionRefView,
    QuestionView,
    ReferenceView,
    ResolutionView,
    SourceView,
)


@dataclass(frozen=True)
class PredictionFilter:
    """Which predictions to list; None filters nothing. Dates bound ``made_at``: ``since`` <= made_at < ``until``."""

    commentator: int | None = None
    question: int | None = None
    source: int | None = None
    topic: str | None = None
    status: QuestionStatus | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ``InvalidInput`` for a period that ends before it begins."""
        check_period(self.since, self.until)


@dataclass(frozen=True)
class QuestionFilter:
    """Which questions to list; None filters nothing. Dates bound the deadline."""

    topic: str | None = None
    event: str | None = None
    status: QuestionStatus | None = None
    deadline_basis: DeadlineBasis | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        """Raise ``InvalidInput`` for a period that ends before it begins."""
        check_period(self.since, self.until)


def _page(session: Session, query: Select[Any], table: type[SQLModel], after: int, limit: int) -> Sequence[Any]:
    number = table.id  # type: ignore[attr-defined]
    return session.execute(query.where(col(number) > after).order_by(col(number)).limit(limit)).all()


def list_commentators(
    session: Session, *, kind: CommentatorKind | None = None, text: str | None = None, after: int = 0, limit: int = 100
) -> list[Commentator]:
    """Commentators with an id above ``after``, in order of entry."""
    query = select(Commentator)
    if kind is not None:
        query = query.where(col(Commentator.kind) == kind)
    if text:
        query = query.where(col(Commentator.name_key).contains(text.casefold(), autoescape=True))
    return [row[0] for row in _page(session, query, Commentator, after, limit)]


def list_sources(session: Session, *, outlet: str | None = None, after: int = 0, limit: int = 100) -> list[Source]:
    """Sources with an id above ``after``, in order of entry."""
    query = select(Source) if outlet is None else select(Source).where(col(Source.outlet) == outlet)
    return [row[0] for row in _page(session, query, Source, after, limit)]


def list_questions(session: Session, wanted: QuestionFilter, *, after: int = 0, limit: int = 100) -> list[Question]:
    """Questions with an id above ``after``, in order of entry."""
    query = select(Question)
    if wanted.topic is not None:
        query = query.where(_has_topic(wanted.topic))
    if wanted.event is not None:
        query = query.where(col(Question.event) == wanted.event)
    if wanted.status is not None:
        query = query.where(col(Question.status) == wanted.status)
    if wanted.deadline_basis is not None:
        query = query.where(col(Question.deadline_basis) == wanted.deadline_basis)
    if wanted.since is not None:
        query = query.where(col(Question.deadline) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(Question.deadline) < wanted.until)
    if wanted.text:
        query = query.where(func.lower(col(Question.text)).contains(wanted.text.lower(), autoescape=True))
    return [row[0] for row in _page(session, query, Question, after, limit)]


def _has_topic(topic: str) -> Any:
    return exists().where(col(QuestionTopic.question_id) == col(Question.id), col(QuestionTopic.topic) == topic)


def list_predictions(
    session: Session, wanted: PredictionFilter, *, after: int = 0, limit: int = 100
) -> list[PredictionView]:
    """Predictions with an id above ``after``, in order of recording; superseded and withdrawn ones too, flagged."""
    query = select(Prediction).join(Question, col(Question.id) == col(Prediction.question_id))
    if wanted.commentator is not None:
        query = query.where(col(Prediction.commentator_id) == wanted.commentator)
    if wanted.question is not None:
        query = query.where(col(Prediction.question_id) == wanted.question)
    if wanted.source is not None:
        query = query.where(col(Prediction.source_id) == wanted.source)
    if wanted.topic is not None:
        query = query.where(_has_topic(wanted.topic))
    if wanted.status is not None:
        query = query.where(col(Question.status) == wanted.status)
    if wanted.since is not None:
        query = query.where(col(Prediction.made_at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(Prediction.made_at) < wanted.until)
    return view_predictions(session, [row[0] for row in _page(session, query, Prediction, after, limit)])


def view_predictions(session: Session, rows: Iterable[Prediction]) -> list[PredictionView]:
    """Predictions as read models, with what they name, in the order given."""
    rows = list(rows)
    people = _by_id(session, Commentator, {row.commentator_id for row in rows})
    questions = _by_id(session, Question, {row.question_id for row in rows})
    sources = _by_id(session, Source, {row.source_id for row in rows if row.source_id is not None})
    later = _superseding(session, [row.id for row in rows])
    return [
        _view(row, people[row.commentator_id], questions[row.question_id], sources.get(row.source_id), later)
        for row in rows
    ]


def view_new_prediction(session: Session, row: Prediction) -> PredictionView:
    """A prediction just recorded, which nothing can have superseded yet."""
    source = session.get(Source, row.source_id) if row.source_id is not None else None
    person = session.get_one(Commentator, row.commentator_id)
    return _view(row, person, session.get_one(Question, row.question_id), source, {})


def _by_id(session: Session, table: type[Any], ids: set[int]) -> dict[int | None, Any]:
    rows = session.execute(select(table).where(table.id.in_(ids))).scalars()
    return {row.id: row for row in rows}


def _superseding(session: Session, ids: list[int | None]) -> dict[int | None, int]:
    query = select(col(Prediction.supersedes_id), col(Prediction.id)).where(col(Prediction.supersedes_id).in_(ids))
    return {row[0]: row[1] for row in session.execute(query)}


def _view(
    row: Prediction, person: Commentator, question: Question, source: Source | None, later: dict[int | None, int]
) -> PredictionView:
    same = ("made_at", "recorded_at", "recorded_by", "probability", "low", "high", "hedge", "lexicon")
    options = dict(zip(outcomes(question), row.probabilities, strict=True)) if row.probabilities else None
    return PredictionView(
        id=key(row),
        commentator=CommentatorRef.of(person),
        question=QuestionRefView.of(question),
        source=SourceView.of(source) if source else None,
        probabilities=options,
        lexicon_version=row.lexicon_version,
        phrase=row.phrase,
        against=row.against,
        note=row.note,
        flags=flags(row, question, superseded=row.id in later),
        supersedes=row.supersedes_id,
        superseded_by=later.get(row.id),
        reason=row.reason,
        links={
            "self": f"/api/predictions/{row.id}",
            "question": f"/api/questions/{question.slug}",
            "commentator": f"/api/commentators/{person.slug}",
        },
        **{name: getattr(row, name) for name in same},
    )


def flags(row: Prediction, question: Question, *, superseded: bool) -> list[str]:
    """What a reader should know of a prediction, in the words that ``PredictionView`` explains."""
    cutoff = min(question.deadline, question.known_at or question.deadline)
    found = {
        "recorded_late": row.recorded_at > cutoff,
        "made_too_late": row.made_at >= cutoff,
        "hedged": row.hedged,
        "overridden": row.overridden,
        "against": row.against,
        "commitment": row.commitment,
        "withdrawn": row.withdrawn,
        "superseded": superseded,
    }
    return [name for name, holds in found.items() if holds]


def view_question(session: Session, question: Question) -> QuestionView:
    """A question with its topics, condition, yardsticks, proposals and the chain of its resolutions."""
    same = ("resolution_criteria", "options", "opens_at", "deadline_zone", "due_at", "event", "outcome", "known_at")
    conditional = question.condition_question_id is not None or question.condition_text is not None
    condition = ConditionView(
        question=question.condition_question_id, outcome=question.condition_outcome, text=question.condition_text
    )
    return QuestionView(
        **QuestionRefView.of(question).model_dump(),
        **{name: getattr(question, name) for name in same},
        deadline_basis=question.deadline_basis.value,
        topics=question_topics(session, key(question)),
        condition=condition if conditional else None,
        references=[
            ReferenceView(
                id=key(row),
                probabilities=dict(zip(_reference_names(question), row.probabilities, strict=True)),
                source=row.source,
                as_of=row.as_of,
            )
            for row in _of_question(session, Reference, question)
        ],
        assignee=question.assignee,
        snoozed_until=question.snoozed_until if is_snoozed(question) else None,
        resolutions=[ResolutionView.of(row) for row in _of_question(session, Resolution, question)],
        proposals=[ProposalView.of(row) for row in _of_question(session, Proposal, question)],
        created_at=question.created_at,
    )


def _reference_names(question: Question) -> list[str]:
    return question.options or ["yes"]


def _of_question(session: Session, table: type[Any], question: Question) -> Sequence[Any]:
    return session.execute(select(table).where(table.question_id == question.id).order_by(table.id)).scalars().all()
