"""The resolver of a question, for editors: how it stands, and a look at its source now, which records nothing."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from predictions.reading import view_question
from resolvers.attaching import find_attached, view_attached
from service.api.questions import Which, question_of
from service.api.resolvers import LookView, look_now
from service.database import reading
from service.pages.forms import Form, PostedByResolver, ShownToResolver, render_form
from service.replies import Reading

router = APIRouter()


@router.get("/questions/{which}/probe")
def stand(request: Request, which: Which, _: ShownToResolver, session: Reading) -> Response:
    """How the resolver stands, and the button."""
    return _page(request, session, which, Form(), None)


@router.post("/questions/{which}/probe")
def probe(request: Request, which: Which, posted: PostedByResolver) -> Response:
    """Look now, and show what was seen. No session is open while the source takes its time."""
    look = None
    with posted.form.checked():
        look = look_now(request, which, posted.who)
    with reading(request.app.state.engine) as session:
        return _page(request, session, which, posted.form, look)


def _page(request: Request, session: Session, which: str, form: Form, look: LookView | None) -> Response:
    question = question_of(session, which)
    row = find_attached(session, question)
    return render_form(
        request,
        "probe.html",
        form,
        session=session,
        title=f"Probe: {question.text}",
        q=view_question(session, question),
        resolver=view_attached(row, question) if row else None,
        look=look,
    )
