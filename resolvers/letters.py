"""Messages as people read them: the subject, text and HTML of a mail; a title and a few lines for a chat."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from resolvers.messages import PROMPT_CREATED
from resolvers.reminders import DUE, ESCALATION, SNOOZE

LONGEST_SUBJECT = 150
TEST_SUBJECT = "A test message from Track Record"

#: Gives the signed address of the resolve page for the id of a message.
Link = Callable[[str], str]


@dataclass(frozen=True)
class Letter:
    """A message for people."""

    subject: str
    text: str
    html: str


def letter(payload: str, message_id: str, link: Link) -> Letter:
    """The letter of a message: ``payload`` as ``messages`` made it, and the id under which it is sent."""
    body = json.loads(payload)
    if body["type"] == PROMPT_CREATED:
        return _prompt(body["data"], link(message_id))
    note = _note(body["data"])
    return Letter(TEST_SUBJECT, f"{note}\n", f"<p>{escape(note)}</p>\n")


def brief(payload: str) -> tuple[str, str]:
    """Title and text of a message for a chat.

    A room has many readers: nobody's signed link goes there, and the page asks each who they are.
    """
    body = json.loads(payload)
    if body["type"] != PROMPT_CREATED:
        return TEST_SUBJECT, _note(body["data"])
    question, links = body["data"]["question"], body["data"]["links"]
    text = [*_marks(question), *_facts(question), f"Resolve it: {links['question']}/resolve"]
    return _subject(body["data"]), "\n".join(text)


def _note(data: dict[str, Any]) -> str:
    return f"{data['note']} Channel: {data['channel']}."


def _prompt(data: dict[str, Any], resolve_url: str) -> Letter:
    question, links = data["question"], data["links"]
    marks, facts = _marks(question), _facts(question)
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
    return Letter(_subject(data), f"{text}\n", f"{html}\n")


def _marks(question: dict[str, Any]) -> list[str]:
    return ["This question is invented, for a demonstration."] if question["invented"] else []


def _facts(question: dict[str, Any]) -> list[str]:
    outcomes = ", ".join([*question["outcomes"], "annulled"])
    when = _local(question["deadline"], question["deadline_zone"])
    return [f"Deadline: {when}", f"Possible outcomes: {outcomes}"]


def _heading(stage: str) -> str:
    if stage == DUE:
        return "To resolve"
    if stage.startswith(SNOOZE):
        return "Back from being snoozed"
    return "Nobody has resolved" if stage == ESCALATION else f"Still to resolve ({stage.replace('_', ' ')})"


def _local(instant: str, zone: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} ({zone})"


def _subject(data: dict[str, Any]) -> str:
    subject = f"{_heading(data['stage'])}: {' '.join(data['question']['text'].split())}"
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
