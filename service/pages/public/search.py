"""Search page for commentators, topics, questions and sources."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from predictions.queries.search import SHOWN, find_commentators, find_questions, find_sources, find_topics
from service.limits.admission import slow_endpoint
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
MAX_WORDS = 8


@router.get("/search")
@slow_endpoint
def search(
    request: Request, _: Reader, session: ReadSession, q: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Show the results that contain all the words in name, text, title, outlet or address."""
    words = q.replace("\0", "").split()[:MAX_WORDS]
    wanted = " ".join(words)
    return render(
        request,
        "search.html",
        session=session,
        title=f"Search: {wanted}" if wanted else "Search",
        searched=wanted,
        limit=SHOWN,
        commentators=find_commentators(session, words) if words else [],
        topics=find_topics(session, words) if words else [],
        questions=find_questions(session, words) if words else [],
        sources=find_sources(session, words) if words else [],
    )
