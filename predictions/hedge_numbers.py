"""Numbers in a hedge: "70%", "60 to 70 percent", "one in four", "3-1 against". What is ambiguous is refused."""

import re
from collections.abc import Callable
from typing import NamedTuple

from predictions.errors import InvalidInput

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    *(f"{stem}teen" for stem in ["thir", "four", "fif", "six", "seven", "eigh", "nine"]),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_LARGE = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SMALL = {word: n for n, word in enumerate(["zero", *_ONES, *_TEENS])} | {
    word: 10 * n for n, word in enumerate(_TENS, start=2)
}

# Atomic, so that "twenty-five" is never cut into a range from twenty to five.
_N = (
    r"(?>(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+|"
    rf"(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_ONES)})(?![a-z])|"
    rf"(?:an? |one )?(?:{'|'.join(_LARGE)})(?![a-z])|(?:{'|'.join(_SMALL)})(?![a-z])))"
)
_PC = r"(?: ?%|[ -]?(?:per ?cent|pct)\b)"
_OVER = (
    r"(?:at least|more than|over|above|better than|greater than|higher than|upwards? of|north of|in excess of|"
    r"(?:no|not) (?:less|lower|fewer) than)"
)
_UNDER = (
    r"(?:at most|less than|under|below|up to|fewer than|lower than|worse than|south of|"
    r"(?:no|not) (?:more|better|higher|greater) than)"
)
_CHANCE = r"(?:chances?|probability|likelihood|odds|possibility|shot|certainty|confidence|risk|prospect)\b"
_SURE = r"(?:probable|sure|certain|confident|convinced|positive)\b"
_COMPARED = r"(?:more|less|higher|lower|greater|smaller|better|worse|bigger|increased|reduced|added|extra)\b"
_CLOSED = r"(?:that|it|he|she|they|we|i|this|these|there|the|an?|or|and|but|if|now|today|of the time|as)\b"
_PREPOSITION = r"(?:in|by|on|at|before|after|until|within|over|for|from|with|to|because|when|while|so)\b"

_FOLLOWS = re.compile(
    rf"\s*(?:$|[,.;:!?)+]|[ -]{_CHANCE}|\ (?!{_COMPARED})\w+\ {_CHANCE}|\ likely\b|\ {_SURE}|\ {_CLOSED})"
)
_FOLLOWS_CHANCE = re.compile(rf"\ {_PREPOSITION}")
_CONTEXT = re.compile(
    rf"\b(?:{_CHANCE}|{_SURE}|(?:i|would) (?:put|say|give)|put (?:it|that|this)\b|give (?:it|that)\b)"
)
_GOVERNED = re.compile(r"\b(?:of|to|by|at|from|than|another)(?: an?)? $")
_BETTING = re.compile(
    r"\b(?:odds|bets?|betting|bookies|bookmakers?|favou?rites?|underdogs?|outsiders?|long[ -]shots?)\b"
)

Interval = tuple[float, float, float]


class Number(NamedTuple):
    """A probability that ``text[start:end]`` states, or the range that it states."""

    start: int
    end: int
    phrase: str
    low: float
    best: float
    high: float


def find_number(text: str) -> Number | None:
    """The one probability that a normalised text states in figures, or None where it states none.

    A range has its middle as best; "at least 70%" and "under 5%" keep the figure said as best, and reach from it to
    1 or 0. Raises ``InvalidInput`` for more than 100%, a negative, two different figures, betting odds without
    "for" or "against", and a figure that says how much rather than how probable ("a 25% tariff").
    """
    found: list[Number] = []
    for form, read in _FORMS:
        for hit in form.finditer(text):
            if all(hit.end() <= other.start or hit.start() >= other.end for other in found):
                interval = read(hit)
                if interval is not None:
                    found.append(Number(*hit.span(), hit[0], *interval))
    if not found:
        return None
    found.sort()
    for other in found[1:]:
        if other[3:] != found[0][3:]:
            raise _refused(f"states both {found[0].phrase!r} and {other.phrase!r}: keep the one that is meant")
    return found[0]


def _refused(detail: str) -> InvalidInput:
    return InvalidInput.at("/hedge", detail)


def _figure(words: str) -> float:
    if words[0].isdigit() or words[0] == ".":
        return float(words.replace(",", ""))
    parts = re.split(r"[- ]", words)
    return float(_LARGE.get(parts[-1]) or sum(_SMALL[part] for part in parts))


def _share(hit: re.Match[str], part: float, whole: float) -> float:
    if part > whole:
        raise _refused(f"{hit[0]!r} is more than 100%: a probability lies between 0 and 100%")
    return round(part / whole, 12)


def _must_be_probability(hit: re.Match[str]) -> None:
    text, start, end = hit.string, hit.start(), hit.end()
    chance = _CONTEXT.search(text) is not None
    fits = _FOLLOWS.match(text, end) or (chance and _FOLLOWS_CHANCE.match(text, end))
    if not fits or (not chance and _GOVERNED.search(text[:start])):
        raise _refused(
            f"{hit[0]!r} may say how much rather than how probable: keep only the words that carry this prediction's "
            "probability, or give the probability"
        )


def _bounded(hit: re.Match[str], share: float) -> Interval:
    if hit["over"] or hit["more"]:
        return share, share, 1.0
    if hit["under"] or hit["fewer"]:
        return 0.0, share, share
    return share, share, share


def _negative(hit: re.Match[str]) -> Interval | None:
    raise _refused(f"{hit[0]!r} is negative: a probability lies between 0 and 100%")


def _even(_: re.Match[str]) -> Interval | None:
    return 0.5, 0.5, 0.5


def _range(hit: re.Match[str]) -> Interval | None:
    low, high = _share(hit, _figure(hit["low"]), 100), _share(hit, _figure(hit["high"]), 100)
    if low > high:
        raise _refused(f"{hit[0]!r} runs downwards: give the lower figure first")
    _must_be_probability(hit)
    return low, round((low + high) / 2, 12), high


def _change(hit: re.Match[str]) -> Interval | None:
    raise _refused(f"{hit[0]!r} may be a change from one figure to another: keep the one that is meant")


def _percent(hit: re.Match[str]) -> Interval | None:
    share = _share(hit, _figure(hit["n"]), 100)
    _must_be_probability(hit)
    return _bounded(hit, share)


def _frequency(hit: re.Match[str]) -> Interval | None:
    part, whole = _figure(hit["n"]), _figure(hit["of"])
    if whole < 2 or (whole > 100 and whole not in {1e3, 1e4, 1e5, 1e6, 1e9}):
        return None  # "one in 2027" is a year
    share = _share(hit, part, whole)
    _must_be_probability(hit)
    return _bounded(hit, share)


def _fraction(hit: re.Match[str]) -> Interval | None:
    share = round(_figure(hit["n"]) / (3 if hit["part"] == "third" else 4), 12)
    return (share, share, share) if share < 1 else None


def _odds(hit: re.Match[str]) -> Interval | None:
    text, a, b, side = hit.string, _figure(hit["a"]), _figure(hit["b"]), hit["side"] or ""
    betting = _BETTING.search(text) or hit.span() == (0, len(text))
    at_end = side and re.match(r"$|[,.;:)]", text[hit.end() :])
    if not betting and not at_end and not (hit["to"] == "to" and 1 in (a, b)):
        return None  # a score, a vote or a date
    if a <= 0 or b <= 0 or not betting or not side:
        raise _refused(
            f"{hit[0]!r} does not say for or against what: write '3-1 odds against' or '3-1 odds on', or give the "
            "probability"
        )
    loses = side.startswith(("against", "underdog", "outsider", "long"))
    share = round((b if loses else a) / (a + b), 12)
    return share, share, share


def _decimal(hit: re.Match[str]) -> Interval | None:
    share = float(hit["n"])
    return share, share, share


_BOUND = rf"(?:(?:(?P<over>{_OVER})|(?P<under>{_UNDER})) (?:an? )?)?"
_MORE = r"(?:(?P<more>\ ?\+| or (?:more|better|higher|greater)\b)|(?P<fewer> or (?:less|lower|worse)\b))?"
_SPAN = rf"(?P<low>{_N}){_PC}?(?: ?- ?|[- ]to[- ]| or )(?P<high>{_N}){_PC}"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Interval | None]], ...] = (
    (re.compile(rf"(?<![\w%.])-\ ?{_N}{_PC}"), _negative),
    (re.compile(r"\b(?:fifty[-/ ]fifty|50[-/ ]50)\b(?!\ (?:vote|split|tie))"), _even),
    (re.compile(rf"(?<!anywhere )\bfrom {_SPAN}"), _change),
    (re.compile(rf"\bbetween (?P<low>{_N}){_PC}? and (?P<high>{_N}){_PC}"), _range),
    (re.compile(_SPAN), _range),
    (re.compile(rf"{_BOUND}(?P<n>{_N}){_PC}{_MORE}"), _percent),
    (
        re.compile(
            rf"{_BOUND}(?P<n>{_N})(?:[- ](?:times?|chances?))?[- ](?:in|out[- ]of)[- ](?:every )?(?P<of>{_N}){_MORE}"
        ),
        _frequency,
    ),
    (re.compile(rf"\b(?P<n>one|two|three)[- ](?P<part>third|quarter)s?(?=[- ]{_CHANCE})"), _fraction),
    (
        re.compile(
            rf"(?P<a>{_N})(?:[- ](?P<to>to)[- ]| ?[-:/] ?)(?P<b>{_N})(?:(?: odds)? (?P<side>against|on|in favou?r|"
            r"favou?rites?|underdogs?|outsiders?|long[ -]shots?)\b)?"
        ),
        _odds,
    ),
    (re.compile(rf"(?:^|\b(?:an?|{_CHANCE}(?: of| is)?) )(?P<n>0?\.\d+)(?=[- ]{_CHANCE}|$|[,;)])"), _decimal),
)
