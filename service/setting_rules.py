"""Rules for the values of settings: each returns the value, or raises ``ValueError`` with the remedy.

No message quotes a value that may hold a password.
"""

import os
import re
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from predictions.schemas.fields import check_web_address
from resolvers.notifications.senders.smtp import parse_smtp_url
from resolvers.outbound.address_guard import AllowList

SHORTEST_SECRET = 20
FEWEST_CHARACTERS = 8
#: The sign-in takes no longer key.
LONGEST_KEY = 500
HIGHEST_PORT = 65535
LONGEST_CONTACT = 200
GENERATE = "generate one, for example with openssl rand -hex 32"
DATABASE_ADDRESS = "must be postgresql://user:password@host/database, or empty for SQLite in the state directory"
POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_LIKE_AN_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def printable(value: str) -> str:
    """Refuse control characters and bytes that are not UTF-8, which no setting needs."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError("must be text in UTF-8 without control characters: remove them")
    return value


def given(value: str) -> str:
    """Refuse a value that is empty where that would not mean the default."""
    if not value.strip():
        raise ValueError("is set but empty: give it a value, or remove the variable")
    return value


def path(value: str) -> str:
    """Refuse the address of something that is not a file or directory of this machine."""
    if "://" in value:
        raise ValueError("is not a path: name a directory of this machine")
    if value.startswith("~"):
        raise ValueError("begins with ~, which only a shell understands: write the whole path")
    return value


def secret(value: str) -> str:
    """Refuse a secret that can be guessed."""
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"is too short: it must have at least {SHORTEST_SECRET} characters; {GENERATE}")
    if len(set(value)) < FEWEST_CHARACTERS:
        raise ValueError(f"is too easy to guess, with fewer than {FEWEST_CHARACTERS} different characters: {GENERATE}")
    return value


def header_secret(value: str) -> str:
    """Refuse a key that a client could not send in the header Authorization, or paste at the sign-in."""
    if len(value) > LONGEST_KEY:
        raise ValueError(f"is too long: it must have at most {LONGEST_KEY} characters; {GENERATE}")
    if not re.fullmatch(r"[!-~]+", secret(value)):
        raise ValueError(f"must be ASCII without spaces, as it is sent in a header: {GENERATE}")
    return value


def public_url(value: str) -> str:
    """Refuse anything but the scheme, host and port of a website."""
    if not value:
        return value
    example = "write it as https://record.example.org"
    parts = _parts(value, f"is not a web address: {example}")
    if not value.isascii():
        raise ValueError("must be ASCII: write an international name in its xn-- form")
    if parts.scheme not in ("http", "https") or not _is_host(parts.hostname or ""):
        raise ValueError(f"must be an http or https address with a host: {example}")
    if "@" in parts.netloc:
        raise ValueError(f"must not contain a user name or password: {example}")
    if parts.path not in ("", "/") or "?" in value or "#" in value:
        raise ValueError(f"must have no path, query or fragment, as the service needs a host of its own: {example}")
    return f"{parts.scheme}://{parts.netloc}"  # with the scheme in lower case


def listening_host(value: str) -> str:
    """Refuse anything but an IP address or a host name."""
    if not _is_host(value):
        example = "write 127.0.0.1, 0.0.0.0, :: or a name; the port is TRACKRECORD_PORT"
        raise ValueError(f"is not an address to listen on: {example}")
    return value


def contact(value: str) -> str:
    """Refuse a contact that nobody could use, or that would break the header User-Agent."""
    if len(value) > LONGEST_CONTACT or not re.fullmatch(r"[ -~]*", value) or re.search(r"[()\\]", value):
        raise ValueError(f"must be at most {LONGEST_CONTACT} characters of ASCII without brackets or backslash")
    is_link = re.match(r"https?://[^/]", value)
    if value and not is_link and not _MAILBOX.search(value):
        raise ValueError("is no address: give a mail address or a web address")
    return check_web_address(value) if is_link else value


def mail_sender(value: str) -> str:
    """Refuse anything but one bare mail address."""
    if value and not _MAILBOX.fullmatch(value):
        raise ValueError("is not a mail address: write only the address, such as trackrecord@example.org")
    return value


def smtp_server(value: str) -> str:
    """Refuse an address of a mail server that cannot be used."""
    parse_smtp_url(value)
    return value


def database_url(value: str) -> str:
    """Refuse a database that is neither PostgreSQL nor a file of SQLite."""
    scheme = value.partition("://")[0]
    if value.startswith("sqlite:///"):
        return _sqlite_file(value)
    if not value:
        return value
    if scheme not in POSTGRES_SCHEMES or "://" not in value:
        raise ValueError(DATABASE_ADDRESS)
    encode = "percent-encode special characters of the password, and check host and port"
    try:
        address = make_url("postgresql+psycopg" + value.removeprefix(scheme))
        positional, named = address.get_dialect()().create_connect_args(address)
        make_conninfo(*positional, **named)
    except (ArgumentError, ValueError, psycopg.Error):
        raise ValueError(f"{DATABASE_ADDRESS}; {encode}") from None
    if not named.get("dbname"):
        raise ValueError(f"names no database: it {DATABASE_ADDRESS}")
    hosts = [part for part in str(named.get("host", "")).split(",") if not part.startswith("/")]
    if not all(not host or _is_host(host) for host in hosts):
        raise ValueError(f"has no valid host: it {DATABASE_ADDRESS}; {encode}")
    ports = str(named.get("port", "")).split(",")
    if not all(not port or (port.isdecimal() and 1 <= int(port) <= HIGHEST_PORT) for port in ports):
        raise ValueError(f"has a port that is not between 1 and {HIGHEST_PORT}: correct it")
    return value


def _sqlite_file(value: str) -> str:
    try:
        file = Path(make_url(value).database or "")
    except (ArgumentError, ValueError):
        raise ValueError(DATABASE_ADDRESS) from None
    if file.name in ("", ":memory:") or (file.exists() and not file.is_file()) or "?" in value:
        raise ValueError(f"names no file of SQLite: it {DATABASE_ADDRESS}")
    if not file.parent.is_dir():
        raise ValueError(f"names a file in {file.parent}, which is no directory: create that, or correct it")
    return value


def state_directory(value: Path) -> Path:
    """Refuse a path that is a file, lies below one, or could not be written."""
    try:
        present = next(path for path in (value, *value.absolute().parents) if path.exists())
    except OSError as error:
        raise ValueError(f"cannot be used ({error.strerror}): name a writable directory") from None
    if not present.is_dir():
        raise ValueError(f"is a file, or lies below one ({present}): name a directory")
    if not os.access(present, os.W_OK | os.X_OK):
        raise ValueError(f"cannot be written by this user ({present}): change its rights, or name another directory")
    return value


def outbound_hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an entry that is neither a host, a host with a port, nor a network, and every address."""
    for entry in value:
        if "://" in entry:
            raise ValueError(f"{_shown(entry)!r} has a scheme: write only the host, such as 10.2.0.7:8080")
        if entry == "*" or "@" in entry:
            raise ValueError("must list hosts one by one: write hosts, host:port or networks such as 10.2.0.0/16")
        AllowList([entry])
        if not entry.rpartition("]")[2].count(":") > 1 and not 0 < int(_port(entry) or 1) <= HIGHEST_PORT:
            raise ValueError(f"{_shown(entry)!r} has a port that is not between 1 and {HIGHEST_PORT}: correct it")
    if _is_every_address(value):
        raise ValueError("is every address: write hosts, host:port or networks such as 10.2.0.0/16")
    return value


def proxies(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an entry that is no network, or that would let every client choose its own address."""
    for entry in value:
        try:
            ip_network(entry)
        except ValueError:
            raise ValueError(
                f"{_shown(entry)!r} is not an address or network: write 192.0.2.1 or 192.0.2.0/24"
            ) from None
    if _is_every_address(value):
        raise ValueError("is every address, so that any client could forge its own: list your proxies")
    return value


def _is_every_address(entries: Iterable[str]) -> bool:
    """Return whether the networks of a list together are all of IPv4 or IPv6."""
    networks = [network for entry in entries if (network := _network(entry)) is not None]
    fourth = collapse_addresses(each for each in networks if isinstance(each, IPv4Network))
    sixth = collapse_addresses(each for each in networks if isinstance(each, IPv6Network))
    return IPv4Network("0.0.0.0/0") in fourth or IPv6Network("::/0") in sixth


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry.strip("[]"))
    except ValueError:
        return None


def _is_host(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return bool(_HOST_NAME.fullmatch(value)) and not _LIKE_AN_ADDRESS.fullmatch(value)
    return True


def _parts(value: str, otherwise: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        usable = parts.port != 0 and not re.search(r"\s", value)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(otherwise)
    return parts


def _port(entry: str) -> str:
    port = entry.rpartition(":")[2] if ":" in entry else ""
    return port if port.isdecimal() else ""


def _shown(entry: str) -> str:
    """Return an entry of a list without user name and password."""
    return entry.rpartition("@")[2]
