"""The files that pages load: kept for long under an address that names their content, compressed where text."""

import gzip
from functools import lru_cache
from os import PathLike, stat_result
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

YEAR_SECONDS = 31_536_000
TEXT = (".css", ".js", ".svg")


class Assets(StaticFiles):
    """The folder ``static`` of the package."""

    def __init__(self) -> None:
        super().__init__(directory=Path(__file__).parents[2] / "static")

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file; with ``?v=`` in its address it never changes, and need not be asked for again."""
        reply = super().file_response(full_path, stat_result, scope, status_code)
        headers = {name.lower(): value for name, value in scope["headers"]}
        if (
            reply.status_code == 200
            and str(full_path).endswith(TEXT)
            and b"gzip" in headers.get(b"accept-encoding", b"")
        ):
            kept = {name: reply.headers[name] for name in ("etag", "last-modified")}
            body = _compressed(str(full_path), stat_result.st_mtime_ns)
            reply = Response(body, headers=kept | {"Content-Encoding": "gzip"}, media_type=reply.media_type)
        reply.headers["Vary"] = "Accept-Encoding"
        reply.headers["X-Content-Type-Options"] = "nosniff"
        if b"v=" in scope.get("query_string", b""):
            reply.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return reply


@lru_cache(maxsize=64)
def _compressed(path: str, _changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
