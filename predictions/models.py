"""The tables of the record: commentators, sources, questions, predictions, resolutions, scores and the ledger.

Predictions, resolutions and ledger events are append-only (database triggers enforce it). Table models do not
validate: ``schemas`` validates inputs; the CHECK constraints here are the last line of defence.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text, UniqueConstraint, or_, text
from sqlmodel import Field, SQLModel, col

import predictions.import_models  # noqa: F401 - rows refer to their import
from predictions.columns import BigInt, import_ref, key, optional_ref, ref, text_enum
from predictions.enums import CommentatorKind, DeadlineBasis, ProposalState, QuestionKind, QuestionStatus, ReferenceType


def row_id(row: Any) -> int:
    """Return the id of a stored row. Raises ``ValueError`` if it has none yet."""
    if row.id is None:
        raise ValueError("the row is not stored yet")
    return int(row.id)


def cutoff_of(deadline: datetime, known_at: datetime | None) -> datetime:
    """Return the deadline or the instant at which the outcome became public, whichever came first."""
    return deadline if known_at is None else min(deadline, known_at)


class Commentator(SQLModel, table=True):
    """The person, organisation, market or model whose predictions are counted."""

    id: int | None = key()
    slug: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=200)
    name_key: str = Field(max_length=200, unique=True, description="the normalised name: natural key")
    kind: CommentatorKind = Field(sa_type=text_enum(CommentatorKind))
    description: str = Field(default="", sa_type=Text)
    statement: str = Field(default="", sa_type=Text, description="the commentator's reply to the record")
    statement_on: str | None = Field(default=None, max_length=10, description="the day it was made, YYYY-MM-DD")
    statement_url: str | None = Field(default=None, max_length=2000, description="its address, if published")
    created_at: datetime
    import_id: int | None = import_ref()


class Source(SQLModel, table=True):
    """The article, broadcast or post in which predictions were made."""

    id: int | None = key()
    url: str = Field(max_length=2000, unique=True)
    title: str = Field(default="", max_length=500)
    outlet: str = Field(default="", max_length=200, index=True)
    published_on: str | None = Field(default=None, max_length=10, description="YYYY-MM-DD")
    archive_url: str | None = Field(default=None, max_length=2000, description="a copy in an outside archive")
    confirmed_at: datetime | None = Field(default=None, description="when a person checked what it says")
    confirmed_by: str | None = Field(default=None, max_length=120)
    created_at: datetime
    import_id: int | None = import_ref()


class Question(SQLModel, table=True):
    """A question with resolution criteria and a deadline; the row also holds the schedule of its prompts."""

    __table_args__ = (
        CheckConstraint("(kind = 'binary') = (options IS NULL)", name="options_fit_kind"),
        CheckConstraint("(status IN ('resolved', 'annulled')) = (outcome IS NOT NULL)", name="outcome_fits_status"),
        CheckConstraint("(status = 'annulled') = (outcome IS NOT NULL AND outcome = 'annulled')", name="annulled"),
        CheckConstraint("(outcome IS NULL) = (known_at IS NULL)", name="known_at_fits_outcome"),
        CheckConstraint("(condition_question_id IS NULL) = (condition_outcome IS NULL)", name="condition"),
        CheckConstraint("due_at <= deadline", name="due_by_deadline"),
        CheckConstraint("prompts >= 0", name="prompts"),
        Index("ix_question_next_prompt_at", "next_prompt_at"),
        Index("ix_question_status_deadline", "status", "deadline"),
    )

    id: int | None = key()
    slug: str = Field(max_length=120, unique=True)
    text: str = Field(sa_type=Text)
    resolution_criteria: str = Field(sa_type=Text)
    kind: QuestionKind = Field(sa_type=text_enum(QuestionKind))
    # none_as_null: an absent list is NULL, not the JSON text "null", so that the CHECK above can see it.
    options: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    opens_at: datetime | None = None
    deadline: datetime
    deadline_zone: str = Field(default="UTC", max_length=64)
    deadline_basis: DeadlineBasis = Field(sa_type=text_enum(DeadlineBasis))
    event: str = Field(max_length=120, index=True, description="group of related questions; the own slug if alone")
    condition_question_id: int | None = optional_ref("question.id", index=True)
    condition_outcome: str | None = Field(default=None, max_length=120)
    condition_text: str | None = Field(default=None, sa_type=Text)
    status: QuestionStatus = Field(default=QuestionStatus.OPEN, sa_type=text_enum(QuestionStatus))
    due_at: datetime = Field(description="the deadline, or the earlier instant at which it was declared decided")
    next_prompt_at: datetime | None = Field(description="when the sweep next examines this question")
    prompts: int = Field(default=0, description="stages of prompting passed for this due_at")
    snoozed_until: datetime | None = Field(default=None, description="in force while equal to next_prompt_at")
    snoozes: int = Field(default=0, description="number of snoozes")
    assignee: str | None = Field(default=None, max_length=200, description="person who is to resolve it")
    outcome: str | None = Field(default=None, max_length=120)
    known_at: datetime | None = None
    criteria_changed_at: datetime | None = Field(default=None, description="last change of what decides the outcome")
    created_at: datetime
    import_id: int | None = import_ref()

    @property
    def is_conditional(self) -> bool:
        """Return whether it counts only if a condition comes true; ``IS_CONDITIONAL`` says the same in SQL."""
        return self.condition_question_id is not None or self.condition_text is not None

    @property
    def cutoff(self) -> datetime:
        """The instant from which predictions no longer count; those recorded after it are marked as recorded late."""
        return cutoff_of(self.deadline, self.known_at)


IS_CONDITIONAL = or_(col(Question.condition_question_id).is_not(None), col(Question.condition_text).is_not(None))


class QuestionTopic(SQLModel, table=True):
    """A topic of a question."""

    __tablename__ = "question_topic"

    question_id: int = Field(foreign_key="question.id", primary_key=True, sa_type=BigInt)
    topic: str = Field(max_length=60, primary_key=True, index=True)


class Reference(SQLModel, table=True):
    """A market or crowd probability of a question on a day, with its source: the reference forecast of that day."""

    __table_args__ = (UniqueConstraint("question_id", "as_of", "source"),)

    id: int | None = key()
    question_id: int = ref("question.id")
    probabilities: list[float] = Field(sa_column=Column(JSON, nullable=False))
    source: str = Field(max_length=500)
    as_of: datetime
    created_at: datetime
    import_id: int | None = import_ref()


class Prediction(SQLModel, table=True):
    """One commentator's probability on one question at one time. Append-only: a correction supersedes."""

    __table_args__ = (
        CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
        CheckConstraint("low >= 0 AND low <= probability AND probability <= high AND high <= 1", name="interval"),
        CheckConstraint(
            "(low IS NULL) = (probability IS NULL) AND (high IS NULL) = (low IS NULL)", name="has_interval"
        ),
        CheckConstraint("probability IS NULL OR probabilities IS NULL", name="one_form"),
        CheckConstraint(
            "commitment OR withdrawn OR probability IS NOT NULL OR probabilities IS NOT NULL", name="has_probability"
        ),
        CheckConstraint("(hedge IS NULL) = (lexicon IS NULL)", name="hedge_has_lexicon"),
        CheckConstraint("(lexicon IS NULL) = (lexicon_version IS NULL)", name="lexicon_has_version"),
        CheckConstraint("NOT withdrawn OR supersedes_id IS NOT NULL", name="withdrawn_supersedes"),
        CheckConstraint("(supersedes_id IS NULL) = (reason IS NULL)", name="superseding_has_reason"),
        Index("ix_prediction_question_commentator", "question_id", "commentator_id"),
        Index("ix_prediction_commentator", "commentator_id", "id"),
        Index("ix_prediction_made_at", "made_at"),
    )

    id: int | None = key()
    commentator_id: int = ref("commentator.id")
    question_id: int = ref("question.id")
    source_id: int | None = optional_ref("source.id", index=True)
    made_at: datetime = Field(description="time of the statement by its source")
    recorded_at: datetime = Field(description="the server's clock; it cannot be set")
    recorded_by: str = Field(max_length=120)
    probability: float | None = Field(default=None, description="of yes; binary questions")
    probabilities: list[float] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    low: float | None = None
    high: float | None = None
    hedge: str | None = Field(default=None, max_length=200)
    lexicon: str | None = Field(default=None, max_length=40)
    lexicon_version: str | None = Field(default=None, max_length=20)
    phrase: str | None = Field(default=None, max_length=80, description="the lexicon's entry, or null for a number")
    vague: bool = Field(default=False, description="the hedge carries almost no claim (may, might, could)")
    overridden: bool = Field(default=False, description="the recorder replaced the lexicon's numbers")
    against: bool = Field(default=False, description="the hedge describes the opposite of the question")
    commitment: bool = False
    note: str = Field(default="", sa_type=Text)
    supersedes_id: int | None = optional_ref("prediction.id", unique=True)
    withdrawn: bool = False
    reason: str | None = Field(default=None, sa_type=Text)
    import_id: int | None = import_ref()


class Proposal(SQLModel, table=True):
    """An outcome with evidence that a resolver or a person suggests; it does not score until confirmed."""

    __table_args__ = (
        UniqueConstraint("question_id", "resolver", "config_sha256", "outcome", "evidence_sha256"),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
    )

    id: int | None = key()
    question_id: int = ref("question.id", index=True)
    resolver: str = Field(max_length=80, description="which resolver, or 'person'")
    config_sha256: str = Field(default="", max_length=64)
    outcome: str = Field(max_length=120)
    known_at: datetime | None = None
    confidence: float
    rationale: str = Field(sa_type=Text)
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    evidence_sha256: str = Field(max_length=64)
    state: ProposalState = Field(default=ProposalState.PENDING, sa_type=text_enum(ProposalState))
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    reason: str | None = Field(default=None, sa_type=Text)


class Resolution(SQLModel, table=True):
    """The outcome confirmed by a person, with evidence. Append-only: a correction supersedes.

    ``outcome`` null retracts the resolution before it: the question is open or due again.
    """

    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (known_at IS NULL)", name="known_at_fits_outcome"),
        CheckConstraint("outcome IS NOT NULL OR supersedes_id IS NOT NULL", name="retraction_supersedes"),
        # Two concurrent first resolutions of a question would fork its chain.
        Index(
            "uq_resolution_first",
            "question_id",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL"),
            postgresql_where=text("supersedes_id IS NULL"),
        ),
        Index("ix_resolution_question_id", "question_id", "id"),
    )

    id: int | None = key()
    question_id: int = ref("question.id")
    outcome: str | None = Field(default=None, max_length=120)
    known_at: datetime | None = Field(default=None, description="when the outcome became public")
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    note: str = Field(default="", sa_type=Text)
    automatic: bool = Field(default=False, description="follows from the condition, not written by a person")
    resolved_at: datetime
    resolved_by: str = Field(max_length=120)
    proposal_id: int | None = optional_ref("proposal.id")
    supersedes_id: int | None = optional_ref("resolution.id", unique=True)


class Score(SQLModel, table=True):
    """The Brier score of a commentator on a resolved question, in whole numbers of 10^-12. Can be recomputed."""

    __table_args__ = (
        CheckConstraint("opening BETWEEN 0 AND 1000000000000", name="opening"),
        CheckConstraint("latest BETWEEN 0 AND 1000000000000", name="latest"),
        CheckConstraint("time_weighted BETWEEN 0 AND 1000000000000", name="time_weighted"),
        CheckConstraint(
            "0 <= opening_low AND opening_low <= opening AND opening <= opening_high", name="opening_range"
        ),
        CheckConstraint("counted > 0", name="counted"),
        Index("ix_score_question_id", "question_id"),
        Index("ix_score_deadline", "deadline"),
    )

    commentator_id: int = Field(foreign_key="commentator.id", primary_key=True, sa_type=BigInt)
    question_id: int = Field(foreign_key="question.id", primary_key=True, sa_type=BigInt)
    opening: int = Field(sa_type=BigInt)
    latest: int = Field(sa_type=BigInt)
    time_weighted: int = Field(sa_type=BigInt)
    opening_low: int = Field(sa_type=BigInt, description="best score within the hedge's interval")
    opening_high: int = Field(sa_type=BigInt, description="worst score within the hedge's interval")
    opening_id: int = ref("prediction.id")
    latest_id: int = ref("prediction.id")
    counted: int = Field(description="number of eligible predictions")
    reference: int = Field(
        sa_type=BigInt, description="score of the reference forecast of the opening prediction's day"
    )
    reference_type: ReferenceType = Field(sa_type=text_enum(ReferenceType))
    verbal: bool
    vague: bool
    recorded_late: bool
    deadline: datetime = Field(description="the question's; the default board counts a score after it")


class RunningTotal(SQLModel, table=True):
    """Running totals of a commentator, overall (topic '') and in each topic. Can be recomputed.

    Sums are over scored questions whose opening prediction is not vague; they include questions resolved before
    their deadline, which the default board subtracts.
    """

    __table_args__ = (
        CheckConstraint(
            "questions >= 0 AND resolved >= 0 AND annulled >= 0 AND uncounted >= 0 AND vague >= 0", name="counts"
        ),
        Index("ix_running_total_topic", "topic", "commentator_id"),
    )
    __tablename__ = "running_total"

    commentator_id: int = Field(foreign_key="commentator.id", primary_key=True, sa_type=BigInt)
    topic: str = Field(default="", max_length=60, primary_key=True)
    questions: int = Field(default=0, description="questions with a prediction that carries a probability")
    resolved: int = Field(default=0, description="scored questions in the sums")
    annulled: int = 0
    uncounted: int = Field(default=0, description="resolved questions without an eligible prediction")
    vague: int = Field(default=0, description="scored questions whose opening prediction is vague")
    opening: int = Field(default=0, sa_type=BigInt)
    latest: int = Field(default=0, sa_type=BigInt)
    time_weighted: int = Field(default=0, sa_type=BigInt)
    opening_low: int = Field(default=0, sa_type=BigInt)
    opening_high: int = Field(default=0, sa_type=BigInt)


class LedgerEvent(SQLModel, table=True):
    """One change of the record, chained to the one before by its hash. Append-only."""

    __tablename__ = "ledger_event"
    __table_args__ = (Index("ix_ledger_event_subject", "subject", "subject_id"),)

    seq: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str = Field(max_length=120)
    action: str = Field(max_length=60)
    subject: str = Field(max_length=30)
    subject_id: int = Field(sa_type=BigInt)
    body: str = Field(sa_type=Text, description="canonical JSON of what changed")
    salt: str = Field(max_length=32)
    body_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)


class DemoMark(SQLModel, table=True):
    """The mark of a database that holds an invented record: one row, or none."""

    __tablename__ = "demo_mark"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    created_at: datetime


#: The tables whose rows an import enters; without one, ``import_id`` is null and not in the index.
IMPORTED = (Commentator, Source, Question, Reference, Prediction)
for _table in IMPORTED:
    _of_import = col(_table.import_id)
    Index(
        f"ix_{_table.__tablename__}_import_id",
        _of_import,
        sqlite_where=_of_import.is_not(None),
        postgresql_where=_of_import.is_not(None),
    )
