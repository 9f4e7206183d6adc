"""Questions, channels and deliveries for tests of prompts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import Question
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import QuestionIn, ResolutionIn
from resolvers.notifications.channels import ChannelIn, create_channel
from resolvers.notifications.models import Channel, Delivery
from resolvers.prompts.models import Prompt

BASE_URL = "https://record.example.org"


def create_question(session: Session, slug: str, deadline: datetime, *topics: str, **fields: Any) -> Question:
    """Create a yes-or-no question with this deadline, entered a year before."""
    values = {
        "slug": slug,
        "text": f"Will {slug} happen?",
        "resolution_criteria": "Yes if it happened.",
        "deadline": deadline,
        "deadline_basis": "stated",
        "topics": list(topics),
    }
    data = QuestionIn.model_validate(values | fields)
    return enter_question(session, data, now=deadline - timedelta(days=365), actor="tester")


def resolve_question(session: Session, question: Question, outcome: str, now: datetime) -> None:
    """Resolve a question."""
    evidence = [{"url": "https://example.org/report", "note": "A report."}]
    known_at = now.isoformat()
    data = ResolutionIn.model_validate({"outcome": outcome, "known_at": known_at, "evidence": evidence})
    resolve(session, question, data, now=now, actor="tester")


def add_channel(session: Session, name: str, now: datetime, **fields: Any) -> Channel:
    """Create a channel, a webhook unless `fields` set another kind."""
    values = {"name": name, "kind": "webhook", "target": f"https://{name}.example.org/hook"}
    return create_channel(session, ChannelIn.model_validate(values | fields), now=now)


def recorded_prompts(session: Session) -> list[tuple[int, str]]:
    """Return question and stage of each prompt, in order of recording."""
    rows = session.execute(select(Prompt).order_by(col(Prompt.id))).scalars()
    return [(row.question_id, row.stage) for row in rows]


def all_deliveries(session: Session) -> list[Delivery]:
    """Return all deliveries, in order."""
    return list(session.execute(select(Delivery).order_by(col(Delivery.id))).scalars())
