"""The store of snapshots."""

import errno
import gzip
import json
import os
import random
import resource
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import SnapshotLost
from resolvers.outbound.client import FetchedResponse
from resolvers.probing.snapshots import SnapshotStore

NOW = datetime(2025, 10, 22, 12, 0, tzinfo=UTC)


def fetched(body: bytes, **headers: str) -> FetchedResponse:
    return FetchedResponse("https://a.example/f", "https://b.example/f", 200, headers, body, NOW)


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


def metadata_of(folder: Path, key: str) -> dict[str, Any]:
    """The stored metadata of a snapshot: where and when it was fetched."""
    found: dict[str, Any] = json.loads((folder / key[:2] / key[2:4] / f"{key}.json").read_text())
    return found


@given(st.binary(max_size=2_000))
def test_stored_bytes_are_returned_unchanged(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    store = SnapshotStore(tmp_path_factory.mktemp("store"))
    assert store.get(store.put(fetched(body))) == body


def test_the_key_is_the_hash_of_the_content_and_the_place_follows_from_it(tmp_path: Path) -> None:
    key = SnapshotStore(tmp_path).put(fetched(b"x", etag='"1"', cookie="secret"))
    assert key == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert gzip.decompress((tmp_path / "2d" / "71" / f"{key}.gz").read_bytes()) == b"x"


def test_metadata_has_address_and_time_but_no_private_headers(tmp_path: Path) -> None:
    key = SnapshotStore(tmp_path).put(fetched(b"x", etag='"1"', **{"set-cookie": "secret"}))
    metadata = metadata_of(tmp_path, key)
    assert (metadata["url"], metadata["final_url"]) == ("https://a.example/f", "https://b.example/f")
    assert (metadata["status"], metadata["size"]) == (200, 1)
    assert (metadata["fetched_at"], metadata["headers"]) == (NOW.isoformat(), {"etag": '"1"'})


def test_the_same_content_is_stored_once(store: SnapshotStore) -> None:
    assert store.put(fetched(b"x")) == store.put(fetched(b"x"))
    assert len(list(store.keys())) == 1


def put_many(folder: Path) -> None:
    store = SnapshotStore(folder)
    for number in range(40):
        store.put(fetched(b"same for all" * number))


def test_processes_may_store_the_same_at_once(tmp_path: Path) -> None:
    processes = [get_context("spawn").Process(target=put_many, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    store = SnapshotStore(tmp_path)
    assert len(list(store.keys())) == 40
    for key in store.keys():  # noqa: SIM118 - a store is no mapping
        assert (len(store.get(key)), key) == (metadata_of(tmp_path, key)["size"], key)
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    changed = {
        "another content": gzip.compress(b"forged"),
        "cut short": whole[:-6],
        "a flipped bit": whole[:12] + bytes([whole[12] ^ 1]) + whole[13:],
        "no gzip": b"plain",
        "empty": b"",
    }[how]
    path.write_bytes(changed)


@pytest.mark.parametrize("how", ["another content", "cut short", "a flipped bit", "no gzip", "empty"])
def test_a_damaged_snapshot_is_refused_and_replaced_when_stored_again(tmp_path: Path, how: str) -> None:
    store = SnapshotStore(tmp_path)
    key = store.put(fetched(b"the content " * 20))
    damage(next(tmp_path.rglob("*.gz")), how)
    with pytest.raises(SnapshotLost, match="restore"):
        store.get(key)
    store.put(fetched(b"the content " * 20))
    assert store.get(key) == b"the content " * 20


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_a_key_that_is_no_hash_reaches_no_file(store: SnapshotStore, key: str) -> None:
    with pytest.raises(SnapshotLost, match="64 hexadecimal"):
        store.get(key)


def test_a_missing_snapshot_is_an_error(store: SnapshotStore) -> None:
    with pytest.raises(SnapshotLost, match="no snapshot"):
        store.get("0" * 64)


def put_beyond_the_limit(folder: Path) -> None:
    """Write a megabyte where the system lets a file have 64 kB: the write breaks off in the middle."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, before[1]))
    with pytest.raises(SnapshotLost, match="make room"):
        SnapshotStore(folder).put(fetched(random.Random(1).randbytes(1_000_000)))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)  # coverage writes its file when the process ends


def test_an_interrupted_write_leaves_no_partial_file(tmp_path: Path) -> None:
    process = get_context("spawn").Process(target=put_beyond_the_limit, args=(tmp_path,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"], "the small file fitted"
    store = SnapshotStore(tmp_path)
    assert list(store.keys()) == []
    assert len(store.get(store.put(fetched(random.Random(1).randbytes(1_000_000))))) == 1_000_000


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_full_disk_leaves_no_partial_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, call: int
) -> None:
    """The disk turns out full at the last steps of writing a file, of the first file and of the second."""
    store = SnapshotStore(tmp_path)
    calls = 0

    def full(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    owner: Any = os if step == "fsync" else Path
    real = getattr(owner, step)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, full)
        with pytest.raises(SnapshotLost, match="make room"):
            store.put(fetched(b"x"))
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]
    assert list(store.keys()) == []
    key = store.put(fetched(b"x"))
    assert store.get(key) == b"x"
    assert metadata_of(tmp_path, key)["size"] == 1


def test_only_snapshots_that_nothing_cites_are_pruned_after_30_days(store: SnapshotStore) -> None:
    cited, other = store.put(fetched(b"cited")), store.put(fetched(b"other"))
    now = datetime.now(UTC)
    assert store.prune(cited={cited}, now=now + timedelta(days=29)) == 0
    assert store.prune(cited={cited}, now=now + timedelta(days=31)) == 1
    assert store.get(cited) == b"cited"
    with pytest.raises(SnapshotLost):
        store.get(other)


def test_storing_a_snapshot_again_renews_its_age(store: SnapshotStore, tmp_path: Path) -> None:
    key = store.put(fetched(b"again"))
    (path,) = tmp_path.rglob("*.gz")
    os.utime(path, (0, 0))
    assert store.put(fetched(b"again")) == key
    assert store.prune(cited=(), now=datetime.now(UTC)) == 0
