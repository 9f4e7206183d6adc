"""Commentator page: predictions with their sources, outcomes, scores, calibration and corrections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from predictions.changes.listing import scores_moved
from predictions.contests.listing import public_contests
from predictions.leaderboard.filters import Filters
from predictions.models import row_id
from predictions.records import commentator_changes
from predictions.records.commentator_record import Record, record_of
from predictions.records.score_history import running_means
from predictions.records.scored_questions import ScoredQuestion, counted
from predictions.records.topic_skill import TopicScore, topic_scores
from predictions.schemas.estimates import ScoreStatistics
from predictions.schemas.fields import Instant
from predictions.submissions.commentators import STATEMENT
from service.cache.current_record import current_estimates, record_with
from service.limits.admission import slow_endpoint
from service.lookup import commentator_of
from service.pages.charts.reliability_diagram import reliability
from service.pages.charts.scales import Scale
from service.pages.charts.score_history import history
from service.pages.rendering.cached_page import estimates_page
from service.pages.rendering.csv_download import cached_csv, csv_bytes
from service.pages.rendering.summary_sentence import summary_sentence
from service.pages.rendering.templates import render, template_bytes
from service.security.access import Reader
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 25
MAX_OPEN = 100
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Order = Literal["best", "worst"] | None
SCORE_COLUMNS = tuple(f"{name}{end}" for name in ScoreStatistics.model_fields for end in ("", "_low", "_high"))
OUTCOME_COLUMNS = ("reference_brier", "reference_type", "outcome", "known_at")


@router.get("/commentators/{which}")
def commentator(
    request: Request,
    which: IdOrSlug,
    _: Reader,
    session: ReadSession,
    page: Page = 1,
    order: Order = None,
    as_of: Instant | None = None,
) -> Response:
    """Show a commentator's record; with ``as_of``, as of a past instant."""
    state = request.app.state
    if as_of is not None:
        with state.as_of_cache.open(session, as_of, Filters(), "opening", now=state.clock.now()) as (
            past,
            _,
            estimates,
        ):
            record = record_of(past, commentator_of(past, which), estimates, now=as_of)
            context = _context(past, record, order, page, as_of) | {"contests": []}
            moved = scores_moved(session, record.commentator.id)
            context["changes"] = [each for each in moved if (each.change.decided_at or as_of) < as_of]
            return render(request, "commentator.html", session=session, order=order, page=page, as_of=as_of, **context)
    return estimates_page(
        request,
        session,
        lambda: current_estimates(request, session),
        lambda estimates: template_bytes(
            request,
            "commentator.html",
            session=session,
            order=order,
            page=page,
            as_of=None,
            contests=public_contests(session, commentator=row_id(commentator_of(session, which))),
            changes=scores_moved(session, row_id(commentator_of(session, which))),
            **_context(session, record_with(request, session, which, estimates), order, page, state.clock.now()),
        ),
    )


def _context(session: Session, record: Record, order: Order, page: int, now: datetime) -> dict[str, Any]:
    first = (page - 1) * PAGE
    scores = ordered(record.scores, order)[first : first + PAGE]
    topics = topic_scores(session, counted(record.scores, now))
    points = running_means(record.scores, now)
    person = record.commentator.id
    changes = commentator_changes.commentator_changes(session, person)
    shown = [*(score.prediction for score in scores), *record.open[:MAX_OPEN]]
    predictions = commentator_changes.predictions_shown(session, person, shown)
    return {
        "title": record.commentator.name,
        "record": record,
        "person": record.commentator,
        "summary": record.summary,
        "summary_sentence": summary_sentence(record.summary),
        "points": points,
        "over_time": history(points),
        "diagram": reliability(record.calibration),
        "topics": topics,
        "topic_scale": topic_scale(topics),
        "scores": scores,
        "predictions": predictions,
        "open": [predictions.by_id[number] for number in record.open[:MAX_OPEN]],
        "earlier": [each for each in changes if each.before.get("statement")],
        "renamed": [(each, name) for each in changes for name in each.after if name not in STATEMENT],
        "first": first,
        "more": first + PAGE < len(record.scores),
    }


@router.get("/commentators/{which}/record.csv")
@slow_endpoint
def download(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Download every scored question of a commentator as CSV."""
    estimates = current_estimates(request, session)
    name = f"{commentator_of(session, which).slug}.csv"
    return cached_csv(
        request, session, name, estimates, lambda: _csv(session, record_with(request, session, which, estimates))
    )


def _csv(session: Session, record: Record) -> bytes:
    predictions = commentator_changes.prediction_views(session, [score.prediction for score in record.scores])
    prediction_columns = ("question", "text", "made_at", "hedge", "probability", "low", "high", "source")
    columns = (*prediction_columns, *SCORE_COLUMNS, *OUTCOME_COLUMNS, "flags")
    rows = []
    for score in record.scores:
        p = predictions[score.prediction]
        prediction = (p.made_at, p.hedge, p.probability, p.low, p.high, p.source and p.source.url)
        statistics = (*score.statistics.columns().values(), *(getattr(score, name) for name in OUTCOME_COLUMNS))
        rows.append((score.slug, score.text, *prediction, *statistics, " ".join(score.flags)))
    return csv_bytes(columns, rows)


def ordered(scores: Sequence[ScoredQuestion], order: Order) -> Sequence[ScoredQuestion]:
    """Return the scores, newest outcome first, or the best or worst first."""
    if order is None:
        return scores
    return sorted(scores, key=lambda score: score.opening, reverse=order == "worst")


def topic_scale(topics: Sequence[TopicScore]) -> Scale:
    """Return a scale for intervals of 130 pixels, symmetric about zero."""
    ends = [end for each in topics for end in (each.points.low, each.points.high) if end is not None]
    most = max([5.0, *(abs(end) for end in ends)])
    return Scale(-most, most, 5, 125)
