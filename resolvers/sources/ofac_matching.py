"""Decide which entities in the deltas of OFAC a question about US sanctions concerns."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, StringConstraints

from resolvers.outbound.client import FetchedResponse
from resolvers.sources.interface import Config
from resolvers.sources.ofac_parser import ADD, CHANGE, EASTERN, REMOVE, Delta, EntityPart, ListedEntity, Publication
from resolvers.sources.text import contains_words, normalize

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class OfacConfig(Config):
    """The entities that the question concerns. An entity must meet every condition that is set.

    ``names`` are compared with all names of an entity, ignoring case, accents and punctuation: ``contains`` finds the
    words anywhere in a name (also in those of subsidiaries: exclude these by ``exclude_ids``), ``whole`` allows no
    other words. The action ``add`` includes a listed entity that is newly put under a programme or on a list.
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
    grace_hours: int = Field(default=24, ge=0, le=24 * 30, description="hours after the deadline before proposing no")
    base_url: HttpUrl = HttpUrl("https://sanctionslistservice.ofac.treas.gov")


@dataclass(frozen=True)
class ListingMatch:
    """An entity that the question concerns, the response that lists it, and the day on which it counts."""

    entity: ListedEntity
    fetched: FetchedResponse
    day: date


@dataclass
class SearchLog:
    """Progress of one probe. ``deltas`` are hashes; ``unclear`` are entities that may or may not match.

    ``reversed`` are matching entities for which a later publication did the opposite, by id.
    """

    histories: list[FetchedResponse]
    publications: list[Publication]
    deltas: list[str] = field(default_factory=list)
    matches: list[ListingMatch] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    reversed: dict[str, ListingMatch] = field(default_factory=dict)

    def add_delta(
        self, config: OfacConfig, publication: Publication, fetched: FetchedResponse, delta: Delta, day: date
    ) -> None:
        """Check every entity of a delta and store the matches."""
        matches = []
        for entity in delta.entities:
            matched = is_match(config, entity, delta.day)
            if matched is None:
                self.unclear.append(f"entity {entity.id}")
            elif matched:
                matches.append(entity)
        self.matches += [ListingMatch(entity, fetched, day) for entity in matches]
        if matches:
            self.lines.append(f"{day} publication {publication.id}: {'; '.join(map(describe, matches[:5]))}")

    def add_reversals(self, config: OfacConfig, fetched: FetchedResponse, delta: Delta, day: date) -> None:
        """Note which entities that matched in an earlier delta this one removes again (or adds, if removal counts)."""
        known, opposite = {match.entity.id for match in self.matches}, opposite_of(config)
        for entity in delta.entities if opposite else ():
            if entity.id not in known:
                continue
            if entity.action == opposite or _reverses(config, entity, delta.day, opposite):
                self.reversed[entity.id] = ListingMatch(entity, fetched, day)
                self.lines.append(f"{day}: {describe(entity)}, which reverses an earlier match")
            elif is_match(config, entity, delta.day):
                self.reversed.pop(entity.id, None)

    def distinct_matches(self) -> list[ListingMatch]:
        """Return each matching entity once, at its first match, oldest first."""
        first = {match.entity.id or match.entity.name: match for match in reversed(self.matches)}
        return sorted(first.values(), key=lambda match: match.day)


def opposite_of(config: OfacConfig) -> Literal["add", "remove"] | None:
    """Return the action that reverses the one that counts; None if both count."""
    if len(set(config.actions)) > 1:
        return None
    return "remove" if config.actions[0] == ADD else "add"


def _reverses(config: OfacConfig, entity: ListedEntity, day: date, opposite: Literal["add", "remove"] | None) -> bool:
    """Return whether an entity changed in place left (or came under) what the question concerns."""
    reversing = config.model_copy(update={"actions": [opposite], "names": [], "entity_ids": []})
    return entity.action == CHANGE and bool(is_match(reversing, entity, day))


def event_time(publication: Publication, delta: Delta) -> datetime | date:
    """Return when a publication came out: the minute from the history, or only the day.

    The delta has a date, at midnight US Eastern time. If the history has another day, or midnight too, the date of the
    delta counts.
    """
    published = publication.published
    if published.date() != delta.day or published.time() == published.min.time():
        return delta.day
    return published.replace(tzinfo=EASTERN)


def is_match(config: OfacConfig, entity: ListedEntity, day: date) -> bool | None:
    """Return whether the question concerns this entity; None if the delta does not name the entity."""
    if entity.id in config.exclude_ids or (entity.entity_type and config.entity_type not in (None, entity.entity_type)):
        return False
    programs = [part for part in entity.programs if part.text in config.programs]
    lists = [part for part in entity.lists if part.text in config.lists or not config.lists]
    if not programs or (entity.lists and not lists) or not _action_matches(config, entity, programs, lists, day):
        return False
    if not config.names and not config.entity_ids:
        return True
    if entity.id in config.entity_ids:
        return True
    if config.names and not entity.names:
        return None
    return any(_name_matches(config, name) for name in entity.names)


def _action_matches(
    config: OfacConfig, entity: ListedEntity, programs: list[EntityPart], lists: list[EntityPart], day: date
) -> bool:
    """Return whether the wanted action happened to the entity, or to its listing or programme by a change in place."""
    if entity.action != CHANGE:
        return entity.action in config.actions
    part_actions = {part.action for part in (*programs, *lists)}
    if ADD in config.actions and (ADD in part_actions or any(part.published == day.isoformat() for part in lists)):
        return True
    return REMOVE in config.actions and REMOVE in part_actions


def _name_matches(config: OfacConfig, name: str) -> bool:
    text = normalize(name)
    wanted = map(normalize, config.names)
    return any(text == words if config.match == "whole" else contains_words(text, words) for words in wanted)


def describe(entity: ListedEntity) -> str:
    """Return an entity in one line."""
    programs = ", ".join(part.text for part in entity.programs)
    return f"{entity.action} {entity.id} {entity.name} [{programs}]"
