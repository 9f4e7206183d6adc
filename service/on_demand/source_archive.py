"""Store a snapshot of a source, for an editor, where the operator allows it."""

from datetime import datetime
from typing import Self

from fastapi import Request
from pydantic import Field
from sqlmodel import Session

from predictions.errors import Conflict
from predictions.models import row_id
from predictions.schemas.views import View
from resolvers.errors import FetchError, SnapshotLost
from resolvers.outbound.client import FetchedResponse
from resolvers.probing.models import SourceSnapshot
from resolvers.probing.source_archive import record_snapshot
from service.db.engine import read_transaction
from service.lookup import source_of
from service.security.api_keys import Caller
from service.wiring.probing import snapshot_store
from service.wiring.senders import make_client

MOST_BYTES = 2_000_000
LONGEST_SECONDS = 15.0
OK = 200


class SourceSnapshotView(View):
    """A snapshot of a source. Its bytes are shown only to editors, as articles belong to their publishers."""

    id: int = Field(description="id of the snapshot")
    source: int = Field(description="id of the source")
    sha256: str = Field(description="SHA-256 of the bytes, in hexadecimal")
    size: int = Field(description="number of bytes")
    media_type: str = Field(description="media type as the site named it; may be empty")
    final_url: str = Field(description="address that was read, after redirects")
    fetched_at: datetime = Field(description="time at which it was read")
    fetched_by: str = Field(description="name of the person who had it read")

    @classmethod
    def of(cls, row: SourceSnapshot) -> Self:
        """Build the view from the table row."""
        same = ("sha256", "size", "media_type", "final_url", "fetched_at", "fetched_by")
        return cls(id=row_id(row), source=row.source_id, **{name: getattr(row, name) for name in same})


def archive_source(request: Request, number: int, caller: Caller) -> SourceSnapshotView:
    """Read a source with the guarded client, store its bytes, and put their hash on record.

    No session is open while it is read. Raises ``Conflict`` if the operator has not allowed it, or if the source cannot
    be read or stored.
    """
    state = request.app.state
    if not state.settings.archive_sources:
        raise Conflict("sources are not archived here: the operator allows it with TRACKRECORD_ARCHIVE_SOURCES=true")
    with read_transaction(state.engine) as session:
        url = source_of(session, number).url
    fetched = _fetch(request, url)

    def job(session: Session) -> SourceSnapshotView:
        row = record_snapshot(session, source_of(session, number), fetched, actor=caller.name)
        return SourceSnapshotView.of(row)

    view: SourceSnapshotView = state.writer.run(job)
    return view


def _fetch(request: Request, url: str) -> FetchedResponse:
    """Return what the source says now, with its bytes in the store."""
    state = request.app.state
    client = make_client(state.settings, state.clock)
    try:
        fetched = client.get(url, max_bytes=MOST_BYTES, total_seconds=LONGEST_SECONDS)
        if fetched.status == OK:
            snapshot_store(state.settings).put(fetched)
            return fetched
    except (FetchError, SnapshotLost) as error:
        raise Conflict(f"the source was not archived: {error.detail}") from None
    raise Conflict(f"the source was not archived, as its site answers {fetched.status}: give an archived copy instead")
