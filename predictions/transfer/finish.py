"""Finish an import after its completion: count and score its rows, and apply its lines that change other rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.errors import TrackRecordError
from predictions.import_models import ImportLine
from predictions.imports.lifecycle import finish
from predictions.imports.uncounted import next_uncounted
from predictions.models import Question
from predictions.questions.resolve import annul_if_condition_failed
from predictions.scores.running_totals import count_imported, rescoring
from predictions.submissions.in_pieces import Pause
from predictions.transfer.import_steps import Steps
from predictions.transfer.line_types import CHANGES, Change, CorrectionLine

#: Commentators of one question that are counted at once.
COUNTED_AT_ONCE = 300
_LINE = ImportLine.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LateFault:
    """A line that was valid when it was checked, and is not any more, because the record has changed since."""

    number: int
    type: str
    error: TrackRecordError


def finish_import(
    session: Session, number: int, *, now: Callable[[], datetime], actor: str, pause: Pause
) -> list[LateFault]:
    """Count, score and apply what an import has brought, and return the lines that cannot be applied any more.

    ``now`` returns the current time. Calls ``pause`` whenever the rest may follow in another transaction. A later call
    goes on where an earlier one stopped.
    """
    _count(session, number, now=now, actor=actor, pause=pause)
    of_import = (col(Question.import_id) == number, col(Question.condition_question_id).is_not(None))
    for question in session.execute(select(col(Question.id)).where(*of_import)).scalars().all():
        annul_if_condition_failed(session, session.get_one(Question, question), now=now())
        pause()
    faults = _apply_lines(session, number, now=now, actor=actor, pause=pause)
    finish(session, number, now=now(), actor=actor)
    return faults


def _count(session: Session, number: int, *, now: Callable[[], datetime], actor: str, pause: Pause) -> None:
    while (some := next_uncounted(session, number)) is not None:
        question = session.get_one(Question, some.question_id)
        if question.outcome is None:
            count_imported(session, some.question_id, at_most=COUNTED_AT_ONCE)
        else:
            with rescoring(session, question, now=now(), actor=actor):
                pass
        pause()


def _apply_lines(
    session: Session, number: int, *, now: Callable[[], datetime], actor: str, pause: Pause
) -> list[LateFault]:
    faults = []
    steps = Steps(session, now=now(), actor=actor)
    query = select(ImportLine).where(col(ImportLine.import_id) == number).order_by(col(ImportLine.position)).limit(1)
    while (row := session.execute(query).scalars().first()) is not None:
        line = CHANGES.validate_json(row.body)
        steps.now = now()
        try:
            with session.begin_nested():
                changed = steps.apply(line)
                _tell_waiting_lines(session, number, line, changed)
        except TrackRecordError as error:
            faults.append(LateFault(row.number, line.type, error))
        session.delete(row)
        session.flush()
        steps.forget()
        pause()
    return faults


def _tell_waiting_lines(session: Session, number: int, line: Change, changed: int | None) -> None:
    """Give the id of a correction to the lines that change it in turn."""
    if not isinstance(line, CorrectionLine) or line.ref is None:
        return
    query = select(ImportLine).where(col(ImportLine.import_id) == number, col(ImportLine.waits_for) == line.ref)
    for row in session.execute(query).scalars():
        waiting = CHANGES.validate_json(row.body)
        row.body = waiting.model_copy(update={"prediction": changed}).model_dump_json(exclude_unset=True)
        row.waits_for = None
    session.flush()
