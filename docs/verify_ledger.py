#!/usr/bin/env python3
"""Check the ledger of Track Record without any of its code: the standard library of Python 3.11 is enough.

    python verify_ledger.py https://record.example.org --head 2961:14cfc691...
    python verify_ledger.py ledger.jsonl --heads kept.txt --checkpoint checkpoint-7.txt

The ledger is read from a service (`GET /api/ledger`), or from a file that `trackrecord export --what ledger` wrote
(- reads standard input). ledger.md, which comes with this script, describes what is checked. The signatures of
checkpoints are checked where the package `cryptography` is installed. Prints one line for each fault, then the head;
exit code 0 without faults, 1 with faults, 2 if there is nothing to check.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

GENESIS = "0" * 64
PAGE = 1000
TRIES = 6
KEY_ANNOUNCED = "checkpoint.key_announced"
FIELDS = ("seq", "at", "actor", "action", "subject", "subject_id", "body", "salt", "body_hash", "hash")


def digest(*parts):
    """Return the SHA-256 of the parts, joined by line feeds, in hexadecimal."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def written(at):
    """Return a time as the hash covers it: in UTC, with +00:00, and with microseconds unless they are zero."""
    return datetime.fromisoformat(at).astimezone(UTC).isoformat()


def sha256(*parts):
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def add_leaf(subtrees, leaf):
    """Add a leaf to a tree: levels and hashes of its complete subtrees, from left to right."""
    level, hashed = 0, sha256(b"\x00", leaf)
    while subtrees and subtrees[-1][0] == level:
        level, hashed = level + 1, sha256(b"\x01", subtrees.pop()[1], hashed)
    subtrees.append((level, hashed))


def leaf_of(event_hash):
    """Return the leaf of an event: the bytes of its hash. What is none was named as a fault already."""
    return bytes.fromhex(event_hash) if re.fullmatch("[0-9a-f]{64}", event_hash) else event_hash.encode()


def root_of(subtrees):
    """Return the root of a tree of at least one leaf."""
    *lefts, root = [hashed for _, hashed in subtrees]
    for left in reversed(lefts):
        root = sha256(b"\x01", left, root)
    return root


def faults(events, kept, checkpoints=(), trusted=()):
    """Yield a sentence for each fault of the events, and of heads and checkpoints that were kept; return the head."""
    previous, expected, found, numbers = GENESIS, 1, {}, {seq for seq, _ in kept}
    subtrees, roots, keys = [], {each["size"]: None for each in checkpoints}, list(trusted)
    for event in events:
        seq = event["seq"]
        if seq != expected:
            yield f"event {expected} is missing: event {seq} follows {expected - 1}"
        if event["body"] is not None and digest(event["salt"], event["body"]) != event["body_hash"]:
            yield f"event {seq}: its body was changed"
        header = (seq, written(event["at"]), *(event[name] for name in ("actor", "action", "subject", "subject_id")))
        if digest(previous, *header, event["body_hash"]) != event["hash"]:
            yield f"event {seq}: its hash does not follow from the event before"
        if seq in numbers:
            found[seq] = event["hash"]
        add_leaf(subtrees, leaf_of(str(event["hash"])))
        if seq in roots:
            roots[seq] = root_of(subtrees)
        if event["action"] == KEY_ANNOUNCED and not trusted:
            keys += re.findall(r'"verifier_key":"([^"]+)"', str(event["body"]))
        previous, expected = event["hash"], seq + 1
    for seq, wanted in kept:
        if seq >= expected:
            yield f"head {seq}:{wanted}: the ledger ends at event {expected - 1}: its end was cut off"
        elif found.get(seq, GENESIS) != wanted:
            yield f"head {seq}:{wanted}: event {seq} has another hash now: the ledger was rewritten"
    for each in checkpoints:
        if roots[each["size"]] not in (None, each["root"]):
            yield f"{each['name']}: the tree of the first {each['size']} events has another root: it was rewritten"
        if (fault := signature_fault(each, keys, trusted)) is not None:
            yield f"{each['name']}: {fault}"
    return expected - 1, previous


def signature_fault(checkpoint, keys, trusted):
    """Return a sentence if no key has signed a checkpoint, or one of them has a signature that is not valid."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        print(f"{checkpoint['name']}: its signature is not checked, as the package cryptography is not installed")
        return None
    signed = False
    for name, key_id, encoded in (key.split("+", 2) for key in keys if key.count("+") > 1):
        for line in checkpoint["signatures"]:
            try:
                signature = base64.b64decode(line.rpartition(" ")[2])
                if line.startswith(f"— {name} ") and signature[:4].hex() == key_id:
                    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
                    public.verify(signature[4:], checkpoint["text"].encode())
                    signed = True
            except (InvalidSignature, ValueError):
                return f"its signature by {name} is forged"
    return None if signed else f"it is not signed by a key that {'you gave' if trusted else 'the ledger announces'}"


def from_lines(lines) -> Iterator[dict]:
    """Yield the events of an exported file."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                event = json.loads(line)
                yield {name: event[name] for name in FIELDS}
            except (ValueError, KeyError, TypeError) as error:
                raise Unusable(f"line {number} is no event of a ledger ({error!r})") from None


def from_file(path) -> Iterator[dict]:
    """Yield the events of the file with this path."""
    with path.open(encoding="utf-8") as file:
        yield from from_lines(file)


def from_service(url) -> Iterator[dict]:
    """Yield the events of a service, in pages."""
    after = 0
    while events := page(f"{url.rstrip('/')}/api/ledger?after={after}&limit={PAGE}")["items"]:
        yield from events
        after = events[-1]["seq"]


def page(address):
    """Return one page. A service that is busy or limits the rate is asked again when it says so."""
    for _ in range(TRIES):
        try:
            with urllib.request.urlopen(address, timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise Unusable(f"{address} answers {error.code}") from None
            time.sleep(min(float(error.headers.get("Retry-After") or 5), 60))
        except (OSError, ValueError) as error:
            raise Unusable(f"{address} cannot be read: {error}") from None
    raise Unusable(f"{address} was busy {TRIES} times")


class Unusable(Exception):
    """There is nothing to check: the message says why."""


def parse_head(text):
    """Return number and hash of a head that was kept. Raises ``Unusable``."""
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
    if match is None:
        raise Unusable(f"{text.strip()!r} is no head: write SEQ:HASH, with 64 hexadecimal digits")
    return int(match[1]), match[2]


def parse_checkpoint(path):
    """Return what a checkpoint states, and its signatures. Raises ``Unusable``."""
    text, _, lines = path.read_bytes().decode(errors="replace").rpartition("\n\n")
    match = re.match(r"[^\n]+\n(\d{1,18})\n([\w+/]{43}=)\n(\d+) ([0-9a-f]{64})\n", text + "\n")
    if match is None or match[1] != match[3]:
        raise Unusable(f"{path} is no checkpoint: it must have the lines of a signed note as ledger.md describes them")
    stated = {"name": str(path), "size": int(match[1]), "root": base64.b64decode(match[2]), "hash": match[4]}
    return stated | {"text": text + "\n", "signatures": lines.splitlines()}


def run(arguments):
    """Check what the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ledger", help="address of a service, an exported file, or - for standard input")
    parser.add_argument("--head", action="append", default=[], metavar="SEQ:HASH", help="a head that you kept")
    parser.add_argument("--heads", metavar="FILE", help="a file with such a head on each line")
    parser.add_argument(
        "--checkpoint", action="append", default=[], type=Path, metavar="FILE", help="one that you kept"
    )
    parser.add_argument("--key", action="append", default=[], help="key for checkpoints, if not those in the ledger")
    given = parser.parse_args(arguments)
    try:
        texts = given.head + ([] if given.heads is None else Path(given.heads).read_text().splitlines())
        kept = [parse_head(text) for text in texts if text.strip()]
        checkpoints = [parse_checkpoint(path) for path in given.checkpoint]
        kept += [(each["size"], each["hash"]) for each in checkpoints]
        if re.match("https?://", given.ledger):
            events = from_service(given.ledger)
        else:
            events = from_lines(sys.stdin) if given.ledger == "-" else from_file(Path(given.ledger))
        check, count = faults(events, kept, checkpoints, given.key), 0
        while True:
            try:
                print(next(check))
                count += 1
            except StopIteration as end:
                seq, last = end.value
                break
    except (Unusable, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{seq} events, {count} faults. Head {seq}:{last}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
