"""Two commentators side by side, on the resolved questions that both answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import or_, select
from sqlmodel import Session, col

from predictions.estimates import Estimates
from predictions.models import Commentator, Question
from predictions.names import name_key
from predictions.pairs import MIN_EVENTS, Comparison, compare
from predictions.reading import list_commentators
from predictions.record import RecordView, ScoreView, record_of
from predictions.scored import Filters
from service.auth import Reader
from service.pages.charts import Scale
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()
SUGGESTED = 10
SHOWN = 200
IDS_PER_QUERY = 5000
Who = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Shared:
    """One question that both answered."""

    one: ScoreView
    other: ScoreView


@router.get("/compare")
def comparison(request: Request, _: Reader, session: Reading, one: Who = "", other: Who = "") -> Response:
    """Two commentators side by side; names or slugs that fit nobody get suggestions."""
    now = request.app.state.clock.now()
    named = [(text, find(session, text)) for text in (one, other)]
    people = [person for _, person in named if person is not None]
    both = len(people) == 2 and people[0].id != people[1].id
    made = request.app.state.boards.estimates(session, Filters(), "opening", now).estimates if both else None
    return render(
        request,
        "compare.html",
        session=session,
        title=" and ".join(person.name for person in people) if both else "Compare two commentators",
        named=named,
        suggestions=[list_commentators(session, text=t, limit=SUGGESTED) if t and not p else [] for t, p in named],
        same=len(people) == 2 and not both,
        min_events=MIN_EVENTS,
        shown=SHOWN,
        found=side_by_side(session, people, made, now) if made is not None else None,
    )


@dataclass(frozen=True)
class SideBySide:
    """Both records, what they share (newest outcome first), the comparison, and a scale for its interval."""

    records: list[RecordView]
    shared: list[Shared]
    result: Comparison
    scale: Scale

    @property
    def verdict(self) -> str:
        """What the comparison bears, in a sentence."""
        one, other = (record.commentator.name for record in self.records)
        low, high = self.result.low, self.result.high
        if low is None or high is None:
            return f"They share too few separate events to be compared: {self.result.events} of {MIN_EVENTS}."
        if low > 0:
            return f"On what both answered, {one} was closer to what happened, by more than luck easily explains."
        if high < 0:
            return f"On what both answered, {other} was closer to what happened, by more than luck easily explains."
        return "On what both answered they cannot be told apart: the gap could easily be luck."


def find(session: Session, text: str) -> Commentator | None:
    """The commentator with this slug or name."""
    if not text.strip():
        return None
    known = or_(col(Commentator.slug) == text.strip(), col(Commentator.name_key) == name_key(text))
    return session.execute(select(Commentator).where(known).limit(1)).scalar()


def side_by_side(session: Session, people: Sequence[Commentator], made: Estimates, now: datetime) -> SideBySide:
    """Compare two commentators by their opening calls on the questions that the default board counts."""
    records = [record_of(session, person, made, now=now) for person in people]
    one, other = ({score.question.id: score for score in counted(record, now)} for record in records)
    shared = [Shared(score, other[number]) for number, score in one.items() if number in other]
    numbers = [each.one.question.id for each in shared]
    result = compare(
        numbers,
        _events(session, numbers),
        [each.one.brier for each in shared],
        numbers,
        [each.other.brier for each in shared],
    )
    reach = max(0.1, abs(result.low or 0.0), abs(result.high or 0.0))
    return SideBySide(records, shared, result, Scale(-reach, reach, 5, 125))


def counted(record: RecordView, now: datetime) -> list[ScoreView]:
    """The scores that the default board counts."""
    return [score for score in record.scores if "hedged" not in score.flags and score.question.deadline <= now]


def _events(session: Session, numbers: Sequence[int]) -> list[str]:
    found: dict[int, str] = {}
    for start in range(0, len(numbers), IDS_PER_QUERY):
        part = numbers[start : start + IDS_PER_QUERY]
        rows = session.execute(select(col(Question.id), col(Question.event)).where(col(Question.id).in_(part)))
        found |= {row[0]: row[1] for row in rows}
    return [found[number] for number in numbers]
