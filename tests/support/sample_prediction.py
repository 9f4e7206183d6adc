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


def corrected_everything(admin: httpx.Client) -> None:
    """Correct one thing of each kind, the oldest first."""

    def send(method: str, path: str, body: Any) -> None:
        reply = admin.request(method, path, json=body)
        assert reply.status_code < 300, reply.text

    record_one(admin)
    send("PATCH", "/api/questions/rain", {"text": "Will it pour?", "reason": "Too vague."})
    send("PATCH", "/api/questions/rain", {"topics": ["rivers", "weather"], "reason": "It is about both."})
    send("POST", "/api/questions/rain/postponements", {"deadline": "2025-03-25", "reason": "A typing error."})
    send("POST", "/api/questions/rain/postponements/undo", {"reason": "It was right."})
    wrong = {"made_at": "2025-03-01", "probability": 0.3, "reason": "She gave a number."}
    send("POST", "/api/predictions/1/corrections", wrong)
    send("POST", "/api/predictions/2/withdrawal", {"reason": "Somebody else said it."})
    send("PATCH", "/api/commentators/1", {"name": "Ann Renamed"})
    send("PATCH", "/api/sources/1", {"title": "The right column"})
    resolve(admin, "yes")
    outcome = {"outcome": "no", "known_at": "2025-03-20T12:00:00Z", "evidence": EVIDENCE, "note": "Misread."}
    send("POST", "/api/questions/rain/resolutions", outcome)
    send("POST", "/api/questions/rain/resolutions/retraction", {"reason": "Not decided yet."})
