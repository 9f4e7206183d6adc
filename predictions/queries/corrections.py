"""Every correction of the record, newest first: what it was, what it became, why, and by whom."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import Index, select, text
from sqlmodel import Session, SQLModel, col

from predictions.ledger import current_action
from predictions.models import Commentator, LedgerEvent, Prediction, Question, Resolution, Source
from predictions.queries.details import view_predictions
from predictions.schemas.views import CommentatorRef, PredictionView, QuestionRefView, ResolutionView, SourceView, View

#: Actions that correct what was on record, with the former name of one.
ACTIONS = (
    *("prediction.corrected", "prediction.withdrawn"),
    *("commentator.changed", "source.changed", "question.changed", "question.postponed", "question.deadline_corrected"),
    "question.postponement_undone",
    *("resolution.corrected", "resolution.retracted", "resolution.taken_back"),
)
#: As text, not as parameters, so that both databases recognise the condition of the index.
_IS_CORRECTION = text(f"action IN ({', '.join(map(repr, ACTIONS))})")
Index(
    "ix_ledger_event_corrections",
    col(LedgerEvent.seq),
    sqlite_where=_IS_CORRECTION,
    postgresql_where=_IS_CORRECTION,
)
#: What of a prediction and of a resolution is compared.
_STATED = (
    *("probability", "probabilities", "low", "high", "hedge", "lexicon", "against", "made_at"),
    *("source", "note", "flags"),
)
_RESOLVED = ("outcome", "known_at", "evidence", "note")
#: Columns that follow from others, or say when people are prompted.
_DERIVED = ("name_key", "criteria_changed_at", "status", "due_at", "next_prompt_at", "prompts")
Values = dict[str, Any]


class CorrectionView(View):
    """A correction, withdrawal or retraction: the fields that differ, before and after."""

    id: int = Field(description="number of the ledger event that recorded it")
    at: datetime = Field(description="time of the correction")
    by: str = Field(description="name of the person who made it")
    action: str = Field(description="kind of the correction, for example prediction.corrected")
    subject: str = Field(description="commentator, source, question, prediction or resolution")
    subject_id: int = Field(description="id of the corrected row; of a prediction or resolution, of the new one")
    commentator: CommentatorRef | None = Field(description="commentator that it is about; null if about none")
    question: QuestionRefView | None = Field(description="question that it is about; null if about none")
    source: SourceView | None = Field(description="source that it is about; null if about none")
    before: Values = Field(description="the former values of the fields that differ")
    after: Values = Field(description="their new values; empty for a withdrawal and a retraction")
    reason: str = Field(description="why it was corrected; empty if no reason was given")


def list_corrections(session: Session, *, before: int | None = None, limit: int) -> list[CorrectionView]:
    """Return corrections, newest first; those with a number below ``before`` where it is given."""
    query = select(LedgerEvent).where(_IS_CORRECTION).order_by(col(LedgerEvent.seq).desc()).limit(limit)
    if before is not None:
        query = query.where(col(LedgerEvent.seq) < before)
    return view_corrections(session, session.execute(query).scalars().all())


def find_correction(session: Session, number: int) -> CorrectionView | None:
    """Return the correction with this number, or None if that event is none."""
    event = session.get(LedgerEvent, number)
    return view_corrections(session, [event])[0] if event is not None and event.action in ACTIONS else None


def view_corrections(session: Session, events: Sequence[LedgerEvent]) -> list[CorrectionView]:
    """Return events of corrections as read models, in the order given."""
    ids = {subject: {event.subject_id for event in events if event.subject == subject} for subject in _VIEWS}
    found = {subject: _VIEWS[subject](session, numbers) for subject, numbers in ids.items() if numbers}
    return [
        CorrectionView(
            id=event.seq,
            at=event.at,
            by=event.actor,
            action=current_action(event.action),
            subject=event.subject,
            subject_id=event.subject_id,
            **(_NOTHING | _of_body(event.body) | found.get(event.subject, {}).get(event.subject_id, {})),
        )
        for event in events
    ]


_NOTHING: Values = {"commentator": None, "question": None, "source": None, "before": {}, "after": {}, "reason": ""}


def _of_body(body: str) -> Values:
    """Return before, after and reason of an event that holds them; of one that holds a whole row, only the reason."""
    content = json.loads(body)
    if not isinstance(content, dict):
        return {}
    before, after = content.get("before"), content.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        derived = dict.fromkeys(_DERIVED)
        before, after = ({name: it for name, it in part.items() if name not in derived} for part in (before, after))
    elif before is not None:
        before, after = {"deadline": before}, {"deadline": after}  # of a postponement
    return {"before": before or {}, "after": after or {}, "reason": content.get("reason") or ""}


def _rows(session: Session, table: type[SQLModel], numbers: Collection[int]) -> Sequence[Any]:
    number = table.id  # type: ignore[attr-defined]
    return session.execute(select(table).where(col(number).in_(numbers))).scalars().all()


def _commentators(session: Session, numbers: Collection[int]) -> dict[int, Values]:
    return {row.id: {"commentator": CommentatorRef.of(row)} for row in _rows(session, Commentator, numbers)}


def _questions(session: Session, numbers: Collection[int]) -> dict[int, Values]:
    return {row.id: {"question": QuestionRefView.of(row)} for row in _rows(session, Question, numbers)}


def _sources(session: Session, numbers: Collection[int]) -> dict[int, Values]:
    return {row.id: {"source": SourceView.of(row)} for row in _rows(session, Source, numbers)}


def _predictions(session: Session, numbers: Collection[int]) -> dict[int, Values]:
    later = {view.id: view for view in view_predictions(session, _rows(session, Prediction, numbers))}
    former_ids = {view.supersedes for view in later.values() if view.supersedes is not None}
    former = {view.id: view for view in view_predictions(session, _rows(session, Prediction, former_ids))}
    return {
        number: {"commentator": view.commentator, "question": view.question, "reason": view.reason or ""}
        | _difference(_stated(former[view.supersedes or 0]), {} if "withdrawn" in view.flags else _stated(view))
        for number, view in later.items()
    }


def _stated(view: PredictionView) -> Values:
    content = view.model_dump(mode="json", include=set(_STATED))
    content["source"] = view.source.url if view.source else None
    if view.hedge is None:
        content |= {"low": None, "high": None}  # the same as the number
    content["commitment"] = "commitment" in content.pop("flags")
    return content


def _resolutions(session: Session, numbers: Collection[int]) -> dict[int, Values]:
    later = _rows(session, Resolution, numbers)
    former = {row.id: row for row in _rows(session, Resolution, {row.supersedes_id for row in later})}
    asked = _questions(session, {row.question_id for row in later})
    found = {}
    for row in later:
        before, after = _outcome(former[row.supersedes_id]), _outcome(row) if row.outcome is not None else {}
        # The note of a retraction is its reason; that of a correction is shown with the outcome, and is the nearest.
        found[row.id] = asked.get(row.question_id, {}) | _difference(before, after) | {"reason": row.note}
    return found


def _outcome(row: Resolution) -> Values:
    return ResolutionView.of(row).model_dump(mode="json", include=set(_RESOLVED))


def _difference(before: Values, after: Values) -> Values:
    """Return the fields that differ; all that hold something, if nothing follows."""
    if not after:
        return {"before": {name: it for name, it in before.items() if it not in (None, "", [], False)}, "after": {}}
    names = [name for name in before if before[name] != after.get(name)]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


_VIEWS: dict[str, Callable[[Session, Collection[int]], dict[int, Values]]] = {
    "commentator": _commentators,
    "question": _questions,
    "source": _sources,
    "prediction": _predictions,
    "resolution": _resolutions,
}
