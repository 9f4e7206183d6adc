"""The deadlines that are still to be met, as an iCalendar feed (RFC 5545) for any calendar program."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from icalendar import Calendar, Event
from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.enums import QuestionStatus
from predictions.models import LedgerEvent, Question, row_id
from service import __version__
from service.lookup import commentator_of
from service.pages.embeds.atom_feed import Topic, Who, host_of, of_interest, titled
from service.pages.rendering.templates import page_reply
from service.security.access import Reader
from service.settings import Settings
from service.web.responses import Reading

router = APIRouter()
EVENTS = 1000
CALENDAR = "text/calendar; charset=utf-8"


@router.get("/deadlines.ics")
def deadlines(request: Request, _: Reader, session: Reading, topic: Topic = None, commentator: Who = None) -> Response:
    """Questions without outcome, by deadline; with filters those of a topic or a commentator."""
    person = commentator_of(session, commentator) if commentator else None
    waiting = col(Question.status).in_((QuestionStatus.OPEN, QuestionStatus.DUE))
    query = select(Question).where(waiting, *of_interest(topic, person))
    questions = session.execute(query.order_by(col(Question.deadline), col(Question.id)).limit(EVENTS)).scalars().all()
    changed = _changed(session, [row_id(each) for each in questions])
    calendar = Calendar()
    calendar.add("prodid", f"-//Track Record//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", titled("deadlines", topic, person))
    for question in questions:
        settings = request.app.state.settings
        calendar.add_component(_event(question, changed.get(row_id(question), question.created_at), settings))
    return page_reply(request, calendar.to_ical(), CALENDAR)


def _changed(session: Session, questions: list[int]) -> dict[int, datetime]:
    """When each was last changed: what makes a calendar program notice a postponed deadline."""
    subject = col(LedgerEvent.subject_id)
    query = select(subject, func.max(col(LedgerEvent.at))).where(
        col(LedgerEvent.subject) == "question", subject.in_(questions)
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(subject))}


def _event(question: Question, changed: datetime, settings: Settings) -> Event:
    event, page = Event(), f"{settings.base_url}/questions/{question.slug}"
    event.add("uid", f"question-{row_id(question)}@{host_of(settings)}")
    event.add("dtstamp", changed)
    event.add("dtstart", question.deadline)  # an instant: without an end it takes no time
    event.add("summary", f"Invented: {question.text}" if question.invented else question.text)
    event.add("description", f"{question.resolution_criteria}\n\nDeadline {question.deadline_basis}. {page}")
    event.add("url", page)
    event.add("transp", "TRANSPARENT")
    return event
