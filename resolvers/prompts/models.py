"""The table of prompts."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt


class Prompt(SQLModel, table=True):
    """A request to resolve a question that has come due, or a reminder of it; recorded once for each stage."""

    __table_args__ = (UniqueConstraint("question_id", "due_at", "stage"), Index("ix_prompt_created_at", "created_at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    question_id: int = Field(foreign_key="question.id", sa_type=BigInt)
    stage: str = Field(max_length=20, description="due, day_1, day_3, day_7, week_2 ..., escalation, reversal_7")
    due_at: datetime = Field(description="when the question came due")
    scheduled_at: datetime = Field(description="planned time of this stage, derived from due_at")
    created_at: datetime
