"""The pages: the same domain calls as the API, as HTML. One module for each page; each has a ``router``."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from service.pages import (
    board,
    commentator,
    comparison,
    correcting,
    due,
    ledger,
    lists,
    method,
    probe,
    question,
    record,
    resolve,
    search,
    sign_in,
    source,
)
from service.pages.faults import problem_page
from service.pages.forms import SignInFirst, sign_in_first

__all__ = ["SignInFirst", "problem_page", "router", "sign_in_first"]

router = APIRouter(include_in_schema=False)
reading = (board, commentator, comparison, question, source, lists, search, method, ledger, due)
for module in (*reading, record, correcting, resolve, probe, sign_in):
    for route in module.router.routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")  # monitors and link checkers ask so; the server leaves the body out
    router.include_router(module.router)
