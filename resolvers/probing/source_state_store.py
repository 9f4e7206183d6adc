"""The state of sources in the database, shared by all processes and kept across restarts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from resolvers.probing.models import SourceHost, SourcePage
from resolvers.probing.source_state import HostState, PageState

Sessions = Callable[[], AbstractContextManager[Session]]
_HOST = tuple(HostState.__dataclass_fields__)
_PAGE = tuple(PageState.__dataclass_fields__)


class DatabaseSourceState:
    """A ``SourceStateStore`` in the database. ``write_transaction`` yields a session and commits at its end."""

    def __init__(self, *, read_transaction: Sessions, write_transaction: Sessions) -> None:
        self._read_transaction, self._write_transaction = read_transaction, write_transaction

    def update_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Replace the state of a host by ``change(state)``, one caller at a time among all processes."""
        with self._write_transaction() as session:
            new_host = _dialect(session).insert(SourceHost).values(host=host, **asdict(HostState()))
            session.execute(new_host.on_conflict_do_nothing())  # so that there is a row to lock
            row = session.exec(select(SourceHost).where(col(SourceHost.host) == host).with_for_update()).one()
            for name, value in asdict(change(_host_state(row))).items():
                setattr(row, name, value)

    def page(self, url: str) -> PageState | None:
        """Return the last response of an address, or None."""
        with self._read_transaction() as session:
            row = session.get(SourcePage, _key(url))
            return None if row is None else PageState(**{name: getattr(row, name) for name in _PAGE})

    def store_page(self, url: str, page: PageState) -> None:
        """Store the last response of an address."""
        with self._write_transaction() as session:
            insert = _dialect(session).insert(SourcePage).values(url_sha256=_key(url), **asdict(page))
            session.execute(insert.on_conflict_do_update(index_elements=["url_sha256"], set_=asdict(page)))


def _key(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def _host_state(row: SourceHost) -> HostState:
    return HostState(**{name: getattr(row, name) for name in _HOST})


def _dialect(session: Session) -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
