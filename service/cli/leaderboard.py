"""The command `trackrecord leaderboard`, and the options of time that other commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from predictions.audit.as_of import rebuild
from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import Sort, board, explanation
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters, Include, Revisions
from predictions.schemas.board_item import BoardItem
from predictions.schemas.fields import Instant
from service.cache.as_of_cache import refuse_future
from service.cli.common import AsJson, clock, print_json, print_table, ready
from service.db.engine import read_transaction

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_NAMES = ("rank", "tier", "commentator", "resolved", "open", "Brier", "90%", "skill", "90%")


def when(value: str | None) -> datetime | None:
    """Parse a time or date in the format of the API. Raises ``typer.BadParameter``."""
    if value is None:
        return None
    try:
        return _INSTANT.validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None


@contextmanager
def record_at(engine: Engine, instant: datetime | None) -> Iterator[tuple[Session, datetime]]:
    """Open the record as of an instant, or now, and yield both. Raises ``InvalidInput`` for the future."""
    now = clock.now()
    with read_transaction(engine) as session:
        if instant is None:
            yield session, now
            return
        refuse_future(instant, now)
        rebuilt = rebuild(session, instant)
        try:
            with Session(rebuilt) as past:
                yield past, instant
        finally:
            rebuilt.dispose()


def leaderboard(
    revisions: Annotated[Revisions, typer.Option(help="which prediction of each commentator counts")] = "opening",
    topic: str | None = None,
    event: Annotated[str | None, typer.Option(help="an event (group of questions)")] = None,
    since: Annotated[Any, typer.Option("--from", parser=when, metavar="TIME", help="deadline at or after")] = None,
    until: Annotated[Any, typer.Option("--to", parser=when, metavar="TIME", help="deadline before")] = None,
    deadline_basis: DeadlineBasis | None = None,
    verbal: Annotated[
        bool | None, typer.Option("--verbal/--numbers", help="only verbal or only numeric predictions")
    ] = None,
    recorded_late: Annotated[
        bool | None, typer.Option("--recorded-late/--in-time", help="only predictions recorded late, or only in time")
    ] = None,
    conditional: Annotated[bool | None, typer.Option("--conditional/--unconditional")] = None,
    commentator_kind: Annotated[CommentatorKind | None, typer.Option("--kind", help="kind of commentator")] = None,
    outlet: str | None = None,
    source: Annotated[int | None, typer.Option(min=1, help="a source's id")] = None,
    include: Annotated[Include, typer.Option(help="resolved: also before the deadline")] = "deadline_passed",
    min_resolved: Annotated[int, typer.Option(min=0)] = 0,
    sort: Annotated[Sort | None, typer.Option(help="default: skill; brier for other revisions")] = None,
    as_of: Annotated[Any, typer.Option(parser=when, metavar="TIME", help="show the record as of this time")] = None,
    limit: Annotated[int, typer.Option(min=1, help="rows shown")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the leaderboard with intervals of ranks and scores."""
    given = dict(locals())
    filters = Filters(**{field.name: given[field.name] for field in fields(Filters) if field.name in given})
    order = sort or ("skill" if revisions == "opening" else "brier")
    with ready() as (_, engine), record_at(engine, as_of) as (session, now):
        made = estimate(session, filters, revisions, now)
        items = board(session, filters, revisions, made, sort=order, min_resolved=min_resolved, now=now)
    shown = items[:limit]
    if as_json:
        method = explanation(made.ranking) | {"revisions": revisions, "sort": order}
        lines = [item.model_dump(mode="json") for item in shown]
        print_json({"items": lines, "total": len(items), "as_of": now.isoformat(), "method": method})
        return
    if not items:
        typer.echo("no predictions match: record one with trackrecord predict, or import a file")
        return
    print_table(_NAMES, map(_row, shown), right=(3, 4, 5, 7), fold=(2,), spare=(4,))
    if len(shown) < len(items):
        typer.echo(f"{len(items) - len(shown)} more: raise --limit")


def _row(item: BoardItem) -> tuple[object, ...]:
    ranked = item.rank is not None
    waiting = item.open + item.overdue
    return (
        f"{item.rank} ({item.rank_low}-{item.rank_high})" if ranked else item.status.replace("_", " "),
        item.tier if ranked else "-",
        item.commentator.name + (" (invented)" if item.commentator.invented else ""),
        item.resolved,
        waiting,
        _number(item.brier, ".3f"),
        _range(item.brier_low, item.brier_high, ".2f", "-"),
        _number(item.skill, "+.1f"),
        _range(item.skill_low, item.skill_high, "+.0f", " to "),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _range(low: float | None, high: float | None, form: str, to: str) -> str:
    return "" if low is None or high is None else f"{low:{form}}{to}{high:{form}}"
