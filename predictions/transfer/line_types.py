"""The lines of an import or export file: the inputs of the API, with a ``type``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from predictions.schemas.fields import CalendarDay, Id, Input, Note, Slug, Url
from predictions.schemas.inputs import (
    CommentatorIn,
    CorrectionIn,
    PredictionIn,
    QuestionIn,
    ReasonedReferenceIn,
    ResolutionIn,
    RetractionIn,
    SourceIn,
    WithdrawalIn,
)


def _not_a_number(value: str) -> str:
    if value.isdecimal():
        raise ValueError("must not be a bare number, which would mean an id on record: write for example p17")
    return value


#: A name for a prediction inside one file, so that a later correction can refer to it.
Label = Annotated[str, AfterValidator(_not_a_number), Field(min_length=1, max_length=120)]
WhichQuestion = Annotated[Id | Slug, Field(description="the id or the slug")]
WhichPrediction = Annotated[Id | Label, Field(description="the id on record, or the ref of a line of this file")]


class DemoLine(Input):
    """The mark of a file that was exported from a demo."""

    type: Literal["demo"]


class CommentatorLine(CommentatorIn):
    """A commentator, with their statement (right of reply)."""

    type: Literal["commentator"]
    statement: Note = ""
    statement_on: CalendarDay | None = None
    statement_url: Url | None = None


class SourceLine(SourceIn):
    """A source."""

    type: Literal["source"]
    confirmed: bool = False


class QuestionLine(QuestionIn):
    """A question."""

    type: Literal["question"]


class ReferenceLine(ReasonedReferenceIn):
    """A market or crowd probability of a question on a day; with a reason if the outcome is on record."""

    type: Literal["reference"]
    question: WhichQuestion


class PredictionLine(PredictionIn):
    """A prediction, the default type of a line."""

    type: Literal["prediction"] = "prediction"
    ref: Label | None = None


class CorrectionLine(CorrectionIn):
    """The corrected content of a wrongly recorded prediction."""

    type: Literal["correction"]
    prediction: WhichPrediction
    ref: Label | None = None


class WithdrawalLine(WithdrawalIn):
    """The withdrawal of a prediction, with its reason."""

    type: Literal["withdrawal"]
    prediction: WhichPrediction


class ResolutionLine(ResolutionIn):
    """The outcome of a question, with evidence."""

    type: Literal["resolution"]
    question: WhichQuestion


class RetractionLine(RetractionIn):
    """A retraction of a question's resolution, with its reason. ``taking_back`` is the former name of the type."""

    type: Literal["retraction", "taking_back"]
    question: WhichQuestion


Line = (
    DemoLine
    | CommentatorLine
    | SourceLine
    | QuestionLine
    | ReferenceLine
    | PredictionLine
    | CorrectionLine
    | WithdrawalLine
    | ResolutionLine
    | RetractionLine
)
#: A line that changes rows which others may have changed too: applied after the completion of an import.
Change = Annotated[
    CommentatorLine | ReferenceLine | CorrectionLine | WithdrawalLine | ResolutionLine | RetractionLine,
    Field(discriminator="type"),
]
CHANGES: TypeAdapter[Change] = TypeAdapter(Change)
LINES: dict[str, type[Line]] = {
    "demo": DemoLine,
    "commentator": CommentatorLine,
    "source": SourceLine,
    "question": QuestionLine,
    "reference": ReferenceLine,
    "prediction": PredictionLine,
    "correction": CorrectionLine,
    "withdrawal": WithdrawalLine,
    "resolution": ResolutionLine,
    "retraction": RetractionLine,
    "taking_back": RetractionLine,
}
