"""The bytes that resolvers saw, each under the SHA-256 of its content, so that what was cited can be viewed later.

``ab/cd/<sha256>.gz`` holds the decoded body, ``ab/cd/<sha256>.json`` beside it tells where and when it was seen.
Under one key lies one content: writing it twice, in any number of processes, does no harm.
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
from datetime import datetime
from pathlib import Path

from resolvers.errors import SnapshotLost
from resolvers.outbound.client import Fetched

KEPT_HEADERS = ("content-type", "date", "etag", "last-modified")
_KEY = re.compile(r"[0-9a-f]{64}")


class SnapshotStore:
    """A folder of snapshots."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, fetched: Fetched) -> str:
        """Store a body; gives its key. Raises ``SnapshotLost`` where it cannot be written, and leaves no half file."""
        key = fetched.sha256
        path = self._path(key)
        if self._holds(key):
            with suppress(OSError):
                path.touch()  # seen again: not to be pruned before it is cited
            return key
        seen = {
            "url": fetched.url,
            "final_url": fetched.final_url,
            "status": fetched.status,
            "fetched_at": fetched.fetched_at.isoformat(),
            "size": len(fetched.body),
            "headers": {name: fetched.headers[name] for name in KEPT_HEADERS if name in fetched.headers},
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path.with_suffix(".json"), json.dumps(seen, indent=1).encode())
            write_whole(path, gzip.compress(fetched.body, mtime=0))
        except OSError as error:
            raise SnapshotLost(f"the snapshot cannot be written ({error.strerror}): make room in its folder") from error
        return key

    def get(self, key: str) -> bytes:
        """The body under this key, checked against it. Raises ``SnapshotLost`` where it is gone or damaged."""
        try:
            body = gzip.decompress(self._path(key).read_bytes())
        except FileNotFoundError:
            raise SnapshotLost(f"there is no snapshot {key}: restore the folder from a backup") from None
        except (OSError, EOFError, zlib.error) as error:
            raise SnapshotLost(f"the snapshot {key} cannot be read: restore it from a backup") from error
        if hashlib.sha256(body).hexdigest() != key:
            raise SnapshotLost(f"the snapshot {key} is not what was seen: restore it from a backup")
        return body

    def keys(self) -> Iterator[str]:
        """Every key in the store."""
        for path in self._folder.glob("??/??/*.gz"):
            yield path.stem

    def prune(self, *, cited: Collection[str], before: datetime) -> int:
        """Remove what nobody cites and was written before a time; gives how many."""
        gone = 0
        for key in list(self.keys()):
            path = self._path(key)
            with suppress(FileNotFoundError):  # another process was faster
                if key not in cited and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    path.with_suffix(".json").unlink()
                    gone += 1
        return gone

    def _holds(self, key: str) -> bool:
        """Whether the content is there and whole. A damaged one is written anew when it is seen again."""
        try:
            self.get(key)
        except SnapshotLost:
            return False
        return True

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise SnapshotLost("a snapshot's key is 64 hexadecimal digits: check it")
        return self._folder / key[:2] / key[2:4] / f"{key}.gz"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, either all of it is there or nothing. Raises ``OSError``."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else a power cut could still take the new name away
    finally:
        os.close(folder)
