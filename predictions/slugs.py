"""Natural keys: normalised names and slugs."""

import re
import unicodedata
from collections.abc import Callable

SLUG_LENGTH = 80


def name_key(name: str) -> str:
    """Return the lookup key of a name; it ignores case, Unicode form, white space and invisible characters."""
    spaced = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return spaced if spaced.isprintable() else "".join(filter(str.isprintable, spaced)).strip()


def slugify(words: str) -> str:
    """Return ``words`` as a slug: lower case, joined by hyphens, Latin letters without accents."""
    plain = "".join(ch for ch in unicodedata.normalize("NFKD", words) if not unicodedata.combining(ch))
    pieces = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", plain).casefold().replace("'", "").replace("’", ""))
    slug = ""
    for piece in pieces:
        if slug and len(slug) + len(piece) >= SLUG_LENGTH:
            break
        slug = f"{slug}-{piece}" if slug else piece[:SLUG_LENGTH]
    return f"n-{slug}" if not slug or slug.isdecimal() else slug


def free_slug(words: str, is_taken: Callable[[str], bool]) -> str:
    """Return the slug of ``words``, with -2, -3 ... appended while it is taken."""
    base = slugify(words)
    slug, number = base, 1
    while is_taken(slug):
        number += 1
        slug = f"{base}-{number}"
    return slug
