"""The inbox page: questions that wait for an outcome, with forms for every decision."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.changes.listing import count_pending
from predictions.contests.listing import count_waiting
from predictions.enums import ANNULLED
from predictions.models import Question, row_id
from predictions.outcomes import outcomes
from predictions.questions.resolve import current_resolution
from resolvers.prompts.inbox_groups import PAGE, inbox_details, list_groups
from service.lookup import question_of
from service.pages.editing.question_actions import By, decision, place_evidence
from service.pages.rendering.forms import Form, PostedByResolver, render_form
from service.pages.rendering.templates import address
from service.security.access import Reader
from service.security.api_keys import Caller
from service.web.responses import ReadSession

router = APIRouter()
#: Form fields that show errors of the API's input, by its pointer.
PLACES = {"evidence": "evidence/0/url"}
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/due")
def due(
    request: Request,
    caller: Reader,
    session: ReadSession,
    page: Page = 1,
    mine: bool = False,
    done: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Show questions that are overdue, due today, due soon or snoozed; ``done`` names the question last acted on."""
    question = question_of(session, done) if done else None
    return _page(request, session, caller, mine, page, Form(), done=question)


@router.post("/due")
def decide(
    request: Request, posted: PostedByResolver, session: ReadSession, page: Page = 1, mine: bool = False
) -> Response:
    """Carry out the action of the submitted form, and show the inbox again."""
    prefix = posted.form["action"]  # such as "12/resolve"; the names of the form's fields begin with it
    which, _, action = prefix.partition("/")
    question = question_of(session, which)
    number = row_id(question)
    form = Form({name.removeprefix(f"{prefix}/"): value for name, value in posted.form.values.items()})
    by: By = {"now": request.app.state.clock.now(), "actor": posted.caller.name}
    with form.checked(PLACES):
        job = decision(action.partition("/")[0], form, by)
        request.app.state.writer.run(lambda session: job(session, question_of(session, str(number))))
    place_evidence(form)
    query = {"page": page if page > 1 else None, "mine": "true" if mine else None}
    if not form.errors:
        return RedirectResponse(address("/due", query, done=question.slug), 303)
    for name, detail in form.errors.items():
        posted.form.add(f"{prefix}/{name}" if name else "", detail, form.status)
    return _page(request, session, posted.caller, mine, page, posted.form, done=question)


def _page(
    request: Request, session: Session, caller: Caller, mine: bool, page: int, form: Form, *, done: Question | None
) -> Response:
    now = request.app.state.clock.now()
    groups = list_groups(session, now=now, assignee=caller.name if mine else None, page=page)
    questions: list[Question] = [question for group in groups for question in group.questions]
    last = current_resolution(session, row_id(done)) if done is not None else None
    return render_form(
        request,
        "inbox.html",
        form,
        session=session,
        title="Inbox",
        groups=groups,
        contests=count_waiting(session) if caller.may("resolve") else 0,
        details=inbox_details(session, questions),
        choices={row_id(each): [*outcomes(each), ANNULLED] for each in questions},
        done=done,
        waiting=count_pending(session),
        retractable=last is not None and last.outcome is not None and not (last.automatic and last.outcome == ANNULLED),
        signed_in_as=caller,
        mine=mine,
        page=page,
        page_size=PAGE,
        more=any(group.total > page * PAGE for group in groups),
    )
