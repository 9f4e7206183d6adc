"""Search across commentators, questions and sources."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from predictions.models import Source
from predictions.reading import QuestionFilter, list_commentators, list_questions
from service.auth import Reader
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()
SHOWN = 25


@router.get("/search")
def search(request: Request, _: Reader, session: Reading, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Whatever has the words in its name, text, title, outlet or address."""
    wanted = " ".join(q.split()).replace("\0", "")
    return render(
        request,
        "search.html",
        session=session,
        title=f"Search: {wanted}" if wanted else "Search",
        searched=wanted,
        limit=SHOWN,
        commentators=list_commentators(session, text=wanted, limit=SHOWN) if wanted else [],
        questions=list_questions(session, QuestionFilter(text=wanted), limit=SHOWN) if wanted else [],
        sources=find_sources(session, wanted) if wanted else [],
    )


def find_sources(session: Session, text: str, limit: int = SHOWN) -> Sequence[Source]:
    """Sources with ``text`` in title, outlet or address, newest first."""
    columns = (Source.title, Source.outlet, Source.url)
    named = or_(*(func.lower(col(column)).contains(text.lower(), autoescape=True) for column in columns))
    return session.execute(select(Source).where(named).order_by(col(Source.id).desc()).limit(limit)).scalars().all()
