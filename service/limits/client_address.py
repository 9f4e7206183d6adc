"""Find out which client a request or connection belongs to."""

import ipaddress
from collections.abc import Iterable, Sequence

from uvicorn.middleware.proxy_headers import _TrustedHosts

#: One subscriber of IPv6 commonly has a whole /64, and could use another address for each request.
IPV6_PREFIX = 64


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


def client_group(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
