"""What may be put into the record: one validated input for each thing that a person or a program submits."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

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
Probabilities = Annotated[list[Probability] | dict[Option, Probability], Field(min_length=2, max_length=MAX_OPTIONS)]


class CommentatorIn(Input):
    """A commentator: a new one needs a name; ``id`` or ``slug`` alone names one that is on record."""

    id: Id | None = None
    slug: Slug | None = None
    name: Name | None = None
    kind: Kind | None = Field(default=None, description="person (default), organisation, market or model")
    description: Note = ""
    invented: bool = False

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.id is None and self.slug is None and self.name is None:
            raise ValueError("give the commentator's name, or the id or slug of one on record")
        return self


class SourceIn(Input):
    """A source: a new one needs its address; ``id`` alone names one that is on record."""

    id: Id | None = None
    url: Url | None = None
    title: Title = ""
    outlet: Line = ""
    published_on: CalendarDay | None = None
    invented: bool = False

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.id is None and self.url is None:
            raise ValueError("give the source's url, or the id of one on record")
        return self


class ReferenceIn(Input):
    """A market or crowd probability on a day, with its source: what a prediction is compared with."""

    probability: Probability | None = None
    probabilities: Probabilities | None = None
    source: Annotated[Title, Field(min_length=1)]
    as_of: Instant

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        if (self.probability is None) == (self.probabilities is None):
            raise ValueError("give exactly one of probability (binary questions) and probabilities (one per option)")
        return self


class ConditionIn(Input):
    """When a question counts at all: another question's outcome, or words where no question stands for it."""

    question: Id | Slug | None = None
    outcome: Option | None = None
    text: Prose | None = None

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        if (self.question is None) != (self.outcome is None) or (self.question is None) == (self.text is None):
            raise ValueError("give question and outcome together, or text alone where no question stands for it")
        return self


class QuestionIn(Input):
    """A new question, with criteria that two strangers would read alike, and a deadline with its basis."""

    slug: Slug | None = None
    text: Prose
    resolution_criteria: Prose
    kind: ProbabilityForm = QuestionKind.BINARY
    options: Annotated[list[Option], Field(min_length=2, max_length=MAX_OPTIONS)] | None = None
    opens_at: Instant | None = None
    deadline_zone: Zone = "UTC"
    deadline: LocalOrInstant = Field(description="an instant, or a local date or time in deadline_zone")
    deadline_basis: Basis
    topics: Annotated[list[Topic], Field(max_length=20)] = []
    event: Slug | None = None
    condition: ConditionIn | None = None
    reference: ReferenceIn | None = None
    invented: bool = False

    @field_validator("deadline")
    @classmethod
    def _in_its_zone(cls, value: datetime, info: ValidationInfo) -> datetime:
        return value if value.tzinfo else local_deadline(value, info.data.get("deadline_zone", "UTC"))

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.kind is QuestionKind.BINARY) != (self.options is None):
            raise ValueError("options belong to categorical and ordinal questions, and only to them: list at least two")
        if self.options and len({option.casefold() for option in self.options}) < len(self.options):
            raise ValueError("options must differ from one another")
        if self.options and any(option.casefold() == ANNULLED for option in self.options):
            raise ValueError(f"no option may be called {ANNULLED!r}: that outcome exists on every question")
        if self.opens_at and self.opens_at >= self.deadline:
            raise ValueError("opens_at must lie before the deadline")
        if len(set(self.topics)) < len(self.topics):
            raise ValueError("topics must differ from one another")
        return self


class QuestionRef(Input):
    """A question on record, by id or slug."""

    id: Id | None = None
    slug: Slug | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id is None) == (self.slug is None):
            raise ValueError("give the id or the slug of a question on record, or a whole new question")
        return self


class IntervalIn(Input):
    """A recorder's own reading of a hedge, in place of the lexicon's."""

    low: Probability
    best: Probability
    high: Probability

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.low <= self.best <= self.high:
            raise ValueError("must hold low <= best <= high")
        return self


class StatedIn(Input):
    """What was said, when: a probability in one of its forms, or a commitment without any."""

    made_at: Instant = Field(description="when it was said; a date alone is its first instant in UTC")
    probability: Probability | None = Field(default=None, description="of yes, from 0 to 1")
    probabilities: Probabilities | None = Field(default=None, description="one per option: a list in order, or by name")
    hedge: Words | None = Field(default=None, description="the words that carried the probability, no more")
    lexicon: Name | None = Field(default=None, description="which lexicon reads the hedge")
    against: bool = Field(default=False, description="the words are said of the opposite of the question")
    interval: IntervalIn | None = Field(default=None, description="the recorder's own reading of the hedge")
    commitment: bool = False
    note: Note = ""
    source: SourceIn | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        forms = sum(form is not None for form in (self.probability, self.probabilities, self.hedge))
        if forms > 1 or (forms == 0 and not self.commitment):
            raise ValueError(
                "give exactly one of probability, probabilities and hedge; none only with commitment: true"
            )
        if self.hedge is None and (self.lexicon is not None or self.interval is not None or self.against):
            raise ValueError("lexicon, interval and against say how a hedge is read: give the hedge too")
        if self.against and self.interval is not None:
            raise ValueError("an interval is of yes, whatever the words are said of: leave out against")
        return self


class PredictionIn(StatedIn):
    """One prediction in one call: commentator, question and source by id or natural key, or new."""

    commentator: CommentatorIn
    question: QuestionRef | QuestionIn

    @field_validator("question", mode="before")
    @classmethod
    def _which(cls, value: object) -> object:
        # Chosen by hand, so that an error speaks of the one form that was meant.
        if isinstance(value, dict):
            known = set(value) <= {"id", "slug"}
            return QuestionRef.model_validate(value) if known else QuestionIn.model_validate(value)
        return value


class CorrectionIn(StatedIn):
    """A prediction that was recorded wrongly, as it should read; the wrong one stays on record, superseded."""

    reason: Prose


class WithdrawalIn(Input):
    """Why a prediction should never have been recorded."""

    reason: Prose


class EvidenceIn(Input):
    """Where one can see what happened."""

    url: Url
    note: Note = ""


class ResolutionIn(Input):
    """What happened, when it became public, and the evidence; ``supersedes`` guards against a race of two editors."""

    outcome: Option
    known_at: KnownInstant = Field(
        description="when it became public; a date alone is the last second of that day in UTC, or now if it is today"
    )
    evidence: Annotated[list[EvidenceIn], Field(max_length=50)] = []
    note: Note = ""
    supersedes: Id | Literal["none"] | None = None

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if not self.evidence and (self.outcome.casefold() != ANNULLED or not self.note):
            raise ValueError("give at least one piece of evidence with its url, or a note if the outcome is annulled")
        return self


class RetractionIn(Input):
    """The reason for retracting a resolution; the question is open or due again."""

    reason: Prose


class ProposalIn(Input):
    """An outcome that a person suggests for others to confirm."""

    outcome: Option
    known_at: KnownInstant
    evidence: Annotated[list[EvidenceIn], Field(min_length=1, max_length=50)]
    rationale: Prose


class ProposalDecisionIn(Input):
    """Why a proposal is rejected."""

    reason: Prose


class DecidedIn(Input):
    """A question declared decided before its deadline: people are prompted now."""

    reason: Prose


class QuestionChange(Input):
    """What of a question to correct, and why; what is left out stays. A later deadline is a postponement."""

    text: Prose | None = None
    resolution_criteria: Prose | None = None
    deadline_basis: Basis | None = None
    reason: Prose

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            raise ValueError("name at least one field to change: text, resolution_criteria or deadline_basis")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields to change."""
        return self.model_dump(exclude={"reason"}, exclude_none=True)


class SourceChange(Input):
    """What of a source to correct; what is left out stays."""

    title: Title | None = None
    outlet: Line | None = None
    published_on: CalendarDay | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            raise ValueError("name at least one field to change: title, outlet or published_on")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields to change."""
        return self.model_dump(exclude_none=True)


class PostponementIn(Input):
    """A later deadline, and why."""

    deadline: LocalOrInstant
    reason: Prose


class SnoozeIn(Input):
    """Until when a due question is to rest; null ends a snooze."""

    until: Instant | None


class AssignmentIn(Input):
    """Who is to resolve a question, by name; null: nobody in particular."""

    assignee: Name | None


class CommentatorChange(Input):
    """What of a commentator to correct; what is left out stays."""

    name: Name | None = None
    kind: Kind | None = None
    description: Note | None = None
    statement: Note | None = Field(default=None, description="the commentator's own reply; empty: none any more")
    statement_on: CalendarDay | None = Field(default=None, description="the day it was made; a statement needs one")
    statement_url: Url | None = Field(default=None, description="where it is published, if it is")
