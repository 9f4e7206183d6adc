"""Errors as pages: the content of the API's problem, for whoever asked with a browser."""

from fastapi import Request, Response

from service.pages.rendering.templates import render
from service.web.problems import Problem

NOT_PAGES = ("/api", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static")


def problem_page(request: Request, problem: Problem) -> Response | None:
    """The problem as a page, if the reader wants one; None where the problem itself is the answer."""
    accepted = request.headers.get("accept", "")
    if request.url.path.startswith(NOT_PAGES) or "text/html" not in accepted:
        return None
    shown = render(request, "problem.html", status=problem.status_code, title=problem.content["title"], problem=problem)
    for name in ("www-authenticate", "retry-after", "allow"):
        if name in problem.headers:
            shown.headers[name] = problem.headers[name]
    return shown
