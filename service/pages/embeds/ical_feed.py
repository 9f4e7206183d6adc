"""iCalendar feed (RFC 5545) of coming deadlines."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from icalendar import Calendar, Event

from predictions.models import Question, row_id
from predictions.queries.feeds import coming_deadlines
from predictions.queries.ledger_events import last_changes
from predictions.safe_text import printable
from service import __version__
from service.lookup import commentator_of
from service.pages.embeds.atom_feed import CommentatorParam, Topic, feed_title, host_of
from service.pages.rendering.templates import page_reply
from service.security.access import Reader
from service.settings import Settings
from service.web.responses import ReadSession

router = APIRouter()
EVENTS = 1000
CALENDAR = "text/calendar; charset=utf-8"


@router.get("/deadlines.ics")
def deadlines(
    request: Request, _: Reader, session: ReadSession, topic: Topic = None, commentator: CommentatorParam = None
) -> Response:
    """Return unresolved questions in order of deadline, by topic or commentator."""
    person = commentator_of(session, commentator) if commentator else None
    questions = coming_deadlines(session, EVENTS, topic=topic, commentator=person)
    # A calendar program takes over a postponed deadline only where the time of the last change moves too.
    changed = last_changes(session, [row_id(each) for each in questions])
    calendar = Calendar()
    calendar.add("prodid", f"-//Track Record//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", printable(feed_title("deadlines", topic, person, demo=request.app.state.demo)))
    for question in questions:
        settings = request.app.state.settings
        calendar.add_component(_event(question, changed.get(row_id(question), question.created_at), settings))
    return page_reply(request, calendar.to_ical(), CALENDAR)


def _event(question: Question, changed: datetime, settings: Settings) -> Event:
    event, page = Event(), f"{settings.base_url}/questions/{question.slug}"
    event.add("uid", f"question-{row_id(question)}@{host_of(settings)}")
    event.add("dtstamp", changed)
    event.add("dtstart", question.deadline)  # an instant: without an end it takes no time
    event.add("summary", printable(question.text))
    criteria = printable(question.resolution_criteria)
    event.add("description", f"{criteria}\n\nDeadline {question.deadline_basis}. {page}")
    event.add("url", page)
    event.add("transp", "TRANSPARENT")
    return event
