"""Which outside addresses may be asked: the check of a URL, of a resolved address, and the operator's allow-list."""

import ipaddress
import re
from collections.abc import Iterable

import httpx

from resolvers.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

OPEN_PORTS = frozenset({80, 443})
MAX_URL_LENGTH = 8_000

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")

# Python's `is_global` passes these (3.11), yet they lead to the machine's own network or to no host at all.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "100.64.0.0/10",  # carriers' inner networks; one cloud's metadata
        "168.63.129.16/32",  # a cloud's metadata on a public number
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")  # leaves out mapped, NAT64, site-local, link-local and private ones
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """Whether an address is an ordinary one of the open internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _UNICAST_V6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED_V6)


class AllowList:
    """The operator's list of what is open although it is private or has another port.

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

    def opens_host(self, host: str, port: int) -> bool:
        """Whether this host is named for this port, or for every port."""
        return (host, None) in self._hosts or (host, port) in self._hosts

    def opens_address(self, address: Address) -> bool:
        """Whether this address lies in a network of the list."""
        return any(address in network for network in self._networks)


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().rstrip(".")


def checked_url(text: str) -> httpx.URL:
    """The address of one request, its host in ASCII and without a fragment.

    Raises ``AddressRefused`` for anything but plain http or https to a plainly written host.
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
        raise AddressRefused("the address carries a user name or password: take it out, and set a header instead")
    host = _host(url)
    _check_host(host)
    if not 0 < port_of(url) < 65536:
        raise AddressRefused("the port is not between 1 and 65535: correct it")
    try:
        return url.copy_with(host=host, fragment=None)
    except httpx.InvalidURL:
        raise AddressRefused("the address is not a valid URL: write it as https://host/path") from None


def _check_host(host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if _NUMERIC_END.search(host):
            raise AddressRefused("the host is a number in an odd spelling: write 203.0.113.7 or a name") from None
        if len(host) > 253 or not _NAME.fullmatch(host):
            raise AddressRefused("the host is not a valid name: check its spelling") from None


def port_of(url: httpx.URL) -> int:
    """The port that a request to ``url`` would use."""
    if url.port is None:
        return 443 if url.scheme == "https" else 80
    return url.port


def check_addresses(host: str, port: int, addresses: list[str], allowed: AllowList) -> None:
    """Raise ``AddressRefused`` unless every address that ``host`` resolved to may be asked at ``port``."""
    if allowed.opens_host(host, port):
        return
    for text in addresses:
        address = ipaddress.ip_address(text)
        if allowed.opens_address(address):
            continue
        if not is_public(address):
            raise AddressRefused(
                f"{host} leads to the private address {address}: use a public one, or let the operator allow the host"
            )
        if port not in OPEN_PORTS:
            raise AddressRefused(f"{host}: port {port} is not open: use 80 or 443, or let the operator allow it")
