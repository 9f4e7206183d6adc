"""Commands that import and export files of predictions."""

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO, cast

import typer
from rich.progress import Progress

from predictions.errors import Fault
from predictions.import_models import ImportSource
from predictions.imports.staging import Staging
from predictions.transfer.importer import MAX_FAULTS, Import, LineFault, Report
from service.cli.common import ACTOR, AsJson, clock, print_json, progress_bar, ready, say
from service.cli.errors import FINDINGS, INVALID, one_line
from service.db.engine import read_transaction
from service.db.pieces import Pieces
from service.files.csv_columns import column_of
from service.files.export_content import What, content_of
from service.files.export_file import write
from service.files.import_file import Format, format_of, read_lines, take_lines
from service.imports import run_import, take_over_imports

#: Lines that are read and checked together before the next transaction begins.
READ_AT_ONCE = 500
#: Size up to which standard input is kept in memory.
MAX_IN_MEMORY = 16_000_000


class _Undo(Exception):
    """Raised to drop an import."""


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a CSV or JSON Lines file; - for standard input")],
    form: Annotated[Format | None, typer.Option("--format", help="default: by the file's name")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="import the valid lines, report the others")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, record nothing")] = False,
    encoding: Annotated[str, typer.Option(help="encoding of the file")] = "utf-8",
    delimiter: Annotated[
        str | None, typer.Option(help="delimiter of a CSV file: , ; or tab; default: detected")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import predictions, questions, outcomes and related rows from a file: all its lines, or none.

    A line of JSON has the fields of the API, and a "type" unless it is a prediction; docs/files.md lists the columns
    of CSV. Rows that are on record already are skipped.
    """
    if str(file) != "-" and not file.is_file():
        raise typer.BadParameter(f"there is no file {str(file)!r}: check its name", param_hint="FILE")
    form = form or format_of(file.name)
    delimiter = "\t" if delimiter in ("tab", "\\t") else delimiter
    if delimiter is not None and len(delimiter) != 1:
        raise typer.BadParameter("must be one character, or tab", param_hint="--delimiter")
    _check_encoding(encoding)
    report, recorded = _import(file, form, encoding, delimiter, keep=partial, dry_run=dry_run)
    if as_json:
        print_json(_content(report, form, dry_run=dry_run, recorded=recorded))
    else:
        _print_report(report, str(file), form, dry_run=dry_run, recorded=recorded)
    if report.refused:
        raise typer.Exit(FINDINGS if partial or recorded else INVALID)


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
    except LookupError:
        raise typer.BadParameter(
            f"unknown encoding {encoding!r}: for example utf-8 or cp1252", param_hint="--encoding"
        ) from None


def _import(
    file: Path, form: Format, encoding: str, delimiter: str | None, *, keep: bool, dry_run: bool
) -> tuple[Report, bool]:
    """Import the file; return the report, and whether anything was recorded."""
    reports: list[Report] = []
    with _open(file) as stream, ready() as (_, engine), progress_bar() as bar:
        read = read_lines(stream, form, encoding=encoding, delimiter=delimiter, progress=_reading(bar, file))

        def stage(pieces: Pieces, into: Staging) -> None:
            lines = Import(pieces.session, into, now=clock.now(), actor=ACTOR, keep=keep, pause=pieces.pause)
            # Nobody waits for a file that is slow to read.
            while chunk := pieces.idle(lambda: list(islice(read, READ_AT_ONCE))):
                take_lines(lines, chunk)
            report = lines.finish(_finishing(bar))
            reports.append(report)
            if dry_run or (report.refused and not keep):
                raise _Undo

        take_over_imports(engine, clock)
        try:
            finished = run_import(engine, clock, actor=ACTOR, stage=stage, source=ImportSource.FILE).finished
        except _Undo:
            return reports[0], False
        for fault in finished.late:
            reports[0].refuse_late(fault.number, fault.type, fault.error)
        for kind in finished.waiting:
            reports[0].wait_for(kind)
    return reports[0], True


@contextmanager
def _open(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        with tempfile.SpooledTemporaryFile(MAX_IN_MEMORY) as copy:  # whole before the import begins: a pipe may be slow
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.seek(0)
            yield cast(BinaryIO, copy)
        return
    with file.open("rb") as stream:
        yield stream


def _reading(bar: Progress, file: Path) -> Callable[[int], None]:
    task = bar.add_task("reading", total=file.stat().st_size if file.is_file() else None)
    return lambda number: bar.advance(task, number)


def _finishing(bar: Progress) -> Callable[[int, int], None]:
    task = bar.add_task("corrections and outcomes", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _content(report: Report, form: Format, *, dry_run: bool, recorded: bool) -> dict[str, Any]:
    faults = [
        {"line": fault.line, **_where(fault.type, fault.pointer, form), "detail": _sentence(fault, form)}
        for fault in report.faults
    ]
    return {
        "recorded": report.recorded if recorded or dry_run else dict.fromkeys(report.recorded, 0),
        "present": dict(report.present),
        "refused": report.refused,
        "waiting": report.waiting,
        "stopped": report.stopped,
        "faults": faults,
        "dry_run": dry_run,
    }


def _where(kind: str, pointer: str, form: Format) -> dict[str, str]:
    return {"column": column_of(kind, pointer)} if form is Format.CSV else {"pointer": pointer}


def _sentence(fault: LineFault, form: Format) -> str:
    return one_line(Fault(next(iter(_where(fault.type, fault.pointer, form).values())), fault.detail), whole="the line")


def _print_report(report: Report, file: str, form: Format, *, dry_run: bool, recorded: bool) -> None:
    for fault in report.faults:
        say(f"{file}:{fault.line}: {_sentence(fault, form)}", err=True)
    if report.refused:
        say(_refusals(report), err=True)
    added = _list(report.recorded) or "nothing new"
    if dry_run:
        say(f"would record {added}; nothing was recorded (--dry-run)")
    elif recorded:
        say(f"recorded {added}")
    else:
        say("nothing was recorded: fix these lines, or add --partial to import the others", err=True)
    if present := _list({f"{kind} lines": count for kind, count in report.present.items()}):
        say(f"on record already: {present}")
    if report.waiting:
        changes = f"{report.waiting} change{' waits' if report.waiting == 1 else 's wait'}"
        say(f"{changes} until another person approves, as settled scores would move: see /changes")


def _refusals(report: Report) -> str:
    more = f"; the first {MAX_FAULTS} faults are shown" if len(report.faults) == MAX_FAULTS else ""
    at_least = "at least " if report.stopped else ""
    return f"{at_least}{report.refused} line{'' if report.refused == 1 else 's'} refused{more}"


def _list(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{count} {name if count != 1 else name.removesuffix('s')}" for name, count in counts.items() if count
    )


PARTS = (
    "all, commentators, sources, questions, predictions, resolutions, which can be imported again; "
    "or scores, leaderboard, ledger"
)


def export(
    form: Annotated[Format, typer.Option("--format")] = Format.JSONL,
    what: Annotated[What, typer.Option(metavar="PART", help=PARTS)] = What.ALL,
    output: Annotated[Path | None, typer.Option("--output", "-o", dir_okay=False, help="default: stdout")] = None,
) -> None:
    """Export the record, or a part of it, to a file or to standard output."""
    with ready() as (_, engine), read_transaction(engine) as session, _target(output) as file, progress_bar() as bar:
        task = bar.add_task(f"exporting {what}", total=None, visible=output is not None)
        count = write(content_of(session, what, clock.now()), file, form, lambda: bar.advance(task))
    if output is not None:
        say(f"{count} lines written to {output}")


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    if output is not None:
        with output.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield file
        file.flush()
    finally:
        file.detach()  # standard output stays open
