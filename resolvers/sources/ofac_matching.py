"""Whom a question about US sanctions is about, and which entities of OFAC's deltas are they."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, StringConstraints

from resolvers.outbound.client import FetchedResponse
from resolvers.sources.interface import Config
from resolvers.sources.ofac_parser import ADD, CHANGE, EASTERN, REMOVE, Delta, Listed, Part, Publication
from resolvers.sources.text import contains_words, plain

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class OfacConfig(Config):
    """Whom the question is about. Every condition that is set must hold of an entity.

    ``names`` are compared with all names of an entity, without regard to case, accents and signs: ``contains`` finds
    the words anywhere in a name (and subsidiaries with it: leave those out by ``exclude_ids``), ``whole`` wants no
    other words. ``actions`` ``add`` covers an entity on the list before that a change newly puts under a programme
    or on a list.
    """

    programs: list[Text] = Field(min_length=1, max_length=50)
    names: list[Text] = Field(default=[], max_length=200)
    match: Literal["contains", "whole"] = "contains"
    entity_ids: list[Text] = Field(default=[], max_length=200)
    entity_type: Literal["Individual", "Entity", "Vessel", "Aircraft"] | None = None
    lists: list[Text] = Field(default=["SDN List"], max_length=20)
    actions: list[Literal["add", "remove"]] = Field(default=["add"], min_length=1)
    min_count: int = Field(default=1, ge=1, le=1000)
    exclude_ids: list[Text] = Field(default=[], max_length=200)
    grace_hours: int = Field(default=24, ge=0, le=24 * 30, description="wait after the deadline before saying no")
    base_url: HttpUrl = HttpUrl("https://sanctionslistservice.ofac.treas.gov")


@dataclass(frozen=True)
class ListingMatch:
    """An entity that the question is about, where it stood, and the day on which it counts."""

    entity: Listed
    fetched: FetchedResponse
    day: date


@dataclass
class SearchLog:
    """What one look has gathered. ``deltas``: their hashes; ``unclear``: entities that may or may not be meant."""

    histories: list[FetchedResponse]
    publications: list[Publication]
    deltas: list[str] = field(default_factory=list)
    matches: list[ListingMatch] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def note(
        self, config: OfacConfig, publication: Publication, fetched: FetchedResponse, delta: Delta, day: date
    ) -> None:
        """Judge every entity of a delta."""
        found = []
        for entity in delta.entities:
            verdict = concerns(config, entity, delta.day)
            if verdict is None:
                self.unclear.append(f"entity {entity.id}")
            elif verdict:
                found.append(entity)
        self.matches += [ListingMatch(entity, fetched, day) for entity in found]
        if found:
            self.lines.append(f"{day} publication {publication.id}: {'; '.join(map(described, found[:5]))}")

    def counted(self) -> list[ListingMatch]:
        """Each entity once, at its first match, oldest first."""
        first = {match.entity.id or match.entity.name: match for match in reversed(self.matches)}
        return sorted(first.values(), key=lambda match: match.day)


def event_moment(publication: Publication, delta: Delta) -> datetime | date:
    """When a publication came out: the minute that the history has, or only the day.

    The delta has a date, stamped at midnight of US Eastern time. Where the history names another day, or has midnight
    too, that date stands as it is written.
    """
    published = publication.published
    if published.date() != delta.day or published.time() == published.min.time():
        return delta.day
    return published.replace(tzinfo=EASTERN)


def concerns(config: OfacConfig, entity: Listed, day: date) -> bool | None:
    """Whether a delta's entity is one that the question is about; None where the delta leaves out who it is."""
    if entity.id in config.exclude_ids or (entity.entity_type and config.entity_type not in (None, entity.entity_type)):
        return False
    programs = [part for part in entity.programs if part.text in config.programs]
    lists = [part for part in entity.lists if part.text in config.lists or not config.lists]
    if not programs or (entity.lists and not lists) or not _newly(config, entity, programs, lists, day):
        return False
    if not config.names and not config.entity_ids:
        return True
    if entity.id in config.entity_ids:
        return True
    if config.names and not entity.names:
        return None
    return any(_named(config, name) for name in entity.names)


def _newly(config: OfacConfig, entity: Listed, programs: list[Part], lists: list[Part], day: date) -> bool:
    """Whether the wanted action happened to the entity, or by a change in place to its listing or programme."""
    if entity.action != CHANGE:
        return entity.action in config.actions
    done = {part.action for part in (*programs, *lists)}
    if ADD in config.actions and (ADD in done or any(part.published == day.isoformat() for part in lists)):
        return True
    return REMOVE in config.actions and REMOVE in done


def _named(config: OfacConfig, name: str) -> bool:
    text = plain(name)
    wanted = map(plain, config.names)
    return any(text == words if config.match == "whole" else contains_words(text, words) for words in wanted)


def described(entity: Listed) -> str:
    """An entity in one line."""
    programs = ", ".join(part.text for part in entity.programs)
    return f"{entity.action} {entity.id} {entity.name} [{programs}]"
