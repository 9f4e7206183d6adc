"""Choose the phrase of a hedge that decides; refuse hedges with two meanings, a negation or a comparison."""

import re
from difflib import get_close_matches

from predictions.errors import InvalidInput
from predictions.hedges.lexicon import Lexicon, LexiconEntry, PhraseMatch
from predictions.hedges.normalize import unhyphenate

KEEP_LESS = "keep only the words that carry this prediction's probability, or give the probability"

# Outside of an entry these reverse the meaning or make it ambiguous ("few expect", "it is wrong to expect").
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|hardly|scarcely|barely|neither|nor|nobody|nothing|none|without|far from|anything but|"
    r"instead of|rather than|(?<!\ba )few|(?<!\ba )little|doubts?|deny|denies|denied|wrong|foolish|na[iï]ve|mistake|"
    r"premature|too (?:soon|early|much|optimistic|pessimistic))\b"
)
# Before a phrase these form another phrase; without an entry of its own, that one has no known probability.
_CHANGES_BEFORE = re.compile(
    r"\b(?:less|least|more|as|how|too|so|than|very|highly|extremely|exceptionally|quite|fairly|rather|somewhat|slightly|"
    r"increasingly|almost|nearly|virtually|practically|remotely|barely|equally|twice|whether|un)[ -]$"
)
_CHANGES_AFTER = re.compile(
    r"^,? (?:against|slim|slender|low|poor|long|remote|dim|bleak|nil|zero|vanishing|fading|receding|shrinking|"
    r"dwindling|grim|thin|narrow|tiny|minuscule|negligible|minimal|small|faint|scant|bad|worse|better|rising|falling|"
    r"as (?:it|that|this))\b"
)


def deciding_match(text: str, flat: str, matches: list[PhraseMatch], lexicon: Lexicon) -> PhraseMatch:
    """Return the one match that carries the probability. Raises ``InvalidInput`` if there is none or more than one."""
    if not matches:
        raise InvalidInput.at("/hedge", _unknown(text, lexicon))
    deciding = [match for match in matches if not match.entry.auxiliary] or matches
    first = deciding[0]
    for other in deciding[1:]:
        if _numbers(other.entry) != _numbers(first.entry) and not (other.entry.vague and first.entry.vague):
            one, two = sorted((first, other))
            raise InvalidInput.at(
                "/hedge",
                f"contains two phrases of different meaning, {flat[one.start : one.end]!r} and "
                f"{flat[two.start : two.end]!r}: {KEEP_LESS}",
            )
    for match in deciding:
        _refuse_changed(flat, match)
    if negative := _NEGATIVE.search(without(flat, matches)):
        raise InvalidInput.at(
            "/hedge",
            f"{negative[0]!r} negates, and lexicon {lexicon.name} has no entry for that with "
            f"{flat[first.start : first.end]!r} (a negative is never one minus the phrase): {KEEP_LESS}",
        )
    return first


def _numbers(entry: LexiconEntry) -> tuple[float, float, float]:
    return entry.low, entry.best, entry.high


def _refuse_changed(flat: str, match: PhraseMatch) -> None:
    change = _CHANGES_BEFORE.search(flat[: match.start]) or _CHANGES_AFTER.search(flat[match.end :])
    if change:
        raise InvalidInput.at(
            "/hedge",
            f"{change[0].strip(' ,')!r} changes what {flat[match.start : match.end]!r} means, and the lexicon has no "
            "entry for the two together: choose a phrase that it has, or give the probability",
        )


def refuse_negated_number(flat: str, start: int, end: int, matches: list[PhraseMatch]) -> None:
    """Raise ``InvalidInput`` for a negation in the number's own clause or outside of every phrase."""
    left = max(flat.rfind(sign, 0, start) for sign in ",;:(") + 1
    right = min((at for sign in ",;:)" if (at := flat.find(sign, end)) >= 0), default=len(flat))
    apart = [match for match in matches if match.end <= left or match.start >= right]
    rest = without(flat[:start] + " " * (end - start) + flat[end:], apart)
    if negative := _NEGATIVE.search(rest):
        raise InvalidInput.at(
            "/hedge",
            f"{negative[0]!r} makes the meaning of {flat[start:end].strip()!r} ambiguous: give the probability of yes",
        )


def without(flat: str, matches: list[PhraseMatch]) -> str:
    """Return ``flat`` with the matches blanked, of the same length."""
    for match in matches:
        flat = flat[: match.start] + " " * (match.end - match.start) + flat[match.end :]
    return flat


def _unknown(text: str, lexicon: Lexicon) -> str:
    close = get_close_matches(unhyphenate(text), lexicon.phrases, n=5, cutoff=0.5)
    hint = f"similar entries are {', '.join(map(repr, close))}; " if close else ""
    return (
        f"lexicon {lexicon.name} has no entry for {text[:80]!r}: {hint}choose one of its phrases or another lexicon, "
        "or give the probability"
    )
