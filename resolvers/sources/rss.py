"""A resolver that searches an RSS or Atom feed for words. A match only suggests an outcome to a person."""

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
from resolvers.sources.text import compact_json, contains_words, normalize

MAX_FIELD = 10_000
MAX_ENTRIES = 1_000
_DTD = re.compile(rb"\A(?:(?!<(?:rss|feed|rdf:RDF)\b).)*?<!(?:DOCTYPE|ENTITY)", re.IGNORECASE | re.DOTALL)
#: The end of a whole feed, which only comments and instructions may follow, within ``MAX_TAIL`` bytes.
_END = re.compile(
    rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--(?:(?!-->).)*-->|<\?(?:(?!\?>).)*\?>)*\Z", re.IGNORECASE | re.DOTALL
)
MAX_TAIL = 2_000
_TAG = re.compile(r"<[^<>]*>")  # no `<` inside: otherwise each of many that are never closed is searched to the end

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class FeedConfig(Config):
    """The feed, and the words in title and summary of an entry: ``all``, at least one of ``any``, none of ``none``.

    Words are whole words in this order, ignoring case and accents. ``since`` leaves out older entries.
    """

    url: HttpUrl
    all: list[Words] = Field(default=[], max_length=50)
    any: list[Words] = Field(default=[], max_length=50)
    none: list[Words] = Field(default=[], max_length=50)
    since: date | None = None

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        if not self.all and not self.any:
            raise ValueError("needs words in all or any: give some")
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


class FeedResolver:
    """RSS and Atom feeds: an entry with the words suggests yes, at the lowest confidence."""

    key = "feed"
    version = "1"
    settings: type[Config] = FeedConfig

    def probe(self, question: ProbedQuestion, config: FeedConfig, fetch: Fetch) -> Probe:
        """Probe once; the earliest matching entry within the days of the question is proposed."""
        fetched = fetch.get(str(config.url))
        entries, undated = parse_entries(fetched.body, question)
        matching = sorted(filter(partial(matches, config), entries), key=attrgetter("moment", "id"))
        observed = [f"{len(entries)} entries with a date, {undated} without; {len(matching)} match"]
        observed += [f"{entry.day} {entry.title[:150]} {entry.link[:150]}" for entry in matching[:10]]
        first = next((entry for entry in matching if question.covers(entry.moment)), None)
        if first is None:
            return Probe(observed=tuple(observed), reason="no entry within the question's days matches")
        excerpt = compact_json({"day": first.day, "id": first.id[:100], "title": first.title[:120]}, 300)
        reason = f"an entry of {first.day} has the words: {first.title[:200]}"
        proposal = ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=YES,
            event_date=first.day,
            observed_at=fetched.fetched_at,
            confidence=KEYWORD,
            basis=Basis.POSITIVE,
            rationale=f"A suggestion only: {reason}. {first.link[:300]}",
            evidence=(cite(fetch, fetched, locator=f"entry {first.id[:200]}", excerpt=excerpt),),
        )
        return Probe(observed=tuple(observed), reason=reason, proposal=proposal)


def matches(config: FeedConfig, entry: FeedEntry) -> bool:
    """Return whether an entry has the words."""
    if config.since and entry.day < config.since:
        return False
    text = normalize(f"{entry.title} {entry.text}")
    has = {words: contains_words(text, normalize(words)) for words in (*config.all, *config.any, *config.none)}
    matched = all(has[words] for words in config.all) and (not config.any or any(has[words] for words in config.any))
    return matched and not any(has[words] for words in config.none)


def parse_entries(body: bytes, question: ProbedQuestion) -> tuple[list[FeedEntry], int]:
    """Return the entries with a date, each once, and how many have none. Raises ``SourceChanged`` if it is no feed.

    A feed with errors in its XML is parsed as far as possible, but one that breaks off is not: the words that would
    exclude an entry may be in the rest.
    """
    ascii_body = body.replace(b"\0", b"")  # without the NULs, UTF-16 reads like ASCII here
    if _DTD.search(ascii_body):
        raise SourceChanged("the feed contains a DTD, which plain RSS and Atom never do: use another feed")
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version"):
        raise SourceChanged("the address does not return an RSS or Atom feed: check it")
    if not _END.search(ascii_body[-MAX_TAIL:]):
        raise SourceChanged("the feed breaks off before its end: try again later, or use another feed")
    entries_by_id: dict[str, FeedEntry] = {}
    undated = 0
    for raw in feed.entries[:MAX_ENTRIES]:
        stamp = raw.get("published_parsed") or raw.get("updated_parsed")
        if stamp is None:
            undated += 1
            continue
        moment = datetime.fromtimestamp(timegm(stamp), UTC)
        entry = _entry(raw, moment, question.day(moment))
        entries_by_id.setdefault(entry.id, entry)
    return list(entries_by_id.values()), undated


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
    """Return the text without markup, at most 10,000 characters of it."""
    return " ".join(html.unescape(_TAG.sub(" ", str(value or "")[:MAX_FIELD])).split())
