"""Writes with an Idempotency-Key: a repeated request is applied once and gets the stored reply."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, TypeVar

from anyio.to_thread import run_sync
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.submissions.in_pieces import Pause
from service.db.engine import read_transaction
from service.db.models import IdempotentReply
from service.imports import run_import
from service.security.api_keys import Caller
from service.web.etag import JSON

Item = TypeVar("Item")
Status = int | Callable[[BaseModel], int]
_HEADER = "/header/Idempotency-Key"
_KEY = re.compile(r"[\x20-\x7e]{1,255}")
#: Hashing more than this would hold up other requests.
_INLINE_BYTES = 65_536


class IdempotentWrite:
    """Run a write of a route through the write queue, at most once per Idempotency-Key."""

    def __init__(self, request: Request, key: str | None, digest: str) -> None:
        self._state, self._key, self._digest = request.app.state, key, digest

    @property
    def now(self) -> datetime:
        """Return the current time of the server's clock."""
        now: datetime = self._state.clock.now()
        return now

    def refuse_key(self) -> None:
        """Raise ``InvalidInput`` if an Idempotency-Key was sent: the reply contains a secret and must not be stored."""
        if self._key is not None:
            raise InvalidInput.at(
                _HEADER, "is not supported here, because the reply contains a secret and is not stored: remove it"
            )

    def __call__(self, caller: Caller, job: Callable[[Session], BaseModel], *, status: Status = 201) -> Response:
        """Run the job in a write transaction and return its result as the response, after the commit.

        ``status`` may depend on the result. A known Idempotency-Key gets the stored reply. Raises ``InvalidInput`` if
        it came with a different request.
        """
        return _response(self._state.writer.run(lambda session: self._once(session, caller, job, status)))

    async def batched(
        self, caller: Caller, job: Callable[[Session, list[Item]], list[BaseModel]], item: Item
    ) -> Response:
        """Run a job on this item together with waiting items of other requests, from an async route; reply with 201.

        With an Idempotency-Key the job runs on this item alone, so that its reply is stored with it.
        """
        if self._key is None:
            return Response((await self._state.writer.run_batched(job, item)).model_dump_json(), 201, media_type=JSON)

        def once(session: Session, _: object) -> list[tuple[int, str, bool]]:
            return [self._once(session, caller, lambda session: job(session, [item])[0], 201)]

        return _response(await self._state.writer.run_batched(once, None))

    def imported(self, caller: Caller, stage: Callable[[Session, Pause], BaseModel]) -> Response:
        """Run a job that stages many rows as an import of its own, at most once per Idempotency-Key; reply with 201.

        The rows are visible once all are written, and the answer follows when they are scored.
        """

        def keep_reply(session: Session, result: BaseModel) -> None:
            replies.append(self._once(session, caller, lambda _: result, 201))
            if replies[0][2]:
                raise _Repeated

        replies: list[tuple[int, str, bool]] = []
        with read_transaction(self._state.engine) as session:
            if (stored := self._stored(session, caller)) is not None:
                return _response(stored)
        with suppress(_Repeated):
            clock = self._state.clock
            run_import(
                self._state.engine,
                clock,
                actor=caller.name,
                stage=lambda pieces, _: stage(pieces.session, pieces.pause),
                with_completion=keep_reply,
            )
        return _response(replies[0])

    def _stored(self, session: Session, caller: Caller) -> tuple[int, str, bool] | None:
        """Return the reply to an earlier request with this key. Raises ``InvalidInput`` for a different request."""
        stored = session.get(IdempotentReply, (self._key, caller.name)) if self._key is not None else None
        if stored is None:
            return None
        if stored.request_sha256 != self._digest:
            raise InvalidInput.at(
                _HEADER, "was already used for a different request: choose a new key for each request"
            )
        return stored.status, stored.body, True

    def _once(
        self, session: Session, caller: Caller, job: Callable[[Session], BaseModel], status: Status
    ) -> tuple[int, str, bool]:
        if self._key is None:
            return _answer(job(session), status)
        stored = self._stored(session, caller)
        if stored is not None:
            return stored
        code, body, _ = _answer(job(session), status)
        reply = IdempotentReply(
            key=self._key,
            owner=caller.name,
            request_sha256=self._digest,
            status=code,
            body=body,
            created_at=self.now,
        )
        session.add(reply)
        session.flush()
        return code, body, False


def _answer(result: BaseModel, status: Status) -> tuple[int, str, bool]:
    return status(result) if callable(status) else status, result.model_dump_json(), False


class _Repeated(Exception):
    """Raised to drop an import whose request was answered meanwhile."""


def _response(result: tuple[int, str, bool]) -> Response:
    status, body, replayed = result
    return Response(body, status, {"Idempotency-Replayed": "true"} if replayed else {}, JSON)


async def _idempotent_write(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="any unique text; a request repeated with the same key is applied once"),
    ] = None,
) -> IdempotentWrite:
    if idempotency_key is None:
        return IdempotentWrite(request, None, "")
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise InvalidInput.at(_HEADER, "was sent more than once: send one")
    if not _KEY.fullmatch(idempotency_key):
        raise InvalidInput.at(_HEADER, "must be 1 to 255 printable ASCII characters")
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = await request.body()
    digest = _digest(line, body) if len(body) <= _INLINE_BYTES else await run_sync(_digest, line, body)
    return IdempotentWrite(request, idempotency_key, digest)


def _digest(line: bytes, body: bytes) -> str:
    digest = hashlib.sha256(line)
    digest.update(body)
    return digest.hexdigest()


Write = Annotated[IdempotentWrite, Depends(_idempotent_write)]
