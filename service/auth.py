"""API keys: made, shown once, stored as keyed hashes, revoked; and what a request may do."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import bindparam, select
from sqlmodel import Session, col
from starlette.concurrency import run_in_threadpool

from predictions.errors import Conflict, InvalidInput
from service.database import reading
from service.models import ApiKey
from service.sessions import Visit, read_visit

SCOPES = ("read", "predict", "resolve", "admin")
FIRST_ADMIN = "first admin"
#: Methods that change nothing: for these, and no others, the cookie of a visit is as good as the key itself.
SAFE_METHODS = ("GET", "HEAD")
_MARK = "tr_"
_PREFIX_LENGTH = 12


@dataclass(frozen=True)
class Caller:
    """Who sends a request, and what they may do."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the scope is granted; admin grants all."""
        return scope in self.scopes or "admin" in self.scopes


ANYBODY = Caller("anybody", frozenset())
_TABLE = ApiKey.__table__  # type: ignore[attr-defined]
_VALID = select(*(_TABLE.c[name] for name in ("id", "name", "scopes", "hash"))).where(
    _TABLE.c.prefix == bindparam("prefix"), _TABLE.c.revoked_at.is_(None)
)


def create_key(session: Session, name: str, scopes: list[str], *, secret: bytes, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is shown this once. Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    plain = f"{_MARK}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    return store_key(session, name, scopes, plain, secret=secret, now=now), plain


def store_key(session: Session, name: str, scopes: list[str], plain: str, *, secret: bytes, now: datetime) -> ApiKey:
    """Store a key whose plain text is given. Raises ``InvalidInput`` or ``Conflict`` (name taken)."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InvalidInput.at(
            "/scopes", f"choose from {', '.join(SCOPES)}" + (f", not {unknown[0]!r}" if unknown else "")
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
    """Make a key worthless from now on. Raises ``InvalidInput`` for an unknown name."""
    key: ApiKey | None = session.execute(select(ApiKey).where(col(ApiKey.name) == name)).scalar_one_or_none()
    if key is None:
        raise InvalidInput.at("/name", f"no key is named {name!r}: list the keys to see their names")
    key.revoked_at = key.revoked_at or now
    session.flush()
    return key


def list_keys(session: Session) -> list[ApiKey]:
    """All keys, revoked ones too, oldest first."""
    return list(session.execute(select(ApiKey).order_by(col(ApiKey.id))).scalars())


def find_caller(session: Session, plain: str, secret: bytes) -> Caller | None:
    """Whose key this is, or None for one that is unknown or revoked."""
    found = find_key(session, plain, secret)
    return found and found[1]


def find_key(session: Session, plain: str, secret: bytes) -> tuple[int, Caller] | None:
    """The number of a key and whose it is, or None for one that is unknown or revoked."""
    row = session.execute(_VALID, {"prefix": _prefix(plain)}).first()
    if row is None or not hmac.compare_digest(row.hash, _hash(plain, secret)):
        return None
    return row.id, Caller(row.name, frozenset(row.scopes))


def visitor(request: Request, visit: Visit | None) -> Caller:
    """Whose visit this is: the owner of a key that still stands, else anybody."""
    if visit is None or visit.key is None:
        return ANYBODY
    with reading(request.app.state.engine) as session:
        row = session.get(ApiKey, visit.key)
    return ANYBODY if row is None or row.revoked_at else Caller(row.name, frozenset(row.scopes))


def _prefix(plain: str) -> str:
    # A key set by the operator need not have our form: its prefix must not give it away.
    if plain.startswith(_MARK):
        return plain[:_PREFIX_LENGTH]
    return hashlib.sha256(plain.encode()).hexdigest()[:_PREFIX_LENGTH]


def _hash(plain: str, secret: bytes) -> str:
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()


_bearer = HTTPBearer(auto_error=False, description="An API key: trackrecord keys create NAME --scope ...")


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """Who sends the request: the owner of the key in its header; for reading also of the visit that its cookie tells
    of; else anybody. Raises 401 for a key that is none."""
    if given is None:
        if request.headers.get("authorization"):
            raise _unauthorised("the Authorization header must read: Bearer <key>")
        visit = read_visit(request) if request.method in SAFE_METHODS else None
        # Only what asks the database goes to a thread: most reads come without key or cookie.
        who = ANYBODY if visit is None else await run_in_threadpool(visitor, request, visit)
        request.state.caller = who
        return who
    state, plain = request.app.state, given.credentials
    found: Caller | None = await state.callers.now(
        _hash(plain, state.secret), lambda session: find_caller(session, plain, state.secret)
    )
    if found is None:
        raise _unauthorised("the key is unknown or revoked: check it, or ask an admin for another")
    return found


def _unauthorised(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def need(who: Caller, scope: str) -> Caller:
    """``who``, if the scope is granted. Raises 401 without a key and 403 with one that grants too little."""
    if not who.may(scope):
        if who is ANYBODY:
            raise _unauthorised(f"this needs an API key with the scope {scope!r}: send Authorization: Bearer <key>")
        raise HTTPException(403, f"the key {who.name!r} does not grant {scope!r}: ask an admin for one that does")
    return who


async def _reader(request: Request, who: Annotated[Caller, Depends(caller)]) -> Caller:
    return who if request.app.state.settings.public_read else need(who, "read")


async def _predictor(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "predict")


async def _resolver(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "resolve")


async def _admin(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "admin")


async def _key_owner(who: Annotated[Caller, Depends(caller)]) -> Caller:
    if who is ANYBODY:
        raise _unauthorised("this needs an API key: send Authorization: Bearer <key>")
    return who


KeyOwner = Annotated[Caller, Depends(_key_owner)]
Reader = Annotated[Caller, Depends(_reader)]
Predictor = Annotated[Caller, Depends(_predictor)]
ResolverCaller = Annotated[Caller, Depends(_resolver)]
Admin = Annotated[Caller, Depends(_admin)]
