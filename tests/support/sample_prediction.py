"""One invented prediction, put on record and resolved over the API: the sample for tests of the pages."""

from typing import Any

import httpx

EVIDENCE = [{"url": "https://example.org/gauge", "note": "The gauge of the day."}]
QUESTION = {
    "slug": "rain",
    "text": "Will it rain <b>hard</b>?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "assigned",
    "topics": ["weather"],
}
PREDICTION = {
    "commentator": {"name": "Ann Invented"},
    "question": QUESTION,
    "source": {"url": "https://example.org/column", "title": "A column", "outlet": "The Gazette"},
    "made_at": "2025-03-01",
    "hedge": "seems unlikely",
}


def record_one(admin: httpx.Client, **changes: Any) -> dict[str, Any]:
    reply = admin.post("/api/predictions", json=PREDICTION | changes)
    assert reply.status_code == 201, reply.text
    return reply.json()


def resolve(admin: httpx.Client, outcome: str = "yes") -> None:
    body = {"outcome": outcome, "known_at": "2025-03-20T12:00:00Z", "evidence": EVIDENCE}
    assert admin.post("/api/questions/rain/resolutions", json=body).status_code == 201
