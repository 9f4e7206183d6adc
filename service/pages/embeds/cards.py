"""Embeds for other sites: badge (SVG), card (HTML) and link preview image (PNG) of a commentator or question."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from predictions.models import row_id
from predictions.queries.overview import count_predictions
from predictions.schemas.board_item import BoardItem
from service.cache.current_record import current_line
from service.limits.admission import slow_endpoint
from service.lookup import question_of
from service.pages.embeds.atom_feed import host_of
from service.pages.embeds.link_image import Picture, draw_picture
from service.pages.rendering import formatting, labels
from service.pages.rendering.summary_sentence import summary_sentence
from service.pages.rendering.templates import HTML, PNG, embed_reply, template_bytes
from service.security.access import Reader
from service.web.path_params import IdOrSlug
from service.web.path_params import IdOrSlug as WhichQuestion
from service.web.responses import ReadSession

router = APIRouter()
SVG = "image/svg+xml; charset=utf-8"


@router.get("/commentators/{which}/badge.svg")
def commentator_badge(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Return a badge with Brier score and number of resolved questions."""
    line = current_line(request, session, which)
    return _badge(request, line.commentator.name, badge_text(line))


@router.get("/questions/{which}/badge.svg")
def question_badge(request: Request, which: WhichQuestion, _: Reader, session: ReadSession) -> Response:
    """Return a badge with the status or the outcome."""
    row = question_of(session, which)
    text = row.outcome or f"{row.status.value}, deadline {formatting.day(row.deadline)}"
    return _badge(request, formatting.short(row.text, 60), text)


@router.get("/commentators/{which}/card")
def commentator_card(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Return a card with the record, for a frame."""
    line = current_line(request, session, which)
    return _card(request, session, person=line.commentator, summary=line, summary_sentence=summary_sentence(line))


@router.get("/questions/{which}/card")
def question_card(request: Request, which: WhichQuestion, _: Reader, session: ReadSession) -> Response:
    """Return a card with the question, for a frame."""
    row = question_of(session, which)
    return _card(request, session, q=row, total=count_predictions(session, row_id(row)))


@router.get("/commentators/{which}/record.png")
@slow_endpoint
def commentator_image(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Return the record as an image of 1200 by 630 pixels."""
    summary = current_line(request, session, which)
    person = summary.commentator
    facts = (
        ("Brier score", formatting.brier(summary.brier)),
        ("Resolved", formatting.count(summary.resolved)),
        ("Open", formatting.count(summary.open + summary.overdue)),
        ("Rank", formatting.rank_range(summary.rank_low, summary.rank_high) if summary.rank else "too few"),
        ("Recorded late", formatting.percent(summary.share_recorded_late)),
    )
    return _image(
        request,
        title=person.name,
        fallback_title=f"Commentator {person.id}",
        text=summary_sentence(summary),
        facts=facts,
        interval=(summary.brier_low, summary.brier, summary.brier_high),
    )


@router.get("/questions/{which}/question.png")
@slow_endpoint
def question_image(request: Request, which: WhichQuestion, _: Reader, session: ReadSession) -> Response:
    """Return the question as an image of 1200 by 630 pixels."""
    row = question_of(session, which)
    known = row.known_at if row.outcome else None
    facts = (
        ("Outcome", row.outcome) if row.outcome else ("Status", row.status.value),
        ("Known on", formatting.day(known)) if known else ("Deadline", formatting.day(row.deadline)),
        ("Predictions", formatting.count(count_predictions(session, row_id(row)))),
    )
    text, fallback = "Predictions and outcome", f"Question {row.id}"
    return _image(request, title=row.text, fallback_title=fallback, text=text, facts=facts)


def _image(request: Request, **content: Any) -> Response:
    picture = Picture(host=host_of(request.app.state.settings), demo=request.app.state.demo, **content)
    return embed_reply(request, draw_picture(picture), PNG)


def badge_text(summary: BoardItem) -> str:
    """Summarise the record in a few words, with its uncertainty."""
    if summary.brier is None:
        return f"no score yet, {formatting.count(summary.open + summary.overdue)} open"
    parts = [f"Brier {formatting.brier(summary.brier)}"]
    if summary.brier_low is not None:
        parts.append(f"90% interval {formatting.brier(summary.brier_low)} to {formatting.brier(summary.brier_high)}")
    parts.append(f"{formatting.count(summary.resolved)} resolved")
    if not summary.rank:
        parts.append(labels.unranked(summary.status))
    if summary.share_recorded_late is not None:
        parts.append(f"{formatting.percent(summary.share_recorded_late)} recorded late")
    return ", ".join(parts)


def _badge(request: Request, label: str, text: str) -> Response:
    text = f"invented: {text}" if request.app.state.demo else text
    body = template_bytes(request, "badge.svg", label=label, text=text, widths=(_width(label), _width(text)))
    return embed_reply(request, body, SVG)


def _width(text: str) -> int:
    """Return the width in pixels of a text of 11 pixels height; the badge stretches any font to this width."""
    return 16 + round(sum(4 if each in " .,:;'|!ijltf" else 9 if each in "mwMW—" else 6.6 for each in text))


def _card(request: Request, session: Session, **content: Any) -> Response:
    body = template_bytes(request, "card.html", session=session, **{"person": None, "q": None, **content})
    return embed_reply(request, body, HTML)
