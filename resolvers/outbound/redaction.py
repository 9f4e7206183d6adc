"""Remove secrets from addresses that are stored, shown or logged."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SECRET_KEY = re.compile(r"token|key|secret|sig|passw|credential|auth", re.IGNORECASE)
REDACTED = "REDACTED"

#: Only environment variables with this prefix may be sent to a source, so that a resolver cannot leak any other.
SECRET_PREFIX = "TRACKRECORD_FEED_"  # noqa: S105


def redact(url: str) -> str:
    """Return the URL without user name and password, and with the values of secret query parameters blanked."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    if not _SECRET_KEY.search(parts.query):
        return urlunsplit(parts._replace(netloc=netloc))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, REDACTED if _SECRET_KEY.search(name) else value) for name, value in pairs])
    return urlunsplit(parts._replace(netloc=netloc, query=query))
