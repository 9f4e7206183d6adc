"""Write in pieces: transactions of a few hundredths of a second, between which other writers get their turn."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from service.clock import SystemClock
from service.db.engine import exclusive

#: A piece ends at the first step after so long; a step takes less than the rest of 50 ms.
PIECE_SECONDS = 0.03
#: The pause after a piece, as a share of its length. Writers of other processes look for SQLite's lock again and again,
#: and must find it free.
PAUSE_SHARE = 0.5
LONGEST_PAUSE = 0.25
_clock = SystemClock()
T = TypeVar("T")


class Pieces:
    """A session that commits and begins again at each ``pause`` that comes late enough.

    Use it as a context manager: the last piece is committed at the end, or rolled back on an error. Rows loaded in one
    piece are detached in the next. ``begin`` is called at the beginning of each piece but the first.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._piece = ExitStack()
        self._began_at = 0.0
        self.session = Session(engine, expire_on_commit=False)
        self.begin: Callable[[Session], None] | None = None

    def __enter__(self) -> Self:
        """Begin the first piece."""
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the last piece, and close the session."""
        try:
            self._piece.__exit__(kind, error, trace)
        finally:
            self.session.close()

    def pause(self) -> None:
        """End the piece if it has lasted long enough, let others write, and begin the next."""
        lasted = _clock.monotonic() - self._began_at
        if lasted >= PIECE_SECONDS:
            self.idle(lambda: self._rest(min(PAUSE_SHARE * lasted, LONGEST_PAUSE)))

    def idle(self, work: Callable[[], T]) -> T:
        """End the piece, do work that needs no transaction, and begin the next."""
        self._piece.close()
        self.session.expunge_all()
        result = work()
        self._begin()
        if self.begin is not None:
            self.begin(self.session)
        return result

    @staticmethod
    def _rest(seconds: float) -> None:
        time.sleep(seconds)

    def _begin(self) -> None:
        self._piece.enter_context(exclusive(self._engine, self.session))
        self._began_at = _clock.monotonic()
