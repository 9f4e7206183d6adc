"""Text from outside, made safe to show: a terminal obeys control characters, and no XML document may hold them.

The record keeps every text as it was entered; only what is shown is changed.
"""

import json
import re
from typing import Any

#: Control characters but for tab and line feed, what XML 1.0 does not allow, and lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROL_BUT_RETURN = re.compile(f"(?!\r){_CONTROL.pattern}")
#: They end a line for some programs, and for the order of text.
SEPARATORS = str.maketrans("\u2028\u2029", "  ")
#: Embeddings, overrides and isolates of text direction: with these a name can reorder the words around it.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SHOWN_AS = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Return a text for terminals, images, calendars, feeds and mails: no control of terminal, lines or direction."""
    if text.isascii() and text.isprintable():
        return text
    return _DIRECTION.sub("", _CONTROL.sub(SHOWN_AS, text.replace("\r\n", "\n").translate(SEPARATORS)))


def without_control(text: str) -> str:
    """Return a text without control characters but for tab, carriage return and line feed."""
    return text if text.isprintable() else _CONTROL_BUT_RETURN.sub("", text)


def json_text(content: Any, **options: Any) -> str:
    """Return JSON in which every character that controls terminal or direction is escaped."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(content, ensure_ascii=False, **options))
