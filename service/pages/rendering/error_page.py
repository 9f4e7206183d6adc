"""Error pages: the content of the API's problem responses as HTML, for browsers."""

from fastapi import Request, Response

from service.lookup import NotOnRecord
from service.pages.rendering.templates import render
from service.web.problems import Problem

NOT_PAGES = ("/api", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static")
#: Pages that list the rows of a table; others are found by search.
LISTS = {"commentator": "/?sort=name", "question": "/questions", "source": "/sources", "channel": "/channels"}


def problem_page(request: Request, problem: Problem, error: Exception) -> Response | None:
    """Return the problem as a page if the client accepts HTML; None if the JSON problem is the reply."""
    accepted = request.headers.get("accept", "")
    if request.url.path.startswith(NOT_PAGES) or "text/html" not in accepted:
        return None
    content = dict(problem.content)
    if isinstance(error, NotOnRecord):
        content["detail"] = f"{error.missing}: see {LISTS.get(error.table, '/search')} for all"
    page = render(request, "error_page.html", status=problem.status_code, title=content["title"], content=content)
    for name in ("www-authenticate", "retry-after", "allow"):
        if name in problem.headers:
            page.headers[name] = problem.headers[name]
    return page
