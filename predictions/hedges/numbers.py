"""Numbers in a hedge: "70%", "60 to 70 percent", "one in four", "3-1 against". Ambiguous ones are refused."""

import re
from typing import NamedTuple

from predictions.hedges.number_patterns import FORMS, MEASURES, refused
from predictions.hedges.numerals import is_probability

_MAY_HOLD = re.compile(r"\d|\b(?:per ?cent|pct|in|of|to|fifty|thirds?|quarters?)\b")
_KEEP_LESS = "keep only the words that carry this prediction's probability, or give the probability"


class Number(NamedTuple):
    """A probability, or a range of probabilities, stated at ``text[start:end]``."""

    start: int
    end: int
    phrase: str
    low: float
    best: float
    high: float


def find_number(text: str, plain: str) -> Number | None:
    """Return the one probability that a normalised text states in numerals, or None.

    ``plain`` is the text with the phrases of the lexicon blanked, of the same length. The best value of a range is its
    middle; "at least 70%" and "under 5%" have the stated number as best, and extend from it to 1 or 0. Raises
    ``InvalidInput`` for more than 100%, a negative number, two different numbers, betting odds without direction, and
    a number that may be an amount rather than a probability ("a 25% tariff").
    """
    if not _MAY_HOLD.search(text):
        return None
    numbers: list[Number] = []
    for form, read in FORMS:
        for hit in form.finditer(text):
            if any(hit.start() < other.end and other.start < hit.end() for other in numbers):
                continue
            interval = read(hit)
            if interval is None:
                continue
            if read in MEASURES and not is_probability(hit, plain):
                raise refused(f"{hit[0]!r} may be an amount rather than a probability: {_KEEP_LESS}")
            numbers.append(Number(*hit.span(), hit[0], *interval))
    numbers.sort()
    for other in numbers[1:]:
        if other[3:] != numbers[0][3:]:
            raise refused(f"states both {numbers[0].phrase!r} and {other.phrase!r}: keep the one that is meant")
    return numbers[0] if numbers else None
