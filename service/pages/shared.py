"""Pages that readers share: rendered once for all who are not signed in, until the record changes."""

from collections.abc import Callable
from datetime import timedelta

from fastapi import Request, Response
from sqlmodel import Session

from predictions import ledger
from service.boards import Kept, PageBytes, newest_scoring
from service.pages.rendering import HTML, page_reply
from service.replies import address_of

#: "In 3 days" on a page must not grow old where nothing happens for long.
LONGEST = timedelta(minutes=10)


def shared_page(
    request: Request, session: Session, estimates: Callable[[], Kept], body: Callable[[Kept], bytes]
) -> Response:
    """The page at this address: as it was rendered last if nothing has changed since, else rendered by ``body``."""
    boards, now = request.app.state.boards, request.app.state.clock.now()
    wanted, shared = address_of(request), not request.cookies
    head = ledger.head(session).seq
    page = boards.page(wanted, head, now) if shared else None
    if page is None:
        made = estimates()
        until = min(made.until or now + LONGEST, now + LONGEST)
        page = PageBytes(body(made), "", head, until)
        if shared and made.fresh(newest_scoring(session), now):
            boards.keep_page(wanted, page)
    return page_reply(request, page.body, HTML)
