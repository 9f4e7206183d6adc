"""Announce keys in the ledger, sign checkpoints of it, and attach stamps of others to them.

Callers must hold the write transaction.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from predictions import ledger
from predictions.checkpoints import tree
from predictions.checkpoints.check import differences
from predictions.checkpoints.models import Checkpoint, CheckpointKey, CheckpointStamp
from predictions.checkpoints.signed_note import Note, Signer, VerifierKey, sign
from predictions.checkpoints.statement import Statement
from predictions.checkpoints.stored import announced_keys, newest_checkpoint, next_id
from predictions.errors import Conflict, InvalidInput

ANNOUNCED, STAMPED = "checkpoint.key_announced", "checkpoint.stamped"
ANNOUNCEMENT = "key for checkpoints of the ledger"
AFTER_RESTORE = (
    "run 'trackrecord verify'; after the restore of an older backup, 'trackrecord checkpoint rotate-key --abandon' "
    "says so in public and goes on with a new key"
)
#: Proofs of OpenTimestamps and tokens of RFC 3161 have a few thousand bytes.
MOST_STAMP_BYTES = 65_536
_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


@dataclass(frozen=True)
class Stamp:
    """A file by somebody else that proves when a checkpoint existed."""

    kind: str
    name: str
    content: bytes


def announcement(verifier: VerifierKey, at: datetime) -> str:
    """Return the text that announces a key, and that this key and the one before sign."""
    return f"{ANNOUNCEMENT}\n{verifier}\n{at.astimezone(UTC).isoformat()}\n"


def announce_key(
    session: Session,
    signer: Signer,
    former: Signer | None,
    *,
    reason: str = "",
    abandoned: str | None = None,
    now: datetime,
    actor: str,
) -> CheckpointKey:
    """Announce a key in the ledger, from then on the one in use; it and the ``former`` one, if given, sign that."""
    signers = [signer, *([former] if former else [])]
    row = CheckpointKey(
        id=next_id(session, CheckpointKey),
        verifier_key=str(signer.verifier),
        note=sign(announcement(signer.verifier, now), signers),
        reason=reason,
        abandoned=abandoned,
        announced_at=now,
        announced_by=actor,
    )
    session.add(row)
    session.flush()
    ledger.append(session, now=now, actor=actor, action=ANNOUNCED, subject=row, body=ledger.contents(row))
    return row


def record_checkpoint(session: Session, signer: Signer, *, kept: Iterable[Note] = (), now: datetime) -> Checkpoint:
    """Sign and store a checkpoint of the whole ledger; return the newest one if it says the same.

    Raises ``Conflict`` if the ledger does not contain what the newest one and the ``kept`` ones state: signing another
    history would make the key worthless. Raises ``TreeIncomplete``.
    """
    last = newest_checkpoint(session)
    for note in (*kept, *([_note_of(last)] if last else [])):
        for difference in fitting_faults(session, note):
            raise Conflict(f"no checkpoint is signed, as {difference}; {AFTER_RESTORE}")
    newest = ledger.head(session)
    at = now.replace(microsecond=0)
    text = Statement(signer.name, newest.seq, tree.root(session, newest.seq), newest.hash, at).text()
    if last is not None and _note_of(last).text == text:
        return last
    row = Checkpoint(id=next_id(session, Checkpoint), size=newest.seq, note=sign(text, [signer]), made_at=at)
    session.add(row)
    session.flush()
    return row


def _note_of(row: Checkpoint) -> Note:
    try:
        return Note.parse(row.note)
    except InvalidInput as error:
        raise Conflict(f"no checkpoint is signed, as checkpoint {row.id} {error.detail}") from None


def fitting_faults(session: Session, note: Note) -> list[str]:
    """Return what the ledger, by its stored tree, does not have of what a checkpoint states."""
    stated = Statement.parse(note.text)
    ends_at = ledger.head(session).seq
    if stated.size > ends_at:
        return list(differences(stated, ends_at, None, None))
    found = tree.root(session, stated.size), tree.event_hash(session, stated.size)
    return list(differences(stated, ends_at, *found))


def attach_stamp(session: Session, checkpoint: int, stamp: Stamp, *, now: datetime, actor: str) -> CheckpointStamp:
    """Attach a stamp to a checkpoint. Raises ``InvalidInput``."""
    if not _KIND.fullmatch(stamp.kind):
        raise InvalidInput.at("/kind", "must be a short name in lower case, such as opentimestamps")
    if not stamp.content or len(stamp.content) > MOST_STAMP_BYTES:
        raise InvalidInput.at("/file", f"must have 1 to {MOST_STAMP_BYTES:,} bytes: attach the stamp alone")
    row = CheckpointStamp(
        id=next_id(session, CheckpointStamp),
        checkpoint_id=checkpoint,
        kind=stamp.kind,
        name=stamp.name,
        sha256=hashlib.sha256(stamp.content).hexdigest(),
        content=stamp.content,
        attached_at=now,
        attached_by=actor,
    )
    session.add(row)
    session.flush()
    body = {name: value for name, value in ledger.contents(row).items() if name != "content"}
    ledger.append(session, now=now, actor=actor, action=STAMPED, subject=row, body=body)
    return row


def key_in_use(session: Session) -> VerifierKey | None:
    """Return the key that was announced last."""
    keys = announced_keys(session)
    return VerifierKey.parse(keys[-1].verifier_key) if keys else None
