"""Page of the changes of what is settled that wait for approval, with forms to approve and reject them."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.changes.decisions import approve, reject
from predictions.changes.listing import change_of, list_changes
from predictions.changes.models import ChangeState
from predictions.changes.views import ChangeView, view_change, view_changes
from predictions.errors import InvalidInput
from predictions.schemas.change_inputs import ApprovalIn, RejectionIn
from resolvers.probing.settled_questions import ALL_KINDS
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form, whole
from service.pages.rendering.question_history import shown
from service.security.api_keys import Caller
from service.security.approvers import asker
from service.web.responses import ReadSession

router = APIRouter()
MAX_SHOWN = 100


@router.get("/changes")
def ask(request: Request, caller: ShownToResolver, session: ReadSession) -> Response:
    """Show the changes that wait."""
    return _page(request, session, caller, Form())


@router.post("/changes")
def decide(request: Request, posted: PostedByResolver, session: ReadSession) -> Response:
    """Approve or reject a change; show the page again if there are errors."""
    form, state = posted.form, request.app.state
    decided: list[ChangeView] = []
    with form.checked():
        decided.append(state.writer.run(_job(form, posted.caller, state.clock.now())))
    if not decided:
        return _page(request, session, posted.caller, form)
    [change] = decided
    return RedirectResponse(f"/questions/{change.question.slug}#change-{change.id}", 303)


def _job(form: Form, caller: Caller, now: datetime) -> Callable[[Session], ChangeView]:
    """Return the job for the submitted decision. Raises ``InvalidInput`` or ``ValidationError`` for invalid fields."""
    number = whole(form["change"])
    if not isinstance(number, int) or form["action"] not in ("approve", "reject"):
        raise InvalidInput.at("", "unknown action: reload the page")
    given = form[f"{number}/reason"]
    note = ApprovalIn(reason=given or None).reason
    if form["action"] == "reject" and not given:
        raise InvalidInput.at(f"/{number}/reason", "is missing: say why the change is rejected")

    def job(session: Session) -> ChangeView:
        change, by = change_of(session, number), asker(session, caller, now=now)
        if form["action"] == "approve":
            approve(session, change, by, note, kinds=ALL_KINDS)
        else:
            reject(session, change, by, RejectionIn(reason=given).reason)
        return view_change(session, change)

    return job


def _page(request: Request, session: Session, caller: Caller, form: Form) -> Response:
    rows = list_changes(session, state=ChangeState.PENDING, after=0, limit=MAX_SHOWN)
    alone = asker(session, caller, now=request.app.state.clock.now()).is_alone
    return render_form(
        request,
        "changes.html",
        form,
        session=session,
        title="Changes of what is settled",
        changes=view_changes(session, rows),
        decides=lambda change: alone or change.requested_by != caller.name,
        shown=shown,
    )
