"""What others show in their own pages: a badge (SVG) and a card of a commentator or a question, and the image of a
record that social sites show beside a link (PNG)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import Prediction, Question, key
from predictions.views import BoardItem
from service.api.commentators import Which
from service.api.questions import Which as WhichQuestion
from service.api.questions import question_of
from service.auth import Reader
from service.pages import wording
from service.pages.commentator import current_record, verdict
from service.pages.feeds import host_of
from service.pages.rendering import EMBEDDED_POLICY, HTML, PNG, page_reply, template_bytes
from service.pages.social import Figures, record_image
from service.replies import Reading

router = APIRouter()
SVG = "image/svg+xml"


@router.get("/commentators/{which}/badge.svg")
def commentator_badge(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """Brier score and number of resolved questions."""
    record = current_record(request, session, which)
    return _badge(request, record.commentator.name, badge_text(record.summary), invented=record.commentator.invented)


@router.get("/questions/{which}/badge.svg")
def question_badge(request: Request, which: WhichQuestion, _: Reader, session: Reading) -> Response:
    """The status, or the outcome."""
    row = question_of(session, which)
    text = row.outcome or f"{row.status.value}, deadline {wording.day(row.deadline)}"
    return _badge(request, wording.short(row.text, 60), text, invented=row.invented)


@router.get("/commentators/{which}/card")
def commentator_card(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """The record in a frame of another page."""
    record = current_record(request, session, which)
    shown = {"who": record.commentator, "summary": record.summary, "verdict": verdict(record.summary)}
    return _card(request, session, **shown)


@router.get("/questions/{which}/card")
def question_card(request: Request, which: WhichQuestion, _: Reader, session: Reading) -> Response:
    """The question in a frame of another page."""
    row = question_of(session, which)
    return _card(request, session, q=row, total=_predictions(session, row))


@router.get("/commentators/{which}/record.png")
def commentator_image(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """The record as an image of 1200 by 630 pixels."""
    record = current_record(request, session, which)
    who, summary = record.commentator, record.summary
    figures = Figures(
        name=who.name,
        verdict=verdict(summary),
        brier=wording.brier(summary.brier),
        interval=(summary.brier_low, summary.brier, summary.brier_high),
        resolved=wording.count(summary.resolved),
        open=wording.count(summary.open + summary.overdue),
        rank=wording.rank_range(summary.rank_low, summary.rank_high) if summary.rank else "too few",
        host=host_of(request.app.state.settings),
        invented=who.invented,
    )
    return page_reply(request, record_image(figures), PNG)


def badge_text(summary: BoardItem) -> str:
    """The record in a few words."""
    if summary.brier is None:
        return f"no score yet, {wording.count(summary.open + summary.overdue)} open"
    return f"Brier {wording.brier(summary.brier)}, {wording.count(summary.resolved)} resolved"


def _badge(request: Request, label: str, text: str, *, invented: bool) -> Response:
    text = f"invented: {text}" if invented else text
    body = template_bytes(request, "badge.svg", label=label, text=text, widths=(_width(label), _width(text)))
    return page_reply(request, body, SVG, policy=EMBEDDED_POLICY)


def _width(text: str) -> int:
    """Pixels for a text of 11 pixels height; the badge sets it to this width whatever the reader's font."""
    return 16 + round(sum(4 if each in " .,:;'|!ijltf" else 9 if each in "mwMW—" else 6.6 for each in text))


def _card(request: Request, session: Session, **shown: Any) -> Response:
    body = template_bytes(request, "card.html", session=session, **{"who": None, "q": None, **shown})
    return page_reply(request, body, HTML, policy=EMBEDDED_POLICY)


def _predictions(session: Session, row: Question) -> int:
    query = select(func.count()).select_from(Prediction).where(col(Prediction.question_id) == key(row))
    return int(session.execute(query).scalar_one())
