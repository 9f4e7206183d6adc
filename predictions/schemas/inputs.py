"""Validated inputs: one for each kind of thing that a person or a program submits to the record."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from predictions.enums import ANNULLED, CommentatorKind, DeadlineBasis, QuestionKind
from predictions.schemas.fields import (
    CalendarDay,
    Id,
    Input,
    Instant,
    KnownInstant,
    Line,
    LocalOrInstant,
    Name,
    Note,
    Option,
    Probability,
    Prose,
    Slug,
    Supersedes,
    Title,
    Topic,
    Url,
    Words,
    Zone,
    local_deadline,
)

MAX_OPTIONS = 50

Kind = Annotated[CommentatorKind, Field(strict=False)]
Basis = Annotated[DeadlineBasis, Field(strict=False)]
ProbabilityForm = Annotated[QuestionKind, Field(strict=False)]
KnownAt = Annotated[
    KnownInstant,
    Field(description="when the outcome became public; a date alone: its end in the question's zone, or now if today"),
]
Probabilities = Annotated[list[Probability] | dict[Option, Probability], Field(min_length=2, max_length=MAX_OPTIONS)]


def _distinct_options(options: list[str]) -> list[str]:
    if len({option.casefold() for option in options}) < len(options):
        raise ValueError("must differ from one another (case is ignored): remove the duplicate")
    if any(option.casefold() == ANNULLED for option in options):
        raise ValueError(f"must not be called {ANNULLED!r}, an outcome that every question has: rename that one")
    return options


def _distinct_topics(topics: list[str]) -> list[str]:
    if len(set(topics)) < len(topics):
        raise ValueError("must differ from one another: remove the duplicate")
    return topics


Options = Annotated[list[Option], Field(min_length=2, max_length=MAX_OPTIONS), AfterValidator(_distinct_options)]
Topics = Annotated[list[Topic], Field(max_length=20), AfterValidator(_distinct_topics)]


class CommentatorIn(Input):
    """A commentator: a new one by ``name``, one on record by ``id``, ``slug`` or ``name``."""

    id: Id | None = Field(default=None, description="id of a commentator on record")
    slug: Slug | None = Field(default=None, description="slug of a commentator on record, or the slug for a new one")
    name: Name | None = Field(default=None, description="full name; case and spacing are ignored when it is looked up")
    kind: Kind | None = Field(default=None, description="person (default), organisation, market or model")
    description: Note = Field(default="", description="a few words about the commentator")

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.id is None and self.slug is None and self.name is None:
            raise ValueError("give the commentator's name, or the id or slug of one on record")
        return self


class SourceIn(Input):
    """A source: a new one by ``url``, one on record by ``id`` or ``url``."""

    id: Id | None = Field(default=None, description="id of a source on record")
    url: Url | None = Field(default=None, description="address of the source; anything after # is ignored")
    title: Title = Field(default="", description="title of the article, broadcast or post")
    outlet: Line = Field(default="", description="newspaper, broadcaster or site that published it")
    published_on: CalendarDay | None = Field(default=None, description="day of publication, YYYY-MM-DD")
    archive_url: Url | None = Field(default=None, description="address of a copy in an outside archive")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.id is None and self.url is None:
            raise ValueError("give the source's url, or the id of one on record")
        return self


class ReferenceIn(Input):
    """A market or crowd probability on a day, with its source; predictions are compared with it."""

    probability: Probability | None = Field(default=None, description="of yes, from 0 to 1; binary questions")
    probabilities: Probabilities | None = Field(default=None, description="one per option: a list in order, or by name")
    source: Annotated[Title, Field(min_length=1)] = Field(description="name of the market or crowd")
    as_of: Instant = Field(description="time of the quotation; a date alone is its first instant in UTC")

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        if (self.probability is None) == (self.probabilities is None):
            raise ValueError("give exactly one of probability (binary questions) and probabilities (one per option)")
        return self


class ReasonedReferenceIn(ReferenceIn):
    """A market or crowd probability, with the reason where the outcome is on record already."""

    reason: Prose | None = Field(default=None, description="why it is added; required once the outcome is on record")


class ConditionIn(Input):
    """Condition of a question: another question's outcome, or a text if no question expresses it."""

    question: Id | Slug | None = Field(default=None, description="id or slug of the question that must resolve first")
    outcome: Option | None = Field(default=None, description="outcome which that question must have")
    text: Prose | None = Field(default=None, description="the condition in words, if no question expresses it")

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        if (self.question is None) != (self.outcome is None) or (self.question is None) == (self.text is None):
            raise ValueError("give question and outcome together, or text alone if no question expresses the condition")
        return self


class QuestionIn(Input):
    """A new question, with resolution criteria and a deadline with its basis."""

    slug: Slug | None = Field(default=None, description="short name for addresses; made from the text if left out")
    text: Prose = Field(description="the question")
    resolution_criteria: Prose = Field(description="rules that decide the outcome")
    kind: ProbabilityForm = Field(default=QuestionKind.BINARY, description="binary (default), categorical or ordinal")
    options: Options | None = Field(default=None, description="names of the options; in order if ordinal")
    opens_at: Instant | None = Field(default=None, description="earliest time at which predictions make sense")
    deadline_zone: Zone = Field(default="UTC", description="IANA time zone of a local deadline")
    deadline: LocalOrInstant = Field(description="an instant, or a local date or time in deadline_zone")
    deadline_basis: Basis = Field(description="stated, implied by the words, or assigned by the recorder")
    topics: Topics = Field(default=[], description="subject labels, as slugs")
    event: Slug | None = Field(default=None, description="slug of the event that groups related questions")
    condition: ConditionIn | None = Field(default=None, description="condition without which the question is annulled")
    reference: ReferenceIn | None = Field(default=None, description="a market or crowd probability to record too")

    @field_validator("deadline")
    @classmethod
    def _in_its_zone(cls, value: datetime, info: ValidationInfo) -> datetime:
        return value if value.tzinfo else local_deadline(value, info.data.get("deadline_zone", "UTC"))

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.kind is QuestionKind.BINARY) != (self.options is None):
            raise ValueError("options: list at least two for a categorical or ordinal question, none for a binary one")
        if self.opens_at and self.opens_at >= self.deadline:
            raise ValueError("opens_at must lie before the deadline: correct one of the two")
        return self


class QuestionRef(Input):
    """A question on record, by id or slug."""

    id: Id | None = Field(default=None, description="id of the question")
    slug: Slug | None = Field(default=None, description="slug of the question")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id is None) == (self.slug is None):
            raise ValueError("give the id or the slug of a question on record, or a whole new question")
        return self


class IntervalIn(Input):
    """The recorder's own interpretation of a hedge, in place of the lexicon's."""

    low: Probability = Field(description="lowest plausible probability, from 0 to 1")
    best: Probability = Field(description="best single probability, from 0 to 1; it is scored")
    high: Probability = Field(description="highest plausible probability, from 0 to 1")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.low <= self.best <= self.high:
            raise ValueError("must hold low <= best <= high: put the three in order")
        return self


class StatedIn(Input):
    """A stated probability in one of its forms, or a commitment without any, with time and source."""

    made_at: Instant = Field(description="time of the statement; a date alone is its first instant in UTC")
    probability: Probability | None = Field(default=None, description="of yes, from 0 to 1; binary questions")
    probabilities: Probabilities | None = Field(default=None, description="one per option: a list in order, or by name")
    hedge: Words | None = Field(default=None, description="the words that carried the probability, no more")
    lexicon: Name | None = Field(default=None, description="name of the lexicon that interprets the hedge")
    against: bool = Field(default=False, description="true if the words describe the opposite of the question")
    interval: IntervalIn | None = Field(default=None, description="interpretation that replaces the lexicon's")
    commitment: bool = Field(default=False, description="true for a promise about one's own action")
    note: Note = Field(default="", description="remark by the recorder")
    source: SourceIn | None = Field(default=None, description="article, broadcast or post with the prediction")

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        forms = sum(form is not None for form in (self.probability, self.probabilities, self.hedge))
        if forms > 1 or (forms == 0 and not self.commitment):
            raise ValueError(
                "give exactly one of probability, probabilities and hedge; or commitment: true without any"
            )
        if self.hedge is None and (self.lexicon is not None or self.interval is not None or self.against):
            raise ValueError("lexicon, interval and against apply to a hedge only: give the hedge too")
        if self.against and self.interval is not None:
            raise ValueError("an interval always holds the probability of yes: leave out against")
        return self


class PredictionIn(StatedIn):
    """A prediction: commentator, question and source by id or natural key, or new."""

    commentator: CommentatorIn = Field(description="commentator who made the prediction: on record, or new")
    question: QuestionRef | QuestionIn = Field(description="a question on record, or a whole new one")

    @field_validator("question", mode="before")
    @classmethod
    def _choose_form(cls, value: object) -> object:
        # A plain union would report the errors of both forms.
        if isinstance(value, dict):
            is_reference = set(value) <= {"id", "slug"}
            return QuestionRef.model_validate(value) if is_reference else QuestionIn.model_validate(value)
        return value


class CorrectionIn(StatedIn):
    """The corrected content of a prediction; the wrong one stays on record, superseded."""

    reason: Prose = Field(description="why the recorded prediction is wrong")


class WithdrawalIn(Input):
    """The reason for withdrawing a prediction."""

    reason: Prose = Field(description="why the prediction should not have been recorded")


class EvidenceIn(Input):
    """A web page that supports an outcome."""

    url: Url = Field(description="address of the evidence")
    note: Note = Field(default="", description="what the evidence shows")


class ResolutionIn(Input):
    """An outcome with its date and evidence; ``supersedes`` protects against two simultaneous editors."""

    outcome: Option = Field(description="yes, no, an option, or annulled")
    known_at: KnownAt
    evidence: Annotated[list[EvidenceIn], Field(max_length=50)] = Field(
        default=[], description="at least one piece, unless annulled with a note"
    )
    note: Note = Field(default="", description="remark on the outcome")
    supersedes: Supersedes = Field(default=None, description="expected newest resolution: its id, or none")

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if not self.evidence and (self.outcome.casefold() != ANNULLED or not self.note):
            raise ValueError("give at least one piece of evidence with its url, or a note if the outcome is annulled")
        return self


class RetractionIn(Input):
    """The reason for retracting a resolution; the question is open or due again."""

    reason: Prose = Field(description="why the resolution is retracted")


class ProposalIn(Input):
    """An outcome that a person suggests for others to confirm."""

    outcome: Option = Field(description="yes, no, an option, or annulled")
    known_at: KnownAt
    evidence: Annotated[list[EvidenceIn], Field(min_length=1, max_length=50)] = Field(
        description="evidence for the outcome"
    )
    rationale: Prose = Field(description="why the evidence supports the outcome")


class ProposalDecisionIn(Input):
    """The reason for rejecting a proposal."""

    reason: Prose = Field(description="why the proposal is rejected")


class DecidedIn(Input):
    """A declaration that a question is decided before its deadline: people are prompted now."""

    reason: Prose = Field(description="why the question is decided before its deadline")


class SourceChange(Input):
    """Corrected fields of a source; fields left out stay."""

    title: Title | None = Field(default=None, description="corrected title")
    outlet: Line | None = Field(default=None, description="corrected outlet")
    published_on: CalendarDay | None = Field(default=None, description="corrected day of publication, YYYY-MM-DD")
    archive_url: Url | None = Field(default=None, description="a copy in an outside archive; null to remove it")
    reason: Note = Field(default="", description="why the source is corrected")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            raise ValueError("name at least one field to change: title, outlet, published_on or archive_url")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields to change with their new values."""
        removed = {"archive_url": None} if "archive_url" in self.model_fields_set else {}
        return removed | self.model_dump(exclude={"reason"}, exclude_none=True)


class PostponementIn(Input):
    """Another deadline, with the reason."""

    deadline: LocalOrInstant = Field(description="an instant, or a local date or time in the question's zone")
    reason: Prose = Field(description="why the deadline moves")


class SnoozeIn(Input):
    """The end of a snooze of a due question; null ends it now."""

    until: Instant | None = Field(description="time until which nobody is prompted; null ends a snooze")


class AssignmentIn(Input):
    """The person who is to resolve a question; null for nobody."""

    assignee: Name | None = Field(description="name of the person who is to resolve the question; null for nobody")
