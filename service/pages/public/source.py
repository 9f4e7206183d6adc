"""A source as a scorecard: every prediction drawn from it, and how each turned out."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.columns import MAX_ID
from predictions.errors import NotFound
from predictions.models import Question, Score, Source
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.schemas.views import PredictionView, is_active
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.units import SCALE
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import Reading

router = APIRouter()
PAGE = 100
MAX_PREDICTIONS = 1000
IDS_PER_QUERY = 5000
Number = Annotated[int, Path(ge=1, le=MAX_ID)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Line:
    """One prediction of a source; ``score`` where it is its commentator's opening call on a scored question."""

    prediction: PredictionView
    outcome: str | None
    score: Score | None


@router.get("/sources/{number}")
def source(request: Request, number: Number, _: Reader, session: Reading, page: Page = 1) -> Response:
    """A source's scorecard."""
    row = session.get(Source, number)
    if row is None:
        raise NotFound(f"no source has the id {number}: /sources lists them")
    told = list_predictions(session, PredictionFilter(source=number), limit=MAX_PREDICTIONS)
    card = scorecard(session, told)
    now = request.app.state.clock.now()
    scored = [line.score for line in card if line.score and not line.score.vague and line.score.deadline <= now]
    first = (page - 1) * PAGE
    return render(
        request,
        "source.html",
        session=session,
        title=row.title or row.outlet or "Source",
        source=row,
        lines=card[first : first + PAGE],
        total=len(card),
        limited=len(told) == MAX_PREDICTIONS,
        standing=sum(is_active(line.prediction) for line in card),
        people=len({line.prediction.commentator.id for line in card}),
        resolved=sum(line.outcome is not None and is_active(line.prediction) for line in card),
        scored=len(scored),
        figures=_figures(session, scored),
        verbal=_verbal(scored),
        scale=SCALE,
        first=first,
        page=page,
        more=first + PAGE < len(card),
    )


def scorecard(session: Session, told: Sequence[PredictionView]) -> list[Line]:
    """Each prediction with its question's outcome and the score it made, in the order in which they were made."""
    scores: dict[int, Score] = {}
    outcomes: dict[int, str | None] = {}
    numbers = [each.id for each in told]
    asked = sorted({each.question.id for each in told})
    for start in range(0, len(told), IDS_PER_QUERY):
        part = slice(start, start + IDS_PER_QUERY)
        made = session.execute(select(Score).where(col(Score.opening_id).in_(numbers[part]))).scalars()
        scores |= {row.opening_id: row for row in made}
        query = select(col(Question.id), col(Question.outcome)).where(col(Question.id).in_(asked[part]))
        outcomes |= {row[0]: row[1] for row in session.execute(query)}
    ordered = sorted(told, key=lambda each: (each.made_at, each.id))
    return [Line(each, outcomes[each.question.id], scores.get(each.id)) for each in ordered]


def _verbal(scored: Sequence[Score]) -> tuple[float, float] | None:
    """What the mean Brier score of the calls could be by what their words may mean; None without a call."""
    if not scored:
        return None
    return fmean(row.opening_low for row in scored) / SCALE, fmean(row.opening_high for row in scored) / SCALE


def _figures(session: Session, scored: Sequence[Score]) -> dict[str, tuple[float, float | None, float | None]]:
    """The mean Brier score of the calls and of their references, each with a 90% interval over whole events: None for a
    single event, which says nothing of others."""
    if not scored:
        return {}
    event: dict[int, str] = {}
    asked = sorted({score.question_id for score in scored})
    for start in range(0, len(asked), IDS_PER_QUERY):
        query = select(col(Question.id), col(Question.event)).where(
            col(Question.id).in_(asked[start : start + IDS_PER_QUERY])
        )
        event |= {row[0]: row[1] for row in session.execute(query)}
    found: dict[str, tuple[float, float | None, float | None]] = {}
    for name in ("opening", "reference"):
        values = [getattr(score, name) / SCALE for score in scored]
        mean = mean_intervals(np.zeros(len(values)), [event[score.question_id] for score in scored], values)
        ends = (float(mean.low[0]), float(mean.high[0])) if mean.events[0] > 1 else (None, None)
        found[name] = float(mean.mean[0]), *ends
    return found
