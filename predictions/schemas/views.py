"""Read models: what the record says, in the shape that the API, the pages and exports share."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from predictions.models import Commentator, Proposal, Question, Resolution, Source, row_id


class View(BaseModel):
    """A read model: built by the program, never by a visitor."""

    model_config = ConfigDict(frozen=True)


class CommentatorRef(View):
    """A commentator where another thing mentions one."""

    id: int
    slug: str
    name: str
    kind: str
    invented: bool

    @classmethod
    def of(cls, row: Commentator) -> Self:
        """From the table row."""
        return cls(id=row_id(row), slug=row.slug, name=row.name, kind=row.kind.value, invented=row.invented)


class SourceView(View):
    """An article, broadcast or post."""

    id: int
    url: str
    title: str
    outlet: str
    published_on: str | None
    invented: bool

    @classmethod
    def of(cls, row: Source) -> Self:
        """From the table row."""
        return cls(
            id=row_id(row),
            url=row.url,
            title=row.title,
            outlet=row.outlet,
            published_on=row.published_on,
            invented=row.invented,
        )


class CommentatorView(CommentatorRef):
    """A commentator, with what is said about them and what they say to their record."""

    description: str
    statement: str
    statement_on: str | None
    statement_url: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: Commentator) -> Self:
        """From the table row."""
        ref = CommentatorRef.of(row).model_dump()
        return cls(**ref, **{name: getattr(row, name) for name in CommentatorView.model_fields if name not in ref})


class QuestionRefView(View):
    """A question where another thing mentions one."""

    id: int
    slug: str
    text: str
    kind: str
    status: str
    deadline: datetime
    invented: bool

    @classmethod
    def of(cls, row: Question) -> Self:
        """From the table row."""
        return cls(
            id=row_id(row),
            slug=row.slug,
            text=row.text,
            kind=row.kind.value,
            status=row.status.value,
            deadline=row.deadline,
            invented=row.invented,
        )


class ConditionView(View):
    """When a question counts: another question's outcome, or words."""

    question: int | None
    outcome: str | None
    text: str | None


class ReferenceView(View):
    """A market or crowd probability of a day."""

    id: int
    probabilities: dict[str, float]
    source: str
    as_of: datetime


class ResolutionView(View):
    """An outcome on record, with its evidence. ``outcome`` null takes the one before back."""

    id: int
    question: int
    outcome: str | None
    known_at: datetime | None
    evidence: list[dict[str, Any]]
    note: str
    automatic: bool
    resolved_at: datetime
    resolved_by: str
    proposal: int | None
    supersedes: int | None

    @classmethod
    def of(cls, row: Resolution) -> Self:
        """From the table row."""
        same = ("outcome", "known_at", "evidence", "note", "automatic", "resolved_at", "resolved_by")
        return cls(
            id=row_id(row),
            question=row.question_id,
            proposal=row.proposal_id,
            supersedes=row.supersedes_id,
            **{name: getattr(row, name) for name in same},
        )


class ProposalView(View):
    """An outcome that a resolver or a person suggests; it scores nothing."""

    id: int
    question: int
    resolver: str
    outcome: str
    known_at: datetime | None
    confidence: float
    rationale: str
    evidence: list[dict[str, Any]]
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, row: Proposal) -> Self:
        """From the table row."""
        same = set(cls.model_fields) - {"id", "question", "state"}
        found = {name: getattr(row, name) for name in same}
        return cls(id=row_id(row), question=row.question_id, state=row.state.value, **found)


class QuestionView(QuestionRefView):
    """A question whole: what it asks, when it is due, what it hangs on, and how it stands."""

    resolution_criteria: str
    options: list[str] | None
    opens_at: datetime | None
    deadline_zone: str
    deadline_basis: str
    due_at: datetime
    topics: list[str]
    event: str
    condition: ConditionView | None
    references: list[ReferenceView]
    outcome: str | None
    known_at: datetime | None
    assignee: str | None
    snoozed_until: datetime | None
    resolutions: list[ResolutionView]
    proposals: list[ProposalView]
    created_at: datetime


class PredictionView(View):
    """A prediction: who said what about which question, when, where, in which words, and how it counts.

    ``flags`` are plain words for what a reader should know: ``recorded_late`` (put on record after the deadline or
    the outcome), ``made_too_late`` (said when deadline or outcome had come: does not count), ``vague`` (the words
    carry almost no claim: not ranked), ``overridden`` (the recorder's own reading of the words), ``against`` (the words
    were said of the opposite: the numbers are one minus their reading), ``commitment``, ``superseded``, ``withdrawn``.
    """

    id: int
    commentator: CommentatorRef
    question: QuestionRefView
    source: SourceView | None
    made_at: datetime
    recorded_at: datetime
    recorded_by: str
    probability: float | None
    probabilities: dict[str, float] | None
    low: float | None
    high: float | None
    hedge: str | None
    lexicon: str | None
    lexicon_version: str | None
    phrase: str | None
    against: bool
    note: str
    flags: list[str]
    supersedes: int | None
    superseded_by: int | None
    reason: str | None
    links: dict[str, str]


def is_active(prediction: PredictionView) -> bool:
    """Whether a prediction is neither superseded nor withdrawn."""
    return not {"superseded", "withdrawn"} & set(prediction.flags)
