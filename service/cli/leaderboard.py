"""The command `trackrecord leaderboard`, and the options of time that other commands share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from predictions.leaderboard.filters import Include, Revisions
from predictions.schemas.board_item import BoardItem
from predictions.schemas.fields import Instant
from predictions.validation import validation_errors
from service.cache.as_of_cache import refuse_future
from service.cli.common import AsJson, clock, print_json, print_table, ready, say
from service.cli.options import renamed
from service.db.engine import read_transaction
from service.web.leaderboard_query import BoardQuery

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_NAMES = ("rank", "tier", "commentator", "resolved", "open", "Brier", "90%", "skill", "90%", "late")


def when(value: str) -> datetime:
    """Parse a time or date in the format of the API. Raises ``typer.BadParameter``."""
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


def _option(field: str, *spellings: str, **more: Any) -> Any:
    """Return an option for a field of the leaderboard's query, with its description in the API."""
    return typer.Option(*spellings, help=BoardQuery.model_fields[field].description, **more)


def leaderboard(
    revisions: Annotated[Revisions, _option("revisions")] = "opening",
    topic: Annotated[str | None, _option("topic")] = None,
    event: Annotated[str | None, _option("event")] = None,
    since: Annotated[str | None, _option("since", "--from", metavar="TIME")] = None,
    until: Annotated[str | None, _option("until", "--to", metavar="TIME")] = None,
    deadline_basis: Annotated[DeadlineBasis | None, _option("deadline_basis")] = None,
    verbal: Annotated[bool | None, _option("verbal", "--verbal/--numbers")] = None,
    recorded_late: Annotated[bool | None, _option("recorded_late", "--recorded-late/--in-time")] = None,
    conditional: Annotated[bool | None, _option("conditional", "--conditional/--unconditional")] = None,
    kind: Annotated[CommentatorKind | None, _option("kind")] = None,
    outlet: Annotated[str | None, _option("outlet")] = None,
    source: Annotated[int | None, _option("source")] = None,
    include: Annotated[Include, _option("include")] = "deadline_passed",
    min_resolved: Annotated[int, _option("min_resolved")] = 0,
    sort: Annotated[Sort | None, _option("sort")] = None,
    as_of: Annotated[str | None, _option("as_of", metavar="TIME")] = None,
    worded: Annotated[bool | None, renamed("--verbal")] = None,
    limit: Annotated[int, typer.Option(min=1, help="rows shown")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the leaderboard with intervals of ranks and scores."""
    query = _query(dict(locals()))
    with ready() as (_, engine), record_at(engine, query.as_of) as (session, now):
        made = estimate(session, query.filters(), query.revisions, now)
        items = board(
            session,
            query.filters(),
            query.revisions,
            made,
            sort=query.order,
            min_resolved=query.min_resolved,
            now=now,
        )
    shown = items[:limit]
    if as_json:
        method = explanation(made.ranking) | {"revisions": query.revisions, "sort": query.order}
        lines = [item.model_dump(mode="json") for item in shown]
        print_json({"items": lines, "total": len(items), "as_of": now.isoformat(), "method": method})
        return
    if not items:
        say("no predictions match: record one with trackrecord predict, or import a file")
        return
    print_table(_NAMES, map(_row, shown), right=(3, 4, 5, 7), fold=(2,), spare=(4,))
    if len(shown) < len(items):
        say(f"{len(items) - len(shown)} more: raise --limit")


def _query(given: Mapping[str, Any]) -> BoardQuery:
    """Validate the options with the rules of the API's query. Raises ``typer.BadParameter``."""
    fields = {field.alias or name: given[name] for name, field in BoardQuery.model_fields.items() if name in given}
    try:
        return BoardQuery.model_validate(fields)
    except ValidationError as error:
        fault = validation_errors(error.errors())[0]
        raise typer.BadParameter(fault.detail, param_hint=fault.pointer.replace("/", "--").replace("_", "-")) from None


def _row(item: BoardItem) -> tuple[object, ...]:
    ranked = item.rank is not None
    waiting = item.open + item.overdue
    return (
        f"{item.rank} ({item.rank_low}-{item.rank_high})" if ranked else item.status.replace("_", " "),
        item.tier if ranked else "-",
        item.commentator.name,
        item.resolved,
        waiting,
        _number(item.brier, ".3f"),
        _range(item.brier_low, item.brier_high, ".2f", "-"),
        _number(item.skill, "+.1f"),
        _range(item.skill_low, item.skill_high, "+.0f", " to "),
        _number(item.share_recorded_late, ".0%"),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _range(low: float | None, high: float | None, form: str, to: str) -> str:
    return "" if low is None or high is None else f"{low:{form}}{to}{high:{form}}"
