"""Validated inputs about contests."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from predictions.schemas.fields import Id, Input, Line, Name, Prose, Slug, _clean
from predictions.schemas.inputs import EvidenceIn

MOST_EVIDENCE = 5
Wrong = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=4000)]
Short = Annotated[str, AfterValidator(_clean), Field(max_length=500)]


class ContestEvidenceIn(EvidenceIn):
    """A web page that shows what is wrong."""

    note: Short = Field(default="", description="what the page shows")


class ContestIn(Input):
    """What is wrong with the record, by anybody.

    It names a prediction, a question, a commentator, or with question and commentator that commentator's line on it.
    """

    prediction: Id | None = Field(default=None, description="id of the prediction")
    question: Id | Slug | None = Field(default=None, description="id or slug of the question, without a prediction")
    commentator: Id | Slug | None = Field(
        default=None, description="id or slug of the commentator, without a prediction"
    )
    name: Name = Field(description="who sends this; published with the text once it is taken up")
    contact: Line = Field(default="", description="how to reach the sender; confidential, never published")
    text: Wrong = Field(description="what is wrong, and what would be right")
    evidence: Annotated[list[ContestEvidenceIn], Field(max_length=MOST_EVIDENCE)] = Field(
        default=[], description="web pages that show it"
    )

    @model_validator(mode="after")
    def _names_a_subject(self) -> Self:
        others = self.question is not None or self.commentator is not None
        if self.prediction is not None and others:
            raise ValueError("give either a prediction, or a question and commentator, not both")
        if self.prediction is None and not others:
            raise ValueError("say what is contested: give a prediction, a question or a commentator")
        return self


class AnswerIn(Input):
    """The answer to a contest: upheld with the correction that was made, or rejected with the reason."""

    decision: Literal["upheld", "rejected"] = Field(description="upheld or rejected")
    answer: Prose = Field(description="what was found, or why the contest is rejected; published")
    correction: Id | None = Field(default=None, description="number of the correction that was made; only if upheld")

    @model_validator(mode="after")
    def _has_a_correction_if_upheld(self) -> Self:
        if self.decision == "upheld" and self.correction is None:
            raise ValueError(
                "give the number of the correction that was made: correct the record first, then take it from "
                "GET /api/corrections"
            )
        if self.decision == "rejected" and self.correction is not None:
            raise ValueError("a rejected contest has no correction: leave the correction out, or uphold the contest")
        return self


class DeletionIn(Input):
    """The reason for deleting a contest that nobody has taken up."""

    reason: Prose = Field(description="why it is deleted; only editors read it")
