"""The secret behind keys and signed links: the one that the stored keys were made with, and no other.

A fingerprint of the secret is stored with the keys. With another secret every key is worthless, which is reported in
place of making a new one without a word.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from predictions.errors import InvalidInput
from service.db.engine import read_transaction, when_unlocked, write_transaction
from service.db.models import OPERATOR, ApiKey
from service.db.service_state import SECRET, recall, remember
from service.security import api_keys
from service.settings import Settings

RESTORE = (
    "restore it from a backup, or set TRACKRECORD_SECRET_KEY to the former secret; if it is lost, "
    "'trackrecord keys reset NAME' revokes all keys and prints a new one"
)


class SecretLost(InvalidInput):
    """The secret is missing, or is not the one that the stored keys were made with."""

    title = "The secret does not fit the keys"


def own_secret(engine: Engine, settings: Settings, *, now: datetime) -> bytes:
    """Return the secret, made now if there is no key yet. Raises ``SecretLost`` if it does not fit the stored keys."""
    with read_transaction(engine) as session:
        check_secret(session, settings)
        secret = settings.secret()
        if _is_recorded(session, secret):
            return secret

    def record() -> bytes:
        with write_transaction(engine) as session:
            check_secret(session, settings)  # once more, as another process may be starting with another secret
            remember(session, SECRET, _fingerprint(secret), now=now)
        return secret

    return when_unlocked(record)


def check_secret(session: Session, settings: Settings) -> None:
    """Raise ``SecretLost`` if keys are stored that the secret in use was not made for; make none."""
    if next(_valid_keys(session), None) is None:
        return
    place = "TRACKRECORD_SECRET_KEY" if settings.secret_key else f"the secret in {settings.state_dir / 'secret'}"
    if not settings.has_secret():
        raise SecretLost(f"{place} is missing, although keys are stored that need it: {RESTORE}")
    if recall(session, SECRET) is not None and not _is_recorded(session, settings.secret()):
        raise SecretLost(f"{place} is not the one that the stored keys were made with: {RESTORE}")


def secret_faults(session: Session, settings: Settings) -> Iterator[str]:
    """Yield a sentence if the secret does not fit the stored keys."""
    try:
        check_secret(session, settings)
    except SecretLost as lost:
        yield lost.detail


def reset_keys(session: Session, name: str, settings: Settings, *, now: datetime) -> str:
    """Create an admin key under the secret in use, revoke all others, and return the new one's plain text."""
    former, secret = list(_valid_keys(session)), settings.secret()
    new = api_keys.NewKey(name, ["admin"])
    _, plain = api_keys.create_key(session, new, secret=secret, now=now, actor=OPERATOR)
    for key in former:
        api_keys.revoke_only(session, key, now=now, actor=OPERATOR)
    remember(session, SECRET, _fingerprint(secret), now=now)
    return plain


def admin_key_fault(session: Session, settings: Settings, *, now: datetime) -> str | None:
    """Return a sentence if the admin key of the settings is set and not accepted."""
    if settings.admin_key is None:
        return None
    caller = api_keys.find_caller(session, settings.admin_key.get_secret_value(), settings.secret(), now)
    if caller is not None and caller.may("admin"):
        return None
    return (
        "TRACKRECORD_ADMIN_KEY is not accepted, as another first admin key is stored or it was revoked: set the former "
        "value, or create a key with 'trackrecord keys create NAME --scope admin' and remove the variable"
    )


def _valid_keys(session: Session) -> Iterator[ApiKey]:
    return (key for key, _ in api_keys.list_keys(session) if key.revoked_at is None)


def _is_recorded(session: Session, secret: bytes) -> bool:
    recorded = recall(session, SECRET)
    return recorded is not None and hmac.compare_digest(recorded.value, _fingerprint(secret))


def _fingerprint(secret: bytes) -> str:
    return hmac.new(secret, b"fingerprint of the secret", hashlib.sha256).hexdigest()
