#!/usr/bin/env python3
"""Check the ledger of Track Record without any of its code: the standard library of Python 3.11 is enough.

    python verify_ledger.py https://record.example.org --head 2961:14cfc691...
    python verify_ledger.py ledger.jsonl --heads kept.txt

The ledger is read from a service (`GET /api/ledger`), or from a file that `trackrecord export --what ledger` wrote
(- reads standard input). ledger.md, which comes with this script, describes what is checked. Prints one line for each
fault, then the head; exit code 0 without faults, 1 with faults, 2 if there is nothing to check.
"""

import argparse
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
FIELDS = ("seq", "at", "actor", "action", "subject", "subject_id", "body", "salt", "body_hash", "hash")


def digest(*parts):
    """Return the SHA-256 of the parts, joined by line feeds, in hexadecimal."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def written(at):
    """Return a time as the hash covers it: in UTC, with +00:00, and with microseconds unless they are zero."""
    return datetime.fromisoformat(at).astimezone(UTC).isoformat()


def faults(events, kept):
    """Yield a sentence for each fault of the events, and of heads that were kept; return the head."""
    previous, expected, found, numbers = GENESIS, 1, {}, {seq for seq, _ in kept}
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
        previous, expected = event["hash"], seq + 1
    for seq, wanted in kept:
        if seq >= expected:
            yield f"head {seq}:{wanted}: the ledger ends at event {expected - 1}: its end was cut off"
        elif found.get(seq, GENESIS) != wanted:
            yield f"head {seq}:{wanted}: event {seq} has another hash now: the ledger was rewritten"
    return expected - 1, previous


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


def run(arguments):
    """Check what the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ledger", help="address of a service, an exported file, or - for standard input")
    parser.add_argument("--head", action="append", default=[], metavar="SEQ:HASH", help="a head that you kept")
    parser.add_argument("--heads", metavar="FILE", help="a file with such a head on each line")
    given = parser.parse_args(arguments)
    try:
        texts = given.head + ([] if given.heads is None else Path(given.heads).read_text().splitlines())
        kept = [parse_head(text) for text in texts if text.strip()]
        if re.match("https?://", given.ledger):
            events = from_service(given.ledger)
        else:
            events = from_lines(sys.stdin) if given.ledger == "-" else from_file(Path(given.ledger))
        check, count = faults(events, kept), 0
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
