"""Pagination of lists: keyset cursors and Link headers."""

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
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="largest number of items")]
Cursor = Annotated[str | None, Query(max_length=64, description="from the Link header of the previous page")]


class Page(BaseModel):
    """A page of a list; ``next`` is the address of the next page, null on the last."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    items: list[Any]
    next: str | None


def decode_cursor(cursor: str | None) -> int:
    """Return the id after which a page begins. Raises ``InvalidInput`` for an invalid cursor."""
    if cursor is None:
        return 0
    try:
        number = int(base64.urlsafe_b64decode(cursor.encode()).decode("ascii").removeprefix("after:"))
    except (ValueError, binascii.Error):
        number = -1
    if not 0 <= number <= MAX_ID:
        raise InvalidInput.at("/query/cursor", "is not a valid cursor: take it from the Link header, or remove it")
    return number


def _encode_cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def page_reply(request: Request, items: Sequence[Any], limit: int) -> Response:
    """Return a page of views as JSON; a full page links to the next."""
    next_page = None
    if len(items) == limit:
        url = request.url.include_query_params(cursor=_encode_cursor(items[-1].id))
        next_page = f"{url.path}?{url.query}"
    body = Page(items=list(items), next=next_page).model_dump_json().encode()
    headers = {"Link": f'<{next_page}>; rel="next"'} if next_page else {}
    return tagged(request, body, etag_of(body), headers)
