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
from predictions.models import Question, row_id
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


@dataclass(frozen=True)
class Finished:
    """Lines that came too late to be applied, and the types of those that wait until another person approves them."""

    late: list[LateFault]
    waiting: list[str]


def finish_import(
    session: Session,
    number: int,
    *,
    now: Callable[[], datetime],
    actor: str,
    is_alone: Callable[[Session], bool],
    pause: Pause,
) -> Finished:
    """Count, score and apply what an import has brought, and return the lines that are not applied.

    ``now`` returns the current time, ``is_alone`` whether nobody but the actor may approve changes of what is settled;
    otherwise such lines wait. Calls ``pause`` whenever the rest may follow in another transaction. A later call
    goes on where an earlier one stopped.
    """
    _count(session, number, now=now, actor=actor, pause=pause)
    of_import = (col(Question.import_id) == number, col(Question.condition_question_id).is_not(None))
    for question in session.execute(select(col(Question.id)).where(*of_import)).scalars().all():
        annul_if_condition_failed(session, session.get_one(Question, question), now=now())
        pause()
    steps = Steps(session, now=now(), actor=actor, is_alone=is_alone(session))
    done = _apply_lines(session, steps, number, now=now, pause=pause)
    finish(session, number, now=now(), actor=actor)
    return done


def _count(session: Session, number: int, *, now: Callable[[], datetime], actor: str, pause: Pause) -> None:
    while (some := next_uncounted(session, number)) is not None:
        question = session.get_one(Question, some.question_id)
        if question.outcome is None:
            count_imported(session, some.question_id, at_most=COUNTED_AT_ONCE)
        else:
            with rescoring(session, question, now=now(), actor=actor):
                pass
        pause()


def _apply_lines(session: Session, steps: Steps, number: int, *, now: Callable[[], datetime], pause: Pause) -> Finished:
    found = Finished([], [])
    query = select(ImportLine).where(col(ImportLine.import_id) == number).order_by(col(ImportLine.position)).limit(1)
    while (row := session.execute(query).scalars().first()) is not None:
        line = CHANGES.validate_json(row.body)
        steps.now = now()
        try:
            with session.begin_nested():
                done = steps.apply(line)
                if done is not None and done.row is not None:
                    _tell_waiting_lines(session, number, line, row_id(done.row))
        except TrackRecordError as error:
            found.late.append(LateFault(row.number, line.type, error))
        else:
            found.waiting.extend([line.type] if done is not None and done.row is None else [])
        session.delete(row)
        session.flush()
        steps.forget()
        pause()
    return found


def _tell_waiting_lines(session: Session, number: int, line: Change, changed: int) -> None:
    """Give the id of a correction to the lines that change it in turn."""
    if not isinstance(line, CorrectionLine) or line.ref is None:
        return
    query = select(ImportLine).where(col(ImportLine.import_id) == number, col(ImportLine.waits_for) == line.ref)
    for row in session.execute(query).scalars():
        waiting = CHANGES.validate_json(row.body)
        row.body = waiting.model_copy(update={"prediction": changed}).model_dump_json(exclude_unset=True)
        row.waits_for = None
    session.flush()
