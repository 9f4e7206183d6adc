"""Responses to reads: JSON with an ETag, from the page cache if possible."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions import ledger
from predictions.leaderboard.freshness import next_deadline
from service.cache.page_cache import Address, PageBytes
from service.db.engine import read_transaction
from service.web.etag import etag_of, tagged


def page_address(request: Request) -> Address:
    """Return path and query of a request, the key of the page cache."""
    return request.scope["path"], request.scope["query_string"]


def read_reply(request: Request, content: BaseModel) -> Response:
    """Return a view as JSON with its ETag."""
    body = content.model_dump_json().encode()
    return tagged(request, body, etag_of(body))


def cached_reply(request: Request, session: Session, make: Callable[[], BaseModel]) -> Response:
    """Return the view that ``make`` computes as JSON; it is cached until the record changes."""
    cache, now, address = request.app.state.leaderboard_cache, request.app.state.clock.now(), page_address(request)
    head = ledger.head(session).seq
    page = cache.get_page(address, head, now)
    if page is None:
        body = make().model_dump_json().encode()
        page = PageBytes(body, etag_of(body), head, next_deadline(session, now))
        cache.store_page(address, page)
    return tagged(request, page.body, page.tag, gzipped=page.gzipped)


def _session(request: Request) -> Iterator[Session]:
    with read_transaction(request.app.state.engine) as session:
        yield session


ReadSession = Annotated[Session, Depends(_session, scope="function")]
