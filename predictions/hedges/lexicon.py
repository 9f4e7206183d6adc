"""Lexicons: phrases with their probabilities, and the search for phrases in a text."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from predictions.hedges.normalize import normalise, unhyphenate

_GAP = r"(?: [^ ]+){1,12}? "


class PhraseMatch(NamedTuple):
    """An occurrence of an entry at ``text[start:end]``."""

    start: int
    end: int
    entry: "LexiconEntry"


@dataclass(frozen=True)
class LexiconEntry:
    """One row of a lexicon: phrases that mean the probability ``best``, between ``low`` and ``high``.

    ``vague``: carries almost no claim (may, might, could). ``auxiliary``: any other phrase takes precedence (will,
    would).
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
    """A named, versioned set of entries with title, attribution and licence."""

    name: str
    version: int
    title: str
    description: str
    attribution: str
    licence: str
    entries: tuple[LexiconEntry, ...]

    @cached_property
    def phrases(self) -> dict[str, LexiconEntry]:
        """Return the entry of every normalised pattern."""
        return {unhyphenate(normalise(pattern)): entry for entry in self.entries for pattern in entry.patterns}

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        """Compile a pattern for the longest literal phrase at each word; phrases with one first word share a branch."""
        tails: dict[str, list[str]] = {}
        for phrase in sorted((phrase for phrase in self.phrases if "..." not in phrase), key=len, reverse=True):
            first, _, _ = phrase.partition(" ")
            tails.setdefault(first, []).append(re.escape(phrase[len(first) :]))
        branches = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in tails.items())
        return re.compile(rf"(?<![\w'])(?=((?:{'|'.join(branches)})(?![\w'])))")

    @cached_property
    def _gapped(self) -> tuple[tuple[re.Pattern[str], LexiconEntry], ...]:
        """Compile the patterns with "...", which stands for one to twelve words."""
        return tuple(
            (re.compile(rf"(?<![\w']){_GAP.join(re.escape(part) for part in phrase.split(' ... '))}(?![\w'])"), entry)
            for phrase, entry in self.phrases.items()
            if "..." in phrase
        )

    def matches(self, text: str) -> list[PhraseMatch]:
        """Return the non-overlapping entries in a normalised, unhyphenated text, longest first."""
        candidates = [PhraseMatch(*hit.span(1), self.phrases[hit[1]]) for hit in self._matcher.finditer(text)]
        candidates += [PhraseMatch(*hit.span(), entry) for form, entry in self._gapped for hit in form.finditer(text)]
        candidates.sort(key=lambda match: (match.start - match.end, match.start))
        apart: list[PhraseMatch] = []
        for match in candidates:
            if all(match.end <= other.start or match.start >= other.end for other in apart):
                apart.append(match)
        return apart
