"""The response to a request to an outside address."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

LONGEST_RETRY_AFTER_SECONDS = 7 * 24 * 3600.0


@dataclass(frozen=True)
class FetchedResponse:
    """A response. Header names are in lower case; secrets in the query of either URL are blanked."""

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the decoded body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def retry_after(self) -> float | None:
        """Return the seconds of Retry-After, from 0 to a week; None if the header is missing or invalid."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:12]), LONGEST_RETRY_AFTER_SECONDS)
        try:
            until = parsedate_to_datetime(text)
            seconds = (until - self.fetched_at).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
        return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)
