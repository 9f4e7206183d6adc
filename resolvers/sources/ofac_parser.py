"""Parse the two files of OFAC's Sanctions List Service: the history of publications, and the delta of one."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.parsing import FORMAT_CHANGED, parse_json

SOURCE = "OFAC"
EASTERN = ZoneInfo("America/New_York")
ADD, REMOVE, CHANGE = "add", "remove", "change"
#: OFAC writes ``add`` and ``remove``; an entity changed in place has another action or none, and actions in its parts.
ACTIONS = {
    "add": ADD,
    "remove": REMOVE,
    "delete": REMOVE,
    "": CHANGE,
    "change": CHANGE,
    "modify": CHANGE,
    "update": CHANGE,
    "correct": CHANGE,
}


@dataclass(frozen=True)
class Publication:
    """One publication: its id and its time in US Eastern time, without a zone."""

    id: str
    published: datetime


@dataclass(frozen=True)
class EntityPart:
    """A list, programme or type of an entity, and the action on it (``""``: none given)."""

    text: str
    action: str
    published: str


@dataclass(frozen=True)
class ListedEntity:
    """One entity of a delta."""

    id: str
    action: str
    entity_type: str
    names: tuple[str, ...]
    lists: tuple[EntityPart, ...]
    programs: tuple[EntityPart, ...]
    types: tuple[EntityPart, ...]

    @property
    def name(self) -> str:
        """Return the primary name, or the first."""
        return self.names[0] if self.names else "(no name)"


@dataclass(frozen=True)
class Delta:
    """The changes of one publication. ``day`` is its date in US Eastern time."""

    day: date
    kind: str
    entities: tuple[ListedEntity, ...]


def parse_history(fetched: FetchedResponse) -> list[Publication]:
    """Parse the publications of a year. Raises ``SourceChanged`` for any invalid entry: none may be missed."""
    data = parse_json(fetched, SOURCE)
    rows = data.get("publications") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise SourceChanged(f"{SOURCE} no longer returns a list of publications: {FORMAT_CHANGED}")
    return check_unique([_publication(row) for row in rows])


def check_unique(publications: list[Publication]) -> list[Publication]:
    """Return publications each once. Raises ``SourceChanged`` if one has two times."""
    by_id: dict[str, Publication] = {}
    for item in publications:
        if by_id.setdefault(item.id, item) != item:
            raise SourceChanged(
                f"{SOURCE} lists the publication {item.id} with two times, which is ambiguous: read it by hand"
            )
    return list(by_id.values())


def _publication(row: Any) -> Publication:
    try:
        published = datetime.fromisoformat(row["datePublished"])
        given = row["publicationID"]
    except (KeyError, TypeError, ValueError):
        raise SourceChanged(f"{SOURCE} lists a publication without id or date: {FORMAT_CHANGED}") from None
    name = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not name or len(name) > 64 or not name.replace("-", "").isalnum():
        raise SourceChanged(
            f"{SOURCE} lists a publication with the id {str(given)[:64]!r}, which is invalid: read it by hand"
        )
    eastern = published.astimezone(EASTERN) if published.tzinfo else published
    return Publication(name, eastern.replace(tzinfo=None))


def parse_delta(body: bytes) -> Delta:
    """Parse a delta element by element, in any namespace.

    Raises ``SourceChanged`` for another root, a date or list of entities that is missing or occurs twice, an unknown
    action, and for XML that is incomplete or has a DTD or entities.
    """
    root: Element | None = None
    day: date | None = None
    kind, complete, entities = "", False, []
    try:
        for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
            tag = _local(element)
            if root is None:
                root = element
                if tag != "sanctionsData":
                    raise SourceChanged(f"{SOURCE} sent a {tag[:40]!r} in place of a delta: {FORMAT_CHANGED}")
            if event == "start":
                continue
            if (tag == "publicationInfo" and day) or (tag == "entities" and complete):
                raise SourceChanged(f"{SOURCE} sent a delta with {tag} twice, which is ambiguous: read it by hand")
            if tag == "publicationInfo":
                day, kind = _publication_day(element), _first(element, "publicationType")
            elif tag == "entity":
                entities.append(_entity(element))
                element.clear()
            elif tag == "entities":
                complete = True
                element.clear()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise SourceChanged(f"{SOURCE} sent invalid XML ({type(error).__name__}): {FORMAT_CHANGED}") from error
    _check_actions(entities)
    if day is None or not complete:
        raise SourceChanged(f"{SOURCE} sent a delta without publicationInfo or entities: {FORMAT_CHANGED}")
    return Delta(day, kind, tuple(entities))


def _check_actions(entities: list[ListedEntity]) -> None:
    """Raise ``SourceChanged`` if one entity is both added and removed: a delta does not say which came last."""
    actions: dict[str, set[str]] = {}
    for entity in entities:
        actions.setdefault(entity.id, set()).add(entity.action)
    for number, taken in actions.items():
        if number and {ADD, REMOVE} <= taken:
            raise SourceChanged(
                f"{SOURCE} both adds and removes the entity {number[:40]} in one delta: read it by hand"
            )


def _publication_day(info: Element) -> date:
    """Return the day of ``datePublished`` as written: OFAC writes midnight of US Eastern time."""
    text = _first(info, "datePublished")
    try:
        datetime.fromisoformat(text)
        return date.fromisoformat(text[:10])
    except ValueError:
        raise SourceChanged(
            f"{SOURCE} dates a publication {text[:40]!r}, which is not a date: read it by hand"
        ) from None


def _entity(element: Element) -> ListedEntity:
    action = element.get("action", "").strip().lower()
    if action not in ACTIONS:
        raise SourceChanged(f"{SOURCE} sent the action {action[:40]!r}, which is unknown: read it by hand")
    return ListedEntity(
        id=element.get("id", "").strip(),
        action=ACTIONS[action],
        entity_type=_first(element, "entityType"),
        names=_names(element),
        lists=_parts(element, "sanctionsList"),
        programs=_parts(element, "sanctionsProgram"),
        types=_parts(element, "sanctionsType"),
    )


def _names(entity: Element) -> tuple[str, ...]:
    """Return every name in every script, those of the primary name first."""
    ranked_names: list[tuple[bool, str]] = []
    for name in _all(entity, "name"):
        primary = any(_local(child) == "isPrimary" and _text(child) == "true" for child in name)
        for translation in _all(name, "translation"):
            full = _first(translation, "formattedFullName")
            parts = (_first(translation, "formattedFirstName"), _first(translation, "formattedLastName"))
            ranked_names.append((not primary, full or " ".join(filter(None, parts))))
    return tuple(dict.fromkeys(text for _, text in sorted(ranked_names, key=lambda item: item[0]) if text))


def _parts(entity: Element, tag: str) -> tuple[EntityPart, ...]:
    return tuple(
        EntityPart(_text(part), part.get("action", "").strip().lower(), part.get("datePublished", "")[:10])
        for part in _all(entity, tag)
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element, tag: str) -> Iterator[Element]:
    return (child for child in element.iter() if _local(child) == tag)


def _first(element: Element, tag: str) -> str:
    return next((_text(child) for child in _all(element, tag)), "")


def _text(element: Element) -> str:
    return " ".join((element.text or "").split())
