"""The table of changes of what is settled, each with its reason, its effect on scores, and the decision about it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, key, optional_ref, text_enum


class ChangeState(StrEnum):
    """The decision about a change of what is settled."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(StrEnum):
    """Why a change took effect: another person approved it, nobody else may, or it moved no score."""

    ANOTHER_PERSON = "another_person"
    ONLY_PERSON = "only_person"
    NO_SCORE_MOVED = "no_score_moved"


class PendingChange(SQLModel, table=True):
    """A change of what is settled: it takes effect when approved, and stays on record with the scores that it moved."""

    __tablename__ = "pending_change"
    __table_args__ = (
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'pending') = (decided_by IS NULL)", name="decided_by"),
        CheckConstraint("(state = 'approved') = (approval IS NOT NULL)", name="approved"),
        CheckConstraint("(state = 'approved') = (result_id IS NOT NULL)", name="result"),
        CheckConstraint("affected >= 0", name="affected"),
        Index("ix_pending_change_state", "state", "id"),
    )

    id: int | None = key()
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=30, description="table of the row that it changes or adds to")
    subject_id: int = Field(sa_type=BigInt)
    question_id: int | None = optional_ref("question.id", index=True)
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(sa_type=Text)
    requested_by: str = Field(max_length=120)
    requested_at: datetime
    scores: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    affected: int = Field(description="number of commentators whose scores it moves; the first are in ``scores``")
    state: ChangeState = Field(default=ChangeState.PENDING, sa_type=text_enum(ChangeState))
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    decision: str | None = Field(default=None, sa_type=Text, description="reason for the decision")
    approval: Approval | None = Field(default=None, sa_type=text_enum(Approval))
    result_id: int | None = Field(default=None, sa_type=BigInt, description="row that it entered or changed")
