"""Mirrors of prediction markets: what a market settled on is proposed for the question that a person paired it with.

The four sites differ in their fields alone (``market_sites``). A price is never read as an outcome.
"""

from datetime import date
from typing import Any

from pydantic import Field, HttpUrl

from predictions.enums import ANNULLED
from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.evidence import MAX_EXCERPT, NAME_ONLY, NO, SETTLED_MARKET, Basis, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.market_settlement import Settlement, kalshi, manifold, metaculus, polymarket
from resolvers.sources.parsing import read_json
from resolvers.sources.text import compact

PATH_PART = r"^[A-Za-z0-9._~-]{1,300}$"


class MarketConfig(Config):
    """The market, and whether a person has checked that its criteria and deadline are those of the question.

    Without that check the confidence is lower, and a market's "no" waits for the question's own deadline.
    """

    market: str = Field(pattern=PATH_PART, description="the market's id, slug or ticker")
    criteria_match: bool = False


class ManifoldConfig(MarketConfig):
    """``market`` is an id, or a slug where ``by_slug`` is set."""

    by_slug: bool = False
    base_url: HttpUrl = HttpUrl("https://api.manifold.markets")


class PolymarketConfig(MarketConfig):
    """``market`` is a slug, or a condition id that begins with 0x."""

    yes_outcome: str = Field(
        default="Yes", min_length=1, max_length=120, description="the market's outcome that is yes"
    )
    base_url: HttpUrl = HttpUrl("https://gamma-api.polymarket.com")


class KalshiConfig(MarketConfig):
    """``market`` is a ticker."""

    base_url: HttpUrl = HttpUrl("https://api.elections.kalshi.com/trade-api/v2")


class MetaculusConfig(MarketConfig):
    """``market`` is the number of a post; the token lies in the environment."""

    market: str = Field(pattern=r"^[0-9]{1,12}$")
    token_env: str = Field(default="TRACKRECORD_FEED_METACULUS", pattern=r"^TRACKRECORD_FEED_[A-Z0-9_]{1,60}$")
    base_url: HttpUrl = HttpUrl("https://www.metaculus.com")


class MarketMirror:
    """The mirror of one site. ``look`` finds the market there and reads it."""

    version = "1"
    keeps_snapshots = True

    def __init__(self, key: str, site: str, settings: type[MarketConfig]) -> None:
        self.key = key
        self.site = site
        self.settings: type[Config] = settings

    def look(self, config: Any, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """The answer of the site, and what it says."""
        raise NotImplementedError

    def probe(self, question: ProbedQuestion, config: MarketConfig, fetch: Fetch) -> Probe:
        """Look once. Raises ``SourceChanged`` where the market's fields are not those of the site."""
        fetched, settlement = self.look(config, fetch)
        observed = (f"{self.site} {config.market}: {compact(settlement.facts)}",)
        if settlement.outcome is None:
            return Probe(observed=observed, reason=settlement.reason)
        if settlement.outcome == NO and not config.criteria_match and fetch.now() <= question.deadline:
            return Probe(
                observed=observed,
                reason="the market settled on no, and this question still has time: its deadline comes first",
            )
        day = event_day(question, settlement)
        excerpt = compact(settlement.facts, MAX_EXCERPT)
        proposal = ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=settlement.outcome,
            event_date=day,
            observed_at=fetched.fetched_at,
            confidence=SETTLED_MARKET if config.criteria_match else NAME_ONLY,
            basis=Basis.VOID if settlement.outcome == ANNULLED else Basis.SETTLED,
            rationale=f"The {self.site} market {config.market}: {settlement.reason}. "
            + ("" if config.criteria_match else "Nobody has checked that its criteria are those of this question."),
            evidence=(cite(fetch, fetched, locator=settlement.locator, excerpt=excerpt, keep=self.keeps_snapshots),),
        )
        return Probe(observed=observed, reason=settlement.reason, proposal=proposal)


def event_day(question: ProbedQuestion, settlement: Settlement) -> date | None:
    """The latest day on which the event can have happened: a market that closed cannot settle on a later one."""
    return min((question.day(end) for end in settlement.ends), default=None)


class Manifold(MarketMirror):
    """Manifold Markets."""

    def look(self, config: ManifoldConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """One market, by id or slug."""
        kind = "slug" if config.by_slug else "market"
        fetched = fetch.get(f"{base(config.base_url)}/v0/{kind}/{config.market}")
        data = read_json(fetched, self.site)
        return fetched, manifold(named(data, "slug" if config.by_slug else "id", config.market, self.site))


class Polymarket(MarketMirror):
    """Polymarket. Its list hides closed markets unless asked for them."""

    def look(self, config: PolymarketConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """One market, first among the closed ones, then among the open."""
        field, query = ("conditionId", "condition_ids") if config.market.startswith("0x") else ("slug", "slug")
        for closed in ("&closed=true", ""):
            fetched = fetch.get(f"{base(config.base_url)}/markets?{query}={config.market}{closed}")
            data = read_json(fetched, self.site)
            if not isinstance(data, list):
                raise SourceChanged(f"{self.site} no longer answers with a list of markets")
            if data:
                return fetched, polymarket(named(data[0], field, config.market, self.site), config.yes_outcome)
        raise SourceChanged(f"{self.site} knows no market {config.market}: check the slug or condition id")


class Kalshi(MarketMirror):
    """Kalshi."""

    def look(self, config: KalshiConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """One market, by ticker."""
        fetched = fetch.get(f"{base(config.base_url)}/markets/{config.market}")
        data = read_json(fetched, self.site)
        market = data.get("market") if isinstance(data, dict) else None
        return fetched, kalshi(named(market, "ticker", config.market, self.site))


class Metaculus(MarketMirror):
    """Metaculus. Its terms allow no copies: of what was seen only hash and outcome are kept."""

    keeps_snapshots = False

    def look(self, config: MetaculusConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """One question, by the number of its post."""
        headers = {"Authorization": f"Token {fetch.secret(config.token_env)}"}
        fetched = fetch.get(f"{base(config.base_url)}/api/posts/{config.market}/", headers=headers)
        return fetched, metaculus(named(read_json(fetched, self.site), "id", config.market, self.site))


def named(row: Any, field: str, name: str, site: str) -> dict[str, Any]:
    """The row, if it is the one that was asked for. Raises ``SourceChanged`` where it is another, or none."""
    if not isinstance(row, dict):
        raise SourceChanged(f"{site} no longer answers with a market: its format may have changed")
    if str(row.get(field, name)) != name:
        raise SourceChanged(f"{site} answered with another market than {name}: check the name")
    return row


def base(url: HttpUrl) -> str:
    """An address without a slash at its end."""
    return str(url).rstrip("/")


MIRRORS: tuple[MarketMirror, ...] = (
    Manifold("manifold", "Manifold", ManifoldConfig),
    Polymarket("polymarket", "Polymarket", PolymarketConfig),
    Kalshi("kalshi", "Kalshi", KalshiConfig),
    Metaculus("metaculus", "Metaculus", MetaculusConfig),
)
