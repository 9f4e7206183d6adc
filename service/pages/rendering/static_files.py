"""Static files, cached for a year under addresses that contain a hash of their content."""

from os import PathLike, stat_result
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

YEAR_SECONDS = 31_536_000


class Assets(StaticFiles):
    """The package's folder ``static``, with cache headers."""

    def __init__(self) -> None:
        super().__init__(directory=Path(__file__).parents[2] / "static")

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Reply with the file; with ``?v=`` in its address it is immutable."""
        reply = super().file_response(full_path, stat_result, scope, status_code)
        reply.headers["Vary"] = "Accept-Encoding"
        if (media_type := reply.headers.get("Content-Type", "")).endswith("+xml"):
            reply.headers["Content-Type"] = f"{media_type}; charset=utf-8"
        if b"v=" in scope.get("query_string", b""):
            reply.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return reply
