"""Question page: criteria, predictions over time, resolution, scores and history."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from predictions.changes.listing import changes_on
from predictions.changes.views import ChangeView, view_changes
from predictions.contests.listing import public_contests
from predictions.leaderboard.question_results import scores_by_opening
from predictions.models import LedgerEvent, Question, row_id
from predictions.queries.details import view_question
from predictions.queries.listing import PredictionFilter, QuestionFilter, list_predictions, list_questions
from predictions.queries.question_trail import question_trail
from predictions.questions.lookup import condition_of
from predictions.schemas.views import PredictionView, QuestionView
from resolvers.probing.configuration import find_attached, resolver_view
from resolvers.prompts.inbox import list_prompts
from service.lookup import question_of
from service.pages.charts.question_timeline import timeline
from service.pages.rendering.question_history import history
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 100
MAX_PREDICTIONS = 2000
MAX_SAME_EVENT = 10
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/questions/{which}")
def question(request: Request, which: IdOrSlug, _: Reader, session: ReadSession, page: Page = 1) -> Response:
    """Show a question."""
    now, row = request.app.state.clock.now(), question_of(session, which)
    view = view_question(session, row)
    predictions = list_predictions(session, PredictionFilter(question=view.id), limit=MAX_PREDICTIONS)
    attached = find_attached(session, row)
    changes = view_changes(session, changes_on(session, view.id))
    predictions.sort(key=lambda each: (each.made_at, each.id))
    first = (page - 1) * PAGE
    return render(
        request,
        "question.html",
        session=session,
        title=row.text,
        q=view,
        condition=condition_of(session, row),
        resolver=resolver_view(session, attached, row) if attached else None,
        same_event=_same_event(session, view),
        chart=timeline(view, predictions, now),
        total=len(predictions),
        limited=len(predictions) == MAX_PREDICTIONS,
        predictions=predictions[first : first + PAGE],
        scores=scores_by_opening(session, row),
        contests=public_contests(session, question=view.id),
        prompts=list_prompts(session, now=now, question=view.id),
        changes=changes,
        history=history(_trail(session, view, predictions, changes), view, predictions, changes),
        first=first,
        page=page,
        more=first + PAGE < len(predictions),
    )


def _trail(
    session: Session, view: QuestionView, predictions: Sequence[PredictionView], changes: Sequence[ChangeView]
) -> list[LedgerEvent]:
    return question_trail(session, view, [each.id for each in predictions], [each.id for each in changes])


def _same_event(session: Session, view: QuestionView) -> list[Question]:
    """Return other questions of the same event."""
    rows = list_questions(session, QuestionFilter(event=view.event), limit=MAX_SAME_EVENT + 1)
    return [row for row in rows if row_id(row) != view.id][:MAX_SAME_EVENT]
