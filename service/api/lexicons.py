"""Routes of the lexicons and of the interpretation of hedges."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from predictions.hedges.interpret import lexicons, read_hedge
from predictions.schemas.fields import Words
from service.security.access import Reader

router = APIRouter(tags=["service"])


class HedgeView(BaseModel):
    """Interpretation of a hedge by a lexicon."""

    words: str = Field(description="the words that were interpreted")
    lexicon: str = Field(description="name of the lexicon")
    version: str = Field(description="version of the lexicon")
    phrase: str = Field(description="the entry or number that decided")
    low: float = Field(description="lowest probability")
    best: float = Field(description="probability that is scored")
    high: float = Field(description="highest probability")
    vague: bool = Field(description="true where the words carry almost no claim")
    source: str = Field(description="where the numbers of the entry come from")


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
    interpretation = read_hedge(words, lexicon)
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
