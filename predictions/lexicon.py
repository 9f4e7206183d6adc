"""Lexicons: named, versioned data files that say how probable a phrase is. See ``lexicons/*.toml``."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from predictions.errors import InvalidInput

DEFAULT_LEXICON = "survey"

_SIGNS = str.maketrans(
    dict.fromkeys("‘’ʼ′`´", "'")
    | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("—―", " , ")  # a long dash parts clauses, a short one joins words
    | dict.fromkeys('"“”„«»*_', " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")  # unseen signs inside pasted words
)
# Contractions written out, so that a phrase needs one spelling and every "n't" is seen as a "not".
_CONTRACTIONS = (
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\bcan(?:'?t|not)\b"), "can not"),
    (re.compile(r"\bain'?t\b"), "is not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(it|that|there|he|she|what)'s\b"), r"\1 is"),
)
_JOINTS = re.compile(r"(?<=\w)[-/](?=\w)")
_GAP = r"(?: [^ ]+){1,12}? "


def normalise(words: str) -> str:
    """One spelling for one wording: NFKC, casefold, plain apostrophes and dashes, contractions written out."""
    text = unicodedata.normalize("NFKC", words).casefold().translate(_SIGNS)
    if "'" in text or "nt" in text or "cannot" in text:
        for short, long in _CONTRACTIONS:
            text = short.sub(long, text)
    return " ".join(text.replace("...", " ... ").replace(" ,", ",").split())


def unhyphenate(text: str) -> str:
    """``text`` with hyphens and slashes inside words as spaces, of the same length ("long-shot" is "long shot")."""
    return _JOINTS.sub(" ", text)


class Match(NamedTuple):
    """An entry found in a text from ``start`` to ``end``."""

    start: int
    end: int
    entry: "Entry"


@dataclass(frozen=True)
class Entry:
    """What one phrase means: ``low <= best <= high`` are probabilities of what it is said of.

    ``hedged``: carries almost no claim (may, might, could). ``auxiliary``: gives way to any other phrase (will, would).
    """

    id: str
    patterns: tuple[str, ...]
    low: float
    best: float
    high: float
    source: str
    hedged: bool = False
    auxiliary: bool = False


@dataclass(frozen=True)
class Lexicon:
    """A named, versioned set of entries, with where its numbers come from."""

    name: str
    version: int
    title: str
    description: str
    attribution: str
    licence: str
    entries: tuple[Entry, ...]

    @cached_property
    def phrases(self) -> dict[str, Entry]:
        """Every pattern, normalised, and its entry."""
        return {unhyphenate(normalise(pattern)): entry for entry in self.entries for pattern in entry.patterns}

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        """The longest literal phrase at each word; those with the same first word share a branch."""
        tails: dict[str, list[str]] = {}
        for phrase in sorted((phrase for phrase in self.phrases if "..." not in phrase), key=len, reverse=True):
            first, _, _ = phrase.partition(" ")
            tails.setdefault(first, []).append(re.escape(phrase[len(first) :]))
        branches = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in tails.items())
        return re.compile(rf"(?<![\w'])(?=((?:{'|'.join(branches)})(?![\w'])))")

    @cached_property
    def _gapped(self) -> tuple[tuple[re.Pattern[str], Entry], ...]:
        """Patterns with "..." in them, for up to twelve words in between."""
        return tuple(
            (re.compile(rf"(?<![\w']){_GAP.join(re.escape(part) for part in phrase.split(' ... '))}(?![\w'])"), entry)
            for phrase, entry in self.phrases.items()
            if "..." in phrase
        )

    def matches(self, text: str) -> list[Match]:
        """The entries in a normalised, unhyphenated text, longest first; none lies over another."""
        found = [Match(*hit.span(1), self.phrases[hit[1]]) for hit in self._matcher.finditer(text)]
        found += [Match(*hit.span(), entry) for form, entry in self._gapped for hit in form.finditer(text)]
        found.sort(key=lambda match: (match.start - match.end, match.start))
        apart: list[Match] = []
        for match in found:
            if all(match.end <= other.start or match.start >= other.end for other in apart):
                apart.append(match)
        return apart


def parse_lexicon(text: str) -> Lexicon:
    """The lexicon in a TOML text. Raises ``ValueError`` on a field, range, id, pattern or version that may not be."""
    data: dict[str, Any] = tomllib.loads(text)
    where = f"lexicon {data.get('name')}"
    try:
        rows = data.pop("entries")
        entries = tuple(Entry(**(row | {"patterns": tuple(row["patterns"])})) for row in rows)
        lexicon = Lexicon(entries=entries, **{key: _tidy(value) for key, value in data.items()})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{where}: a field is missing or unknown ({error})") from error
    if not isinstance(data["version"], int) or lexicon.version < 1:
        raise ValueError(f"{where}: version must be a whole number from 1")
    for entry in entries:
        if not all(isinstance(number, (int, float)) for number in (entry.low, entry.best, entry.high)):
            raise ValueError(f"{where}, entry {entry.id}: low, best and high must be numbers")
        if not 0 <= entry.low <= entry.best <= entry.high <= 1:
            raise ValueError(f"{where}, entry {entry.id}: must hold 0 <= low <= best <= high <= 1")
        if not (entry.patterns and all(normalise(pattern) for pattern in entry.patterns) and entry.source):
            raise ValueError(f"{where}, entry {entry.id}: needs patterns and a source")
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError(f"{where}: ids must differ from one another")
    if len(lexicon.phrases) < sum(len(entry.patterns) for entry in entries):
        raise ValueError(f"{where}: patterns must differ from one another")
    return lexicon


def _tidy(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def _shelf() -> dict[str, dict[int, Lexicon]]:
    """Every lexicon that ships, by name and version; a file is called ``<name>-<version>.toml``."""
    shelf: dict[str, dict[int, Lexicon]] = {}
    for file in sorted((files("predictions") / "lexicons").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            lexicon = parse_lexicon(file.read_text(encoding="utf-8"))
            if file.name != f"{lexicon.name}-{lexicon.version}.toml":
                raise ValueError(f"{file.name} holds lexicon {lexicon.name}, version {lexicon.version}: rename it")
            shelf.setdefault(lexicon.name, {})[lexicon.version] = lexicon
    return shelf


def lexicons() -> tuple[Lexicon, ...]:
    """The newest version of every lexicon that ships: the default first, then by name."""
    newest = (versions[max(versions)] for versions in _shelf().values())
    return tuple(sorted(newest, key=lambda lexicon: (lexicon.name != DEFAULT_LEXICON, lexicon.name)))


def get_lexicon(name: str, version: int | None = None) -> Lexicon:
    """The lexicon of that name, in its newest version or the one asked for. Raises ``InvalidInput``."""
    versions = _shelf().get(name)
    if versions is None:
        names = ", ".join(lexicon.name for lexicon in lexicons())
        raise InvalidInput.at("/lexicon", f"no lexicon is called {name[:40]!r}: choose one of {names}")
    if version is not None and version not in versions:
        known = ", ".join(str(number) for number in sorted(versions))
        raise InvalidInput.at("/lexicon", f"lexicon {name} has no version {version}: choose one of {known}")
    return versions[max(versions) if version is None else version]
