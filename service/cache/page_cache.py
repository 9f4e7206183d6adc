"""Types of the page cache: rendered pages, valid until the record changes."""

from dataclasses import dataclass
from datetime import datetime

#: Path and query of a page.
Address = tuple[str, bytes]


@dataclass(frozen=True)
class PageBytes:
    """A rendered page, valid until the next event of the ledger or the next deadline."""

    body: bytes
    tag: str
    head: int
    until: datetime | None
