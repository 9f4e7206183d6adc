"""The table of contests."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, key, optional_ref, text_enum


class ContestState(StrEnum):
    """State of a contest: public from ``taken_up`` on, unless its sender has withdrawn or an editor deleted it."""

    RECEIVED = "received"
    TAKEN_UP = "taken_up"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"


#: States that wait for an answer, and states that everybody may see.
WAITING = (ContestState.RECEIVED, ContestState.TAKEN_UP)
PUBLIC = (ContestState.TAKEN_UP, ContestState.UPHELD, ContestState.REJECTED)


class Contest(SQLModel, table=True):
    """What somebody says is wrong with a prediction, a question, a commentator, or a commentator's line on a question.

    That of a prediction names its question and commentator too. Withdrawn and deleted ones have lost their texts.
    """

    __table_args__ = (
        CheckConstraint("question_id IS NOT NULL OR commentator_id IS NOT NULL", name="has_subject"),
        CheckConstraint(
            "prediction_id IS NULL OR question_id IS NOT NULL AND commentator_id IS NOT NULL", name="of_prediction"
        ),
        CheckConstraint("(state IN ('received', 'taken_up')) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'upheld') = (correction IS NOT NULL)", name="upheld_has_correction"),
        CheckConstraint("(taken_up_at IS NULL) = (taken_up_by IS NULL)", name="taken_up"),
        CheckConstraint("prompts >= 0", name="prompts"),
        Index("ix_contest_state", "state", "id"),
        Index("ix_contest_next_prompt_at", "next_prompt_at"),
    )

    id: int | None = key()
    prediction_id: int | None = optional_ref("prediction.id")
    question_id: int | None = optional_ref("question.id", index=True)
    commentator_id: int | None = optional_ref("commentator.id", index=True)
    name: str = Field(max_length=200, description="of the sender")
    contact: str = Field(max_length=200, description="of the sender; never public")
    text: str = Field(sa_type=Text, description="what is wrong")
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    state: ContestState = Field(default=ContestState.RECEIVED, sa_type=text_enum(ContestState))
    received_at: datetime
    due_at: datetime = Field(description="by when it should be answered")
    next_prompt_at: datetime | None = Field(description="when editors are next asked to answer it")
    prompts: int = Field(default=0, description="stages of prompting passed")
    taken_up_at: datetime | None = None
    taken_up_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, max_length=120)
    answer: str = Field(default="", sa_type=Text, description="the answer, or why it was deleted")
    correction: int | None = Field(
        default=None, foreign_key="ledger_event.seq", sa_type=BigInt, description="the correction that was made"
    )
