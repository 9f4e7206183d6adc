"""Writes with an Idempotency-Key: the same key has one effect and one reply."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.errors import InvalidInput
from service.db.models import IdempotentReply
from service.security.api_keys import Caller
from service.web.etag import JSON

Item = TypeVar("Item")
_HEADER = "/header/Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class IdempotentWrite:
    """What a route needs to change the record once: the app's one writer, and the request's Idempotency-Key."""

    def __init__(self, request: Request, key: str | None, digest: str) -> None:
        self._state, self._key, self._digest = request.app.state, key, digest

    @property
    def now(self) -> datetime:
        """The server's clock."""
        found: datetime = self._state.clock.now()
        return found

    def refuse_key(self) -> None:
        """Refuse an Idempotency-Key, for a reply that must not be stored: it carries a secret."""
        if self._key is not None:
            raise InvalidInput.at(_HEADER, "is not taken here, because the reply would have to be stored: leave it out")

    def __call__(self, caller: Caller, job: Callable[[Session], BaseModel], *, status: int = 201) -> Response:
        """Run the job in the writer and reply with its result, once it is committed.

        A known Idempotency-Key gets the reply of the first time; raises ``InvalidInput`` if that request was another.
        """
        return _response(self._state.writer.run(lambda session: self._once(session, caller, job, status)))

    async def batched(
        self, caller: Caller, job: Callable[[Session, list[Item]], list[BaseModel]], item: Item
    ) -> Response:
        """As calling it, with status 201, from a route that is awaited, for a job that takes many items at once."""
        if self._key is None:
            return Response((await self._state.writer.run_batched(job, item)).model_dump_json(), 201, media_type=JSON)

        def once(session: Session, _: object) -> list[tuple[int, str, bool]]:
            return [self._once(session, caller, lambda session: job(session, [item])[0], 201)]

        return _response(await self._state.writer.run_batched(once, None))

    def _once(
        self, session: Session, caller: Caller, job: Callable[[Session], BaseModel], status: int
    ) -> tuple[int, str, bool]:
        if self._key is None:
            return status, job(session).model_dump_json(), False
        known = session.get(IdempotentReply, (self._key, caller.name))
        if known is not None:
            if known.request_sha256 != self._digest:
                raise InvalidInput.at(_HEADER, "was sent before with another request: choose a new key for each")
            return known.status, known.body, True
        body = job(session).model_dump_json()
        reply = IdempotentReply(
            key=self._key,
            owner=caller.name,
            request_sha256=self._digest,
            status=status,
            body=body,
            created_at=self.now,
        )
        session.add(reply)
        session.flush()
        return status, body, False


def _response(outcome: tuple[int, str, bool]) -> Response:
    code, body, again = outcome
    return Response(body, code, {"Idempotency-Replayed": "true"} if again else {}, JSON)


async def _idempotent_write(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="a text of your own; the same key and request have one effect, however often sent"),
    ] = None,
) -> IdempotentWrite:
    if idempotency_key is None:
        return IdempotentWrite(request, None, "")
    if not _KEY.fullmatch(idempotency_key):
        raise InvalidInput.at(_HEADER, "must be 1 to 200 printable ASCII characters without spaces")
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return IdempotentWrite(request, idempotency_key, hashlib.sha256(line + await request.body()).hexdigest())


Write = Annotated[IdempotentWrite, Depends(_idempotent_write)]
