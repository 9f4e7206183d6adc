"""Error pages: the content of the API's problem responses as HTML, for browsers."""

from fastapi import Request, Response

from service.pages.rendering.templates import render
from service.web.problems import Problem

NOT_PAGES = ("/api", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static")


def problem_page(request: Request, problem: Problem) -> Response | None:
    """Return the problem as a page if the client accepts HTML; None if the JSON problem is the reply."""
    accepted = request.headers.get("accept", "")
    if request.url.path.startswith(NOT_PAGES) or "text/html" not in accepted:
        return None
    page = render(
        request, "error_page.html", status=problem.status_code, title=problem.content["title"], problem=problem
    )
    for name in ("www-authenticate", "retry-after", "allow"):
        if name in problem.headers:
            page.headers[name] = problem.headers[name]
    return page
