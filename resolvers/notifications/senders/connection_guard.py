"""Hold every connection of this process against the address guard, whichever library opens it.

Python reports each connection to audit hooks (PEP 578) before it is made, with the numeric address that is about to be
contacted. So redirects count, and a name that resolves differently a moment later (DNS rebinding) gains nothing. A hook
cannot be removed, which is why this is for a process of its own.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from resolvers.errors import AddressRefused
from resolvers.outbound.address_guard import AllowList, check_addresses

_CONTACTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
#: Ways out other than a connection: other programs, and the log of the system.
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "syslog")
#: Modules that reach the desktop of the machine through libraries of the system, which report nothing.
_DESKTOP = ("dbus", "gi", "pync", "win32api")
NUMERIC_ONLY = "the address was not resolved before it was contacted: use an https service"


class ConnectionGuard:
    """The guard of this process. ``refusals`` are the reasons for what was refused, without secrets."""

    def __init__(self, allowed_hosts: Iterable[str]) -> None:
        self._allowed = AllowList(allowed_hosts)
        self._granted: set[tuple[str, int]] = set()
        self.refusals: list[str] = []

    def install(self) -> None:
        """Check all connections of this process from now on."""
        resolve = socket.getaddrinfo

        def resolve_and_note(host: Any, port: Any, *more: Any, **options: Any) -> Any:
            found = resolve(host, port, *more, **options)
            # What the operator allows by name is allowed at the addresses of that name.
            self._granted.update(
                (str(entry[4][0]), int(entry[4][1]))
                for entry in found
                if isinstance(host, str) and self._allowed.allows_host(host.lower().rstrip("."), int(entry[4][1]))
            )
            return found

        socket.getaddrinfo = resolve_and_note
        sys.addaudithook(self._watch)

    def check(self, host: str, port: int) -> None:
        """Raise ``PermissionError``, which is an ``OSError``, if this numeric address may not be contacted."""
        if (host, port) in self._granted:
            return
        try:
            check_addresses(host, port, [str(ipaddress.ip_address(host))], self._allowed)
        except ValueError:
            self.refuse(NUMERIC_ONLY)
        except AddressRefused as error:
            self.refuse(error.detail)

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CONTACTS and arguments[1] is not None:
            address = arguments[1]
            if not isinstance(address, tuple) or len(address) < 2:
                self.refuse("the address is that of a program on this machine: use a chat service on the internet")
            self.check(str(address[0]), int(address[1]))
        elif event.startswith(_PROGRAMS):
            self.refuse("the address starts a program on this machine: use a chat service on the internet")
        elif event == "import" and str(arguments[0]).partition(".")[0] in _DESKTOP:
            raise ImportError(f"{arguments[0]} is not loaded here")

    def refuse(self, reason: str) -> NoReturn:
        """Note the reason of a refusal and raise ``PermissionError``."""
        if reason not in self.refusals:
            self.refusals.append(reason)
        raise PermissionError(reason)
