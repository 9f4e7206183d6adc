"""Make checkpoints of the ledger, and keep their private key and the newest of them in the state directory.

A file is written under another name within the transaction that it belongs to, and renamed once that is committed: a
process that dies between the two leaves what ``_settle`` finishes, and a transaction that fails leaves nothing.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from predictions import ledger
from predictions.audit.unreadable import UNREADABLE
from predictions.checkpoints import tree
from predictions.checkpoints.check import KEPT, checkpoint_errors
from predictions.checkpoints.make import announce_key, fitting_faults, key_in_use, record_checkpoint
from predictions.checkpoints.models import Checkpoint
from predictions.checkpoints.signed_note import Note, Signer, VerifierKey
from predictions.checkpoints.stored import newest_checkpoint
from predictions.errors import Conflict, InvalidInput
from service.db.backup import CHECKPOINT as NEWEST
from service.db.backup import CHECKPOINT_KEY as KEY
from service.db.engine import read_transaction, write_transaction
from service.settings import Settings, write_private

#: Blocks of events whose subtrees are stored in one transaction, which takes some hundredths of a second.
BLOCKS_AT_ONCE = 16


class KeyElsewhere(Conflict):
    """The key that the ledger announced last is not in this state directory: another machine signs checkpoints."""


@dataclass(frozen=True)
class Kept:
    """What the state directory holds: the newest checkpoint, and the public key of the private key."""

    checkpoint: str | None
    key: str | None


def read_kept(settings: Settings) -> Kept:
    """Return what the state directory holds. Read it before the ledger, which then contains it."""
    secret, checkpoint = (_read(settings.state_dir / name) for name in (KEY, NEWEST))
    return Kept(checkpoint, None if secret is None else _public(secret))


def findings(session: Session, kept: Kept) -> Iterator[str]:
    """Yield what ``verify`` finds wrong with the tree of the ledger and its checkpoints."""
    for what, part in checkpoint_errors(session, kept=kept.checkpoint, held=kept.key):
        try:
            yield from part
        except UNREADABLE as error:
            yield f"{what}: not checked to the end, as a value makes no sense ({type(error).__name__}: {error})"


def is_due(session: Session, now: datetime) -> bool:
    """Return whether the ledger has events and no checkpoint of this day (in UTC)."""
    newest = newest_checkpoint(session)
    return ledger.head(session).seq > 0 and (newest is None or newest.made_at.date() != now.date())


def make_checkpoint(
    engine: Engine,
    settings: Settings,
    *,
    now: datetime,
    actor: str,
    recreate: bool = False,
    between: Callable[[], object] = lambda: None,
) -> Checkpoint:
    """Sign and store a checkpoint of the ledger; the first one makes and announces a key.

    ``recreate`` allows that the newest one is missing in the state directory. Raises ``KeyElsewhere``, and ``Conflict``
    if the ledger does not contain what was signed before.
    """
    extend_tree(engine, between)
    with write_transaction(engine) as session:
        _settle(session, settings)
        signer = _signer(session, settings, now=now, actor=actor)
        kept = _kept_note(session, settings, recreate=recreate)
        row = record_checkpoint(session, signer, kept=[kept] if kept else [], now=now)
        session.expunge(row)
        _prepare(settings.state_dir / NEWEST, row.note)
    _settle_committed(engine, settings)
    return row


def rotate_key(
    engine: Engine, settings: Settings, *, reason: str, abandon: bool, now: datetime, actor: str
) -> VerifierKey:
    """Make a new key, announce it signed by the old one if that is here, and make a checkpoint.

    ``abandon`` gives up the checkpoint in the state directory that the ledger does not contain any more.
    """
    extend_tree(engine)
    newest = settings.state_dir / NEWEST
    with write_transaction(engine) as session:
        _settle(session, settings)
        kept = _kept_note(session, settings, recreate=True)
        lost = fitting_faults(session, kept) if kept else []
        if bool(lost) is not abandon:
            remedy = "add --abandon to say so in public" if lost else "leave out --abandon, as nothing is lost"
            raise Conflict(f"{lost[0] if lost else f'{KEPT} is in the ledger'}: {remedy}")
        held, announced = _held(settings), key_in_use(session)
        former = held if held is not None and held.verifier == announced else None
        new = Signer.new(_host(settings))
        _prepare(settings.state_dir / KEY, new.secret_text())
        abandoned = newest.read_text() if abandon else None
        announce_key(session, new, former, reason=reason, abandoned=abandoned, now=now, actor=actor)
    if abandon:
        os.replace(newest, newest.with_name(f"{NEWEST}.abandoned-{now:%Y%m%dT%H%M%S}"))
    make_checkpoint(engine, settings, now=now, actor=actor, recreate=True)
    return new.verifier


def extend_tree(engine: Engine, between: Callable[[], object] = lambda: None) -> None:
    """Store the subtrees of new events, piece by piece; ``between`` is called after each piece."""
    while True:
        with read_transaction(engine) as session:
            if ledger.head(session).seq // tree.BLOCK <= tree.stored_blocks(session):
                return
        with write_transaction(engine) as session:
            tree.extend(session, BLOCKS_AT_ONCE)
        between()


def rebuild_tree(engine: Engine) -> None:
    """Compute the stored tree again from the events."""
    with write_transaction(engine) as session:
        tree.clear(session)
    extend_tree(engine)


def settle(engine: Engine, settings: Settings) -> None:
    """Finish what a process that died has left in the state directory."""
    if any(_part(settings.state_dir / name).exists() for name in (KEY, NEWEST)):
        _settle_committed(engine, settings)


def _settle_committed(engine: Engine, settings: Settings) -> None:
    with write_transaction(engine) as session:
        _settle(session, settings)


def _settle(session: Session, settings: Settings) -> None:
    """Rename the files whose transaction was committed, and delete the others."""
    key, announced = settings.state_dir / KEY, key_in_use(session)
    if (secret := _read(_part(key))) is not None:
        _finish(key, committed=_public(secret) == str(announced))
    newest = settings.state_dir / NEWEST
    if (note := _read(_part(newest))) is not None:
        last = newest_checkpoint(session)
        _finish(newest, committed=last is not None and last.note == note)


def _finish(path: Path, *, committed: bool) -> None:
    if committed:
        os.replace(_part(path), path)
    else:
        _part(path).unlink()


def _prepare(path: Path, text: str) -> None:
    """Write a file under the name that it has until its transaction is committed."""
    part = _part(path)
    part.unlink(missing_ok=True)
    try:
        write_private(part, text.removesuffix("\n"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written ({error.strerror}): make room, or check its rights") from None


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _signer(session: Session, settings: Settings, *, now: datetime, actor: str) -> Signer:
    """Return the private key of the key in use; make and announce one if the ledger has none."""
    held, announced = _held(settings), key_in_use(session)
    if held is not None and held.verifier == announced:
        return held
    if announced is not None:
        remedy = "make checkpoints where it is, put a copy here, or run 'trackrecord checkpoint rotate-key'"
        kind, what = (KeyElsewhere, "missing") if held is None else (Conflict, "another key")
        raise kind(f"{settings.state_dir / KEY} is {what}, and the key {announced} signs checkpoints: {remedy}")
    signer = held or Signer.new(_host(settings))
    _prepare(settings.state_dir / KEY, signer.secret_text())
    announce_key(session, signer, None, now=now, actor=actor)
    return signer


def _held(settings: Settings) -> Signer | None:
    path = settings.state_dir / KEY
    text = _read(path)
    try:
        return None if text is None else Signer.parse(text.strip())
    except InvalidInput as error:
        raise InvalidInput(f"the file {path} {error.detail}: restore it from a backup, or move it away") from None


def _public(secret: str) -> str:
    """Return the public key of a private key; what is none has none that was ever announced."""
    try:
        return str(Signer.parse(secret.strip()).verifier)
    except InvalidInput:
        return "unreadable"


def _kept_note(session: Session, settings: Settings, *, recreate: bool) -> Note | None:
    """Return the newest checkpoint of the state directory. Raises ``Conflict`` if it is missing or is none."""
    path = settings.state_dir / NEWEST
    text = _read(path)
    if text is None:
        if newest_checkpoint(session) is None or recreate:
            return None
        remedy = "put back a copy, or run 'trackrecord checkpoint', which makes it again"
        raise Conflict(f"no checkpoint is signed, as {path} is missing, by which a cut ledger is noticed: {remedy}")
    try:
        return Note.parse(text)
    except InvalidInput as error:
        raise Conflict(f"no checkpoint is signed, as {path} {error.detail}: put back a copy, or move it away") from None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _host(settings: Settings) -> str:
    """Return the public host, which names the log."""
    return urlsplit(settings.base_url).hostname or "localhost"
