"""Interpretation of hedges ("seems unlikely") as probabilities by a named lexicon. A number takes precedence."""

from dataclasses import dataclass
from functools import lru_cache

from predictions.errors import InvalidInput
from predictions.hedges.lexicon import Lexicon
from predictions.hedges.lexicon_files import DEFAULT_LEXICON, get_lexicon, lexicons
from predictions.hedges.normalize import normalise, unhyphenate
from predictions.hedges.numbers import find_number
from predictions.hedges.phrase_choice import KEEP_LESS, deciding_match, refuse_negated_number, without

__all__ = ["DEFAULT_LEXICON", "HedgeInterpretation", "Lexicon", "get_lexicon", "lexicons", "read_hedge"]

MAX_CHARS = 200


@dataclass(frozen=True)
class HedgeInterpretation:
    """Interpretation of ``words``: ``low <= best <= high`` is the probability of yes.

    ``phrase`` is the normalised part that decided; ``entry_id`` its entry, or None for a number in the words.
    ``vague``: the words carry almost no claim. ``against``: they describe the opposite (see ``read_hedge``).
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
    vague: bool = False
    against: bool = False


def read_hedge(
    words: str, lexicon: str = DEFAULT_LEXICON, *, version: int | None = None, against: bool = False
) -> HedgeInterpretation:
    """Interpret ``words`` by the newest version of ``lexicon``, or by ``version``.

    A number in the words beats every phrase ("a 60-70% chance", "one in four", "3-1 against"); otherwise the longest
    phrase of the lexicon on word boundaries decides. A negated phrase needs an entry of its own: it is never one minus
    the phrase. With ``against`` the words describe the opposite of the question ("no way of lasting peace", where
    the question is whether fighting continues); the probability of yes is then exactly one minus the interpretation.

    Raises ``InvalidInput`` at ``/hedge`` for words that fit no entry or two, or that negate or compare; at
    ``/lexicon`` for a lexicon or version that does not exist.
    """
    return _read(words, lexicon, version, against)


@lru_cache(maxsize=4096)
def _read(words: str, name: str, version: int | None, against: bool) -> HedgeInterpretation:
    lexicon = get_lexicon(name, version)
    if len(words) > MAX_CHARS:
        raise InvalidInput.at("/hedge", f"has more than {MAX_CHARS} characters: {KEEP_LESS}")
    text = normalise(words)
    if not text:
        raise InvalidInput.at("/hedge", "is empty: give the words that carried the probability, or the probability")
    flat = unhyphenate(text)
    matches = lexicon.matches(flat)
    number = find_number(text, without(flat, matches))
    if number is not None:
        refuse_negated_number(flat, number.start, number.end, matches)
        entry_id, source, vague = None, "a number in the words", False
        low, best, high, phrase = number.low, number.best, number.high, number.phrase
    else:
        match = deciding_match(text, flat, matches, lexicon)
        entry_id, source, vague = match.entry.id, match.entry.source, match.entry.vague
        low, best, high = match.entry.low, match.entry.best, match.entry.high
        phrase = flat[match.start : match.end]
    if against:
        low, best, high = (round(1 - p, 15) for p in (high, best, low))
    return HedgeInterpretation(
        words, name, lexicon.version, entry_id, phrase, low, best, high, source, vague=vague, against=against
    )
