"""Check the whole record: rows against the ledger, stored numbers against rows, snapshots against their hashes."""

from collections.abc import Iterator

from sqlmodel import Session

from predictions.audit.verify import verify
from resolvers.errors import SnapshotLost
from resolvers.probing.snapshots import cited_snapshots
from service.db.audit import other_tables
from service.security.own_secret import secret_faults
from service.settings import Settings
from service.wiring.probing import snapshot_store


def find_faults(session: Session, settings: Settings) -> Iterator[str]:
    """Yield one message for each difference.

    The ledger holds keyed hashes of the addresses of channels: they are compared only if the secret fits the keys.
    """
    is_lost = any(secret_faults(session, settings))
    yield from verify(session, other_tables(None if is_lost else settings.secret()))
    store = snapshot_store(settings)
    for key in sorted(cited_snapshots(session)):
        try:
            store.get(key)
        except SnapshotLost as lost:
            yield lost.detail
