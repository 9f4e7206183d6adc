"""The check of outside addresses."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import AddressRefused
from resolvers.outbound.address_guard import AllowList, check_addresses, is_public, validate_url

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:3::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1111%eth0",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]

HOSTILE_URLS = [
    "",
    "example.org",
    "//example.org/",
    "http:",
    "http:///path",
    "http:example.org",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://user@example.org/",
    "http://user:password@example.org/",
    "http://@example.org/",
    "http://example.org:80@127.0.0.1/",
    "http://example.org\\@127.0.0.1/",
    "http://example.org\\.attacker.example/",
    "http://exa mple.org/",
    "http://example.org/\r\nHost: other",
    "http://example.org/\x00",
    " http://example.org/",
    "http://example.org:0/",
    "http://example.org:65536/",
    "http://example.org:-1/",
    "http://2130706433/",
    "http://134744072/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://1.1.1.1.1/",
    "http://256.1.1.1/",
    "http://0/",
    "http://0x/",
    "http://127.0.0.1.nip.0x7f/",
    "http://１２７.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://[::1/",
    "http://[127.0.0.1]/",
    "http://[::1]extra/",
    "http://a..b/",
    "http://.example.org/",
    "http://-a.example/",
    "http://example%2eorg/",
    "http://example.org%00.attacker.example/",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 130}example/",
    "http://example.org/" + "a" * 8_000,
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_open_internet_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(AddressRefused, match="private address"):
        check_addresses("feeds.example", 443, [address], AllowList())


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_address_is_allowed(address: str) -> None:
    check_addresses("feeds.example", 443, [address], AllowList())


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_refused_however_it_is_wrapped_in_ipv6(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    wrapped.append(0x20010000 << 96 | number ^ 0xFFFFFFFF)  # Teredo
    assert not any(is_public(ipaddress.IPv6Address(value)) for value in wrapped)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefused):
        check_addresses("feeds.example", 443, ["8.8.8.8", "10.0.0.1", "1.1.1.1"], AllowList())


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_url_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        validate_url(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Feeds.Example/A?b=c#d", "https://feeds.example/A?b=c"),
        ("https://feeds.example./", "https://feeds.example/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://93.184.216.34:8080/x", "http://93.184.216.34:8080/x"),
        ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
    ],
)
def test_a_plain_url_is_normalised(url: str, expected: str) -> None:
    assert str(validate_url(url)) == expected


def test_a_name_in_another_script_travels_in_ascii() -> None:
    assert validate_url("https://bücher.example/").raw_host == b"xn--bcher-kva.example"


@pytest.mark.parametrize("port", [22, 25, 8080, 6379])
def test_only_the_ports_of_the_web_are_open(port: int) -> None:
    with pytest.raises(AddressRefused, match="port"):
        check_addresses("feeds.example", port, ["8.8.8.8"], AllowList())


@pytest.mark.parametrize(
    ("entry", "host", "port", "address"),
    [
        ("intranet.example", "intranet.example", 8080, "10.0.0.1"),
        ("Intranet.Example:8080", "intranet.example", 8080, "10.0.0.1"),
        ("bücher.example", "xn--bcher-kva.example", 443, "10.0.0.1"),
        ("127.0.0.1", "127.0.0.1", 9000, "127.0.0.1"),
        ("127.0.0.1:9000", "127.0.0.1", 9000, "127.0.0.1"),
        ("[::1]:9000", "::1", 9000, "::1"),
        ("::1", "::1", 9000, "::1"),
        ("10.2.0.0/16", "any.example", 8443, "10.2.3.4"),
        ("fd00::/8", "any.example", 443, "fd12::1"),
    ],
)
def test_the_operator_can_open_a_private_host(entry: str, host: str, port: int, address: str) -> None:
    check_addresses(host, port, [address], AllowList([entry]))
    with pytest.raises(AddressRefused):
        check_addresses(host, port, [address], AllowList())


@pytest.mark.parametrize(
    ("entry", "host", "port", "address"),
    [
        ("intranet.example", "other.example", 443, "10.0.0.1"),
        ("intranet.example", "sub.intranet.example", 443, "10.0.0.1"),
        ("intranet.example:8080", "intranet.example", 8081, "10.0.0.1"),
        ("10.2.0.0/16", "any.example", 443, "10.3.0.1"),
        ("127.0.0.1:9000", "localhost", 9000, "127.0.0.1"),
    ],
)
def test_the_allow_list_opens_only_what_it_names(entry: str, host: str, port: int, address: str) -> None:
    with pytest.raises(AddressRefused):
        check_addresses(host, port, [address], AllowList([entry]))


@pytest.mark.parametrize("entry", ["", "http://example.org", "10.0.0.0/99", "a b", "host:port", "user@host", "host/x"])
def test_a_wrong_entry_of_the_allow_list_is_refused_at_once(entry: str) -> None:
    with pytest.raises(ValueError, match="allowed host"):
        AllowList([entry])
