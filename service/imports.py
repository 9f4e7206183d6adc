"""Run imports in pieces: stage, complete and finish them; take over those whose process was lost."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from predictions.imports.lifecycle import abandoned, complete, drop_piece, open_import, renew
from predictions.imports.staging import Staging
from predictions.ledger import SYSTEM
from predictions.transfer.finish import LateFault, finish_import
from resolvers.clock import Clock
from service.db.engine import read_transaction
from service.db.pieces import Pieces
from service.errors import Unavailable
from service.time_limit import begin, refuse_if_over, within

T = TypeVar("T")
log = logging.getLogger(__name__)


def run_import(
    engine: Engine,
    clock: Clock,
    *,
    actor: str,
    stage: Callable[[Pieces, Staging], T],
    with_completion: Callable[[Session, T], None] | None = None,
) -> tuple[T, list[LateFault]]:
    """Stage an import, complete and finish it. Returns what ``stage`` returns, and lines that came too late.

    ``with_completion`` runs in the transaction that completes the import. If one of the two raises an error, nothing
    is recorded: the import is dropped, and the error raised.
    """
    opened: list[int] = []
    try:
        with Pieces(engine) as pieces:
            into = open_import(pieces.session, now=clock.now(), actor=actor)
            opened.append(into.import_id)
            pieces.begin = lambda session: renew(session, into.import_id, now=clock.now())
            result = stage(pieces, into)
            refuse_if_over()
            begin()
            brings_rows = complete(pieces.session, into, now=clock.now(), actor=actor)
            if with_completion is not None:
                with_completion(pieces.session, result)
            late = _finish(pieces, into.import_id, clock, actor) if brings_rows else []
    except BaseException:
        for number in opened:
            _drop_or_leave(engine, number)
        raise
    return result, late


def take_over_imports(engine: Engine, clock: Clock, report_progress: Callable[[], None] = lambda: None) -> int:
    """Drop the imports that lost their process before they were complete, and finish the others; return how many.

    Calls ``report_progress`` after each piece.
    """
    with read_transaction(engine) as session:
        lost = list(abandoned(session, now=clock.now()))
    for number, is_complete in lost:
        if is_complete:
            _finish_lost(engine, clock, number, report_progress)
        else:
            log.warning("import %d was not completed by its process: its rows, which nobody saw, are deleted", number)
            _drop(engine, number, report_progress)
    return len(lost)


def _finish_lost(engine: Engine, clock: Clock, number: int, report_progress: Callable[[], None]) -> None:
    def go_on(session: Session) -> None:
        renew(session, number, now=clock.now())
        report_progress()

    with Pieces(engine) as pieces:
        pieces.begin = go_on
        go_on(pieces.session)
        for fault in _finish(pieces, number, clock, SYSTEM):
            log.warning("import %d, line %d: not applied: %s", number, fault.number, fault.error)


def _finish(pieces: Pieces, number: int, clock: Clock, actor: str) -> list[LateFault]:
    with within(None):
        return finish_import(pieces.session, number, now=clock.now, actor=actor, pause=pieces.pause)


def _drop_or_leave(engine: Engine, number: int) -> None:
    """Drop an import, or leave it to the scheduler if the database does not answer."""
    try:
        _drop(engine, number)
    except (DBAPIError, Unavailable) as error:
        log.warning("import %d, which failed, is deleted when the database answers: %s", number, error)


def _drop(engine: Engine, number: int, report_progress: Callable[[], None] = lambda: None) -> None:
    with within(None), Pieces(engine) as pieces:
        while drop_piece(pieces.session, number):
            pieces.pause()
            report_progress()
