"""Numbers in a hedge: "70%", "60 to 70 percent", "one in four", "3-1 against". What is ambiguous is refused."""

import re
from typing import NamedTuple

from predictions.hedges.number_patterns import FORMS, MEASURES, refused
from predictions.hedges.numerals import is_probability

_MAY_HOLD = re.compile(r"\d|\b(?:per ?cent|pct|in|of|to|fifty|thirds?|quarters?)\b")
_KEEP_LESS = "keep only the words that carry this prediction's probability, or give the probability"


class Number(NamedTuple):
    """A probability that ``text[start:end]`` states, or the range that it states."""

    start: int
    end: int
    phrase: str
    low: float
    best: float
    high: float


def find_number(text: str, plain: str) -> Number | None:
    """The one probability that a normalised text states in figures, or None where it states none.

    ``plain`` is the text with the phrases of the lexicon blanked, of the same length. A range has its middle as best;
    "at least 70%" and "under 5%" keep the figure said as best, and reach from it to 1 or 0. Raises ``InvalidInput``
    for more than 100%, a negative, two different figures, betting odds without "for" or "against", and a figure that
    may say how much rather than how probable ("a 25% tariff").
    """
    if not _MAY_HOLD.search(text):
        return None
    found: list[Number] = []
    for form, read in FORMS:
        for hit in form.finditer(text):
            if any(hit.start() < other.end and other.start < hit.end() for other in found):
                continue
            interval = read(hit)
            if interval is None:
                continue
            if read in MEASURES and not is_probability(hit, plain):
                raise refused(f"{hit[0]!r} may say how much rather than how probable: {_KEEP_LESS}")
            found.append(Number(*hit.span(), hit[0], *interval))
    found.sort()
    for other in found[1:]:
        if other[3:] != found[0][3:]:
            raise refused(f"states both {found[0].phrase!r} and {other.phrase!r}: keep the one that is meant")
    return found[0] if found else None
