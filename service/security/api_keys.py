"""Create, store, find, rotate and revoke API keys; only a keyed hash is stored.

A key belongs to a person, whose name stands behind all that is done with it: two keys of one person are one person.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.contests.receive import ANYBODY
from predictions.errors import Conflict, InvalidInput, NotFound, time_text
from service.channel_changes import Changer
from service.db.models import ApiKey, Person, PersonState
from service.security.persons import Stopped, deactivate, enter_person

SCOPES = ("read", "predict", "resolve", "admin")
FIRST_ADMIN = "first admin"
#: Names in the ledger that no person may have.
RESERVED = {ledger.SYSTEM: "what the service does by itself", ANYBODY: "those who act without a key"}
_KEY_PREFIX = "tr_"
_PREFIX_LENGTH = 12


@dataclass(frozen=True)
class Caller:
    """The sender of a request: the person, with the scopes of their key and its id."""

    name: str
    scopes: frozenset[str]
    key: int | None = None

    def may(self, scope: str) -> bool:
        """Return whether the scope is granted; admin grants all."""
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True)
class NewKey:
    """What a new key is to be: ``person`` is the name of its owner, by default that of the key."""

    name: str
    scopes: list[str]
    person: str | None = None
    expires_at: datetime | None = None


_TABLE, _PERSON = ApiKey.__table__, Person.__table__  # type: ignore[attr-defined]
_COLUMNS = (*(_TABLE.c[name] for name in ("id", "scopes", "hash", "expires_at")), _PERSON.c.name)
_VALID = (
    select(*_COLUMNS)
    .join(_PERSON, _PERSON.c.id == _TABLE.c.person_id)
    .where(_TABLE.c.prefix.in_(bindparam("prefixes", expanding=True)), _TABLE.c.revoked_at.is_(None))
)


def create_key(session: Session, data: NewKey, *, secret: bytes, now: datetime, actor: str) -> tuple[ApiKey, str]:
    """Create a key; return it and its plain text (not stored). Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    plain = _new_key()
    return store_key(session, data, plain, secret=secret, now=now, actor=actor), plain


def store_key(session: Session, data: NewKey, plain: str, *, secret: bytes, now: datetime, actor: str) -> ApiKey:
    """Store a key whose plain text is given. Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    _check(data, now)
    if session.execute(select(col(ApiKey.id)).where(col(ApiKey.name) == data.name)).first():
        raise Conflict(f"a key named {data.name!r} exists: choose another name, or rotate that key")
    person = enter_person(session, data.person or data.name, data.scopes, now=now, actor=actor)
    key = ApiKey(
        name=data.name,
        person_id=person.id or 0,
        prefix=_prefix(plain, secret),
        hash=_hash(plain, secret),
        scopes=sorted(set(data.scopes)),
        created_at=now,
        expires_at=data.expires_at,
    )
    session.add(key)
    session.flush()
    body = ledger.contents(key) | {"person": person.name}
    ledger.append(session, now=now, actor=actor, action="key.created", subject=key, body=body)
    return key


def _check(data: NewKey, now: datetime) -> None:
    if not data.name.strip():
        raise InvalidInput.at("/name", "must not be empty: give the name of its user or program")
    if data.person is not None and not data.person.strip():
        raise InvalidInput.at("/person", "must not be empty: give the name of its owner, or leave it out")
    if (name := (data.person or data.name).strip()) in RESERVED:
        where = "/person" if data.person else "/name"
        raise InvalidInput.at(where, f"must not be {name!r}, which names {RESERVED[name]}")
    unknown = sorted(set(data.scopes) - set(SCOPES))
    if unknown or not data.scopes:
        raise InvalidInput.at(
            "/scopes", f"must be among {', '.join(SCOPES)}" + (f": remove {unknown[0]!r}" if unknown else ": give one")
        )
    if data.expires_at is not None and data.expires_at <= now:
        raise InvalidInput.at("/expires_at", f"must be later than now, {time_text(now)}")


def ensure_admin_key(session: Session, plain: str, *, secret: bytes, now: datetime) -> None:
    """Store the admin key that the settings give, unless a key is stored under its name already."""
    if session.execute(select(col(ApiKey.id)).where(col(ApiKey.name) == FIRST_ADMIN)).first() is None:
        data = NewKey(FIRST_ADMIN, ["admin"])
        store_key(session, data, plain, secret=secret, now=now, actor=ledger.SYSTEM)


def rotate_key(session: Session, key: ApiKey, *, secret: bytes, now: datetime, actor: str) -> str:
    """Replace the secret of a key, and return the new plain text; the old one is no longer valid.

    Name, scopes, expiry and person stay, and with them channels, subscriptions and assignments. Raises ``Conflict``
    for a key that is revoked or expired.
    """
    if key.revoked_at is not None or is_expired(key.expires_at, now):
        raise Conflict(f"the key {key.name!r} is not valid any more: create another one for its person")
    plain = _new_key()
    changes = {"prefix": _prefix(plain, secret), "hash": _hash(plain, secret)}
    ledger.append_change(session, key, changes, now=now, actor=actor, action="key.rotated", name=key.name)
    return plain


def revoke_and_stop(session: Session, key: ApiKey, changer: Changer, *, force: bool = False) -> Stopped | None:
    """Revoke a key, and stop what belongs to its person if they have no other valid key; return what was stopped.

    Revoking it again does nothing. Raises ``Conflict`` for the last valid key with the scope admin, unless ``force``.
    """
    if key.revoked_at is not None:
        return None
    if not force and [key] == _valid_admin_keys(session, changer.now):
        raise Conflict(f"{key.name!r} is the last admin key: create another one first, or revoke it with force")
    revoke_only(session, key, now=changer.now, actor=changer.actor)
    return stop_without_key(session, session.get_one(Person, key.person_id), changer)


def revoke_only(session: Session, key: ApiKey, *, now: datetime, actor: str) -> None:
    """Revoke a key whose person is to get another one."""
    changes = {"revoked_at": now}
    ledger.append_change(session, key, changes, now=now, actor=actor, action="key.revoked", name=key.name)


def stop_without_key(session: Session, person: Person, changer: Changer) -> Stopped | None:
    """Stop what belongs to a person if they have no valid key; return what was stopped, or None."""
    query = select(ApiKey).where(col(ApiKey.person_id) == person.id, col(ApiKey.revoked_at).is_(None))
    if any(not is_expired(row.expires_at, changer.now) for row in session.execute(query).scalars()):
        return None
    return deactivate(session, person, changer)


def expired_persons(session: Session, *, now: datetime) -> Sequence[Person]:
    """Return the active persons who had a key that has expired, and have no valid one."""
    own = (col(ApiKey.person_id) == col(Person.id), col(ApiKey.revoked_at).is_(None))
    expired = exists().where(*own, col(ApiKey.expires_at) <= now)
    valid = exists().where(*own, or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now))
    return (
        session.execute(select(Person).where(col(Person.state) == PersonState.ACTIVE, expired, ~valid)).scalars().all()
    )


def stop_expired(session: Session, changer: Changer) -> None:
    """Stop what belongs to persons whose last keys have expired."""
    for person in expired_persons(session, now=changer.now):
        stop_without_key(session, person, changer)


def _valid_admin_keys(session: Session, now: datetime) -> list[ApiKey]:
    rows = session.execute(select(ApiKey).where(col(ApiKey.revoked_at).is_(None))).scalars()
    return [row for row in rows if "admin" in row.scopes and not is_expired(row.expires_at, now)]


def is_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Return whether a key with this expiry is no longer valid."""
    return expires_at is not None and expires_at <= now


def key_named(session: Session, name: str) -> ApiKey:
    """Return the key of this name. Raises ``InvalidInput`` for an unknown name."""
    key: ApiKey | None = session.execute(select(ApiKey).where(col(ApiKey.name) == name)).scalar_one_or_none()
    if key is None:
        raise InvalidInput.at("/name", f"no key is named {name!r}: see the list of keys for their names")
    return key


def key_with_id(session: Session, number: int) -> ApiKey:
    """Return the key with this id. Raises ``NotFound`` for an unknown one."""
    key = session.get(ApiKey, number)
    if key is None:
        raise NotFound(f"no key has the id {number}: see the list of keys")
    return key


def person_of(session: Session, key: ApiKey) -> Person:
    """Return the owner of a key."""
    return session.get_one(Person, key.person_id)


def list_keys(session: Session) -> list[tuple[ApiKey, Person]]:
    """Return all keys with their persons, including revoked ones, oldest first."""
    query = select(ApiKey, Person).join(Person, col(Person.id) == col(ApiKey.person_id)).order_by(col(ApiKey.id))
    return [(row[0], row[1]) for row in session.execute(query)]


def find_caller(session: Session, plain: str, secret: bytes, now: datetime) -> Caller | None:
    """Return the owner of a key, or None for an unknown, revoked or expired one."""
    rows = session.execute(_VALID, {"prefixes": [_prefix(plain, secret), _former_prefix(plain)]}).all()
    hashed = _hash(plain, secret)
    for row in rows:
        if hmac.compare_digest(row.hash, hashed) and not is_expired(row.expires_at, now):
            return Caller(row.name, frozenset(row.scopes), row.id)
    return None


def owner(session: Session, key_id: int, key_hash: str, now: datetime) -> Caller | None:
    """Return the owner of the key with this id, or None if it is not valid any more or was rotated.

    ``key_hash`` is the start of the hash that the key had.
    """
    row = session.execute(
        select(ApiKey, col(Person.name))
        .join(Person, col(Person.id) == col(ApiKey.person_id))
        .where(
            col(ApiKey.id) == key_id,
            col(ApiKey.revoked_at).is_(None),
            or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
        )
    ).first()
    if row is None or not key_hash or not row[0].hash.startswith(key_hash):
        return None
    return Caller(row[1], frozenset(row[0].scopes), key_id)


def _new_key() -> str:
    return f"{_KEY_PREFIX}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


def _prefix(plain: str, secret: bytes) -> str:
    # A key set by the operator may have another format: its prefix must not reveal anything of it.
    if plain.startswith(_KEY_PREFIX) and len(plain) > 2 * _PREFIX_LENGTH:
        return plain[:_PREFIX_LENGTH]
    return hmac.new(secret, b"prefix\n" + plain.encode(), hashlib.sha256).hexdigest()[:_PREFIX_LENGTH]


def _former_prefix(plain: str) -> str:
    """Return the prefix by which keys set by the operator were stored before the first release."""
    return hashlib.sha256(plain.encode()).hexdigest()[:_PREFIX_LENGTH]


def _hash(plain: str, secret: bytes) -> str:
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()
