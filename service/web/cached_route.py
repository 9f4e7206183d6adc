"""A route that answers with the page it sent last, before anything of the request is read, where nothing changed."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.cache.page_cache import PageBytes
from service.web.etag import tagged
from service.web.responses import page_address


class CachedPageRoute(APIRoute):
    """Leaves out what a reply needs to be made: parameters checked, a session opened, threads changed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler behind a look at the kept pages."""
        make = super().get_route_handler()

        async def handle(request: Request) -> Response:
            page = await _cached_page(request)
            return (
                tagged(request, page.body, page.tag, gzipped=page.gzipped) if page is not None else await make(request)
            )

        return handle


async def _cached_page(request: Request) -> PageBytes | None:
    state = request.app.state
    if not state.settings.public_read or "authorization" in request.headers:
        return None  # the caller's key must be looked at
    address = page_address(request)
    if not state.leaderboard_cache.has_page(address):
        return None
    head = await state.newest_event.get()
    page: PageBytes | None = state.leaderboard_cache.get_page(address, head, state.clock.now())
    return page
