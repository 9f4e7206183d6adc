"""Page that resolves a question: give, correct or retract an outcome, confirm or reject proposals."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.enums import ANNULLED, ProposalState
from predictions.models import Question, row_id
from predictions.outcomes import outcomes
from predictions.queries.details import view_question
from predictions.questions.deadlines import last_postponement
from predictions.questions.proposals import list_proposals
from predictions.questions.resolve import current_resolution
from resolvers.notifications.resolve_links import open_link
from service.lookup import question_of
from service.pages.editing.question_actions import By, decision, place_evidence
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
MAX_PROPOSALS = 50
#: Form fields that show errors of the API's input, by its pointer.
PLACES = {"evidence": "evidence/0/url"}


@router.get("/resolve/{token}")
def follow(request: Request, token: str, session: ReadSession) -> Response:
    """Redirect from the link in a message to the form; the link stays valid."""
    question, _ = open_link(session, request.app.state.secret, token, now=request.app.state.clock.now())
    return RedirectResponse(f"/questions/{question.slug}/resolve", 303)


@router.get("/questions/{which}/resolve")
def ask(request: Request, which: IdOrSlug, _: ShownToResolver, session: ReadSession) -> Response:
    """Show the form and the pending proposals."""
    return _page(request, session, question_of(session, which), Form())


@router.post("/questions/{which}/resolve")
def submit(request: Request, which: IdOrSlug, posted: PostedByResolver, session: ReadSession) -> Response:
    """Carry out the submitted action; show the form again if there are errors."""
    question, form = question_of(session, which), posted.form
    by: By = {"now": request.app.state.clock.now(), "actor": posted.caller.name}
    number = row_id(question)
    with form.checked(PLACES):
        job = decision(form["action"], form, by)
        request.app.state.writer.run(lambda session: job(session, question_of(session, str(number))))
    place_evidence(form)
    if form.errors:
        return _page(request, session, question, form)
    return RedirectResponse(f"/questions/{question.slug}", 303)


def _page(request: Request, session: Session, question: Question, form: Form) -> Response:
    before = current_resolution(session, row_id(question))
    number, pending, postponement = row_id(question), ProposalState.PENDING, last_postponement(session, question)
    return render_form(
        request,
        "resolve_question.html",
        form,
        session=session,
        title=f"Resolve: {question.text}",
        q=view_question(session, question),
        choices=[(outcome, outcome) for outcome in (*outcomes(question), ANNULLED)],
        before_postponement=postponement.deadline if postponement else None,
        supersedes=form["supersedes"] or (str(before.id) if before else "none"),
        proposals=list_proposals(session, question=number, state=pending, after=0, limit=MAX_PROPOSALS),
    )
