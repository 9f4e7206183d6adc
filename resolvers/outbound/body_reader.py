"""Read a response body with a limit on its decoded size, so that a decompression bomb never fills the memory."""

import zlib
from collections.abc import Iterable, Iterator

import httpcore
import httpx

from resolvers.errors import FetchError, SourceChanged, SourceUnavailable, TooLarge

_GZIP_WINDOW = 31  # zlib's number for "a gzip header, and the largest window"
_PIECE_BYTES = 64 * 1024


def read_body(chunks: Iterable[bytes], headers: httpx.Headers, limit: int, host: str) -> bytes:
    """Return the decoded body. Only one layer of gzip is decoded, as only gzip was requested.

    Raises ``TooLarge`` beyond ``limit`` bytes, encoded or decoded, and ``SourceChanged`` for another encoding.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    content_length = headers.get("content-length", "")
    if content_length.isascii() and content_length.isdigit() and int(content_length[:20]) > limit:
        raise _too_large(host, limit)
    if encoding in ("", "identity"):
        decoded = iter(chunks)
    elif encoding in ("gzip", "x-gzip"):
        decoded = _gunzip(chunks, limit, host)
    else:
        raise SourceChanged(f"{host} sent an encoding that was not requested: only gzip is supported")
    body = bytearray()
    for chunk in decoded:
        body += chunk
        if len(body) > limit:
            raise _too_large(host, limit)
    return bytes(body)


def _gunzip(chunks: Iterable[bytes], limit: int, host: str) -> Iterator[bytes]:
    """Yield the decoded body in small pieces. A file may hold several gzip members in a row.

    zlib keeps no output back at the end: it reads the trailer of a member only after all output has been returned.
    """
    member = zlib.decompressobj(_GZIP_WINDOW)
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise _too_large(host, limit)
            remaining = chunk
            while remaining:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_WINDOW)
                yield member.decompress(remaining, _PIECE_BYTES)
                remaining = member.unconsumed_tail or member.unused_data
    except zlib.error as error:
        raise SourceChanged(f"{host} sent a body that is not valid gzip: check the address") from error
    if received and not member.eof:
        raise SourceUnavailable(f"{host} sent an incomplete gzip body: try again later")


def read_start(chunks: Iterable[bytes], limit: int) -> bytes:
    """Return the first ``limit`` bytes; an error on the way only ends the reading."""
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
