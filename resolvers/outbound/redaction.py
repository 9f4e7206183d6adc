"""Remove secrets from addresses, expressions and sentences that are stored, shown or logged."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SECRET_KEY = re.compile(r"token|key|secret|sig|passw|pwd|credential|auth|bearer|session|jwt", re.IGNORECASE)
REDACTED = "REDACTED"
#: Random characters, as in tokens: letters and digits mixed, without a hyphen, longer than the ids of markets (of up to
#: 20, or in hexadecimal after 0x).
_RANDOM = re.compile(r"(?<![A-Za-z0-9_])(?!0x)(?=[A-Za-z_]*[0-9])(?=[0-9_]*[A-Za-z])[A-Za-z0-9_]{24,}")
_ADDRESS = re.compile(r"https?://[^\s\"'`<>]+")
_QUOTED = r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\""
#: A text that is compared with or given to something whose name is that of a secret: in an expression, or in JSON.
_COMPARED = re.compile(
    rf"((?:token|api_?key|secret|passw\w*|pwd|credential|authoriz\w*|signature|bearer|jwt)\w*[\"']?\s*"
    rf"(?:==|!=|=|:|,)\s*)({_QUOTED})",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"'[^']*'|`[^`]*`")

#: Only environment variables with this prefix may be sent to a source, so that a resolver cannot leak any other.
SECRET_PREFIX = "TRACKRECORD_FEED_"  # noqa: S105


def redact(url: str) -> str:
    """Return the URL without user name, password and fragment, and without what is or looks like a token.

    That is the value of a query parameter whose name is that of a secret, and random characters in path or query.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return REDACTED
    path = _RANDOM.sub(REDACTED, parts.path)
    query = parts.query
    if _SECRET_KEY.search(query) or _RANDOM.search(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, _shown_value(name, value)) for name, value in pairs])
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, query, ""))


def _shown_value(name: str, value: str) -> str:
    return REDACTED if _SECRET_KEY.search(name) else _RANDOM.sub(REDACTED, value)


def redact_text(text: str) -> str:
    """Return a sentence, or an expression of a resolver, without the secrets in it."""
    text = _ADDRESS.sub(lambda found: redact(found[0]), text)
    text = _COMPARED.sub(lambda found: f"{found[1]}{found[2][0]}{REDACTED}{found[2][0]}", text)
    return _LITERAL.sub(lambda found: _RANDOM.sub(REDACTED, found[0]), text)


def redact_settings(value: Any, name: str = "") -> Any:
    """Return settings of a resolver without the secrets in their texts; ``name`` is that of the setting."""
    if isinstance(value, dict):
        return {each: redact_settings(part, each) for each, part in value.items()}
    if isinstance(value, list):
        return [redact_settings(part, name) for part in value]
    if not isinstance(value, str) or value.startswith(SECRET_PREFIX):
        return value
    return REDACTED if _SECRET_KEY.search(name) and value else redact_text(value)
