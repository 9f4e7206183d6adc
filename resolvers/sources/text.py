"""Text helpers: shorten values for display, and normalize words for comparison."""

import json
import re
import unicodedata
from typing import Any

MAX_SHOWN = 200


def compact_json(value: Any, limit: int = MAX_SHOWN) -> str:
    """Return a value as JSON on one line, cut to ``limit`` characters."""
    text = storable_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= limit else text[: limit - 3] + "..."


def storable_text(text: str) -> str:
    """Replace NUL and lone surrogates by question marks, as databases and replies cannot hold them."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def normalize(text: str) -> str:
    """Return the words in lower case without accents and punctuation, separated by single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters))


def contains_words(text: str, words: str) -> bool:
    """Return whether ``text`` contains the whole ``words`` in this order; both as ``normalize`` returns them."""
    return bool(words) and f" {words} " in f" {text} "
