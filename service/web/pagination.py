"""Lists, page by page: keyset cursors and Link headers."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from predictions.columns import MAX_ID
from predictions.errors import InvalidInput
from service.web.etag import etag_of, tagged

MAX_LIMIT = 1000
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many to list at most")]
Cursor = Annotated[str | None, Query(max_length=64, description="from the Link header of the page before")]


class Page(BaseModel):
    """A page of a list; ``next`` is the address of the page behind it, null on the last."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    items: list[Any]
    next: str | None


def decode_cursor(cursor: str | None) -> int:
    """The id behind which a page begins. Raises ``InvalidInput`` for a cursor that no list gave."""
    if cursor is None:
        return 0
    try:
        number = int(base64.urlsafe_b64decode(cursor.encode()).decode("ascii").removeprefix("after:"))
    except (ValueError, binascii.Error):
        number = -1
    if not 0 <= number <= MAX_ID:
        raise InvalidInput.at("/query/cursor", "is not a cursor of this list: follow the Link header, or leave it out")
    return number


def _encode_cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def page_reply(request: Request, items: Sequence[Any], limit: int) -> Response:
    """A page of read models; a full page links to the next."""
    following = None
    if len(items) == limit:
        url = request.url.include_query_params(cursor=_encode_cursor(items[-1].id))
        following = f"{url.path}?{url.query}"
    body = Page(items=list(items), next=following).model_dump_json().encode()
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return tagged(request, body, etag_of(body), headers)
