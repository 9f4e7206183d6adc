"""What a message says. Its content is frozen when it is written to the outbox: every attempt sends the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from predictions.models import Question, key
from resolvers.reminders import DUE, ESCALATION, Step

PROMPT_CREATED = "prompt.created"
CHANNEL_TEST = "channel.test"
LONGEST_SUBJECT = 150


def message(kind: str, at: datetime, data: Mapping[str, Any]) -> str:
    """A message as JSON in the shape of Standard Webhooks: ``type``, ``timestamp`` and ``data``."""
    body = {"type": kind, "timestamp": at, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_rfc3339)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def prompt_message(
    prompt_id: int,
    step: Step,
    question: Question,
    outcomes: Sequence[str],
    topics: Sequence[str],
    now: datetime,
    base_url: str,
) -> str:
    """The request to resolve a question. Links begin with ``base_url``."""
    data = {
        "prompt": prompt_id,
        "stage": step.stage,
        "due_at": question.due_at,
        "scheduled_at": step.scheduled_at,
        "question": {
            "id": key(question),
            "slug": question.slug,
            "text": question.text,
            "resolution_criteria": question.resolution_criteria,
            "kind": question.kind,
            "outcomes": outcomes,
            "deadline": question.deadline,
            "deadline_zone": question.deadline_zone,
            "topics": topics,
            "invented": question.invented,
        },
        "links": {
            "question": f"{base_url}/questions/{question.slug}",
            "resolve": f"{base_url}/api/questions/{key(question)}/resolutions",
        },
    }
    return message(PROMPT_CREATED, now, data)


@dataclass(frozen=True)
class Letter:
    """A message as people read it."""

    subject: str
    text: str
    html: str


def letter(payload: str, resolve_url: str) -> Letter:
    """A message for people: ``payload`` as ``message`` made it; ``resolve_url`` opens the page to answer it."""
    body = json.loads(payload)
    if body["type"] != PROMPT_CREATED:
        note = f"{body['data']['note']} Channel: {body['data']['channel']}."
        return Letter("A test message from Track Record", note + "\n", f"<p>{escape(note)}</p>\n")
    data = body["data"]
    question, links = data["question"], data["links"]
    subject = f"{_heading(data['stage'])}: {' '.join(question['text'].split())}"
    when = _local(question["deadline"], question["deadline_zone"])
    marks = ["This question is invented, for a demonstration."] if question["invented"] else []
    facts = [f"Deadline: {when}", f"Possible outcomes: {', '.join([*question['outcomes'], 'annulled'])}"]
    text = "\n\n".join(
        [
            question["text"],
            *marks,
            "\n".join(facts),
            f"How it is to be resolved:\n{question['resolution_criteria']}",
            f"Resolve it (this link is yours, and works once):\n{resolve_url}",
            f"The question and its predictions:\n{links['question']}",
        ]
    )
    html = "\n".join(
        [
            f"<h2>{escape(question['text'])}</h2>",
            *[f"<p><em>{escape(mark)}</em></p>" for mark in marks],
            f"<p>{'<br>'.join(map(escape, facts))}</p>",
            f"<p><strong>How it is to be resolved:</strong><br>{escape(question['resolution_criteria'])}</p>",
            f'<p><a href="{escape(resolve_url)}">Resolve it</a> (this link is yours, and works once)</p>',
            f'<p><a href="{escape(links["question"])}">The question and its predictions</a></p>',
        ]
    )
    return Letter(_cut(subject), text + "\n", html + "\n")


def _heading(stage: str) -> str:
    if stage == DUE:
        return "To resolve"
    return "Nobody has resolved" if stage == ESCALATION else f"Still to resolve ({stage.replace('_', ' ')})"


def _local(instant: str, zone: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} ({zone})"


def _cut(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
