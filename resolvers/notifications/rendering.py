"""Messages as people read them: the subject, text and HTML of a mail; a title and a few lines for a chat."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from resolvers.notifications.payloads import DIGEST_CREATED, PROMPT_CREATED
from resolvers.prompts.schedule import DUE, ESCALATION, SNOOZE

LONGEST_SUBJECT = 150
#: Of a digest in a chat, where a message has some two thousand characters.
LONGEST_LINE, MOST_LINES = 100, 8
TEST_SUBJECT = "A test message from Track Record"

#: Gives the signed address of the resolve page for the id of a message.
Link = Callable[[str], str]


@dataclass(frozen=True)
class RenderedMessage:
    """A message for people."""

    subject: str
    text: str
    html: str


def render_email(payload: str, message_id: str, link: Link) -> RenderedMessage:
    """The letter of a message: ``payload`` as ``messages`` made it, and the id under which it is sent."""
    body = json.loads(payload)
    if body["type"] == PROMPT_CREATED:
        return _prompt(body["data"], link(message_id))
    if body["type"] == DIGEST_CREATED:
        return _digest(body["data"]["prompts"], link)
    note = _note(body["data"])
    return RenderedMessage(TEST_SUBJECT, f"{note}\n", f"<p>{escape(note)}</p>\n")


def render_short(payload: str) -> tuple[str, str]:
    """Title and text of a message for a chat.

    A room has many readers: nobody's signed link goes there, and the page asks each who they are.
    """
    body = json.loads(payload)
    if body["type"] == DIGEST_CREATED:
        prompts = body["data"]["prompts"]
        lines = [f"{_cut(_heading_of(prompt), LONGEST_LINE)}\n{_page(prompt)}" for prompt in prompts[:MOST_LINES]]
        more = [f"and {len(prompts) - MOST_LINES} more"] if len(prompts) > MOST_LINES else []
        return _count(prompts), "\n".join([*lines, *more])
    if body["type"] != PROMPT_CREATED:
        return TEST_SUBJECT, _note(body["data"])
    question = body["data"]["question"]
    text = [*_marks(question), *_facts(question), f"Resolve it: {_page(body['data'])}"]
    return _cut(_heading_of(body["data"]), LONGEST_SUBJECT), "\n".join(text)


def _note(data: dict[str, Any]) -> str:
    return f"{data['note']} Channel: {data['channel']}."


def _prompt(data: dict[str, Any], resolve_url: str) -> RenderedMessage:
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
    return RenderedMessage(_cut(_heading_of(data), LONGEST_SUBJECT), f"{text}\n", f"{html}\n")


def _count(prompts: list[dict[str, Any]]) -> str:
    return "1 question to resolve" if len(prompts) == 1 else f"{len(prompts)} questions to resolve"


def _digest(prompts: list[dict[str, Any]], link: Link) -> RenderedMessage:
    """All prompts of a digest, each with its own link."""
    text, html = [], []
    for prompt in prompts:
        heading, url = _heading_of(prompt), link(prompt["message_id"])
        facts = [*_marks(prompt["question"]), *_facts(prompt["question"])]
        text.append("\n".join([heading, *facts, url]))
        html.append(
            f'<li><p><a href="{escape(url)}">{escape(heading)}</a><br>{"<br>".join(map(escape, facts))}</p></li>'
        )
    note = "Each link is yours, and works once."
    body = "\n\n".join([*text, note])
    return RenderedMessage(_count(prompts), f"{body}\n", f"<ul>\n{chr(10).join(html)}\n</ul>\n<p>{note}</p>\n")


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


def _heading_of(data: dict[str, Any]) -> str:
    return f"{_heading(data['stage'])}: {' '.join(data['question']['text'].split())}"


def _page(data: dict[str, Any]) -> str:
    return f"{data['links']['question']}/resolve"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
