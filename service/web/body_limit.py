"""Limit on the size of a request body; refusal of compressed bodies and NUL characters."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.problems import Problem

_COMPRESSED_BODY = Problem(
    415,
    "Unsupported Media Type",
    "compressed bodies are not accepted: send the body uncompressed, without Content-Encoding",
    headers={"Accept-Encoding": "identity"},
)


class BodyLimit:
    """Middleware that answers 413 to a body of more than ``max_bytes``, whatever its Content-Length says.

    It answers 400 to an address with a NUL character, which databases reject in text, and 415 to a compressed body.
    """

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
        declared_length = headers.get(b"content-length", b"0")
        if declared_length.isdigit() and int(declared_length) > self._max_bytes:
            await self._send_413(scope, receive, send)
            return
        received = 0
        too_large = False

        async def limited_receive() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                too_large = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def guarded_send(message: Message) -> None:
            if not too_large:
                await send(message)

        await self._app(scope, limited_receive, guarded_send)
        if too_large:
            await self._send_413(scope, receive, send)

    async def _send_413(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the body exceeds {self._max_bytes} bytes: send it in parts, or use trackrecord import"
        await Problem(413, "Content too large", detail)(scope, receive, send)
