"""Read models that the API, the pages and exports share."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from predictions.models import Commentator, Proposal, Question, Resolution, Source, row_id


class View(BaseModel):
    """A read model: built from table rows, never from user input."""

    model_config = ConfigDict(frozen=True)


class CommentatorRef(View):
    """A reference to a commentator."""

    id: int = Field(description="id of the commentator")
    slug: str = Field(description="short name used in addresses")
    name: str = Field(description="full name")
    kind: str = Field(description="person, organisation, market or model")

    @classmethod
    def of(cls, row: Commentator) -> Self:
        """Return the view of a table row."""
        return cls(id=row_id(row), slug=row.slug, name=row.name, kind=row.kind.value)


class SourceView(View):
    """An article, broadcast or post."""

    id: int = Field(description="id of the source")
    url: str = Field(description="address of the source")
    title: str = Field(description="title of the article, broadcast or post")
    outlet: str = Field(description="newspaper, broadcaster or site that published it")
    published_on: str | None = Field(description="day of publication, YYYY-MM-DD")
    archive_url: str | None = Field(description="address of a copy in an outside archive")
    confirmed_at: datetime | None = Field(
        description="time at which a person confirmed that the source says what is recorded; null if nobody has"
    )
    confirmed_by: str | None = Field(description="name of that person")

    @classmethod
    def of(cls, row: Source) -> Self:
        """Return the view of a table row."""
        return cls(
            id=row_id(row),
            url=row.url,
            title=row.title,
            outlet=row.outlet,
            published_on=row.published_on,
            archive_url=row.archive_url,
            confirmed_at=row.confirmed_at,
            confirmed_by=row.confirmed_by,
        )


class CommentatorView(CommentatorRef):
    """A commentator with description and statement (right of reply)."""

    description: str = Field(description="a few words about the commentator")
    statement: str = Field(description="the commentator's published reply to the record; empty if there is none")
    statement_on: str | None = Field(description="day of the statement, YYYY-MM-DD")
    statement_url: str | None = Field(description="address at which the statement is published")
    created_at: datetime = Field(description="time at which the commentator was entered")

    @classmethod
    def of(cls, row: Commentator) -> Self:
        """Return the view of a table row."""
        ref = CommentatorRef.of(row).model_dump()
        return cls(**ref, **{name: getattr(row, name) for name in CommentatorView.model_fields if name not in ref})


class QuestionRefView(View):
    """A reference to a question."""

    id: int = Field(description="id of the question")
    slug: str = Field(description="short name used in addresses")
    text: str = Field(description="the question")
    kind: str = Field(description="binary, categorical or ordinal")
    status: str = Field(description="open, due, resolved or annulled")
    deadline: datetime = Field(description="instant until which the subject of the question must happen")

    @classmethod
    def of(cls, row: Question) -> Self:
        """Return the view of a table row."""
        return cls(
            id=row_id(row),
            slug=row.slug,
            text=row.text,
            kind=row.kind.value,
            status=row.status.value,
            deadline=row.deadline,
        )


class ConditionView(View):
    """Condition of a question: another question's outcome, or a text."""

    question: int | None = Field(description="id of the question on whose outcome this one depends")
    outcome: str | None = Field(description="outcome which that question must have")
    text: str | None = Field(description="the condition in words, if no question on record expresses it")
    is_open: bool = Field(description="true while a question on which this depends has no outcome: it is not scored")


class ReferenceView(View):
    """A market or crowd probability at one time."""

    id: int = Field(description="id of the reference")
    probabilities: dict[str, float] = Field(description="probability of each option, or of yes and no")
    source: str = Field(description="name of the market or crowd")
    as_of: datetime = Field(description="time of the quotation")


class ResolutionView(View):
    """A confirmed outcome with its evidence; ``outcome`` null retracts the resolution before it."""

    id: int = Field(description="id of the resolution")
    question: int = Field(description="id of the question")
    outcome: str | None = Field(description="yes, no, an option, or annulled; null retracts the resolution before it")
    known_at: datetime | None = Field(description="time at which the outcome became public")
    evidence: list[dict[str, Any]] = Field(description="evidence for the outcome: url and note of each piece")
    note: str = Field(description="remark on the outcome, or the reason for a retraction")
    automatic: bool = Field(
        description="true if it follows from the question's condition (annulled or restored), false if a person gave it"
    )
    resolved_at: datetime = Field(description="time at which the resolution was recorded")
    resolved_by: str = Field(description="name of the key or user that recorded it")
    proposal: int | None = Field(description="id of the confirmed proposal, if there was one")
    supersedes: int | None = Field(description="id of the resolution that this one replaces")

    @classmethod
    def of(cls, row: Resolution) -> Self:
        """Return the view of a table row."""
        same = ("outcome", "known_at", "evidence", "note", "automatic", "resolved_at", "resolved_by")
        return cls(
            id=row_id(row),
            question=row.question_id,
            proposal=row.proposal_id,
            supersedes=row.supersedes_id,
            **{name: getattr(row, name) for name in same},
        )


class ProposalView(View):
    """An outcome that a resolver or a person suggests; it does not score until confirmed."""

    id: int = Field(description="id of the proposal")
    question: int = Field(description="id of the question")
    resolver: str = Field(description="name of the resolver, or person")
    outcome: str = Field(description="proposed outcome: yes, no, an option, or annulled")
    known_at: datetime | None = Field(description="time at which the outcome became public")
    confidence: float = Field(description="confidence in the outcome, from 0 to 1, fixed for each kind of source")
    rationale: str = Field(description="why the evidence supports the outcome")
    evidence: list[dict[str, Any]] = Field(description="evidence for the outcome: url, note and snapshot of each piece")
    state: str = Field(description="pending, confirmed, rejected or overtaken")
    proposed_by: str = Field(description="name of the key, user or resolver that proposed it")
    proposed_at: datetime = Field(description="time of the proposal")
    decided_by: str | None = Field(description="name of the key or user that decided it")
    decided_at: datetime | None = Field(description="time of the decision")
    reason: str | None = Field(description="why it was rejected or withdrawn")

    @classmethod
    def of(cls, row: Proposal) -> Self:
        """Return the view of a table row."""
        same = set(cls.model_fields) - {"id", "question", "state"}
        copied = {name: getattr(row, name) for name in same}
        return cls(id=row_id(row), question=row.question_id, state=row.state.value, **copied)


class QuestionView(QuestionRefView):
    """A question with criteria, deadline, condition, references, proposals and resolutions."""

    resolution_criteria: str = Field(description="rules that decide the outcome")
    options: list[str] | None = Field(description="names of the options; null for a binary question")
    opens_at: datetime | None = Field(description="earliest time at which predictions make sense")
    deadline_zone: str = Field(description="IANA time zone in which the deadline was given")
    deadline_basis: str = Field(
        description="stated by the commentator, implied by the words, or assigned by the recorder"
    )
    due_at: datetime = Field(description="the deadline, or the earlier time at which the question was declared decided")
    topics: list[str] = Field(description="subject labels, as slugs")
    event: str = Field(description="slug of the event that groups related questions")
    condition: ConditionView | None = Field(description="condition without which the question is annulled")
    references: list[ReferenceView] = Field(description="market and crowd probabilities on record")
    outcome: str | None = Field(description="yes, no, an option, or annulled; null if unresolved")
    known_at: datetime | None = Field(description="time at which the outcome became public")
    criteria_changed_at: datetime | None = Field(
        description="time of the last change of text, criteria, options or condition after a prediction; null if none"
    )
    assignee: str | None = Field(description="name of the person who is to resolve the question")
    snoozed_until: datetime | None = Field(description="time until which nobody is prompted")
    resolutions: list[ResolutionView] = Field(description="all resolutions, corrections and retractions, in order")
    proposals: list[ProposalView] = Field(description="all proposed outcomes, in order")
    created_at: datetime = Field(description="time at which the question was entered")


class PredictionView(View):
    """A prediction with commentator, question, source, probability and the hedge that carried it.

    Possible ``flags``: ``recorded_late`` (recorded after the deadline or the outcome), ``unsourced`` (recorded late,
    without a source or data set that shows when it was made: by default not eligible), ``made_too_late`` (made at or
    after the deadline or the outcome: not eligible), ``criteria_changed`` (made and recorded before the
    question's text, criteria, options or condition were changed), ``vague`` (the hedge carries almost no claim: not
    ranked), ``overridden`` (the recorder's own interpretation of the hedge), ``against`` (the hedge describes the
    opposite: the numbers are one minus its interpretation), ``commitment``, ``superseded``, ``withdrawn``.
    """

    id: int = Field(description="id of the prediction")
    commentator: CommentatorRef = Field(description="commentator who made the prediction")
    question: QuestionRefView = Field(description="question that the prediction answers")
    source: SourceView | None = Field(description="article, broadcast or post in which the prediction was made")
    made_at: datetime = Field(description="time at which the commentator made the prediction")
    recorded_at: datetime = Field(description="time at which the prediction was recorded")
    recorded_by: str = Field(description="name of the key or user that recorded it")
    probability: float | None = Field(description="probability of yes, from 0 to 1; null unless the question is binary")
    probabilities: dict[str, float] | None = Field(description="probability of each option; null for a binary question")
    low: float | None = Field(description="lowest probability that the hedge can mean")
    high: float | None = Field(description="highest probability that the hedge can mean")
    hedge: str | None = Field(description="the words that carried the probability")
    lexicon: str | None = Field(description="name of the lexicon that interpreted the hedge")
    lexicon_version: str | None = Field(description="version of that lexicon")
    phrase: str | None = Field(description="id of the lexicon entry that decided; null for a number in the words")
    against: bool = Field(description="true if the words describe the opposite of the question")
    note: str = Field(description="remark by the recorder")
    flags: list[str] = Field(
        description="remarks that affect how the prediction is read or scored; see the schema's description"
    )
    supersedes: int | None = Field(description="id of the prediction that this one corrects or withdraws")
    superseded_by: int | None = Field(description="id of the correction or withdrawal that supersedes this prediction")
    reason: str | None = Field(description="reason for the correction or withdrawal")
    links: dict[str, str] = Field(description="addresses of the prediction, its question and its commentator")


def is_active(prediction: PredictionView) -> bool:
    """Return whether a prediction is neither superseded nor withdrawn."""
    return not {"superseded", "withdrawn"} & set(prediction.flags)
