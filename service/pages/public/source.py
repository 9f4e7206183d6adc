"""Source page: a scorecard of all predictions made in one source."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.records.source_scorecard import mean_scores, scorecard
from predictions.schemas.views import is_active
from predictions.scoring.units import SCALE
from resolvers.probing.source_archive import newest_snapshots
from service.lookup import source_of
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.path_params import RowId
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 100
MAX_PREDICTIONS = 1000
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/sources/{number}")
def source(request: Request, number: RowId, _: Reader, session: ReadSession, page: Page = 1) -> Response:
    """Show a source's scorecard."""
    row = source_of(session, number)
    predictions = list_predictions(session, PredictionFilter(source=number), limit=MAX_PREDICTIONS)
    card = scorecard(session, predictions)
    now = request.app.state.clock.now()
    scored = [line.score for line in card if line.score and not line.score.vague and line.score.deadline <= now]
    first = (page - 1) * PAGE
    return render(
        request,
        "source.html",
        session=session,
        title=row.title or row.outlet or "Source",
        source=row,
        snapshots=newest_snapshots(session, number),
        lines=card[first : first + PAGE],
        total=len(card),
        limited=len(predictions) == MAX_PREDICTIONS,
        active=sum(is_active(line.prediction) for line in card),
        people=len({line.prediction.commentator.id for line in card}),
        resolved=sum(line.outcome is not None and is_active(line.prediction) for line in card),
        scored=len(scored),
        means=mean_scores(session, scored),
        scale=SCALE,
        first=first,
        page=page,
        more=first + PAGE < len(card),
    )
