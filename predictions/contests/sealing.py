"""Keep the texts of a contest out of the ledger until it is public: its events have keyed hashes of them instead."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from predictions import ledger
from predictions.contests.models import Contest

#: Columns of the sender; the contact stays confidential for ever.
TEXTS = ("name", "contact", "text", "evidence")
PUBLISHED = ("name", "text", "evidence")


def sealed(contest: Contest, secret: bytes, names: tuple[str, ...] = TEXTS) -> dict[str, str]:
    """Return the keyed hash of each of these columns, as ``name_hmac`` and so on."""
    return hashes({name: getattr(contest, name) for name in names}, secret)


def hashes(texts: Mapping[str, Any], secret: bytes) -> dict[str, str]:
    """Return the keyed hash of each text by the name of its column, as ``name_hmac`` and so on."""
    return {f"{name}_hmac": _hash(name, texts[name], secret) for name in TEXTS if name in texts}


def sealed_contents(contest: Contest, secret: bytes) -> dict[str, Any]:
    """Return all columns of a contest, as the body of its first event holds them."""
    body = {name: value for name, value in ledger.contents(contest).items() if name not in TEXTS}
    return body | sealed(contest, secret)


def _hash(name: str, value: Any, secret: bytes) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hmac.new(secret, f"contest {name}\n{text}".encode(), hashlib.sha256).hexdigest()
