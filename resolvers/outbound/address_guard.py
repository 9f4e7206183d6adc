"""Check outside addresses before a request: the URL, the resolved addresses, and the allow-list of the operator."""

import ipaddress
import re
from collections.abc import Iterable

import httpx

from resolvers.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ALLOWED_PORTS = frozenset({80, 443})
MAX_URL_LENGTH = 8_000

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")

# `is_global` is true for these (Python 3.11), yet they lead to an internal network or to no host.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT; metadata of one cloud
        "168.63.129.16/32",  # metadata of one cloud on a public address
        "192.0.0.0/24",  # protocol assignments; metadata of one cloud
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")  # excludes mapped, NAT64, site-local, link-local and private addresses
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 can embed any IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """Return whether an address is an ordinary address of the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _UNICAST_V6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED_V6)


class AllowList:
    """Hosts and networks that the operator allows although they are private or use another port.

    An entry is ``host`` (every port of it), ``host:port``, ``[v6]:port``, an address, or a network such as
    ``10.2.0.0/16`` (every port of every address in it). Raises ``ValueError`` for an entry that is none of these.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._hosts: set[tuple[str, int | None]] = set()
        self._networks: list[Network] = []
        for entry in entries:
            self._add(entry.strip().lower())

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ipaddress.ip_network(entry.strip("[]")))
            return
        except ValueError:
            if "/" in entry:
                raise ValueError(f"allowed host {entry!r}: not a network; write it as 10.2.0.0/16") from None
        try:
            url = httpx.URL(f"//{entry}")
            _check_host(_host(url))
            usable = url.raw_path in (b"", b"/") and not url.userinfo
        except (httpx.InvalidURL, AddressRefused):
            usable = False
        if not usable:
            raise ValueError(f"allowed host {entry!r}: write a host, host:port, or a network")
        self._hosts.add((_host(url), url.port))

    def allows_host(self, host: str, port: int) -> bool:
        """Return whether the list names this host with this port, or without a port."""
        return (host, None) in self._hosts or (host, port) in self._hosts

    def allows_address(self, address: Address) -> bool:
        """Return whether this address is in a network of the list."""
        return any(address in network for network in self._networks)


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().rstrip(".")


def validate_url(text: str) -> httpx.URL:
    """Parse and check the address of a request; return it with an ASCII host and without a fragment.

    Raises ``AddressRefused`` for anything but http or https to a valid host name or address.
    """
    if len(text) > MAX_URL_LENGTH:
        raise AddressRefused(f"the address is longer than {MAX_URL_LENGTH} characters: shorten it")
    if re.search(r"[\x00-\x20\x7f\\]", text):
        raise AddressRefused("the address has a space, a backslash or a control character: percent-encode it")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise AddressRefused("the address is not a valid URL: write it as https://host/path") from None
    if url.scheme not in ("http", "https"):
        raise AddressRefused("the address is neither http nor https: use one of these")
    if "@" in text.split("://", 1)[-1].partition("/")[0].partition("?")[0].partition("#")[0]:
        raise AddressRefused("the address contains a user name or password: remove it, and set a header instead")
    host = _host(url)
    _check_host(host)
    if not 0 < port_of(url) < 65536:
        raise AddressRefused("the port is not between 1 and 65535: correct it")
    return url.copy_with(host=host, fragment=None)


def _check_host(host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if _NUMERIC_END.search(host):
            raise AddressRefused("the host is a number in an unusual notation: write 203.0.113.7 or a name") from None
        if len(host) > 253 or not _NAME.fullmatch(host):
            raise AddressRefused("the host is not a valid name: check its spelling") from None


def port_of(url: httpx.URL) -> int:
    """Return the port that a request to ``url`` uses."""
    if url.port is None:
        return 443 if url.scheme == "https" else 80
    return url.port


def check_addresses(host: str, port: int, addresses: list[str], allowed: AllowList) -> None:
    """Raise ``AddressRefused`` unless every address that ``host`` resolved to is allowed at ``port``."""
    if allowed.allows_host(host, port):
        return
    for text in addresses:
        address = ipaddress.ip_address(text)
        if allowed.allows_address(address):
            continue
        if not is_public(address):
            raise AddressRefused(
                f"{host} resolves to the private address {address}: use a public one, or ask the operator to allow it"
            )
        if port not in ALLOWED_PORTS:
            raise AddressRefused(f"{host}: port {port} is not allowed: use 80 or 443, or ask the operator to allow it")
