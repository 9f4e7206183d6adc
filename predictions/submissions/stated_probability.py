"""Stated probabilities as columns of a prediction: numbers as given, hedges interpreted by a lexicon."""

from dataclasses import dataclass

from predictions.enums import QuestionKind
from predictions.errors import InvalidInput
from predictions.hedges.interpret import DEFAULT_LEXICON, HedgeInterpretation, Lexicon, get_lexicon, read_hedge
from predictions.models import Question
from predictions.outcomes import per_option
from predictions.schemas.inputs import StatedIn


@dataclass(frozen=True)
class StatedProbability:
    """The columns of ``Prediction`` that hold the stated probability, under the same names."""

    probability: float | None = None
    probabilities: list[float] | None = None
    low: float | None = None
    high: float | None = None
    hedge: str | None = None
    lexicon: str | None = None
    lexicon_version: str | None = None
    phrase: str | None = None
    vague: bool = False
    overridden: bool = False
    against: bool = False


def stated_probability(data: StatedIn, question: Question) -> StatedProbability:
    """Convert a stated probability to columns of a prediction; all None for a commitment without a probability.

    Raises ``InvalidInput`` if the form does not fit the kind of question, or the lexicon has no entry for the hedge.
    """
    if data.probabilities is not None:
        if question.kind is QuestionKind.BINARY:
            raise InvalidInput.at("/probabilities", "a yes-or-no question takes one number: give probability instead")
        return StatedProbability(probabilities=per_option(data.probabilities, question, pointer="/probabilities"))
    if data.probability is None and data.hedge is None:
        return StatedProbability()
    if question.kind is not QuestionKind.BINARY:
        field = "probability" if data.hedge is None else "hedge"
        raise InvalidInput.at(f"/{field}", f"a {question.kind.value} question takes probabilities, one for each option")
    if data.probability is not None:
        return StatedProbability(probability=data.probability, low=data.probability, high=data.probability)
    return _from_hedge(data)


def _from_hedge(data: StatedIn) -> StatedProbability:
    lexicon = get_lexicon(data.lexicon or DEFAULT_LEXICON)
    interpretation = _interpretation(data, lexicon)
    chosen = data.interval or interpretation
    assert chosen is not None  # noqa: S101 - without an interval, unknown hedges were refused
    return StatedProbability(
        probability=chosen.best,
        low=chosen.low,
        high=chosen.high,
        hedge=data.hedge,
        lexicon=lexicon.name,
        lexicon_version=str(lexicon.version),
        phrase=interpretation.entry_id if interpretation else None,
        vague=interpretation is not None and interpretation.vague and data.interval is None,
        overridden=data.interval is not None,
        against=data.against,
    )


def _interpretation(data: StatedIn, lexicon: Lexicon) -> HedgeInterpretation | None:
    try:
        return read_hedge(data.hedge or "", lexicon.name, against=data.against)
    except InvalidInput:
        if data.interval is None:
            raise
        return None  # the recorder's interval replaces the missing entry
