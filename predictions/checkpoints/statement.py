"""The text of a checkpoint (c2sp.org/tlog-checkpoint): name of the log, size, root, and two lines of our own."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from predictions.errors import InvalidInput
from predictions.ledger import Head

_TEXT = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>[1-9][0-9]{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"(?P=size) (?P<head>[0-9a-f]{64})\n(?P<at>[^\n]+)\n"
)


@dataclass(frozen=True)
class Statement:
    """What a checkpoint states: that the ledger had this size, this root and this head at a time."""

    origin: str
    size: int
    root: bytes
    head_hash: str
    at: datetime

    @classmethod
    def parse(cls, text: str) -> "Statement":
        """Return what the text of a checkpoint states. Raises ``InvalidInput``."""
        match = _TEXT.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            at = datetime.fromisoformat(match["at"])
            root = base64.b64decode(match["root"], validate=True)
            parsed = cls(match["origin"], int(match["size"]), root, match["head"], at)
            if parsed.text() != text:
                raise ValueError
        except (ValueError, binascii.Error):
            raise InvalidInput("is no checkpoint of a ledger: see docs/ledger.md for its lines") from None
        return parsed

    @property
    def head(self) -> Head:
        """Return the head of the chain of events."""
        return Head(self.size, self.head_hash)

    def text(self) -> str:
        """Return the text that is signed."""
        root = base64.b64encode(self.root).decode()
        at = self.at.astimezone(UTC).isoformat()
        return f"{self.origin}\n{self.size}\n{root}\n{self.size} {self.head_hash}\n{at}\n"
