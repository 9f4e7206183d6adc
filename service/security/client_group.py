"""What is counted as one client, where clients are counted by their address."""

import ipaddress

#: One subscriber of IPv6 commonly has a whole /64, and could use another address for each request.
IPV6_PREFIX = 64
UNKNOWN = "unknown"


def client_group(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 network of an IPv6 address.

    What a proxy forwards in place of an address is one client, so that inventing names multiplies nothing.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
