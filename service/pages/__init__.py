"""The pages: the same domain calls as the API, as HTML. One module for each page; each has a ``router``."""

from fastapi import APIRouter

from service.pages import board, commentator, comparison, due, lists, method, question, search, source
from service.pages.faults import problem_page

__all__ = ["problem_page", "router"]

router = APIRouter(include_in_schema=False)
for module in (board, commentator, comparison, question, source, lists, search, method, due):
    router.include_router(module.router)
