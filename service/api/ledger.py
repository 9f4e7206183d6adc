"""Routes of the ledger, of signed checkpoints of it, and of proofs by its Merkle tree."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions import ledger
from predictions.checkpoints.models import Checkpoint
from predictions.checkpoints.signed_note import Note
from predictions.checkpoints.statement import Statement
from predictions.checkpoints.stored import list_checkpoints, stamps_of
from predictions.checkpoints.tree import consistency_proof, inclusion_proof
from predictions.columns import MAX_ID
from predictions.queries.ledger_events import list_events
from service.lookup import checkpoint_of, stamp_of
from service.security.access import Reader
from service.web.etag import etag_of, tagged
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(tags=["service"])
TEXT = "text/plain; charset=utf-8"
Size = Annotated[int | None, Query(ge=1, le=MAX_ID, description="number of events; by default all")]


class EventView(BaseModel):
    """An event of the ledger; docs/ledger.md describes how to check its hash."""

    seq: int = Field(description="number of the event, from 1 without gaps")
    at: Any = Field(description="time of the event")
    actor: str = Field(description="name of the key or user that made the change")
    action: str = Field(description="kind of the change")
    subject: str = Field(description="kind of the row that was changed")
    subject_id: int = Field(description="id of that row")
    body: str | None = Field(
        description="details of the change, as JSON; null for keys, channels and contests, of which only admins read it"
    )
    salt: str | None = Field(description="random value in the hash of the body, in hexadecimal; null with the body")
    body_hash: str = Field(description="SHA-256 of salt and body, in hexadecimal")
    hash: str = Field(description="SHA-256 of this event and the hash before it, in hexadecimal")


class LedgerPage(BaseModel):
    """Some events of the ledger in order, and its head."""

    items: list[EventView] = Field(description="events in order")
    head: dict[str, Any] = Field(description="number (seq) and hash of the newest event of the ledger")


class HeadView(BaseModel):
    """Number and hash of the newest event."""

    seq: int = Field(description="number of the event")
    hash: str = Field(description="its hash, in hexadecimal")


class StampView(BaseModel):
    """A file by somebody else that proves when a checkpoint existed."""

    id: int = Field(description="id of the stamp")
    kind: str = Field(description="such as opentimestamps or rfc3161")
    name: str = Field(description="name of the file")
    size: int = Field(description="in bytes")
    sha256: str = Field(description="SHA-256 of its bytes, in hexadecimal")
    attached_at: datetime = Field(description="when it was attached")
    address: str = Field(description="where its bytes are")


class CheckpointView(BaseModel):
    """A signed checkpoint of the ledger; docs/ledger.md describes its note to the byte."""

    id: int = Field(description="id of the checkpoint, from 1 without gaps")
    origin: str = Field(description="name of the log, which is also that of the key")
    size: int = Field(description="number of events")
    root: str = Field(description="root of the Merkle tree over these events, in hexadecimal")
    head: HeadView = Field(description="head of the chain of events")
    made_at: datetime = Field(description="when it was signed")
    note: str = Field(description="the signed note, which says all of this")
    note_address: str = Field(description="where the note is, as text")
    stamps: list[StampView] = Field(description="proofs by others that it existed at a time")

    @classmethod
    def of(cls, row: Checkpoint, stamps: Sequence[Any]) -> "CheckpointView":
        """Return the view of a checkpoint with its stamps."""
        stated = Statement.parse(Note.parse(row.note).text)
        here = f"/api/ledger/checkpoints/{row.id}"
        return cls(
            id=row.id,
            origin=stated.origin,
            size=stated.size,
            root=stated.root.hex(),
            head=HeadView(seq=stated.head.seq, hash=stated.head.hash),
            made_at=stated.at,
            note=row.note,
            note_address=f"{here}/note",
            stamps=[StampView(**each._asdict(), address=f"{here}/stamps/{each.id}") for each in stamps],
        )


class InclusionView(BaseModel):
    """A proof that a tree contains an event (RFC 9162, section 2.1.3)."""

    seq: int = Field(description="number of the event; it is leaf seq - 1")
    hash: str = Field(description="hash of the event, whose 32 bytes are the leaf, in hexadecimal")
    size: int = Field(description="number of events in the tree")
    root: str = Field(description="root of the tree, in hexadecimal")
    path: list[str] = Field(description="hashes from the leaf to the root, in hexadecimal")


class ConsistencyView(BaseModel):
    """A proof that a tree is the beginning of a larger one (RFC 9162, section 2.1.4)."""

    first: int = Field(description="number of events in the smaller tree")
    second: int = Field(description="number of events in the larger tree")
    first_root: str = Field(description="root of the smaller tree, in hexadecimal")
    second_root: str = Field(description="root of the larger tree, in hexadecimal")
    path: list[str] = Field(description="hashes of the proof, in hexadecimal")


@router.get("/api/ledger", response_model=LedgerPage)
def list_all_events(
    request: Request,
    caller: Reader,
    session: ReadSession,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    subject: Annotated[str | None, Query(max_length=30)] = None,
    subject_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List ledger events.

    Events after number `after`, in order. Store the head: a later change of the past will not match it.
    """
    rows = list_events(session, after=after, subject=subject, subject_id=subject_id, limit=limit)
    items = [_view(row, may_read_all=caller.may("admin")) for row in rows]
    return read_reply(request, LedgerPage(items=items, head=_head(session)))


def _view(row: Any, *, may_read_all: bool) -> EventView:
    hidden = {} if may_read_all or not ledger.is_confidential(row.action) else {"body": None, "salt": None}
    return EventView(**(row.model_dump() | hidden))


def _head(session: Session) -> dict[str, Any]:
    newest = ledger.head(session)
    return {"seq": newest.seq, "hash": newest.hash}


@router.get("/api/ledger/checkpoints", response_model=None)
def list_all_checkpoints(
    request: Request, _: Reader, session: ReadSession, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """List checkpoints of the ledger.

    Newest first. A checkpoint is signed; whoever keeps one can show later that nothing before it was changed.
    """
    rows = list_checkpoints(session, before=decode_cursor(cursor) or None, limit=limit)
    return page_reply(request, _views(session, rows), limit)


@router.get("/api/ledger/checkpoints/{number}", response_model=CheckpointView)
def get_checkpoint(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a checkpoint."""
    return read_reply(request, _views(session, [checkpoint_of(session, number)])[0])


@router.get("/api/ledger/checkpoints/{number}/note", response_class=Response)
def get_checkpoint_note(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get the signed note of a checkpoint.

    As text, to keep: the file that the signature covers, byte for byte.
    """
    body = checkpoint_of(session, number).note.encode()
    name = {"Content-Disposition": f'inline; filename="checkpoint-{number}.txt"'}
    return tagged(request, body, etag_of(body), name, media_type=TEXT)


@router.get("/api/ledger/checkpoints/{number}/stamps/{stamp}", response_class=Response)
def get_stamp(request: Request, number: RowId, stamp: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a stamp of a checkpoint.

    The bytes as they were attached, as a download.
    """
    row = stamp_of(session, number, stamp)
    name = {"Content-Disposition": f'attachment; filename="checkpoint-{number}-{row.kind}-{row.id}"'}
    return tagged(request, row.content, etag_of(row.content), name, media_type="application/octet-stream")


@router.get("/api/ledger/{seq}/proof", response_model=InclusionView)
def prove_inclusion(request: Request, seq: RowId, _: Reader, session: ReadSession, size: Size = None) -> Response:
    """Prove that an event is in the ledger.

    In the tree of the first `size` events, such as those of a checkpoint.
    """
    return read_reply(request, InclusionView(**asdict(inclusion_proof(session, seq, size))))


@router.get("/api/ledger/consistency", response_model=ConsistencyView)
def prove_consistency(
    request: Request,
    _: Reader,
    session: ReadSession,
    first: Annotated[int, Query(ge=1, le=MAX_ID, description="number of events of the smaller tree")],
    second: Size = None,
) -> Response:
    """Prove that the ledger only grew.

    The tree of the `first` events is the beginning of that of the `second`.
    """
    return read_reply(request, ConsistencyView(**asdict(consistency_proof(session, first, second))))


def _views(session: Session, rows: Sequence[Checkpoint]) -> list[CheckpointView]:
    stamps = stamps_of(session, [row.id for row in rows])
    return [CheckpointView.of(row, [each for each in stamps if each.checkpoint_id == row.id]) for row in rows]
