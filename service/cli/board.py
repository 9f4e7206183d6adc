"""Commands that read the record."""

from rich.table import Table

from predictions.leaderboard import board, estimate
from predictions.scored import Filters
from service.cli.common import AsJson, clock, out, print_json, ready
from service.database import reading


def leaderboard(topic: str | None = None, as_json: AsJson = False) -> None:
    """Show the leaderboard."""
    filters, now = Filters(topic=topic), clock.now()
    with ready() as (_, engine), reading(engine) as session:
        items = board(session, filters, "opening", estimate(session, filters, "opening", now), now=now)
    if as_json:
        print_json([item.model_dump(mode="json") for item in items])
        return
    table = Table("rank", "commentator", "resolved", "open", "Brier", "90% interval")
    for item in items:
        brier = "" if item.brier is None else f"{item.brier:.3f}"
        interval = "" if item.brier_low is None else f"{item.brier_low:.2f} to {item.brier_high:.2f}"
        rank = str(item.rank or "too few")
        table.add_row(rank, item.commentator.name, str(item.resolved), str(item.open + item.overdue), brier, interval)
    out.print(table)
