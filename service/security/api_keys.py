"""Create, store, find and revoke API keys; only a keyed hash is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from predictions.errors import Conflict, InvalidInput
from service.db.models import ApiKey

SCOPES = ("read", "predict", "resolve", "admin")
FIRST_ADMIN = "first admin"
_KEY_PREFIX = "tr_"
_PREFIX_LENGTH = 12


@dataclass(frozen=True)
class Caller:
    """The sender of a request, with the scopes of their key."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Return whether the scope is granted; admin grants all."""
        return scope in self.scopes or "admin" in self.scopes


_TABLE = ApiKey.__table__  # type: ignore[attr-defined]
_VALID = select(*(_TABLE.c[name] for name in ("id", "name", "scopes", "hash"))).where(
    _TABLE.c.prefix == bindparam("prefix"), _TABLE.c.revoked_at.is_(None)
)


def create_key(session: Session, name: str, scopes: list[str], *, secret: bytes, now: datetime) -> tuple[ApiKey, str]:
    """Create a key; return it and its plain text (not stored). Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    plain = f"{_KEY_PREFIX}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    return store_key(session, name, scopes, plain, secret=secret, now=now), plain


def store_key(session: Session, name: str, scopes: list[str], plain: str, *, secret: bytes, now: datetime) -> ApiKey:
    """Store a key whose plain text is given. Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    if not name.strip():
        raise InvalidInput.at("/name", "must not be empty: give the name of its user or program")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InvalidInput.at(
            "/scopes", f"must be among {', '.join(SCOPES)}" + (f": remove {unknown[0]!r}" if unknown else ": give one")
        )
    if session.execute(select(col(ApiKey.id)).where(col(ApiKey.name) == name)).first():
        raise Conflict(f"a key named {name!r} exists: choose another name (revoked keys keep theirs)")
    key = ApiKey(
        name=name, prefix=_prefix(plain), hash=_hash(plain, secret), scopes=sorted(set(scopes)), created_at=now
    )
    session.add(key)
    session.flush()
    return key


def ensure_admin_key(session: Session, plain: str, *, secret: bytes, now: datetime) -> None:
    """Store the admin key that the settings give, unless a key is stored under its name already."""
    if session.execute(select(col(ApiKey.id)).where(col(ApiKey.name) == FIRST_ADMIN)).first() is None:
        store_key(session, FIRST_ADMIN, ["admin"], plain, secret=secret, now=now)


def revoke_key(session: Session, name: str, *, now: datetime) -> ApiKey:
    """Revoke a key. Raises ``InvalidInput`` for an unknown name."""
    key: ApiKey | None = session.execute(select(ApiKey).where(col(ApiKey.name) == name)).scalar_one_or_none()
    if key is None:
        raise InvalidInput.at("/name", f"no key is named {name!r}: see the list of keys for their names")
    key.revoked_at = key.revoked_at or now
    session.flush()
    return key


def list_keys(session: Session) -> list[ApiKey]:
    """Return all keys, including revoked ones, oldest first."""
    return list(session.execute(select(ApiKey).order_by(col(ApiKey.id))).scalars())


def find_caller(session: Session, plain: str, secret: bytes) -> Caller | None:
    """Return the owner of a key, or None for an unknown or revoked one."""
    key = find_key(session, plain, secret)
    return key and key[1]


def find_key(session: Session, plain: str, secret: bytes) -> tuple[int, Caller] | None:
    """Return the id and the owner of a key, or None for an unknown or revoked one."""
    row = session.execute(_VALID, {"prefix": _prefix(plain)}).first()
    if row is None or not hmac.compare_digest(row.hash, _hash(plain, secret)):
        return None
    return row.id, Caller(row.name, frozenset(row.scopes))


def _prefix(plain: str) -> str:
    # A key set by the operator may have another format: its prefix must not reveal part of it.
    if plain.startswith(_KEY_PREFIX):
        return plain[:_PREFIX_LENGTH]
    return hashlib.sha256(plain.encode()).hexdigest()[:_PREFIX_LENGTH]


def _hash(plain: str, secret: bytes) -> str:
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()
