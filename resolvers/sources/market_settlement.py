"""Read from the response of each market site whether and how a market has settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, DecimalException
from typing import Any

from predictions.enums import ANNULLED
from resolvers.errors import SourceChanged
from resolvers.sources.evidence import NO, YES
from resolvers.sources.parsing import FORMAT_CHANGED, load_json, parse_time

Row = Mapping[str, Any]
Moment = datetime | date


@dataclass(frozen=True)
class Settlement:
    """State of a market. ``outcome`` is None if it has not settled on yes, no or void; ``reason`` says why.

    ``facts`` are the decisive fields; ``times`` are times by which the event must have happened. ``final``: it never
    will settle on any of the three.
    """

    outcome: str | None
    reason: str
    locator: str
    facts: dict[str, Any] = field(default_factory=dict)
    times: tuple[Moment, ...] = ()
    final: bool = False


def _facts(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _times(row: Row, site: str, *names: str) -> tuple[Moment, ...]:
    """Return the times in those fields that are set."""
    return tuple(parse_time(row[name], site) for name in names if row.get(name) not in (None, ""))


def read_manifold(row: Row) -> Settlement:
    """Read a Manifold market: ``isResolved``, and ``resolution`` YES, NO, MKT or CANCEL; times in ms since 1970."""
    facts = _facts(row, "id", "isResolved", "resolution", "resolutionProbability", "resolutionTime", "closeTime")
    if not isinstance(row.get("isResolved"), bool):
        raise SourceChanged(f"Manifold sent a market without isResolved: {FORMAT_CHANGED}")
    locator = "$.resolution"
    if not row["isResolved"]:
        return Settlement(None, "the market is not resolved", locator, facts)
    kind = row.get("outcomeType", "BINARY")
    if kind != "BINARY":
        return Settlement(None, f"the market is {kind}, not yes or no: read it by hand", locator, facts, final=True)
    resolution = row.get("resolution")
    if resolution == "MKT":
        share = row.get("resolutionProbability")
        reason = f"the market resolved to a share ({share}), which cannot be read as yes or no: resolve it by hand"
        return Settlement(None, reason, locator, facts, final=True)
    outcome = {"YES": YES, "NO": NO, "CANCEL": ANNULLED}.get(str(resolution))
    if outcome is None:
        raise SourceChanged(f"Manifold resolved to {str(resolution)[:40]!r}, which is unknown: read it by hand")
    times = _times(row, "Manifold", "resolutionTime", "closeTime")
    return Settlement(outcome, f"it resolved to {resolution}", locator, facts, times)


def read_polymarket(row: Row, yes_outcome: str) -> Settlement:
    """Read a Polymarket market: closed, with ``umaResolutionStatus`` resolved; fields hold JSON in strings.

    Final prices are 1 and 0; 0.5 each is void. Other prices are those of a market still trading, and are ignored.
    """
    facts = _facts(row, "id", "closed", "umaResolutionStatus", "outcomes", "outcomePrices", "umaEndDate", "closedTime")
    locator = "$[0].outcomePrices"
    if not isinstance(row.get("closed"), bool):
        raise SourceChanged(f"Polymarket sent a market without closed: {FORMAT_CHANGED}")
    if not row["closed"]:
        return Settlement(None, "the market is not closed", locator, facts)
    status = row.get("umaResolutionStatus")
    if not status:
        reason = "the market is an old one without a resolution status: read it by hand"
        return Settlement(None, reason, locator, facts, final=True)
    if status != "resolved":
        return Settlement(None, f"its resolution is {str(status)[:40]}, which may still change", locator, facts)
    names, prices = _string_list(row, "outcomes"), _string_list(row, "outcomePrices")
    if len(set(names)) != 2 or len(names) != 2 or len(prices) != 2 or yes_outcome not in names:
        reason = f"the market does not have {yes_outcome!r} as one of two outcomes: correct yes_outcome"
        return Settlement(None, reason, locator, facts, final=True)
    yes_index = names.index(yes_outcome)
    payout = (_price(prices[yes_index]), _price(prices[1 - yes_index]))
    outcome = {(1, 0): YES, (0, 1): NO, (Decimal("0.5"), Decimal("0.5")): ANNULLED}.get(payout)
    if outcome is None:
        return Settlement(None, f"its prices {prices} are not those of a settled market", locator, facts)
    times = _times(row, "Polymarket", "umaEndDate", "closedTime", "endDate")
    return Settlement(outcome, f"it settled with {yes_outcome} at {prices[yes_index]}", locator, facts, times)


def _string_list(row: Row, name: str) -> list[str]:
    try:
        value = load_json(row[name], "Polymarket")
    except (KeyError, TypeError, ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise SourceChanged(f"Polymarket sent {name} that is not a JSON list in a string: {FORMAT_CHANGED}")
    return [str(item) for item in value]


def _price(text: str) -> Decimal:
    try:
        return Decimal(text).normalize()  # raises for a signalling NaN and for numbers out of range
    except DecimalException:
        raise SourceChanged(
            f"Polymarket sent the price {text[:40]!r}, which is not a number: read it by hand"
        ) from None


KALSHI_UNSETTLED = {
    "initialized": "the market is not open yet",
    "active": "the market is open",
    "inactive": "the market is paused",
    "closed": "the market is closed, and its result not known",
    "determined": "the result may still be disputed",
    "disputed": "the result is disputed",
    "amended": "the result was changed, and may be disputed",
}


def read_kalshi(row: Row) -> Settlement:
    """Read a Kalshi market: ``status`` finalized, ``result`` yes, no or scalar; a scalar one is shown, not proposed."""
    facts = _facts(
        row, "ticker", "status", "result", "settlement_value_dollars", "expiration_value", "settlement_ts", "close_time"
    )
    status, locator = str(row.get("status")), "$.market.result"
    if status in KALSHI_UNSETTLED:
        return Settlement(None, KALSHI_UNSETTLED[status], locator, facts)
    if status != "finalized":
        raise SourceChanged(f"Kalshi sent the status {status[:40]!r}, which is unknown: read it by hand")
    result = row.get("result")
    if not isinstance(result, str):
        raise SourceChanged(f"Kalshi sent a finalized market without result: {FORMAT_CHANGED}")
    if result not in (YES, NO):
        return Settlement(None, _neither(result, row.get("settlement_value_dollars")), locator, facts, final=True)
    times = _times(row, "Kalshi", "settlement_ts", "close_time")
    return Settlement(str(result), f"it settled on {result}", locator, facts, times)


def _neither(result: str, value: Any) -> str:
    """Describe the settlement of a market that settled on neither yes nor no."""
    kind = "a scalar settlement" if result == "scalar" else f"a settlement with the result {result[:40]!r}"
    paid = f" at ${str(value)[:40]} a share" if value is not None else ""
    return f"{kind}{paid}: it cannot be read as yes or no; resolve the question by hand"


METACULUS_VOID = ("annulled", "ambiguous")


def read_metaculus(post: Row) -> Settlement:
    """Read a Metaculus post: ``question.status`` resolved, ``question.resolution`` yes, no, annulled or ambiguous.

    Metaculus may hide the resolution from users who did not predict on the question.
    """
    question, locator = post.get("question"), "$.question.resolution"
    if not isinstance(question, dict):
        reason = "the post does not have exactly one question: use a post of one question"
        return Settlement(None, reason, locator, final=True)
    facts = _facts(question, "id", "type", "status", "resolution", "actual_resolve_time", "actual_close_time")
    if "status" not in question:
        raise SourceChanged(f"Metaculus sent a question without status: {FORMAT_CHANGED}")
    if question["status"] != "resolved":
        return Settlement(None, f"the question is {str(question['status'])[:40]}", locator, facts)
    resolution = question.get("resolution")
    if resolution in (None, ""):
        return Settlement(None, "it is resolved, but only users who predicted see how", locator, facts)
    kind = question.get("type", "binary")
    if kind != "binary" and resolution not in METACULUS_VOID:
        return Settlement(None, f"the question is {kind}, not yes or no: read it by hand", locator, facts, final=True)
    outcome = ANNULLED if resolution in METACULUS_VOID else resolution
    if outcome not in (YES, NO, ANNULLED):
        raise SourceChanged(f"Metaculus resolved to {str(resolution)[:40]!r}, which is unknown: read it by hand")
    times = _times(question, "Metaculus", "actual_resolve_time", "actual_close_time")
    return Settlement(outcome, f"it resolved to {resolution}", locator, facts, times)
