"""Load the shipped lexicons from the TOML files ``lexicons/<name>-<version>.toml``."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from predictions.errors import InvalidInput
from predictions.hedges.lexicon import Lexicon, LexiconEntry
from predictions.hedges.normalize import normalise

DEFAULT_LEXICON = "survey"


def parse_lexicon(text: str) -> Lexicon:
    """Parse a lexicon from TOML. Raises ``ValueError`` for an invalid field, range, id, pattern or version."""
    data: dict[str, Any] = tomllib.loads(text)
    context = f"lexicon {data.get('name')}"
    try:
        rows = data.pop("entries")
        entries = tuple(LexiconEntry(**(row | {"patterns": tuple(row["patterns"])})) for row in rows)
        lexicon = Lexicon(entries=entries, **{key: _tidy(value) for key, value in data.items()})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{context}: a field is missing or unknown ({error})") from error
    if not isinstance(data["version"], int) or lexicon.version < 1:
        raise ValueError(f"{context}: version must be a whole number from 1")
    for entry in entries:
        if not all(isinstance(number, (int, float)) for number in (entry.low, entry.best, entry.high)):
            raise ValueError(f"{context}, entry {entry.id}: low, best and high must be numbers")
        if not 0 <= entry.low <= entry.best <= entry.high <= 1:
            raise ValueError(f"{context}, entry {entry.id}: must hold 0 <= low <= best <= high <= 1")
        if not (entry.patterns and all(normalise(pattern) for pattern in entry.patterns) and entry.source):
            raise ValueError(f"{context}, entry {entry.id}: needs patterns and a source")
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError(f"{context}: ids must differ from one another: rename the duplicate")
    if len(lexicon.phrases) < sum(len(entry.patterns) for entry in entries):
        raise ValueError(f"{context}: patterns must differ from one another: remove the duplicate")
    return lexicon


def _tidy(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def _load_all() -> dict[str, dict[int, Lexicon]]:
    """Return every shipped lexicon by name and version."""
    loaded: dict[str, dict[int, Lexicon]] = {}
    for file in sorted((files("predictions") / "hedges" / "lexicons").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            lexicon = parse_lexicon(file.read_text(encoding="utf-8"))
            loaded.setdefault(lexicon.name, {})[lexicon.version] = lexicon
    return loaded


def lexicons() -> tuple[Lexicon, ...]:
    """Return the newest version of every shipped lexicon: the default first, then by name."""
    newest = (versions[max(versions)] for versions in _load_all().values())
    return tuple(sorted(newest, key=lambda lexicon: (lexicon.name != DEFAULT_LEXICON, lexicon.name)))


def get_lexicon(name: str, version: int | None = None) -> Lexicon:
    """Return a lexicon in its newest version, or in ``version``. Raises ``InvalidInput`` at ``/lexicon`` if unknown."""
    versions = _load_all().get(name)
    if versions is None:
        names = ", ".join(lexicon.name for lexicon in lexicons())
        raise InvalidInput.at("/lexicon", f"no lexicon is called {name[:40]!r}: choose one of {names}")
    if version is not None and version not in versions:
        known = ", ".join(str(number) for number in sorted(versions))
        raise InvalidInput.at("/lexicon", f"lexicon {name} has no version {version}: choose one of {known}")
    return versions[max(versions) if version is None else version]
