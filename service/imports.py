"""Run imports in pieces: stage, complete and finish them; take over those whose process was lost."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from predictions.import_models import ImportSource
from predictions.imports.lifecycle import LostImport, abandoned, begin_drop, complete, drop_piece, open_import, renew
from predictions.imports.staging import Staging
from predictions.ledger import SYSTEM
from predictions.transfer.finish import Finished, finish_import
from resolvers.clock import Clock
from service.db.approvers import is_alone
from service.db.engine import read_transaction
from service.db.pieces import Pieces
from service.errors import Unavailable
from service.time_limit import begin, refuse_if_over, within

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Imported(Generic[T]):
    """What came of an import: the result of staging it, and the lines that were not applied."""

    result: T
    finished: Finished


def run_import(
    engine: Engine,
    clock: Clock,
    *,
    actor: str,
    stage: Callable[[Pieces, Staging], T],
    with_completion: Callable[[Session, T], None] | None = None,
    source: ImportSource = ImportSource.BATCH,
) -> Imported[T]:
    """Stage an import, complete and finish it.

    ``with_completion`` runs in the transaction that completes the import. If one of the two raises an error, nothing
    is recorded: the import is dropped, and the error raised. Once it is complete, what is left of it is left to the
    scheduler if the database does not answer.
    """
    opened: list[Staging] = []
    try:
        with Pieces(engine) as pieces:
            into = open_import(pieces.session, now=clock.now(), actor=actor, source=source)
            opened.append(into)
            pieces.begin = _renewing(into.import_id, into.token, clock)
            result = stage(pieces, into)
            refuse_if_over()
            begin()
            brings_rows = complete(pieces.session, into, now=clock.now(), actor=actor)
            if with_completion is not None:
                with_completion(pieces.session, result)
    except BaseException:
        for into in opened:
            _drop_or_leave(engine, clock, into)
        raise
    return Imported(result, _finish_or_leave(engine, clock, into, actor) if brings_rows else Finished([], []))


def take_over_imports(engine: Engine, clock: Clock, report_progress: Callable[[], None] = lambda: None) -> int:
    """Drop the imports that lost their process before they were complete, and finish the others; return how many.

    Calls ``report_progress`` after each piece. One that fails is logged, and tried again at the next call.
    """
    with read_transaction(engine) as session:
        lost = abandoned(session, now=clock.now())
    for each in lost:
        try:
            _take_over(engine, clock, each, report_progress)
        except (DBAPIError, Unavailable) as error:
            log.warning("import %d is not taken over yet: %s", each.number, error)
        except Exception:
            log.exception("import %d could not be taken over", each.number)
    return len(lost)


def _take_over(engine: Engine, clock: Clock, lost: LostImport, report_progress: Callable[[], None]) -> None:
    if lost.is_complete:
        for fault in _finish(engine, clock, lost.number, lost.token, SYSTEM, report_progress).late:
            log.warning("import %d, line %d: not applied: %s", lost.number, fault.number, fault.error)
    elif _drop(engine, clock, lost.number, lost.token, is_lost=True, report_progress=report_progress):
        log.warning("import %d was not completed by its process: its rows, which nobody saw, are deleted", lost.number)


def _renewing(number: int, token: str, clock: Clock) -> Callable[[Session], None]:
    return lambda session: renew(session, number, token, now=clock.now())


def _finish_or_leave(engine: Engine, clock: Clock, into: Staging, actor: str) -> Finished:
    """Finish a complete import, whose rows are on record whatever happens here."""
    try:
        return _finish(engine, clock, into.import_id, into.token, actor)
    except Exception as error:  # noqa: BLE001 - the import succeeded: nobody must take this for its failure
        log.warning("import %d is complete, and finished later: %s", into.import_id, error)
        return Finished([], [])


def _finish(
    engine: Engine,
    clock: Clock,
    number: int,
    token: str,
    actor: str,
    report_progress: Callable[[], None] = lambda: None,
) -> Finished:
    renew_import = _renewing(number, token, clock)

    def go_on(session: Session) -> None:
        renew_import(session)
        report_progress()

    with within(None), Pieces(engine) as pieces:
        pieces.begin = go_on
        go_on(pieces.session)
        return finish_import(
            pieces.session,
            number,
            now=clock.now,
            actor=actor,
            is_alone=lambda session: is_alone(session, actor, now=clock.now()),
            pause=pieces.pause,
        )


def _drop_or_leave(engine: Engine, clock: Clock, into: Staging) -> None:
    """Drop an import, or leave it to the scheduler if the database does not answer."""
    try:
        _drop(engine, clock, into.import_id, into.token)
    except (DBAPIError, Unavailable) as error:
        log.warning("import %d, which failed, is deleted when the database answers: %s", into.import_id, error)


def _drop(
    engine: Engine,
    clock: Clock,
    number: int,
    token: str,
    *,
    is_lost: bool = False,
    report_progress: Callable[[], None] = lambda: None,
) -> bool:
    """Delete the rows of an import that is not complete, and return whether there was one."""
    with within(None), Pieces(engine) as pieces:
        if not begin_drop(pieces.session, number, token, now=clock.now(), is_lost=is_lost):
            return False
        pieces.idle(report_progress)
        while drop_piece(pieces.session, number, token):
            pieces.pause()
            report_progress()
    return True
