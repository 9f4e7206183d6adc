"""Predictions and questions as read models, with the rows that they refer to."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import (
    Commentator,
    Prediction,
    Proposal,
    Question,
    Reference,
    Resolution,
    Source,
    row_id,
)
from predictions.outcomes import outcomes
from predictions.questions.triage import is_snoozed
from predictions.schemas.views import (
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
from predictions.scores.eligibility import in_time, recorded_late
from predictions.scores.running_totals import question_topics


def view_predictions(session: Session, rows: Iterable[Prediction]) -> list[PredictionView]:
    """Return predictions as read models, in the order given."""
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
    """Return a prediction just recorded, which cannot be superseded yet, as a read model."""
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
        id=row_id(row),
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
    """Return the flags of a prediction; ``PredictionView`` explains them."""
    applies = {
        "recorded_late": recorded_late(row.recorded_at, question.cutoff),
        "made_too_late": not in_time(row.made_at, question.cutoff),
        "vague": row.vague,
        "overridden": row.overridden,
        "against": row.against,
        "commitment": row.commitment,
        "withdrawn": row.withdrawn,
        "superseded": superseded,
    }
    return [name for name, holds in applies.items() if holds]


def view_question(session: Session, question: Question) -> QuestionView:
    """Return a question with its topics, condition, reference forecasts, proposals and resolutions."""
    same = ("resolution_criteria", "options", "opens_at", "deadline_zone", "due_at", "event", "outcome", "known_at")
    condition = ConditionView(
        question=question.condition_question_id, outcome=question.condition_outcome, text=question.condition_text
    )
    return QuestionView(
        **QuestionRefView.of(question).model_dump(),
        **{name: getattr(question, name) for name in same},
        deadline_basis=question.deadline_basis.value,
        topics=question_topics(session, row_id(question)),
        condition=condition if question.is_conditional else None,
        references=[
            ReferenceView(
                id=row_id(row),
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
