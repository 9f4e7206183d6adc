"""Types of the page cache: rendered pages, plain and compressed, valid until the record changes."""

import gzip
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

#: Compression does not make smaller replies shorter.
MIN_COMPRESSED_BYTES = 1000
#: The higher ones take several times as long, for a few percent.
LEVEL = 4
#: Path and query of a page.
Address = tuple[str, bytes]


@dataclass(frozen=True)
class PageBytes:
    """A rendered page, valid until the next event of the ledger or the next deadline."""

    body: bytes
    tag: str
    head: int
    until: datetime | None

    @cached_property
    def gzipped(self) -> bytes | None:
        """Return the compressed body, computed once; None for a small one."""
        return gzip.compress(self.body, LEVEL, mtime=0) if len(self.body) >= MIN_COMPRESSED_BYTES else None
