"""Validated corrections of commentators and of questions: fields left out stay as they are."""

from typing import Any, Self

from pydantic import Field, model_validator

from predictions.schemas.fields import CalendarDay, Input, LocalOrInstant, Name, Note, Prose, Slug, Url
from predictions.schemas.inputs import Basis, ConditionIn, Kind, Options, Topics


class QuestionChange(Input):
    """Corrected fields of a question with the reason; fields left out stay. A later deadline is a postponement."""

    text: Prose | None = Field(default=None, description="corrected question")
    resolution_criteria: Prose | None = Field(default=None, description="corrected rules that decide the outcome")
    deadline_basis: Basis | None = Field(default=None, description="corrected basis: stated, implied or assigned")
    deadline: LocalOrInstant | None = Field(
        default=None, description="corrected deadline, if it was typed too late: an instant, or local in its zone"
    )
    options: Options | None = Field(
        default=None, description="corrected options; once predictions are on record they can only be renamed in order"
    )
    condition: ConditionIn | None = Field(default=None, description="corrected condition; null removes it")
    event: Slug | None = Field(default=None, description="corrected event")
    topics: Topics | None = Field(default=None, description="all topics, in place of the present ones")
    reason: Prose = Field(description="why the question is corrected")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            names = [name for name in QuestionChange.model_fields if name != "reason"]
            raise ValueError(f"name at least one field to change: {', '.join(names[:-1])} or {names[-1]}")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields to change with their new values; a condition may be None, which removes it."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}
        return {name: value for name, value in given.items() if value is not None or name == "condition"}


class CommentatorChange(Input):
    """Corrected fields of a commentator; fields left out stay."""

    name: Name | None = Field(default=None, description="corrected name")
    kind: Kind | None = Field(default=None, description="corrected kind: person, organisation, market or model")
    description: Note | None = Field(default=None, description="corrected description")
    statement: Note | None = Field(default=None, description="published reply to the record; empty to remove it")
    statement_on: CalendarDay | None = Field(default=None, description="its day, YYYY-MM-DD; required with it")
    statement_url: Url | None = Field(default=None, description="address at which it is published")


class ApprovalIn(Input):
    """The approval of a change of what is settled."""

    reason: Prose | None = Field(default=None, description="why it is approved")


class RejectionIn(Input):
    """The rejection of a change of what is settled."""

    reason: Prose = Field(description="why it is rejected")
