"""Page that records a prediction: one form for commentator, question, prediction and source."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.errors import InvalidInput
from predictions.hedges.interpret import DEFAULT_LEXICON, lexicons, read_hedge
from predictions.models import row_id
from predictions.queries.browsing import newest_commentator_names, newest_questions
from predictions.queries.details import view_predictions
from predictions.queries.search import questions_with_text
from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_prediction
from service.lookup import commentator_of, prediction_of, question_of, source_of
from service.pages.editing.prediction_form import (
    PLACES,
    candidates,
    explain_missing,
    find_warnings,
    option_lines,
    prediction,
)
from service.pages.rendering.forms import Form, PostedByPredictor, ShownToPredictor, render_form
from service.pages.rendering.templates import HTML, page_reply, template_bytes
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
SUGGESTED = 100
DEFAULTS = {"lexicon": DEFAULT_LEXICON, "commentator/kind": "person", "question/kind": "binary"}
Named = Annotated[str, Query(max_length=120)]
Number = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get("/record")
def ask(
    request: Request,
    _: ShownToPredictor,
    session: ReadSession,
    question: Named = "",
    commentator: Named = "",
    source: Number = None,
    done: Number = None,
) -> Response:
    """Show the form, filled in from the query; with ``done``, confirm that prediction."""
    values = DEFAULTS | {"question/deadline_zone": "UTC"}
    if question:
        row = question_of(session, question)
        values["existing_question"] = row.text if len(questions_with_text(session, row.text)) == 1 else row.slug
        values["probabilities"] = option_lines(row)
    if commentator:
        values["commentator/name"] = commentator_of(session, commentator).name
    if source is not None:
        values |= _source_fields(session, source)
    recorded = view_predictions(session, [prediction_of(session, done)])[0] if done is not None else None
    return _page(request, session, Form(values), recorded=recorded)


@router.post("/record")
def take(request: Request, posted: PostedByPredictor, session: ReadSession) -> Response:
    """Record the prediction; show the form again if there are errors or unconfirmed warnings."""
    form, now = posted.form, request.app.state.clock.now()
    number, confirmed = 0, False
    warnings: dict[str, str] = {}
    with form.checked(PLACES):
        data = prediction(session, form)
        warnings = find_warnings(session, data, now)
        confirmed = set(warnings) <= set(form["confirmed"].split())
        job = partial(_record if confirmed else _rehearse, data=data, now=now, actor=posted.caller.name)
        number = request.app.state.writer.run(job)
    explain_missing(form)
    if form.errors or not confirmed:
        return _page(request, session, form, warnings=warnings)
    return RedirectResponse(f"/record?done={number}", 303)


def _record(session: Session, *, data: PredictionIn, now: datetime, actor: str) -> int:
    return row_id(record_prediction(session, data, now=now, actor=actor))


def _rehearse(session: Session, *, data: PredictionIn, now: datetime, actor: str) -> int:
    """Record and roll back, to find errors before warnings are shown."""
    attempt = session.begin_nested()
    try:
        return _record(session, data=data, now=now, actor=actor)
    finally:
        attempt.rollback()


@router.get("/record/meaning")
def interpretation(
    request: Request,
    _: Reader,
    hedge: Annotated[str, Query(max_length=400)] = "",
    lexicon: Annotated[str, Query(max_length=40)] = DEFAULT_LEXICON,
    against: bool = False,
) -> Response:
    """Return the interpretation of a hedge as an HTML fragment, for the script of the form."""
    fragment = template_bytes(request, "interpretation.html", interpretation=_interpretation(hedge, lexicon, against))
    return page_reply(request, fragment, HTML)


def _interpretation(hedge: str, lexicon: str, against: bool) -> dict[str, Any]:
    if not hedge.strip():
        return {"result": None, "error": ""}
    try:
        return {"result": read_hedge(hedge.strip(), lexicon, against=against), "error": ""}
    except InvalidInput as error:
        return {"result": None, "error": error.faults[0].sentence(subject="the text of the words")}


def interpretation_of(form: Form) -> dict[str, Any]:
    """Return the interpretation of the form's hedge, for its template."""
    return _interpretation(form["hedge"][:400], form["lexicon"] or DEFAULT_LEXICON, bool(form["against"]))


def _source_fields(session: Session, number: int) -> dict[str, str]:
    row = source_of(session, number)
    fields = {name: getattr(row, name) or "" for name in ("url", "title", "outlet", "published_on")}
    return {f"source/{name}": value for name, value in fields.items()} | {"made_at": row.published_on or ""}


def _page(request: Request, session: Session, form: Form, **context: Any) -> Response:
    return render_form(
        request,
        "record_prediction.html",
        form,
        session=session,
        title="Record a prediction",
        people=newest_commentator_names(session, SUGGESTED),
        questions=newest_questions(session, SUGGESTED),
        candidates=candidates(session, form),
        lexicons=[(each.name, each.title) for each in lexicons()],
        interpretation=interpretation_of(form),
        **{"recorded": None, "warnings": {}} | context,
    )
