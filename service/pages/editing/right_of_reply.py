"""Page that edits a commentator's profile and statement (right of reply)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.enums import CommentatorKind
from predictions.models import Commentator
from predictions.schemas.change_inputs import CommentatorChange
from predictions.submissions.commentators import STATEMENT, change_commentator
from service.lookup import commentator_of
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
FIELDS = ("name", "kind", "description", *STATEMENT)


@router.get("/commentators/{which}/correct")
def ask(request: Request, which: IdOrSlug, _: ShownToResolver, session: ReadSession) -> Response:
    """Show the form, filled in from the record."""
    row = commentator_of(session, which)
    return _page(request, session, row, Form(_as_typed(row)))


@router.post("/commentators/{which}/correct")
def change(request: Request, which: IdOrSlug, posted: PostedByResolver, session: ReadSession) -> Response:
    """Save the changes; show the form again if there are errors."""
    form, row, state = posted.form, commentator_of(session, which), request.app.state
    with form.checked():
        changes = _changes(form, row)
        if changes:
            by: dict[str, Any] = {"now": state.clock.now(), "actor": posted.caller.name}
            state.writer.run(lambda session: change_commentator(session, commentator_of(session, which), changes, **by))
    if form.errors:
        return _page(request, session, row, form)
    return RedirectResponse(f"/commentators/{row.slug}", 303)


def _changes(form: Form, row: Commentator) -> dict[str, Any]:
    """Return the fields that differ from the record; of a statement all or none. Raises ``ValidationError``."""
    before = _as_typed(row)
    names = [name for name in FIELDS if form[name] != before[name]]
    if set(names) & set(STATEMENT):
        names = [name for name in FIELDS if name in names or name in STATEMENT]
    typed = {name: form[name] or (None if name.startswith("statement_") else "") for name in names}
    data = CommentatorChange.model_validate(typed)
    return {name: getattr(data, name) for name in names}


def _as_typed(row: Commentator) -> dict[str, str]:
    return {name: str(getattr(row, name) or "").strip() for name in FIELDS}


def _page(request: Request, session: Session, row: Commentator, form: Form) -> Response:
    return render_form(
        request,
        "right_of_reply.html",
        form,
        session=session,
        title=f"Edit the profile of {row.name}",
        commentator=row,
        kinds=[(kind.value, kind.value) for kind in CommentatorKind],
    )
