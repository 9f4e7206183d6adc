"""Route that answers from the page cache before parameters are checked and a session is opened."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.cache.page_cache import PageBytes
from service.web.etag import tagged
from service.web.responses import page_address


class CachedPageRoute(APIRoute):
    """Answer with the cached page if the record has not changed since it was stored, else call the route."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, preceded by a lookup in the page cache."""
        call_route = super().get_route_handler()

        async def handle(request: Request) -> Response:
            page = await _cached_page(request)
            return (
                tagged(request, page.body, page.tag, gzipped=page.gzipped)
                if page is not None
                else await call_route(request)
            )

        return handle


async def _cached_page(request: Request) -> PageBytes | None:
    state = request.app.state
    if not state.settings.public_read or "authorization" in request.headers:
        return None  # the route must check the caller's key
    address = page_address(request)
    if not state.leaderboard_cache.has_page(address):
        return None
    head = await state.newest_event.get()
    page: PageBytes | None = state.leaderboard_cache.get_page(address, head, state.clock.now())
    return page
