"""A lexicon: phrases, how probable each makes what it is said of, and how the phrases are found in a text."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from predictions.hedges.normalize import normalise, unhyphenate

_GAP = r"(?: [^ ]+){1,12}? "


class PhraseMatch(NamedTuple):
    """An entry found in a text from ``start`` to ``end``."""

    start: int
    end: int
    entry: "LexiconEntry"


@dataclass(frozen=True)
class LexiconEntry:
    """What one phrase means: ``low <= best <= high`` are probabilities of what it is said of.

    ``vague``: carries almost no claim (may, might, could). ``auxiliary``: gives way to any other phrase (will, would).
    """

    id: str
    patterns: tuple[str, ...]
    low: float
    best: float
    high: float
    source: str
    vague: bool = False
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
    entries: tuple[LexiconEntry, ...]

    @cached_property
    def phrases(self) -> dict[str, LexiconEntry]:
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
    def _gapped(self) -> tuple[tuple[re.Pattern[str], LexiconEntry], ...]:
        """Patterns with "..." in them, for up to twelve words in between."""
        return tuple(
            (re.compile(rf"(?<![\w']){_GAP.join(re.escape(part) for part in phrase.split(' ... '))}(?![\w'])"), entry)
            for phrase, entry in self.phrases.items()
            if "..." in phrase
        )

    def matches(self, text: str) -> list[PhraseMatch]:
        """The entries in a normalised, unhyphenated text, longest first; none lies over another."""
        found = [PhraseMatch(*hit.span(1), self.phrases[hit[1]]) for hit in self._matcher.finditer(text)]
        found += [PhraseMatch(*hit.span(), entry) for form, entry in self._gapped for hit in form.finditer(text)]
        found.sort(key=lambda match: (match.start - match.end, match.start))
        apart: list[PhraseMatch] = []
        for match in found:
            if all(match.end <= other.start or match.start >= other.end for other in apart):
                apart.append(match)
        return apart
