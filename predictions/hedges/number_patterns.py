"""Patterns of probabilities in numerals, each with a function that returns (low, best, high)."""

import re
from collections.abc import Callable

from predictions.errors import InvalidInput
from predictions.hedges.numerals import CHANCE, NUMERAL, PERCENT, numeral_value

_OVER = (
    r"(?:at least|more than|over|above|better than|greater than|higher than|upwards? of|north of|in excess of|"
    r"(?:no|not) (?:less|lower|fewer) than)"
)
_UNDER = (
    r"(?:at most|less than|under|below|up to|fewer than|lower than|worse than|south of|"
    r"(?:no|not) (?:more|better|higher|greater) than)"
)
_BETTING = re.compile(r"\b(?:odds|bets?|betting|bookies|bookmakers?|favou?rites?|underdogs?|outsiders?|shots?)\b")

Interval = tuple[float, float, float]


def refused(detail: str) -> InvalidInput:
    """Return an ``InvalidInput`` at ``/hedge``."""
    return InvalidInput.at("/hedge", detail)


def _share(hit: re.Match[str], part: float, whole: float) -> float:
    if part > whole:
        raise refused(f"{hit[0]!r} is more than 100%: give a probability between 0 and 100%")
    return round(part / whole, 15)


def _bounded(hit: re.Match[str], share: float) -> Interval:
    if hit["over"] or hit["more"]:
        return share, share, 1.0
    if hit["under"] or hit["fewer"]:
        return 0.0, share, share
    return share, share, share


def _negative(hit: re.Match[str]) -> Interval | None:
    raise refused(f"{hit[0]!r} is negative: give a probability between 0 and 100%")


def _even(_: re.Match[str]) -> Interval | None:
    return 0.5, 0.5, 0.5


def _range(hit: re.Match[str]) -> Interval | None:
    low, high = _share(hit, numeral_value(hit["low"]), 100), _share(hit, numeral_value(hit["high"]), 100)
    if low > high:
        raise refused(f"{hit[0]!r} is a descending range: give the lower number first")
    return low, round((low + high) / 2, 15), high


def _change(hit: re.Match[str]) -> Interval | None:
    raise refused(f"{hit[0]!r} may be a change from one number to another: keep the one that is meant")


def _percent(hit: re.Match[str]) -> Interval | None:
    share = _share(hit, numeral_value(hit["n"]), 100)
    return _bounded(hit, share)


def _frequency(hit: re.Match[str]) -> Interval | None:
    part, whole = numeral_value(hit["n"]), numeral_value(hit["of"])
    if whole < 2 or (whole > 100 and whole not in {1e3, 1e4, 1e5, 1e6, 1e9}):
        return None  # "one in 2027" is a year
    share = _share(hit, part, whole)
    return _bounded(hit, share)


def _fraction(hit: re.Match[str]) -> Interval | None:
    share = round(numeral_value(hit["n"]) / (3 if hit["part"] == "third" else 4), 15)
    return (share, share, share) if share < 1 else None


def _odds(hit: re.Match[str]) -> Interval | None:
    text, a, b, side = hit.string, numeral_value(hit["a"]), numeral_value(hit["b"]), hit["side"] or ""
    betting = _BETTING.search(text) or hit.span() == (0, len(text))
    at_end = side and re.match(r"$|[,.;:)]", text[hit.end() :])
    if not betting and not at_end and not (hit["to"] == "to" and 1 in (a, b)):
        return None  # a score, a vote or a date
    if a <= 0 or b <= 0 or not betting or not side:
        raise refused(
            f"{hit[0]!r} may be odds, but their direction is unclear: write '3-1 odds against' or '3-1 odds on', "
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
_SPAN = rf"(?P<low>{NUMERAL}){PERCENT}?(?: ?- ?|[- ]to[- ]| or )(?P<high>{NUMERAL}){PERCENT}"
FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Interval | None]], ...] = (
    (re.compile(rf"(?<![\w%.])-\ ?{NUMERAL}{PERCENT}"), _negative),
    (re.compile(r"\b(?:fifty[-/ ]fifty|50[-/ ]50)\b(?!\ (?:vote|split|tie))"), _even),
    (re.compile(rf"(?<!anywhere )\bfrom {_SPAN}"), _change),
    (re.compile(rf"\bbetween (?P<low>{NUMERAL}){PERCENT}? and (?P<high>{NUMERAL}){PERCENT}"), _range),
    (re.compile(_SPAN), _range),
    (re.compile(rf"{_BOUND}(?P<n>{NUMERAL}){PERCENT}{_MORE}"), _percent),
    (
        re.compile(
            rf"{_BOUND}(?P<n>{NUMERAL})(?:[- ](?:times?|chances?|cases))?[- ](?:in|out[- ]of)[- ](?:every )?"
            rf"(?P<of>{NUMERAL}){_MORE}"
        ),
        _frequency,
    ),
    (re.compile(rf"\b(?P<n>one|two|three)[- ](?P<part>third|quarter)s?(?=[- ]{CHANCE})"), _fraction),
    (
        re.compile(
            rf"(?P<a>{NUMERAL})(?:[- ](?P<to>to)[- ]| ?[-:/] ?)(?P<b>{NUMERAL})(?:(?: odds)? (?P<side>against|on|"
            r"in favou?r|underdogs?|outsiders?|(?:long[ -])?shots?)(?=$|[,.;:)]| that\b))?"
        ),
        _odds,
    ),
    (re.compile(rf"(?:^|\b(?:an?|{CHANCE}(?: of| is)?) )(?P<n>0?\.\d+)(?=[- ]{CHANCE}|$|[,;)])"), _decimal),
)
MEASURES = frozenset({_range, _percent, _frequency})
