"""HTML pages, built on the same domain functions as the API. One module for each page; each has a ``router``.

Entry points: `router`, `problem_page`, `sign_in_first`.
"""

from fastapi import APIRouter, Depends

from service.pages.editing import (
    changes,
    channels,
    contests,
    correct_prediction,
    correct_source,
    inbox,
    record_prediction,
    resolve_question,
    resolver_setup,
    right_of_reply,
    sign_in,
)
from service.pages.embeds import atom_feed, cards, checkpoint_feed, corrections_feed, ical_feed
from service.pages.public import (
    calibration,
    commentator,
    comparison,
    contest,
    corrections,
    leaderboard,
    ledger,
    lists,
    method,
    question,
    search,
    source,
    well_known,
)
from service.pages.rendering.error_page import problem_page
from service.pages.rendering.forms import SignInFirst, sign_in_first
from service.security.access import request_caller
from service.web.strict_requests import check_page_query

__all__ = ["SignInFirst", "problem_page", "router", "sign_in_first"]

router = APIRouter(include_in_schema=False)
PUBLIC = (
    leaderboard,
    commentator,
    comparison,
    calibration,
    question,
    source,
    lists,
    search,
    method,
    ledger,
    *(corrections, contest),
)
#: For programs and other sites, which may add parameters to the addresses that they fetch.
EMBEDS = (atom_feed, checkpoint_feed, corrections_feed, ical_feed, cards, well_known)
EDITING = (
    *(inbox, record_prediction, correct_prediction, resolve_question, right_of_reply, resolver_setup, channels),
    *(changes, contests, correct_source, sign_in),
)
for module in (*PUBLIC, *EDITING):
    # The caller comes first, so that an error page shows a signed-in editor their menu.
    router.include_router(module.router, dependencies=[Depends(request_caller), Depends(check_page_query)])
for module in EMBEDS:
    router.include_router(module.router)
