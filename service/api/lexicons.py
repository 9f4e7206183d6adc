"""Routes of the lexicons and of the interpretation of hedges."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from predictions.errors import Fault, InvalidInput
from predictions.hedges.interpret import lexicons, read_hedge
from predictions.schemas.fields import Words
from service.security.access import Reader

router = APIRouter(tags=["service"])


class HedgeView(BaseModel):
    """Interpretation of a hedge by a lexicon."""

    words: str = Field(description="the words that were interpreted")
    lexicon: str = Field(description="name of the lexicon")
    version: str = Field(description="version of the lexicon")
    phrase: str = Field(description="the part of the words that decided, normalised")
    low: float = Field(description="lowest probability that the words can mean, from 0 to 1")
    best: float = Field(description="probability that the lexicon gives to the words, from 0 to 1")
    high: float = Field(description="highest probability that the words can mean, from 0 to 1")
    vague: bool = Field(description="true if the words carry almost no claim: shown, but not ranked")
    source: str = Field(description="publication from which the numbers are taken")


@router.get("/api/lexicons", response_model=None)
def list_all_lexicons(_: Reader) -> Any:
    """List lexicons.

    They turn hedges into low, best and high probabilities; with their entries and sources.
    """
    return {"items": lexicons()}


@router.get("/api/hedge", response_model=HedgeView)
def interpret_hedge(
    _: Reader, words: Annotated[Words, Query()], lexicon: Annotated[str, Query(max_length=40)] = "survey"
) -> Any:
    """Interpret a hedge.

    Low, best and high probability that a lexicon gives to the words.
    """
    try:
        interpretation = read_hedge(words, lexicon)
    except InvalidInput as error:  # its pointers are those of a prediction
        raise InvalidInput(error.detail, *(_of_parameter(fault) for fault in error.faults)) from None
    return HedgeView(
        words=interpretation.words,
        lexicon=interpretation.lexicon,
        version=str(interpretation.version),
        phrase=interpretation.phrase,
        low=interpretation.low,
        best=interpretation.best,
        high=interpretation.high,
        vague=interpretation.vague,
        source=interpretation.source,
    )


def _of_parameter(fault: Fault) -> Fault:
    name = {"/hedge": "words", "/lexicon": "lexicon"}[fault.pointer]
    return Fault(f"/query/{name}", fault.detail)
