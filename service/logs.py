"""Write the log of a process to the standard error stream, as lines of text or as JSON, with each request in it."""

import logging
import time
from collections.abc import Callable
from urllib.parse import quote

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictions.safe_text import printable
from service.settings import Settings

#: Our own messages are logged from this level on, those of libraries from the level WARNING.
OWN = ("service", "resolvers", "predictions")
#: Its library warns of each identifier that is refused: anybody could fill the log.
IDENTIFIERS = "asgi_correlation_id"
#: A signed link of a mail resolves a question for its reader, and is shown to nobody else.
SECRET_PATHS = ("/resolve/", "/contest/", "/api/contests/own/")

access = logging.getLogger(f"{__name__}.access")


class TextFormatter(logging.Formatter):
    """Format a record as one line for people, with a traceback below it if there is one."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return the text; control characters in it are escaped."""
        record.request = f" [{identifier}]" if (identifier := getattr(record, "correlation_id", None)) else ""
        return "\n".join(map(printable, super().format(record).split("\n")))


FORMATTERS: dict[str, Callable[[], logging.Formatter]] = {
    "text": lambda: TextFormatter("%(asctime)s %(levelname)s %(name)s%(request)s %(message)s"),
    "json": lambda: JsonFormatter(
        ["levelname", "name", "message", "correlation_id"],
        rename_fields={"levelname": "level", "name": "logger", "correlation_id": "request_id"},
        timestamp="time",
    ),
}


def configure_logs(settings: Settings) -> None:
    """Send everything that the process logs to the standard error stream, in the form that the settings name."""
    handler = logging.StreamHandler()
    handler.addFilter(CorrelationIdFilter())
    handler.setFormatter(FORMATTERS[settings.log_format]())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OWN:
        logging.getLogger(name).setLevel(logging.INFO)
    access.setLevel(logging.INFO if settings.access_log else logging.WARNING)
    logging.getLogger(IDENTIFIERS).setLevel(logging.ERROR)


def logged(app: ASGIApp) -> ASGIApp:
    """Return the app with a log of its requests, each with an identifier that its reply and its messages bear.

    A UUID in the header ``X-Request-ID`` is kept, so that one identifier leads through the logs of a proxy too.
    """
    return CorrelationIdMiddleware(AccessLog(app))


class AccessLog:
    """Middleware that logs each request: method, path, status, duration, size and client.

    The query string is left out: what somebody searched for is nobody's business.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not access.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        begun, status, size = time.perf_counter(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            client = quote(scope["client"][0], safe=":%") if scope["client"] else ""
            fields = {
                "method": scope["method"],
                "path": _shown(scope["path"]),
                "status": status,
                "milliseconds": round(1000 * (time.perf_counter() - begun), 1),
                "bytes": size,
                "client": client,
            }
            line = "%(client)s %(method)s %(path)s %(status)d %(bytes)d bytes %(milliseconds).1f ms"
            access.info(line, fields, extra=fields)


def _shown(path: str) -> str:
    for start in SECRET_PATHS:
        if path.startswith(start):
            return f"{start}..."
    return quote(path)
