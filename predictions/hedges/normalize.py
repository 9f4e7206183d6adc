"""Normalise the spelling of hedges, so that typing and pasting variants match the same phrase."""

import re
import unicodedata

_SIGNS = str.maketrans(
    dict.fromkeys("‘’ʼ′`´", "'")
    | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("—―", " , ")  # a long dash parts clauses, a short one joins words
    | dict.fromkeys('"“”„«»*_', " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")  # invisible characters inside pasted words
)
# Without contractions a phrase needs one spelling, and every "n't" is recognised as "not".
_CONTRACTIONS = (
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\bcan(?:'?t|not)\b"), "can not"),
    (re.compile(r"\bain'?t\b"), "is not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(it|that|there|he|she|what)'s\b"), r"\1 is"),
)
_JOINTS = re.compile(r"(?<=\w)[-/](?=\w)")


def normalise(words: str) -> str:
    """Return ``words`` in NFKC and casefolded, with plain apostrophes and dashes and expanded contractions."""
    text = unicodedata.normalize("NFKC", words).casefold().translate(_SIGNS)
    if "'" in text or "nt" in text or "cannot" in text:
        for short, long in _CONTRACTIONS:
            text = short.sub(long, text)
    return " ".join(text.replace("...", " ... ").replace(" ,", ",").split())


def unhyphenate(text: str) -> str:
    """Return ``text`` with hyphens and slashes inside words as spaces ("long-shot" is "long shot"); same length."""
    return _JOINTS.sub(" ", text)
