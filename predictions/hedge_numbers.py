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
_SURE = r"(?:likely|probable|sure|certain|confident|convinced|positive)\b"
_COMPARED = r"(?:more|less|higher|lower|greater|smaller|better|worse|bigger|increased|reduced|added|extra)\b"
_CLOSED = r"(?:that|it|he|she|they|we|i|this|these|there|the|an?|or|and|but|if|now|today|of the time|as)\b"
_PREPOSITION = r"(?:in|by|on|at|before|after|until|within|over|for|from|with|to|because|when|while|so)\b"
_FILLERS = (
    r"(?:(?:an?|the|about|around|roughly|approximately|nearly|almost|only|just|some|perhaps|maybe|say|still|well|mere|"
    r"closer to|or|in|is|it|not|no) )*~? ?$"
)

# A figure is a probability where it is joined to such a noun or adjective, where it opens its clause, or where the
# words before it say so ("the odds of a recession are 40%"); else it may say how much ("will probably exceed 3%").
_JOINED = re.compile(rf"[ -]{_CHANCE}|\ (?!{_COMPARED})\w+\ {_CHANCE}|[ -]{_SURE}")
_ENDS = re.compile(rf"\s*(?:$|[,.;:!?)+]|\ {_CLOSED})")
_GOES_ON = re.compile(rf"\ {_PREPOSITION}")
_OPENS = re.compile(rf"(?:^|[,;:.(])\s*{_FILLERS}")
_SAID = re.compile(
    rf"{_CHANCE}(?: of|:)? {_FILLERS}|(?:{_CHANCE}|\bput\b)[^,;]*\ (?:is|are|at|as|now) {_FILLERS}|"
    rf"\b(?:say|give|give \w+) {_FILLERS}"
)
_BETTING = re.compile(r"\b(?:odds|bets?|betting|bookies|bookmakers?|favou?rites?|underdogs?|outsiders?|shots?)\b")

_MAY_HOLD = re.compile(r"\d|\b(?:per ?cent|pct|in|of|to|fifty|thirds?|quarters?)\b")
_KEEP_LESS = "keep only the words that carry this prediction's probability, or give the probability"

Interval = tuple[float, float, float]


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
    for form, read in _FORMS:
        for hit in form.finditer(text):
            if any(hit.start() < other.end and other.start < hit.end() for other in found):
                continue
            interval = read(hit)
            if interval is None:
                continue
            if read in _MEASURES and not _is_probability(hit, plain):
                raise _refused(f"{hit[0]!r} may say how much rather than how probable: {_KEEP_LESS}")
            found.append(Number(*hit.span(), hit[0], *interval))
    found.sort()
    for other in found[1:]:
        if other[3:] != found[0][3:]:
            raise _refused(f"states both {found[0].phrase!r} and {other.phrase!r}: keep the one that is meant")
    return found[0] if found else None


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
    return round(part / whole, 15)


def _is_probability(hit: re.Match[str], plain: str) -> bool:
    end, before = hit.end(), plain[: hit.start()]
    if _JOINED.match(hit.string, end):
        return True
    ends = _ENDS.match(hit.string, end) is not None
    if _SAID.search(hit.string[: hit.start()]):
        return ends or _GOES_ON.match(hit.string, end) is not None
    return ends and _OPENS.search(" ".join(before.split()) + " " if before.strip() else "") is not None


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
    return low, round((low + high) / 2, 15), high


def _change(hit: re.Match[str]) -> Interval | None:
    raise _refused(f"{hit[0]!r} may be a change from one figure to another: keep the one that is meant")


def _percent(hit: re.Match[str]) -> Interval | None:
    share = _share(hit, _figure(hit["n"]), 100)
    return _bounded(hit, share)


def _frequency(hit: re.Match[str]) -> Interval | None:
    part, whole = _figure(hit["n"]), _figure(hit["of"])
    if whole < 2 or (whole > 100 and whole not in {1e3, 1e4, 1e5, 1e6, 1e9}):
        return None  # "one in 2027" is a year
    share = _share(hit, part, whole)
    return _bounded(hit, share)


def _fraction(hit: re.Match[str]) -> Interval | None:
    share = round(_figure(hit["n"]) / (3 if hit["part"] == "third" else 4), 15)
    return (share, share, share) if share < 1 else None


def _odds(hit: re.Match[str]) -> Interval | None:
    text, a, b, side = hit.string, _figure(hit["a"]), _figure(hit["b"]), hit["side"] or ""
    betting = _BETTING.search(text) or hit.span() == (0, len(text))
    at_end = side and re.match(r"$|[,.;:)]", text[hit.end() :])
    if not betting and not at_end and not (hit["to"] == "to" and 1 in (a, b)):
        return None  # a score, a vote or a date
    if a <= 0 or b <= 0 or not betting or not side:
        raise _refused(
            f"{hit[0]!r} may be odds, but does not plainly say which way: write '3-1 odds against' or '3-1 odds on', "
            "or give the probability"
        )
    loses = side.startswith(("against", "underdog", "outsider", "long", "shot"))
    share = round((b if loses else a) / (a + b), 15)
    return share, share, share


def _decimal(hit: re.Match[str]) -> Interval | None:
    share = float(hit["n"])
    return share, share, share


_BOUND = rf"(?:(?:(?P<over>{_OVER})|(?P<under>{_UNDER})) (?:an? )?)?"
_MORE = (
    r"(?:(?P<more>\ ?\+| or (?:more|better|higher|greater|bigger)\b)|"
    r"(?P<fewer> or (?:less|lower|worse|smaller|fewer)\b))?"
)
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
            rf"{_BOUND}(?P<n>{_N})(?:[- ](?:times?|chances?|cases))?[- ](?:in|out[- ]of)[- ](?:every )?"
            rf"(?P<of>{_N}){_MORE}"
        ),
        _frequency,
    ),
    (re.compile(rf"\b(?P<n>one|two|three)[- ](?P<part>third|quarter)s?(?=[- ]{_CHANCE})"), _fraction),
    (
        re.compile(
            rf"(?P<a>{_N})(?:[- ](?P<to>to)[- ]| ?[-:/] ?)(?P<b>{_N})(?:(?: odds)? (?P<side>against|on|in favou?r|"
            r"underdogs?|outsiders?|(?:long[ -])?shots?)(?=$|[,.;:)]| that\b))?"
        ),
        _odds,
    ),
    (re.compile(rf"(?:^|\b(?:an?|{_CHANCE}(?: of| is)?) )(?P<n>0?\.\d+)(?=[- ]{_CHANCE}|$|[,;)])"), _decimal),
)
_MEASURES = frozenset({_range, _percent, _frequency})
