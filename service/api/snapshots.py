"""Route of snapshots, the stored bytes that resolvers read, served so that no script in them runs."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from predictions.errors import NotFound
from predictions.questions.proposals import cites_snapshot
from resolvers.errors import SnapshotLost
from resolvers.probing.source_archive import is_of_source
from service.security.access import Reader
from service.web.etag import client_holds
from service.web.responses import ReadSession
from service.wiring.probing import snapshot_store

router = APIRouter(tags=["proposals"])
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the bytes")]
#: No script, style, form, frame or type sniffing, whatever the bytes contain.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=31536000, immutable",
}


@router.get("/snapshots/{sha256}", response_class=Response)
def get_snapshot(request: Request, sha256: Sha256, caller: Reader, session: ReadSession) -> Response:
    """Get a snapshot.

    The bytes that a proposal cites, and with the scope `resolve` those of a source: text as plain text, anything else
    as a download.
    """
    # The store also contains responses that no proposal cites; only evidence is served to everybody.
    if not cites_snapshot(session, sha256) and not (caller.may("resolve") and is_of_source(session, sha256)):
        raise NotFound(f"no proposal cites the snapshot {sha256}: take the hash from the evidence in /api/proposals")
    tag = f'W/"{sha256}"'
    if client_holds(request, tag):
        return Response(status_code=304, headers=HEADERS | {"ETag": tag})
    try:
        body = snapshot_store(request.app.state.settings).get(sha256)
    except SnapshotLost as error:
        raise NotFound(error.detail) from error
    media_type, disposition, extension = (
        ("text/plain", "inline", "txt") if _is_text(body) else ("", "attachment", "bin")
    )
    headers = HEADERS | {"ETag": tag, "Content-Disposition": f'{disposition}; filename="{sha256[:16]}.{extension}"'}
    return Response(body, headers=headers, media_type=media_type or "application/octet-stream")


def _is_text(body: bytes) -> bool:
    if b"\0" in body:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
