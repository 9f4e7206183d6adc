"""The contests page: take contests up, answer them, or delete abusive ones."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.contests.answers import Contests
from predictions.contests.inputs import AnswerIn, DeletionIn
from predictions.contests.listing import EditorContestView, list_contests
from predictions.contests.models import WAITING, Contest, ContestState
from predictions.errors import InvalidInput
from predictions.queries.corrections import CorrectionView, list_corrections
from service.lookup import contest_of
from service.pages.rendering.corrections import heading
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, nested, render_form, whole
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 25
#: Corrections among which those of a contest are looked for.
NEWEST_CORRECTIONS = 200
After = Annotated[int, Query(ge=0, le=MAX_ID)]
State = Annotated[ContestState | None, Query()]
Step = Callable[[Contests, Contest], None]


@router.get("/contests")
def contests(
    request: Request, _: ShownToResolver, session: ReadSession, state: State = None, after: After = 0
) -> Response:
    """Show the contests that wait, the oldest first, or those in one state."""
    return _page(request, session, state, after, Form())


@router.post("/contests")
def decide(
    request: Request, posted: PostedByResolver, session: ReadSession, state: State = None, after: After = 0
) -> Response:
    """Carry out the action of the submitted form, and show the contests again."""
    prefix = posted.form["action"]  # such as "12/answer"; the names of the form's fields begin with it
    which, _, action = prefix.partition("/")
    form = Form({name.removeprefix(f"{prefix}/"): value for name, value in posted.form.values.items()})
    app = request.app.state
    now, number = app.clock.now(), int(which) if which.isdecimal() and len(which) < 19 else 0

    def job(session: Session) -> None:
        steps = Contests(session, posted.caller.name, now, app.secret)
        step(steps, contest_of(session, number))

    with form.checked():
        step = _step(action, form)
        app.writer.run(job)
    if not form.errors:
        return RedirectResponse(f"/contests#contest-{number}", 303)
    for name, detail in form.errors.items():
        posted.form.add(f"{prefix}/{name}" if name else "", detail, form.status)
    return _page(request, session, state, after, posted.form)


def _step(action: str, form: Form) -> Step:
    """Return what the form asks for. Raises ``ValidationError`` for wrong fields."""
    if action == "take_up":
        return lambda steps, contest: steps.take_up(contest)
    if action == "delete":
        deletion = DeletionIn.model_validate(nested(form.values, "reason"))
        return lambda steps, contest: steps.delete(contest, deletion.reason)
    if action in ("uphold", "reject"):
        typed: dict[str, Any] = nested(form.values, "answer", "correction")
        if "correction" in typed:
            typed["correction"] = whole(typed["correction"])
        data = AnswerIn.model_validate(typed | {"decision": "upheld" if action == "uphold" else "rejected"})
        return lambda steps, contest: steps.answer(contest, data)
    raise InvalidInput.at("/action", f"there is no action {action!r}: use the buttons of the page")


def _page(request: Request, session: Session, state: ContestState | None, after: int, form: Form) -> Response:
    rows = list_contests(session, states=[state] if state else WAITING, after=after, limit=PAGE + 1)
    shown = rows[:PAGE]
    newest = list_corrections(session, limit=NEWEST_CORRECTIONS) if shown else []
    return render_form(
        request,
        "contests.html",
        form,
        session=session,
        title="Contests",
        contests=shown,
        corrections={each.id: _corrections_of(each, newest) for each in shown},
        states=list(ContestState),
        state=state,
        more=shown[-1].id if len(rows) > PAGE else None,
    )


def _corrections_of(contest: EditorContestView, newest: Sequence[CorrectionView]) -> list[tuple[str, str]]:
    """Return number and text of the newest corrections of what is contested."""
    return [
        (str(each.id), f"{each.id}: {heading(each)}")
        for each in newest
        if (each.question is not None and each.question == contest.question)
        or (each.commentator is not None and each.commentator == contest.commentator)
        or each.source is not None
    ]
