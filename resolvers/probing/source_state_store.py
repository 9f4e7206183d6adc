"""Manners that survive a restart and are shared by all processes: the memory of sources, in the database."""

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
    """The ``Memory`` of the database. ``writing`` gives a session that is committed when it is left."""

    def __init__(self, *, reading: Sessions, writing: Sessions) -> None:
        self._reading, self._writing = reading, writing

    def host(self, host: str) -> HostState:
        """How a host has been lately."""
        with self._reading() as session:
            return _host_state(session.get(SourceHost, host))

    def change_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Let ``change`` make the new state from the old, alone among all processes."""
        with self._writing() as session:
            fresh = _dialect(session).insert(SourceHost).values(host=host, **asdict(HostState()))
            session.execute(fresh.on_conflict_do_nothing())  # so that there is a row to lock
            row = session.exec(select(SourceHost).where(col(SourceHost.host) == host).with_for_update()).one()
            for name, value in asdict(change(_host_state(row))).items():
                setattr(row, name, value)

    def page(self, url: str) -> PageState | None:
        """What an address gave last."""
        with self._reading() as session:
            row = session.get(SourcePage, _key(url))
            return None if row is None else PageState(**{name: getattr(row, name) for name in _PAGE})

    def keep_page(self, url: str, page: PageState) -> None:
        """Remember what an address gave."""
        with self._writing() as session:
            insert = _dialect(session).insert(SourcePage).values(url_sha256=_key(url), **asdict(page))
            session.execute(insert.on_conflict_do_update(index_elements=["url_sha256"], set_=asdict(page)))


def _key(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def _host_state(row: SourceHost | None) -> HostState:
    return HostState() if row is None else HostState(**{name: getattr(row, name) for name in _HOST})


def _dialect(session: Session) -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
