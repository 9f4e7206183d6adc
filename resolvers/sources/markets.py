"""Resolvers for prediction markets: they propose the settlement of the market that a person paired with the question.

The four sites differ only in their fields (``market_settlement``). A price is never used as an outcome.
"""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any

from pydantic import Field, HttpUrl

from predictions.enums import ANNULLED, RETRACTED
from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.evidence import MAX_EXCERPT, NAME_ONLY, NO, SETTLED_MARKET, Basis, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.market_settlement import Settlement, read_kalshi, read_manifold, read_metaculus, read_polymarket
from resolvers.sources.parsing import FORMAT_CHANGED, parse_json
from resolvers.sources.text import compact_json

PATH_PART = r"^[A-Za-z0-9._~-]{1,300}$"


class MarketConfig(Config):
    """The market, and whether a person has checked that its criteria and deadline match the question.

    Without that check the confidence is lower, and a "no" of the market waits for the deadline of the question.
    """

    market: str = Field(pattern=PATH_PART, description="the market's id, slug or ticker")
    criteria_match: bool = False


class ManifoldConfig(MarketConfig):
    """``market`` is an id, or a slug with ``by_slug``."""

    by_slug: bool = False
    base_url: HttpUrl = HttpUrl("https://api.manifold.markets")


class PolymarketConfig(MarketConfig):
    """``market`` is a slug, or a condition id that begins with 0x."""

    yes_outcome: str = Field(
        default="Yes", min_length=1, max_length=120, description="the outcome of the market that counts as yes"
    )
    base_url: HttpUrl = HttpUrl("https://gamma-api.polymarket.com")


class KalshiConfig(MarketConfig):
    """``market`` is a ticker."""

    base_url: HttpUrl = HttpUrl("https://api.elections.kalshi.com/trade-api/v2")


class MetaculusConfig(MarketConfig):
    """``market`` is the number of a post; the token is read from the environment."""

    market: str = Field(pattern=r"^[0-9]{1,12}$")
    token_env: str = Field(default="TRACKRECORD_FEED_METACULUS", pattern=r"^TRACKRECORD_FEED_[A-Z0-9_]{1,60}$")
    base_url: HttpUrl = HttpUrl("https://www.metaculus.com")


class MarketResolver(ABC):
    """Resolver for one market site. ``fetch_market`` fetches a market and reads its settlement."""

    version = "1"
    keeps_snapshots = True

    def __init__(self, key: str, site: str, settings: type[MarketConfig]) -> None:
        self.key = key
        self.site = site
        self.settings: type[Config] = settings

    @abstractmethod
    def fetch_market(self, config: Any, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """Return the response of the site and the settlement in it."""

    def probe(self, question: ProbedQuestion, config: MarketConfig, fetch: Fetch) -> Probe:
        """Probe once. Raises ``SourceChanged`` if the fields of the market are not those of the site.

        A market without an outcome retracts the one on record; whether it had said that, its proposals show.
        """
        fetched, settlement = self.fetch_market(config, fetch)
        observed, reason = (f"{self.site} {config.market}: {compact_json(settlement.facts)}",), settlement.reason
        outcome = settlement.outcome or (RETRACTED if question.outcome else None)
        if outcome is None:
            return Probe(observed=observed, reason=reason, final=settlement.final)
        if outcome == NO and not config.criteria_match and fetch.now() <= question.deadline:
            return Probe(
                observed=observed,
                reason="the market settled on no, but the deadline of this question has not passed",
            )
        proposal = self._proposal(question, config, fetch, fetched, settlement, outcome)
        return Probe(observed=observed, reason=reason, proposal=proposal, final=settlement.final)

    def _proposal(
        self,
        question: ProbedQuestion,
        config: MarketConfig,
        fetch: Fetch,
        fetched: FetchedResponse,
        settlement: Settlement,
        outcome: str,
    ) -> ProposedOutcome:
        excerpt = compact_json(settlement.facts, MAX_EXCERPT)
        return ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=outcome,
            event_date=event_day(question, settlement),
            observed_at=fetched.fetched_at,
            confidence=SETTLED_MARKET if config.criteria_match else NAME_ONLY,
            basis={ANNULLED: Basis.VOID, RETRACTED: Basis.UNSETTLED}.get(outcome, Basis.SETTLED),
            rationale=f"The {self.site} market {config.market}: {settlement.reason}. "
            + ("" if config.criteria_match else "Nobody has checked that its criteria are those of this question."),
            evidence=(
                cite(fetch, fetched, locator=settlement.locator, excerpt=excerpt, store_snapshot=self.keeps_snapshots),
            ),
        )


def event_day(question: ProbedQuestion, settlement: Settlement) -> date | None:
    """Return the latest day on which the event can have happened, or None if the market gives no time."""
    return min((question.day(end) for end in settlement.times), default=None)


class Manifold(MarketResolver):
    """Markets on Manifold."""

    def fetch_market(self, config: ManifoldConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """Fetch a market by id or slug."""
        kind = "slug" if config.by_slug else "market"
        fetched = fetch.get(f"{without_trailing_slash(config.base_url)}/v0/{kind}/{config.market}")
        data = parse_json(fetched, self.site)
        return fetched, read_manifold(expect_market(data, "slug" if config.by_slug else "id", config.market, self.site))


class Polymarket(MarketResolver):
    """Markets on Polymarket, whose list leaves out closed markets unless they are requested."""

    def fetch_market(self, config: PolymarketConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """Fetch a market, first from the closed ones, then from the open."""
        field, query = ("conditionId", "condition_ids") if config.market.startswith("0x") else ("slug", "slug")
        for closed in ("&closed=true", ""):
            fetched = fetch.get(f"{without_trailing_slash(config.base_url)}/markets?{query}={config.market}{closed}")
            data = parse_json(fetched, self.site)
            if not isinstance(data, list):
                raise SourceChanged(f"{self.site} no longer returns a list of markets: {FORMAT_CHANGED}")
            if len(data) > 1:
                raise SourceChanged(
                    f"{self.site} returns {len(data)} markets for {config.market}: give its condition id"
                )
            if data:
                return fetched, read_polymarket(
                    expect_market(data[0], field, config.market, self.site), config.yes_outcome
                )
        raise SourceChanged(f"{self.site} knows no market {config.market}: check the slug or condition id")


class Kalshi(MarketResolver):
    """Markets on Kalshi."""

    def fetch_market(self, config: KalshiConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """Fetch a market by ticker."""
        fetched = fetch.get(f"{without_trailing_slash(config.base_url)}/markets/{config.market}")
        data = parse_json(fetched, self.site)
        market = data.get("market") if isinstance(data, dict) else None
        return fetched, read_kalshi(expect_market(market, "ticker", config.market, self.site))


class Metaculus(MarketResolver):
    """Questions on Metaculus. Its terms forbid copies, so only hash and outcome are stored."""

    keeps_snapshots = False

    def fetch_market(self, config: MetaculusConfig, fetch: Fetch) -> tuple[FetchedResponse, Settlement]:
        """Fetch a question by the number of its post."""
        headers = {"Authorization": f"Token {fetch.secret(config.token_env)}"}
        fetched = fetch.get(f"{without_trailing_slash(config.base_url)}/api/posts/{config.market}/", headers=headers)
        return fetched, read_metaculus(expect_market(parse_json(fetched, self.site), "id", config.market, self.site))


def expect_market(row: Any, field: str, name: str, site: str) -> dict[str, Any]:
    """Return ``row`` if it is the market that was requested. Raises ``SourceChanged`` if it is another, or none."""
    if not isinstance(row, dict):
        raise SourceChanged(f"{site} no longer returns a market: {FORMAT_CHANGED}")
    if str(row.get(field, name)) != name:
        raise SourceChanged(f"{site} returned another market than {name}: check the name")
    return row


def without_trailing_slash(url: HttpUrl) -> str:
    """Return an address without a slash at its end."""
    return str(url).rstrip("/")


MARKET_RESOLVERS: tuple[MarketResolver, ...] = (
    Manifold("manifold", "Manifold", ManifoldConfig),
    Polymarket("polymarket", "Polymarket", PolymarketConfig),
    Kalshi("kalshi", "Kalshi", KalshiConfig),
    Metaculus("metaculus", "Metaculus", MetaculusConfig),
)
