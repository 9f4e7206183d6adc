"""Bounds on requests, held before anything reads them."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.problems import Problem

_COMPRESSED_BODY = Problem(
    415,
    "Unsupported Media Type",
    "a compressed body is not read: send it as it is, without Content-Encoding",
    headers={"Accept-Encoding": "identity"},
)


class BodyLimit:
    """Answers 413 to a request whose body is larger than ``max_bytes``, whatever its Content-Length says, and 400 to
    an address with a NUL character, which no database takes for text, and 415 to a compressed body."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            problem = Problem(400, "Bad Request", "the address contains a NUL character (%00): remove it")
            await problem(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
            await _COMPRESSED_BODY(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._max_bytes:
            await self._refuse(scope, receive, send)
            return
        received = 0
        refused = False

        async def bounded() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                refused = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def guarded(message: Message) -> None:
            if not refused:
                await send(message)

        await self._app(scope, bounded, guarded)
        if refused:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the body is larger than {self._max_bytes} bytes: send it in parts, or use trackrecord import"
        await Problem(413, "Content too large", detail)(scope, receive, send)
