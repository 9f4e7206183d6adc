"""Reads a body with a cap on its decoded size: what a few kilobytes unfold to is never held in memory whole."""

import zlib
from collections.abc import Iterable, Iterator

import httpcore
import httpx

from resolvers.errors import FetchError, SourceChanged, SourceUnavailable, TooLarge

_GZIP_WINDOW = 31  # zlib's number for "a gzip header, and the largest window"
_PIECE_BYTES = 64 * 1024


def read_body(chunks: Iterable[bytes], headers: httpx.Headers, limit: int, host: str) -> bytes:
    """The decoded body. Only one layer of gzip is undone, as nothing else was asked for.

    Raises ``TooLarge`` beyond ``limit`` bytes, encoded or decoded, and ``SourceChanged`` for another encoding.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise _too_large(host, limit)
    if encoding in ("", "identity"):
        decoded = iter(chunks)
    elif encoding in ("gzip", "x-gzip"):
        decoded = _gunzipped(chunks, limit, host)
    else:
        raise SourceChanged(f"{host} sent an encoding that was not asked for: only gzip is read")
    body = bytearray()
    for chunk in decoded:
        body += chunk
        if len(body) > limit:
            raise _too_large(host, limit)
    return bytes(body)


def _gunzipped(chunks: Iterable[bytes], limit: int, host: str) -> Iterator[bytes]:
    """The decoded body in small pieces. A file may hold several gzip members in a row.

    zlib holds nothing back at the end: it reads a member's trailer only once all before it has been handed out.
    """
    member = zlib.decompressobj(_GZIP_WINDOW)
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise _too_large(host, limit)
            rest = chunk
            while rest:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_WINDOW)
                yield member.decompress(rest, _PIECE_BYTES)
                rest = member.unconsumed_tail or member.unused_data
    except zlib.error as error:
        raise SourceChanged(f"{host} sent a body that is not valid gzip: check the address") from error
    if received and not member.eof:
        raise SourceUnavailable(f"{host} sent only a part of its gzip body: try again later")


def read_some(chunks: Iterable[bytes], limit: int) -> bytes:
    """The first ``limit`` bytes as they come; whatever goes wrong on the way ends the reading, and nothing else."""
    body = bytearray()
    try:
        for chunk in chunks:
            body += chunk
            if len(body) >= limit:
                break
    except (FetchError, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return bytes(body[:limit])


def _too_large(host: str, limit: int) -> TooLarge:
    return TooLarge(f"{host} sent more than {limit} bytes: raise the limit if this is the right address")
