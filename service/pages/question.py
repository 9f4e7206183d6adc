"""A question's story."""

from fastapi import APIRouter, Request, Response

from predictions.models import key
from predictions.reading import PredictionFilter, list_predictions, view_question
from service.api.questions import Which, question_of
from service.auth import Reader
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()
SHOWN = 1000


@router.get("/questions/{which}")
def question(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """A question's story."""
    row = question_of(session, which)
    said = list_predictions(session, PredictionFilter(question=key(row)), limit=SHOWN)
    view = view_question(session, row)
    return render(request, "question.html", session=session, title=row.text, q=view, predictions=said)
