"""Render messages for people: subject, text and HTML of a mail; title and short text for a chat."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from predictions.safe_text import printable
from resolvers.notifications.payloads import CONTESTS_DUE, DIGEST_CREATED, PROMPT_CREATED
from resolvers.prompts.schedule import DUE, ESCALATION, REVERSAL, SNOOZE

LONGEST_SUBJECT = 150
#: For a digest in a chat, where a message is limited to about two thousand characters.
LONGEST_LINE, MOST_LINES = 100, 8
TEST_SUBJECT = "A test message from Track Record"

#: Returns the signed address of the resolve page for a message id.
LinkFor = Callable[[str], str]


@dataclass(frozen=True)
class RenderedMessage:
    """A message for people."""

    subject: str
    text: str
    html: str


def render_email(payload: str, message_id: str, link: LinkFor) -> RenderedMessage:
    """Return the mail for a payload of ``payloads``; ``message_id`` is the id under which it is sent."""
    body = json.loads(payload, object_hook=_printable)
    if body["type"] == PROMPT_CREATED:
        return _prompt_email(body["data"], link(message_id))
    if body["type"] == DIGEST_CREATED:
        return _digest_email(body["data"]["prompts"], link)
    if body["type"] == CONTESTS_DUE:
        subject, lines = _contests(body["data"])
        url = body["data"]["links"]["contests"]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        html = f'<ul>{items}</ul>\n<p><a href="{escape(url)}">Take them up or answer them</a></p>\n'
        return RenderedMessage(subject, "\n".join([*lines, "", f"Take them up or answer them: {url}"]) + "\n", html)
    note = _test_note(body["data"])
    return RenderedMessage(TEST_SUBJECT, f"{note}\n", f"<p>{escape(note)}</p>\n")


def render_short(payload: str) -> tuple[str, str]:
    """Return title and text of a message for a chat.

    Chat rooms have many readers, so the text holds no signed link; the resolve page asks its reader to sign in.
    """
    body = json.loads(payload, object_hook=_printable)
    if body["type"] == DIGEST_CREATED:
        prompts = body["data"]["prompts"]
        lines = [
            f"{_truncate(_heading(prompt), LONGEST_LINE)}\n{_resolve_page(prompt)}" for prompt in prompts[:MOST_LINES]
        ]
        more = [f"and {len(prompts) - MOST_LINES} more"] if len(prompts) > MOST_LINES else []
        return _count_text(prompts), "\n".join([*lines, *more])
    if body["type"] == CONTESTS_DUE:
        subject, lines = _contests(body["data"])
        return subject, "\n".join([*lines[:MOST_LINES], body["data"]["links"]["contests"]])
    if body["type"] != PROMPT_CREATED:
        return TEST_SUBJECT, _test_note(body["data"])
    question = body["data"]["question"]
    text = [*_warnings(body["data"]), *_facts(question), f"Resolve it: {_resolve_page(body['data'])}"]
    return _truncate(_heading(body["data"]), LONGEST_SUBJECT), "\n".join(text)


def _printable(found: dict[str, Any]) -> dict[str, Any]:
    return {name: printable(value) if isinstance(value, str) else value for name, value in found.items()}


def _test_note(data: dict[str, Any]) -> str:
    return f"{data['note']} Channel: {data['channel']}."


def _prompt_email(data: dict[str, Any], resolve_url: str) -> RenderedMessage:
    question, links = data["question"], data["links"]
    marks, facts = _warnings(data), _facts(question)
    text = "\n\n".join(
        [
            question["text"],
            *marks,
            "\n".join(facts),
            f"Resolution criteria:\n{question['resolution_criteria']}",
            f"Resolve it (this personal link works once):\n{resolve_url}",
            f"The question and its predictions:\n{links['question']}",
        ]
    )
    html = "\n".join(
        [
            f"<h2>{escape(question['text'])}</h2>",
            *[f"<p><em>{escape(mark)}</em></p>" for mark in marks],
            f"<p>{'<br>'.join(map(escape, facts))}</p>",
            f"<p><strong>Resolution criteria:</strong><br>{escape(question['resolution_criteria'])}</p>",
            f'<p><a href="{escape(resolve_url)}">Resolve it</a> (this personal link works once)</p>',
            f'<p><a href="{escape(links["question"])}">The question and its predictions</a></p>',
        ]
    )
    return RenderedMessage(_truncate(_heading(data), LONGEST_SUBJECT), f"{text}\n", f"{html}\n")


def _contests(data: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the heading of a message about contests, and a line for each."""
    total: int = data["total"]
    heading = "1 contest waits for an answer" if total == 1 else f"{total} contests wait for an answer"
    lines = [
        f"Contest {each['contest']}, received on {_day(each['received_at'])}, to be answered by {_day(each['due_at'])}"
        f"{' (nobody has taken it up)' if each['state'] == 'received' else ''}"
        for each in data["contests"]
    ]
    invented = ["The record is invented, for a demonstration."] if data["demo"] else []
    more = [f"and {total - len(lines)} more"] if total > len(lines) else []
    return heading, [*invented, *lines, *more]


def _day(instant: str) -> str:
    at = datetime.fromisoformat(instant)
    return f"{at.day} {at:%B %Y}"


def _count_text(prompts: list[dict[str, Any]]) -> str:
    return "1 question to resolve" if len(prompts) == 1 else f"{len(prompts)} questions to resolve"


def _digest_email(prompts: list[dict[str, Any]], link: LinkFor) -> RenderedMessage:
    """Return the mail with all prompts of a digest, each with its own link."""
    text, html = [], []
    for prompt in prompts:
        heading, url = _heading(prompt), link(prompt["message_id"])
        facts = [*_warnings(prompt), *_facts(prompt["question"])]
        text.append("\n".join([heading, *facts, url]))
        html.append(
            f'<li><p><a href="{escape(url)}">{escape(heading)}</a><br>{"<br>".join(map(escape, facts))}</p></li>'
        )
    note = "Each link is personal and works once."
    body = "\n\n".join([*text, note])
    return RenderedMessage(_count_text(prompts), f"{body}\n", f"<ul>\n{chr(10).join(html)}\n</ul>\n<p>{note}</p>\n")


def _warnings(prompt: dict[str, Any]) -> list[str]:
    demo = ["This question is invented, for a demonstration."] if prompt.get("demo") else []
    reversal = [
        "Its source now contradicts the outcome on record: confirm or reject the proposal. Until then it stands."
    ]
    return demo + (reversal if prompt["stage"].startswith(REVERSAL) else [])


def _facts(question: dict[str, Any]) -> list[str]:
    outcomes = ", ".join([*map(printable, question["outcomes"]), "annulled"])
    when = _local_time(question["deadline"], question["deadline_zone"])
    return [f"Deadline: {when}", f"Possible outcomes: {outcomes}"]


def _stage_heading(stage: str) -> str:
    if stage == DUE:
        return "To resolve"
    if stage.startswith(REVERSAL):
        return "Outcome contradicted"
    if stage.startswith(SNOOZE):
        return "No longer snoozed"
    return "Nobody has resolved" if stage == ESCALATION else f"Still to resolve ({stage.replace('_', ' ')})"


def _local_time(instant: str, zone: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} ({zone})"


def _heading(data: dict[str, Any]) -> str:
    return f"{_stage_heading(data['stage'])}: {' '.join(data['question']['text'].split())}"


def _resolve_page(data: dict[str, Any]) -> str:
    return f"{data['links']['question']}/resolve"


def _truncate(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
