"""Words into probabilities: what a hedge ("seems unlikely") means by a named lexicon. A number beats a phrase."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from predictions.errors import InvalidInput
from predictions.hedge_numbers import find_number
from predictions.lexicon import (
    DEFAULT_LEXICON,
    Entry,
    Lexicon,
    Match,
    get_lexicon,
    lexicons,
    normalise,
    unhyphenate,
)

__all__ = ["DEFAULT_LEXICON", "Entry", "HedgeReading", "Lexicon", "get_lexicon", "lexicons", "read_hedge"]

MAX_CHARS = 200
KEEP_LESS = "keep only the words that carry this prediction's probability, or give the probability"

# Outside of an entry these turn the words round, or leave open what is meant ("few expect", "it is wrong to expect").
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|hardly|scarcely|barely|neither|nor|nobody|nothing|none|without|far from|anything but|"
    r"instead of|rather than|(?<!\ba )few|(?<!\ba )little|doubts?|deny|denies|denied|wrong|foolish|na[iï]ve|mistake|"
    r"premature|too (?:soon|early|much|optimistic|pessimistic))\b"
)
# Before a phrase these make another of it; where that other has no entry, there is no reading.
_CHANGES_BEFORE = re.compile(
    r"\b(?:less|least|more|as|how|too|so|than|very|highly|extremely|exceptionally|quite|fairly|rather|somewhat|slightly|"
    r"increasingly|almost|nearly|virtually|practically|remotely|barely|equally|twice|whether|un)[ -]$"
)
_CHANGES_AFTER = re.compile(
    r"^,? (?:against|slim|slender|low|poor|long|remote|dim|bleak|nil|zero|vanishing|fading|receding|shrinking|"
    r"dwindling|grim|thin|narrow|tiny|minuscule|negligible|minimal|small|faint|scant|bad|worse|better|rising|falling|"
    r"as (?:it|that|this))\b"
)


@dataclass(frozen=True)
class HedgeReading:
    """How ``words`` were read: ``low <= best <= high`` is the probability of what they are said of.

    ``phrase`` is the part that decided, normalised; ``entry_id`` its entry, or None for a number in the words.
    ``hedged``: the words carry almost no claim. ``against``: the words are said of the opposite (see ``read_hedge``).
    """

    words: str
    lexicon: str
    version: int
    entry_id: str | None
    phrase: str
    low: float
    best: float
    high: float
    source: str
    hedged: bool = False
    against: bool = False


def read_hedge(
    words: str, lexicon: str = DEFAULT_LEXICON, *, version: int | None = None, against: bool = False
) -> HedgeReading:
    """The probability that ``words`` give, by the newest version of ``lexicon`` or the ``version`` asked for.

    A number in the words beats every phrase ("a 60-70% chance", "one in four", "3-1 against"); else the longest
    phrase of the lexicon on word boundaries. A negated phrase is read only where the lexicon has it as such: it is
    never one minus the phrase. ``against`` says that the words are about the opposite of the question ("no way of
    lasting peace", where the question is whether fighting goes on); the probability of the opposite event is then
    one minus the reading, exactly.

    Raises ``InvalidInput`` at ``/hedge`` for words that no entry fits, that fit two, or that negate or compare; at
    ``/lexicon`` for a lexicon or version that does not exist.
    """
    return _read(words, lexicon, version, against)


@lru_cache(maxsize=4096)
def _read(words: str, name: str, version: int | None, against: bool) -> HedgeReading:
    lexicon = get_lexicon(name, version)
    if len(words) > MAX_CHARS:
        raise InvalidInput.at("/hedge", f"has more than {MAX_CHARS} characters: {KEEP_LESS}")
    text = normalise(words)
    if not text:
        raise InvalidInput.at("/hedge", "is empty: give the words that carried the probability, or the probability")
    flat = unhyphenate(text)
    found = lexicon.matches(flat)
    number = find_number(text, _without(flat, found))
    if number is not None:
        _refuse_negated_number(flat, number.start, number.end, found)
        entry_id, source, hedged = None, "a number in the words", False
        low, best, high, phrase = number.low, number.best, number.high, number.phrase
    else:
        match = _deciding(text, flat, found, lexicon)
        entry_id, source, hedged = match.entry.id, match.entry.source, match.entry.hedged
        low, best, high = match.entry.low, match.entry.best, match.entry.high
        phrase = flat[match.start : match.end]
    if against:
        low, best, high = (round(1 - p, 15) for p in (high, best, low))
    return HedgeReading(
        words, name, lexicon.version, entry_id, phrase, low, best, high, source, hedged=hedged, against=against
    )


def _deciding(text: str, flat: str, found: list[Match], lexicon: Lexicon) -> Match:
    """The one match that carries the probability. Raises ``InvalidInput`` where there is none, or more than one."""
    if not found:
        raise InvalidInput.at("/hedge", _unknown(text, lexicon))
    standing = [match for match in found if not match.entry.auxiliary] or found
    first = standing[0]
    for other in standing[1:]:
        if _numbers(other.entry) != _numbers(first.entry) and not (other.entry.hedged and first.entry.hedged):
            one, two = sorted((first, other))
            raise InvalidInput.at(
                "/hedge",
                f"holds two phrases of different meaning, {flat[one.start : one.end]!r} and "
                f"{flat[two.start : two.end]!r}: {KEEP_LESS}",
            )
    for match in standing:
        _refuse_changed(flat, match)
    if negative := _NEGATIVE.search(_without(flat, found)):
        raise InvalidInput.at(
            "/hedge",
            f"{negative[0]!r} negates, and lexicon {lexicon.name} has no entry for that with "
            f"{flat[first.start : first.end]!r} (a negative is never one minus the phrase): {KEEP_LESS}",
        )
    return first


def _numbers(entry: Entry) -> tuple[float, float, float]:
    return entry.low, entry.best, entry.high


def _refuse_changed(flat: str, match: Match) -> None:
    change = _CHANGES_BEFORE.search(flat[: match.start]) or _CHANGES_AFTER.search(flat[match.end :])
    if change:
        raise InvalidInput.at(
            "/hedge",
            f"{change[0].strip(' ,')!r} changes what {flat[match.start : match.end]!r} means, and the lexicon has no "
            "entry for the two together: choose a phrase that it has, or give the probability",
        )


def _refuse_negated_number(flat: str, start: int, end: int, found: list[Match]) -> None:
    """A negative in the number's own clause, or outside of every phrase, leaves open what the number is said of."""
    left = max(flat.rfind(sign, 0, start) for sign in ",;:(") + 1
    right = min((at for sign in ",;:)" if (at := flat.find(sign, end)) >= 0), default=len(flat))
    apart = [match for match in found if match.end <= left or match.start >= right]
    rest = _without(flat[:start] + " " * (end - start) + flat[end:], apart)
    if negative := _NEGATIVE.search(rest):
        raise InvalidInput.at(
            "/hedge",
            f"{negative[0]!r} leaves open what {flat[start:end].strip()!r} is said of: give the probability of yes",
        )


def _without(flat: str, matches: list[Match]) -> str:
    for match in matches:
        flat = flat[: match.start] + " " * (match.end - match.start) + flat[match.end :]
    return flat


def _unknown(text: str, lexicon: Lexicon) -> str:
    close = get_close_matches(unhyphenate(text), lexicon.phrases, n=5, cutoff=0.5)
    hint = f"close to it are {', '.join(map(repr, close))}; " if close else ""
    return (
        f"lexicon {lexicon.name} does not know {text[:80]!r}: {hint}choose a phrase of the lexicon or another lexicon, "
        "or give the probability"
    )
