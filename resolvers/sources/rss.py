"""Watches an RSS or Atom feed for words. What it finds is a lead for a person, never more."""

import html
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from operator import attrgetter
from typing import Annotated, Any, Self

import feedparser
from pydantic import Field, HttpUrl, StringConstraints, model_validator

from resolvers.errors import SourceChanged
from resolvers.sources.evidence import KEYWORD, YES, Basis, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.text import compact, contains_words, plain

MAX_FIELD = 10_000
MAX_ENTRIES = 1_000
_DTD = re.compile(rb"\A(?:(?!<(?:rss|feed|rdf:RDF)\b).)*?<!(?:DOCTYPE|ENTITY)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class FeedWatchConfig(Config):
    """The feed, and the words that title and summary of one entry must have: ``all``, one of ``any``, none of ``none``.

    Words are whole words in their order, without regard to case and accents. ``since`` leaves out older entries.
    """

    url: HttpUrl
    all: list[Words] = Field(default=[], max_length=50)
    any: list[Words] = Field(default=[], max_length=50)
    none: list[Words] = Field(default=[], max_length=50)
    since: date | None = None

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if not self.all and not self.any:
            raise ValueError("give words in all or any")
        return self


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed."""

    id: str
    title: str
    text: str
    link: str
    moment: datetime
    day: date


class FeedWatch:
    """The resolver of feeds: leads to yes, at the lowest confidence."""

    key = "feed"
    version = "1"
    settings: type[Config] = FeedWatchConfig

    def probe(self, question: ProbedQuestion, config: FeedWatchConfig, fetch: Fetch) -> Probe:
        """Look once; the earliest fitting entry of the question's days is the lead."""
        fetched = fetch.get(str(config.url))
        entries, undated = read_entries(fetched.body, question)
        fitting = sorted(filter(partial(fits, config), entries), key=attrgetter("moment", "id"))
        observed = [f"{len(entries)} entries with a date, {undated} without; {len(fitting)} fit"]
        observed += [f"{entry.day} {entry.title[:150]} {entry.link[:150]}" for entry in fitting[:10]]
        lead = next((entry for entry in fitting if question.covers(entry.moment)), None)
        if lead is None:
            return Probe(observed=tuple(observed), reason="no entry of the question's days fits")
        excerpt = compact({"day": lead.day, "id": lead.id[:100], "title": lead.title[:120]}, 300)
        reason = f"an entry of {lead.day} has the words: {lead.title[:200]}"
        proposal = ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=YES,
            event_date=lead.day,
            observed_at=fetched.fetched_at,
            confidence=KEYWORD,
            basis=Basis.POSITIVE,
            rationale=f"A lead only: {reason}. {lead.link[:300]}",
            evidence=(cite(fetch, fetched, locator=f"entry {lead.id[:200]}", excerpt=excerpt),),
        )
        return Probe(observed=tuple(observed), reason=reason, proposal=proposal)


def fits(config: FeedWatchConfig, entry: FeedEntry) -> bool:
    """Whether an entry has the words."""
    if config.since and entry.day < config.since:
        return False
    text = plain(f"{entry.title} {entry.text}")
    has = {words: contains_words(text, plain(words)) for words in (*config.all, *config.any, *config.none)}
    wanted = all(has[words] for words in config.all) and (not config.any or any(has[words] for words in config.any))
    return wanted and not any(has[words] for words in config.none)


def read_entries(body: bytes, question: ProbedQuestion) -> tuple[list[FeedEntry], int]:
    """The entries that have a date, each once, and how many have none. Raises ``SourceChanged`` for no feed at all.

    A feed with faults in its XML is read as far as it goes: an entry that is there is there.
    """
    if _DTD.search(body.replace(b"\0", b"")):  # without the NULs, UTF-16 reads like ASCII here
        raise SourceChanged("the feed comes with a DTD: it is no plain RSS or Atom")
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version"):
        raise SourceChanged("the address gives no RSS or Atom feed: check it")
    found: dict[str, FeedEntry] = {}
    undated = 0
    for raw in feed.entries[:MAX_ENTRIES]:
        stamp = raw.get("published_parsed") or raw.get("updated_parsed")
        if stamp is None:
            undated += 1
            continue
        moment = datetime.fromtimestamp(timegm(stamp), UTC)
        entry = _entry(raw, moment, question.day(moment))
        found.setdefault(entry.id, entry)
    return list(found.values()), undated


def _entry(raw: Mapping[str, Any], moment: datetime, day: date) -> FeedEntry:
    title, link = _text(raw.get("title")), str(raw.get("link") or "")[:2_000]
    return FeedEntry(
        id=str(raw.get("id") or link or title)[:2_000],
        title=title,
        text=_text(raw.get("summary")),
        link=link if link.startswith(("http://", "https://")) else "",
        moment=moment,
        day=day,
    )


def _text(value: Any) -> str:
    """Text without markup, at most 10,000 characters of it."""
    return " ".join(html.unescape(_TAG.sub(" ", str(value or "")[:MAX_FIELD])).split())
