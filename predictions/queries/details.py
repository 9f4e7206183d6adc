"""Predictions and questions as read models, with the rows that they refer to."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from predictions.models import (
    Commentator,
    Prediction,
    Proposal,
    Question,
    Reference,
    Resolution,
    Source,
    cutoff_of,
    row_id,
)
from predictions.outcomes import outcomes
from predictions.plain_rows import plain_rows
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
from predictions.scores.eligibility import in_time, made_before_change, recorded_late
from predictions.scores.late_rule import data_sets, is_sourced
from predictions.scores.running_totals import question_topics
from predictions.scores.waiting import waits_for_condition

T = TypeVar("T")
FLAGS = (
    *("recorded_late", "unsourced", "made_too_late", "criteria_changed", "vague", "overridden", "against"),
    *("commitment", "withdrawn", "superseded"),
)


def _select_by_id(table: type[Any], *names: str) -> Select[Any]:
    return select(*(getattr(table, name) for name in names)).where(table.id.in_(bindparam("ids", expanding=True)))


#: The rows that predictions refer to.
_PEOPLE = _select_by_id(Commentator, *CommentatorRef.model_fields)
_QUESTIONS = _select_by_id(Question, *QuestionRefView.model_fields, "known_at", "criteria_changed_at", "options")
_SOURCES = _select_by_id(Source, *SourceView.model_fields)
_SUPERSEDING = select(col(Prediction.supersedes_id), col(Prediction.id)).where(
    col(Prediction.supersedes_id).in_(bindparam("ids", expanding=True))
)


class _Asked(NamedTuple):
    """What a prediction shows of its question."""

    ref: QuestionRefView
    cutoff: datetime
    criteria_changed_at: datetime | None
    outcomes: list[str]

    @classmethod
    def of(cls, row: Question) -> Self:
        cutoff = cutoff_of(row.deadline, row.known_at)
        return cls(QuestionRefView.of(row), cutoff, row.criteria_changed_at, outcomes(row))


def view_predictions(session: Session, rows: Iterable[Prediction]) -> list[PredictionView]:
    """Return predictions as read models, in the order given."""
    rows = list(rows)
    people = _by_id(session, _PEOPLE, {row.commentator_id for row in rows}, CommentatorRef.of)
    questions = _by_id(session, _QUESTIONS, {row.question_id for row in rows}, _Asked.of)
    from_sources = {row.source_id for row in rows if row.source_id is not None}
    sources = _by_id(session, _SOURCES, from_sources, SourceView.of)
    later = _superseding(session, [row.id for row in rows])
    files = data_sets(session) if any(row.import_id is not None for row in rows) else frozenset()
    return [
        _view(row, people[row.commentator_id], questions[row.question_id], sources.get(row.source_id), later, files)
        for row in rows
    ]


def view_new_prediction(session: Session, row: Prediction) -> PredictionView:
    """Return a prediction just recorded, which cannot be superseded yet, as a read model."""
    source = session.get(Source, row.source_id) if row.source_id is not None else None
    person = CommentatorRef.of(session.get_one(Commentator, row.commentator_id))
    asked = _Asked.of(session.get_one(Question, row.question_id))
    return _view(row, person, asked, SourceView.of(source) if source else None, {}, frozenset())


def _by_id(session: Session, query: Select[Any], ids: set[int], view: Callable[[Any], T]) -> dict[int | None, T]:
    return {row.id: view(row) for row in plain_rows(session, query, {"ids": list(ids)})}


def _superseding(session: Session, ids: list[int | None]) -> dict[int | None, int]:
    return {row[0]: row[1] for row in session.execute(_SUPERSEDING, {"ids": ids})}


def _view(
    row: Prediction,
    person: CommentatorRef,
    asked: _Asked,
    source: SourceView | None,
    later: dict[int | None, int],
    files: frozenset[int],
) -> PredictionView:
    number = row_id(row)
    return PredictionView(
        id=number,
        commentator=person,
        question=asked.ref,
        source=source,
        made_at=row.made_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        probability=row.probability,
        probabilities=dict(zip(asked.outcomes, row.probabilities, strict=True)) if row.probabilities else None,
        low=row.low,
        high=row.high,
        hedge=row.hedge,
        lexicon=row.lexicon,
        lexicon_version=row.lexicon_version,
        phrase=row.phrase,
        against=row.against,
        note=row.note,
        flags=_flags(row, asked, sourced=is_sourced(row, files), superseded=number in later),
        supersedes=row.supersedes_id,
        superseded_by=later.get(number),
        reason=row.reason,
        links={
            "self": f"/api/predictions/{number}",
            "question": f"/api/questions/{asked.ref.slug}",
            "commentator": f"/api/commentators/{person.slug}",
        },
    )


def _flags(row: Prediction, asked: _Asked, *, sourced: bool, superseded: bool) -> list[str]:
    """Return the flags of a prediction; ``PredictionView`` explains them."""
    late, too_late = recorded_late(row.recorded_at, asked.cutoff), not in_time(row.made_at, asked.cutoff)
    changed = made_before_change(row.made_at, row.recorded_at, asked.criteria_changed_at)
    of_row = row.vague, row.overridden, row.against, row.commitment, row.withdrawn
    return list(compress(FLAGS, (late, late and not sourced, too_late, changed, *of_row, superseded)))


def view_question(session: Session, question: Question) -> QuestionView:
    """Return a question with its topics, condition, reference forecasts, proposals and resolutions."""
    same = (
        *("resolution_criteria", "options", "opens_at", "deadline_zone", "due_at", "event", "outcome", "known_at"),
        "criteria_changed_at",
    )
    condition = ConditionView(
        question=question.condition_question_id,
        outcome=question.condition_outcome,
        text=question.condition_text,
        is_open=waits_for_condition(session, question),
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
