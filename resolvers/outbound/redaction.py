"""Keeps secrets out of whatever is stored, shown or logged."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SECRET_KEY = re.compile(r"token|key|secret|sig|passw|credential|auth", re.IGNORECASE)
BLANK = "REDACTED"

#: Only variables of this prefix may be sent to a source: whoever sets up a resolver must not reach the others.
SECRET_PREFIX = "TRACKRECORD_FEED_"  # noqa: S105


def redacted(url: str) -> str:
    """The URL without user name and password, and with the value of every query key that names a secret blanked."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    if not _SECRET_KEY.search(parts.query):
        return urlunsplit(parts._replace(netloc=netloc))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, BLANK if _SECRET_KEY.search(name) else value) for name, value in pairs])
    return urlunsplit(parts._replace(netloc=netloc, query=query))
