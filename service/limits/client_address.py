"""Find out which client a request or connection belongs to."""

from collections.abc import Iterable, Sequence

from uvicorn.middleware.proxy_headers import _TrustedHosts

from service.security.client_group import client_group

__all__ = ["TrustedProxies", "client_group"]


class TrustedProxies:
    """The proxies whose X-Forwarded-For header is believed."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._trusted = _TrustedHosts(list(addresses))

    def client(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the address of the client: the newest one in X-Forwarded-For that is not itself a trusted proxy, if
        the peer is one; else the peer."""
        if peer not in self._trusted:
            return peer
        forwarded = b", ".join(value for name, value in headers if name == b"x-forwarded-for")
        if not forwarded:
            return peer
        return self._trusted.get_trusted_client_address(forwarded.decode("latin-1"))[0] or peer
