"""Rendered pages, kept until the record changes."""

from dataclasses import dataclass
from datetime import datetime

#: Path and query of a page.
Address = tuple[str, bytes]


@dataclass(frozen=True)
class PageBytes:
    """A page of a board as it was sent, good until the ledger's next event or the next deadline."""

    body: bytes
    tag: str
    head: int
    until: datetime | None
