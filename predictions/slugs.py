"""Natural keys: normalised names and slugs."""

import re
import unicodedata
from collections.abc import Callable, Sequence, Set
from hashlib import sha256

from predictions.errors import InvalidInput

SLUG_LENGTH = 80
#: -2 to -9 are tried before a hash, which needs no search: names that many share come from files, not from people.
LAST_NUMBER = 9
HASH_LENGTHS = (8, 16, 32)


def name_key(name: str) -> str:
    """Return the lookup key of a name; it ignores case, Unicode form, white space and invisible characters."""
    spaced = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return spaced if spaced.isprintable() else "".join(filter(str.isprintable, spaced)).strip()


def slugify(words: str) -> str:
    """Return ``words`` as a slug: lower case, joined by hyphens, Latin letters without accents.

    It is empty if there is no letter and no digit. Case is folded and then lowered, as folding makes capitals of some
    scripts.
    """
    plain = "".join(ch for ch in unicodedata.normalize("NFKD", words) if not unicodedata.combining(ch))
    text = unicodedata.normalize("NFKC", plain).casefold().lower()
    slug = ""
    for piece in re.findall(r"[^\W_]+", text.replace("'", "").replace("’", "")):
        if slug and len(slug) + len(piece) >= SLUG_LENGTH:
            break
        slug = f"{slug}-{piece}" if slug else piece[:SLUG_LENGTH]
    return f"n-{slug}" if slug.isdecimal() else slug


def slug_candidates(words: str, noun: str, identity: str) -> list[str]:
    """Return the slugs for ``words`` in order of preference: the plain one, numbered from 2 to 9, with a hash.

    Words without a letter or digit give ``noun`` with the hash of ``identity``.
    """
    digest, base = sha256(identity.encode()).hexdigest(), slugify(words)
    numbered = [base, *(f"{base}-{number}" for number in range(2, LAST_NUMBER + 1))] if base else []
    return [*numbered, *(f"{base or noun}-{digest[:length]}" for length in HASH_LENGTHS)]


def first_free(candidates: Sequence[str], used: Set[str]) -> str:
    """Return the first candidate that is not used. Raises ``InvalidInput`` at ``/slug`` if all are."""
    for slug in candidates:
        if slug not in used:
            return slug
    raise InvalidInput.at("/slug", f"every slug made from the words is taken, {candidates[0]!r} first: give one")


def free_slug(words: str, noun: str, identity: str, taken: Callable[[Sequence[str]], Set[str]]) -> str:
    """Return the first of the candidates that is not taken. Raises ``InvalidInput`` at ``/slug`` if all are.

    ``taken`` returns those of some slugs that are taken; it is called once, however many there are.
    """
    candidates = slug_candidates(words, noun, identity)
    return first_free(candidates, taken(candidates))
