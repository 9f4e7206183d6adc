"""Page that corrects a source, names a copy of it in an outside archive, and confirms what it says."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.models import Source
from predictions.schemas.inputs import SourceChange
from predictions.submissions.sources import change_source, confirm_source, retract_confirmation
from service.lookup import source_of
from service.on_demand.source_archive import archive_source
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form
from service.web.path_params import RowId
from service.web.responses import ReadSession

router = APIRouter()
FIELDS = ("title", "outlet", "published_on", "archive_url")
CONFIRMATIONS = {"confirm": confirm_source, "retract": retract_confirmation}


@router.get("/sources/{number}/correct")
def ask(request: Request, number: RowId, _: ShownToResolver, session: ReadSession) -> Response:
    """Show the forms, filled in from the record."""
    row = source_of(session, number)
    return _page(request, session, row, Form(_as_typed(row)))


@router.post("/sources/{number}/correct")
def change(request: Request, number: RowId, posted: PostedByResolver, session: ReadSession) -> Response:
    """Correct or confirm the source; show the form again if there are errors."""
    form, row, state = posted.form, source_of(session, number), request.app.state
    by: dict[str, Any] = {"now": state.clock.now(), "actor": posted.caller.name}
    with form.checked():
        if form["action"] == "archive":
            archive_source(request, number, posted.caller)
        elif (confirmation := CONFIRMATIONS.get(form["action"])) is not None:
            state.writer.run(lambda session: confirmation(session, source_of(session, number), **by))
        elif changes := _changes(form, row):
            data = SourceChange.model_validate(changes | {"reason": form["reason"]})
            by |= {"reason": data.reason}
            state.writer.run(lambda session: change_source(session, source_of(session, number), data.changes, **by))
    if form.errors:
        return _page(request, session, row, form)
    return RedirectResponse(f"/sources/{number}", 303)


def _changes(form: Form, row: Source) -> dict[str, str | None]:
    """Return the fields that differ from the record; an emptied address of a copy removes it."""
    before = _as_typed(row)
    changes: dict[str, str | None] = {name: form[name] for name in FIELDS if form[name] != before[name]}
    return changes | ({"archive_url": None} if changes.get("archive_url") == "" else {})


def _as_typed(row: Source) -> dict[str, str]:
    return {name: getattr(row, name) or "" for name in FIELDS}


def _page(request: Request, session: Session, row: Source, form: Form) -> Response:
    title = f"Correct the source {row.title or row.outlet or row.id}"
    return render_form(request, "correct_source.html", form, session=session, title=title, source=row)
