"""Page that corrects or withdraws a prediction; the old entry stays on record with the reason."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.changes.decisions import Done
from predictions.changes.doors import correct, withdraw
from predictions.hedges.interpret import DEFAULT_LEXICON, lexicons
from predictions.outcomes import UNRESOLVED
from predictions.queries.details import view_predictions
from predictions.schemas.inputs import CorrectionIn, WithdrawalIn
from predictions.schemas.views import PredictionView
from service.lookup import prediction_of
from service.pages.editing.prediction_form import PLACES, stated
from service.pages.editing.record_prediction import interpretation_of
from service.pages.rendering.forms import Form, PostedByCorrector, ShownToCorrector, allowed, nested, render_form
from service.security.api_keys import Caller
from service.security.approvers import asker
from service.web.path_params import RowId
from service.web.responses import ReadSession

router = APIRouter()


@router.get("/predictions/{number}/correct")
def ask(request: Request, number: RowId, caller: ShownToCorrector, session: ReadSession) -> Response:
    """Show the form, filled in from the record."""
    view = view_predictions(session, [prediction_of(session, number)])[0]
    if view.question.status in UNRESOLVED:
        allowed(caller, ["predict"])
    return _page(request, session, view, Form(as_typed(view)))


@router.post("/predictions/{number}/correct")
def change(request: Request, number: RowId, posted: PostedByCorrector, session: ReadSession) -> Response:
    """Correct or withdraw the prediction; show the form again if there are errors."""
    form, view = posted.form, view_predictions(session, [prediction_of(session, number)])[0]
    waits = False
    with form.checked(PLACES):
        waits = request.app.state.writer.run(_job(form, number, request.app.state.clock.now(), posted.caller))
    if form.errors:
        return _page(request, session, view, form)
    return RedirectResponse(f"/questions/{view.question.slug}#{'changes' if waits else 'predictions'}", 303)


def _job(form: Form, number: int, now: datetime, caller: Caller) -> Callable[[Session], bool]:
    """Return the job that changes the prediction, and returns whether the change waits for another person."""
    if form["action"] == "withdraw":
        why = WithdrawalIn.model_validate(nested(form.values, "reason"))
        return lambda session: _waits(
            withdraw(session, prediction_of(session, number), why, asker(session, caller, now=now))
        )
    data = CorrectionIn.model_validate(stated(form) | nested(form.values, "reason"))
    return lambda session: _waits(
        correct(session, prediction_of(session, number), data, asker(session, caller, now=now))
    )


def _waits(done: Done) -> bool:
    return done.row is None


def as_typed(view: PredictionView) -> dict[str, str]:
    """Return a prediction as form values."""
    own = "overridden" in view.flags
    fields: dict[str, Any] = {
        "made_at": view.made_at.date().isoformat(),
        "time": view.made_at.strftime("%H:%M:%S") if view.made_at.time().isoformat() != "00:00:00" else "",
        "hedge": view.hedge,
        "lexicon": view.lexicon or DEFAULT_LEXICON,
        "against": "yes" if view.against else "",
        "probability": "" if view.hedge or view.probability is None else _percent(view.probability),
        "probabilities": "".join(f"{option}: {_percent(it)}\n" for option, it in (view.probabilities or {}).items()),
        "commitment": "yes" if "commitment" in view.flags else "",
        "note": view.note,
    }
    if own and view.low is not None and view.probability is not None and view.high is not None:
        numbers = {"low": view.low, "best": view.probability, "high": view.high}
        fields |= {f"interval/{name}": _percent(value) for name, value in numbers.items()}
    if view.source is not None:
        fields |= {f"source/{name}": getattr(view.source, name) for name in ("url", "title", "outlet", "published_on")}
    return {name: value or "" for name, value in fields.items()}


def _percent(value: float) -> str:
    return f"{(Decimal(repr(value)) * 100).normalize():f}%"


def _page(request: Request, session: Session, view: PredictionView, form: Form) -> Response:
    return render_form(
        request,
        "correct_prediction.html",
        form,
        session=session,
        title=f"Correct a prediction by {view.commentator.name}",
        p=view,
        lexicons=[(each.name, each.title) for each in lexicons()],
        interpretation=interpretation_of(form),
    )
