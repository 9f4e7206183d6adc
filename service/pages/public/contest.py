"""Form by which anybody contests something on record, and the page of its secret link."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.contests.answers import Contests
from predictions.contests.inputs import ContestIn
from predictions.contests.listing import view_contests
from predictions.contests.receive import ANYBODY
from predictions.queries.details import view_predictions
from service.limits.contest_intake import receive_contest
from service.lookup import NotOnRecord, commentator_of, contest_of, prediction_of, question_of
from service.pages.rendering.forms import Fields, Form, check_token, nested, render_open_form, whole
from service.security.access import FormReader, Reader
from service.security.contest_links import PATH, contest_link, contest_number
from service.web.responses import ReadSession

router = APIRouter()
SUBJECT = ("prediction", "question", "commentator")
TEXTS = ("name", "contact", "text", "evidence")
Which = Annotated[str, Query(max_length=120)]


@router.get("/contest")
def ask(
    request: Request,
    _: Reader,
    session: ReadSession,
    prediction: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    question: Which = "",
    commentator: Which = "",
) -> Response:
    """Show the form, for what the query names."""
    named = {"prediction": str(prediction or ""), "question": question, "commentator": commentator}
    return _page(request, session, Form(named))


@router.post("/contest")
def send(request: Request, _: FormReader, form: Fields, session: ReadSession) -> Response:
    """Receive the contest, and show its number and secret link; show the form again if there are errors."""
    check_token(request, form)
    with form.checked():
        typed: dict[str, Any] = nested(form.values, *SUBJECT, *TEXTS)
        typed |= {name: whole(typed[name]) for name in SUBJECT if name in typed}
        view = receive_contest(request, ContestIn.model_validate(typed))
    if form.errors:
        return _page(request, session, form)
    return RedirectResponse(contest_link(request.app.state.secret, view.id), 303)


@router.get(PATH + "{token}")
def follow(request: Request, token: str, session: ReadSession) -> Response:
    """Show the state of a contest to its sender."""
    return _own_page(request, session, contest_number(request.app.state.secret, token), Form())


@router.post(PATH + "{token}")
def withdraw(request: Request, token: str, form: Fields, session: ReadSession) -> Response:
    """Withdraw a contest that nobody has taken up."""
    check_token(request, form)
    state = request.app.state
    number, now = contest_number(state.secret, token), state.clock.now()
    with form.checked():
        state.writer.run(
            lambda session: Contests(session, ANYBODY, now, state.secret).withdraw(contest_of(session, number))
        )
    if form.errors:
        return _own_page(request, session, number, form)
    return RedirectResponse(request.url.path, 303)


def _own_page(request: Request, session: Session, number: int, form: Form) -> Response:
    view = view_contests(session, [contest_of(session, number)])[0]
    link = request.app.state.settings.base_url + contest_link(request.app.state.secret, number)
    return render_open_form(request, "own_contest.html", form, title=f"Contest {number}", c=view, link=link)


def _page(request: Request, session: Session, form: Form) -> Response:
    """Return the form, with what it is about where that is on record."""
    subject = dict.fromkeys(SUBJECT)
    try:
        subject |= _subject(session, form)
    except NotOnRecord as error:
        if not form.errors:
            raise
        form.add(error.table, f"{error.missing}: check it", form.status)
    return render_open_form(
        request,
        "contest.html",
        form,
        title="Contest something on record",
        days=request.app.state.settings.contest_days,
        **subject,
    )


def _subject(session: Session, form: Form) -> dict[str, Any]:
    """Return the rows that the form names; nothing where they are to be typed again. Raises ``NotOnRecord``."""
    if form["prediction"].isdecimal():
        row = prediction_of(session, int(form["prediction"][:18]))
        return {"prediction": view_predictions(session, [row])[0]}
    if form.errors.keys() & {"question", "commentator"}:
        return {}
    finders = {"question": question_of, "commentator": commentator_of}
    return {name: find(session, form[name]) for name, find in finders.items() if form[name]}
