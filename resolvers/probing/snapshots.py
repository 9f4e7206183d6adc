"""Snapshots: the bytes that resolvers read, stored under their SHA-256, so that evidence can be viewed later.

``ab/cd/<sha256>.gz`` holds the decoded body, ``ab/cd/<sha256>.json`` where and when it was read. The same key always
has the same content, so writing it twice, from any number of processes, is harmless.
"""

import gzip
import hashlib
import json
import os
import re
import secrets
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import Proposal
from resolvers.errors import SnapshotLost
from resolvers.outbound.client import FetchedResponse
from resolvers.probing.models import SourceSnapshot

KEPT_HEADERS = ("content-type", "date", "etag", "last-modified")
#: A snapshot that no proposal cites serves conditional requests only; without it an address is read again in full.
UNCITED_RETENTION = timedelta(days=30)
_KEY = re.compile(r"[0-9a-f]{64}")


class SnapshotStore:
    """A folder of snapshots."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, fetched: FetchedResponse) -> str:
        """Store a body; return its key. Raises ``SnapshotLost`` if it cannot be written; no partial file remains."""
        key = fetched.sha256
        path = self._path(key)
        if self._is_intact(key):
            with suppress(OSError):
                path.touch()  # read again: keep it from being pruned before it is cited
            return key
        metadata = {
            "url": fetched.url,
            "final_url": fetched.final_url,
            "status": fetched.status,
            "fetched_at": fetched.fetched_at.isoformat(),
            "size": len(fetched.body),
            "headers": {name: fetched.headers[name] for name in KEPT_HEADERS if name in fetched.headers},
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path.with_suffix(".json"), json.dumps(metadata, indent=1).encode())
            write_atomically(path, gzip.compress(fetched.body, mtime=0))
        except OSError as error:
            raise SnapshotLost(f"the snapshot cannot be written ({error.strerror}): make room in its folder") from error
        return key

    def get(self, key: str) -> bytes:
        """Return the body under this key, verified. Raises ``SnapshotLost`` if it is missing or damaged."""
        try:
            body = gzip.decompress(self._path(key).read_bytes())
        except FileNotFoundError:
            raise SnapshotLost(f"there is no snapshot {key}: restore the folder from a backup") from None
        except (OSError, EOFError, zlib.error) as error:
            raise SnapshotLost(f"the snapshot {key} cannot be read: restore it from a backup") from error
        if hashlib.sha256(body).hexdigest() != key:
            raise SnapshotLost(f"the snapshot {key} does not match its hash: restore it from a backup")
        return body

    def keys(self) -> Iterator[str]:
        """Yield every key in the store."""
        for path in self._folder.glob("??/??/*.gz"):
            yield path.stem

    def prune(self, *, cited: Collection[str], now: datetime) -> int:
        """Remove snapshots that are not cited and older than ``UNCITED_RETENTION``; return their number."""
        removed, before = 0, now - UNCITED_RETENTION
        for key in list(self.keys()):
            path = self._path(key)
            with suppress(FileNotFoundError):  # another process removed it
                if key not in cited and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    path.with_suffix(".json").unlink()
                    removed += 1
        return removed

    def _is_intact(self, key: str) -> bool:
        """Return whether the content is stored undamaged; a damaged one is written again."""
        try:
            self.get(key)
        except SnapshotLost:
            return False
        return True

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise SnapshotLost("a snapshot's key is 64 hexadecimal digits: check it")
        return self._folder / key[:2] / key[2:4] / f"{key}.gz"


def cited_snapshots(session: Session) -> set[str]:
    """Return the keys of the snapshots that proposals cite, and of those of sources."""
    evidence = session.execute(select(col(Proposal.evidence))).scalars()
    cited = {item["snapshot"] for items in evidence for item in items if item.get("snapshot")}
    return cited | set(session.execute(select(col(SourceSnapshot.sha256))).scalars())


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, all of it or nothing. Raises ``OSError``."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # otherwise a power cut could lose the new name
    finally:
        os.close(folder)
