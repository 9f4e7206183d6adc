"""Small work on text: for people to read, and for names to be compared."""

import json
import re
import unicodedata
from typing import Any

MAX_SHOWN = 200


def compact(value: Any, limit: int = MAX_SHOWN) -> str:
    """A value as JSON on one line, cut to a length."""
    text = storable(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def storable(text: str) -> str:
    """A text that every database and reply can hold: NUL and lone surrogates become question marks."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def plain(text: str) -> str:
    """Words in lower case, without accents and signs, one space between them."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters))


def contains_words(text: str, words: str) -> bool:
    """Whether the words stand in the text, whole and in this order. Both as ``plain`` gives them."""
    return bool(words) and f" {words} " in f" {text} "
