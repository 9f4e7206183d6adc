"""A commentator's record: what was predicted, in whose words, what happened, and how well that went."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from predictions.history import running_means
from predictions.inputs import Instant
from predictions.record import RecordView, ScoreView, counted, record_of
from predictions.registry import STATEMENT
from predictions.scored import Filters
from predictions.views import BoardItem
from service.api.commentators import Which, commentator_of
from service.auth import Reader
from service.boards import Kept
from service.pages import told
from service.pages.charts import Scale
from service.pages.downloads import csv_reply
from service.pages.history import history
from service.pages.reliability import reliability
from service.pages.rendering import render, template_bytes
from service.pages.shared import shared_page
from service.pages.topics import TopicScore, topic_scores
from service.replies import Reading

router = APIRouter()
PAGE = 25
MAX_OPEN = 100
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Order = Literal["best", "worst"] | None
CSV_FIELDS = (
    *("brier", "brier_low", "brier_high", "brier_latest", "brier_latest_low", "brier_latest_high"),
    *(
        "brier_time_weighted",
        "brier_time_weighted_low",
        "brier_time_weighted_high",
        "reference_brier",
        "reference_type",
    ),
    *("outcome", "known_at"),
)


@router.get("/commentators/{which}")
def commentator(
    request: Request,
    which: Which,
    _: Reader,
    session: Reading,
    page: Page = 1,
    order: Order = None,
    as_of: Instant | None = None,
) -> Response:
    """A commentator's record; with ``as_of`` as it stood at a past instant."""
    state = request.app.state
    if as_of is not None:
        with state.pasts.at(session, as_of, Filters(), "opening", now=state.clock.now()) as (past, _, made):
            record = record_of(past, commentator_of(past, which), made, now=as_of)
            shown = _shown(past, record, order, page, as_of)
            return render(request, "commentator.html", session=session, order=order, page=page, as_of=as_of, **shown)
    return shared_page(
        request,
        session,
        lambda: _estimates(request, session),
        lambda made: template_bytes(
            request,
            "commentator.html",
            session=session,
            order=order,
            page=page,
            as_of=None,
            **_shown(session, _record(request, session, which, made), order, page, state.clock.now()),
        ),
    )


def _shown(session: Session, record: RecordView, order: Order, page: int, now: datetime) -> dict[str, Any]:
    first = (page - 1) * PAGE
    here = ordered(record.scores, order)[first : first + PAGE]
    topics = topic_scores(session, counted(record.scores, now))
    points = running_means(record.scores, now)
    changes = told.changes(session, record.commentator.id)
    return {
        "title": record.commentator.name,
        "record": record,
        "who": record.commentator,
        "summary": record.summary,
        "verdict": verdict(record.summary),
        "points": points,
        "over_time": history(points),
        "diagram": reliability(record.calibration),
        "topics": topics,
        "topic_scale": topic_scale(topics),
        "scores": here,
        "said": told.said(session, [score.prediction for score in here]),
        "open": record.open[:MAX_OPEN],
        "uncounted": told.uncounted(session, record.commentator.id),
        "corrections": told.corrections(session, record.commentator.id),
        "earlier": [each for each in changes if each.before.get("statement")],
        "renamed": [(each, name) for each in changes for name in each.after if name not in STATEMENT],
        "first": first,
        "more": first + PAGE < len(record.scores),
    }


@router.get("/commentators/{which}/record.csv")
def download(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """Every scored question of a commentator, as CSV."""
    record = current_record(request, session, which)
    calls = told.said(session, [score.prediction for score in record.scores])
    columns = ("question", "text", "made_at", "hedge", "probability", "low", "high", "source", *CSV_FIELDS, "flags")
    rows = []
    for score in record.scores:
        call = calls[score.prediction]
        words = (call.made_at, call.hedge, call.probability, call.low, call.high, call.source and call.source.url)
        figures = (getattr(score, name) for name in CSV_FIELDS)
        rows.append((score.question.slug, score.question.text, *words, *figures, " ".join(score.flags)))
    return csv_reply(f"{record.commentator.slug}.csv", columns, rows)


def ordered(scores: Sequence[ScoreView], order: Order) -> Sequence[ScoreView]:
    """The scores, newest outcome first, or the best or worst first."""
    if order is None:
        return scores
    return sorted(scores, key=lambda score: score.brier, reverse=order == "worst")


def topic_scale(topics: Sequence[TopicScore]) -> Scale:
    """A scale for intervals of 130 pixels, the same to both sides of zero."""
    most = max([5.0, *(max(-each.points_low, each.points_high) for each in topics)])
    return Scale(-most, most, 5, 125)


def verdict(summary: BoardItem) -> str:
    """What the record says, in a sentence that claims no more than it bears."""
    if not summary.resolved:
        return "No prediction that counts has resolved yet, so there is no score."
    if summary.status == "pending":
        return "How sure these figures are is being worked out: look again in a moment."
    if summary.rank is None or summary.skill_low is None or summary.skill_high is None:
        events = "1 separate event has" if summary.events == 1 else f"{summary.events} separate events have"
        return f"{events} resolved so far: too few to tell skill from luck."
    if summary.skill_low > 0:
        return "Better than the average record against the same yardsticks, by more than luck easily explains."
    if summary.skill_high < 0:
        return "Worse than the average record against the same yardsticks, by more than luck easily explains."
    return "Not to be told apart from the average record: the gap could easily be luck."


def current_record(request: Request, session: Session, which: str) -> RecordView:
    """The record of a commentator as it stands now. Raises ``NotFound``."""
    return _record(request, session, which, _estimates(request, session))


def _estimates(request: Request, session: Session) -> Kept:
    kept: Kept = request.app.state.boards.estimates(session, Filters(), "opening", request.app.state.clock.now())
    return kept


def _record(request: Request, session: Session, which: str, made: Kept) -> RecordView:
    person = commentator_of(session, which)
    return record_of(session, person, made.estimates, now=request.app.state.clock.now())
