"""The pages: the same domain calls as the API, as HTML. One module for each page; each has a ``router``."""

from fastapi import APIRouter

from service.pages import (
    board,
    calendar,
    calibration,
    cards,
    channels,
    commentator,
    comparison,
    correcting,
    due,
    feeds,
    ledger,
    lists,
    method,
    probe,
    question,
    record,
    reply,
    resolve,
    search,
    sign_in,
    source,
)
from service.pages.faults import problem_page
from service.pages.forms import SignInFirst, sign_in_first

__all__ = ["SignInFirst", "problem_page", "router", "sign_in_first"]

router = APIRouter(include_in_schema=False)
reading = (board, commentator, comparison, calibration, question, source, lists, search, method, ledger, due)
shared = (feeds, calendar, cards)
for module in (*reading, *shared, record, correcting, reply, resolve, probe, channels, sign_in):
    router.include_router(module.router)
