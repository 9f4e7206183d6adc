"""Numerals in digits and words ("twenty-five", "a hundred"), and a test whether one states a probability."""

import re

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
NUMERAL = (
    r"(?>(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+|"
    rf"(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_ONES)})(?![a-z])|"
    rf"(?:an? |one )?(?:{'|'.join(_LARGE)})(?![a-z])|(?:{'|'.join(_SMALL)})(?![a-z])))"
)
PERCENT = r"(?: ?%|[ -]?(?:per ?cent|pct)\b)"
CHANCE = r"(?:chances?|probability|likelihood|odds|possibility|shot|certainty|confidence|risk|prospect)\b"
_SURE = r"(?:likely|probable|sure|certain|confident|convinced|positive)\b"
_COMPARED = r"(?:more|less|higher|lower|greater|smaller|better|worse|bigger|increased|reduced|added|extra)\b"
_CLOSED = r"(?:that|it|he|she|they|we|i|this|these|there|the|an?|or|and|but|if|now|today|of the time|as)\b"
_PREPOSITION = r"(?:in|by|on|at|before|after|until|within|over|for|from|with|to|because|when|while|so)\b"
_FILLERS = (
    r"(?:(?:an?|the|about|around|roughly|approximately|nearly|almost|only|just|some|perhaps|maybe|say|still|well|mere|"
    r"closer to|or|in|is|it|not|no) )*~? ?$"
)

# A number is a probability next to such a noun or adjective, at the start of its clause, or after words that announce
# one ("the odds of a recession are 40%"); otherwise it may be an amount ("will probably exceed 3%").
_JOINED = re.compile(rf"[ -]{CHANCE}|\ (?!{_COMPARED})\w+\ {CHANCE}|[ -]{_SURE}")
_ENDS = re.compile(rf"\s*(?:$|[,.;:!?)+]|\ {_CLOSED})")
_GOES_ON = re.compile(rf"\ {_PREPOSITION}")
_OPENS = re.compile(rf"(?:^|[,;:.(])\s*{_FILLERS}")
_SAID = re.compile(
    rf"{CHANCE}(?: of|:)? {_FILLERS}|(?:{CHANCE}|\bput\b)[^,;]*\ (?:is|are|at|as|now) {_FILLERS}|"
    rf"\b(?:say|give|give \w+) {_FILLERS}"
)


def numeral_value(words: str) -> float:
    """Return the value of a text that matches ``NUMERAL``."""
    if words[0].isdigit() or words[0] == ".":
        return float(words.replace(",", ""))
    parts = re.split(r"[- ]", words)
    return float(_LARGE.get(parts[-1]) or sum(_SMALL[part] for part in parts))


def is_probability(hit: re.Match[str], plain: str) -> bool:
    """Return whether the number ``hit`` states a probability; ``plain`` is the text with phrases blanked."""
    end, before = hit.end(), plain[: hit.start()]
    if _JOINED.match(hit.string, end):
        return True
    ends = _ENDS.match(hit.string, end) is not None
    if _SAID.search(hit.string[: hit.start()]):
        return ends or _GOES_ON.match(hit.string, end) is not None
    return ends and _OPENS.search(" ".join(before.split()) + " " if before.strip() else "") is not None
