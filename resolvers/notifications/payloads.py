"""Build the payloads of messages. A payload is stored with its delivery, so every attempt sends the same bytes."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from predictions.contests.models import Contest
from predictions.models import Question, row_id
from resolvers.prompts.schedule import Step

PROMPT_CREATED = "prompt.created"
DIGEST_CREATED = "digest.created"
CHANNEL_TEST = "channel.test"
CONTESTS_DUE = "contests.due"
#: Contests that one message names; it has the number of all.
MOST_CONTESTS = 100


def message(kind: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Return a message as JSON in the format of Standard Webhooks: ``type``, ``timestamp`` and ``data``."""
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
    *,
    demo: bool = False,
) -> str:
    """Return the payload of a prompt. Links begin with ``base_url``."""
    data = {
        "prompt": prompt_id,
        "stage": step.stage,
        "due_at": question.due_at,
        "scheduled_at": step.scheduled_at,
        "demo": demo,
        "question": {
            "id": row_id(question),
            "slug": question.slug,
            "text": question.text,
            "resolution_criteria": question.resolution_criteria,
            "kind": question.kind,
            "outcomes": outcomes,
            "deadline": question.deadline,
            "deadline_zone": question.deadline_zone,
            "topics": topics,
        },
        "links": {
            "question": f"{base_url}/questions/{question.slug}",
            "resolve": f"{base_url}/api/questions/{row_id(question)}/resolutions",
        },
    }
    return message(PROMPT_CREATED, now, data)


def contests_message(due: Sequence[tuple[Contest, Step]], now: datetime, base_url: str, *, demo: bool = False) -> str:
    """Return the payload of a message about contests that wait for an answer, without their texts."""
    named = [
        {
            "contest": row_id(contest),
            "state": contest.state,
            "stage": step.stage,
            "received_at": contest.received_at,
            "due_at": contest.due_at,
        }
        for contest, step in due[:MOST_CONTESTS]
    ]
    links = {"contests": f"{base_url}/contests"}
    return message(CONTESTS_DUE, now, {"contests": named, "total": len(due), "demo": demo, "links": links})


def contests_of(payload: str) -> list[int]:
    """Return the numbers of the contests that a message names; none for a message about something else."""
    if not payload.startswith(_CONTESTS_START):
        return []
    return [each["contest"] for each in json.loads(payload)["data"]["contests"]]


_CONTESTS_START = f'{{"type":"{CONTESTS_DUE}",'
