"""Snapshots of sources: the bytes of an article as a person had them stored, whose hash is on record."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from predictions import ledger
from predictions.models import Source, row_id
from resolvers.outbound.client import FetchedResponse
from resolvers.probing.models import SourceSnapshot

LONGEST_MEDIA_TYPE = 120
#: The newest snapshots of a source that its page shows.
MOST_SHOWN = 20


def record_snapshot(session: Session, source: Source, fetched: FetchedResponse, *, actor: str) -> SourceSnapshot:
    """Put a snapshot, whose bytes are stored already, on record."""
    snapshot = SourceSnapshot(
        source_id=row_id(source),
        sha256=fetched.sha256,
        size=len(fetched.body),
        media_type=fetched.headers.get("content-type", "")[:LONGEST_MEDIA_TYPE],
        final_url=fetched.final_url,
        fetched_at=fetched.fetched_at,
        fetched_by=actor,
    )
    session.add(snapshot)
    session.flush()
    body = ledger.contents(snapshot)
    at, action = fetched.fetched_at, "source_snapshot.stored"
    ledger.append(session, now=at, actor=actor, action=action, subject=snapshot, body=body)
    return snapshot


def newest_snapshots(session: Session, source: int) -> Sequence[SourceSnapshot]:
    """Return the newest snapshots of a source, newest first."""
    query = select(SourceSnapshot).where(col(SourceSnapshot.source_id) == source)
    return session.execute(query.order_by(col(SourceSnapshot.id).desc()).limit(MOST_SHOWN)).scalars().all()


def is_of_source(session: Session, sha256: str) -> bool:
    """Return whether a snapshot is that of a source."""
    query = select(col(SourceSnapshot.id)).where(col(SourceSnapshot.sha256) == sha256).limit(1)
    return session.execute(query).first() is not None
