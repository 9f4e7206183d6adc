"""Example requests of the OpenAPI document: each succeeds if sent in this order to an empty record."""

from typing import Any

_QUESTION = {
    "slug": "harbour-freezes",
    "text": "Will the harbour of Port Amber freeze over by the end of 2025?",
    "resolution_criteria": "Yes if the harbour office reports the basin closed by ice.",
    "deadline": "2025-12-31",
    "deadline_basis": "stated",
    "topics": ["weather"],
}
_CHOICE = {
    "slug": "next-harbour-master",
    "text": "Who will be the next harbour master of Port Amber?",
    "resolution_criteria": "By the harbour office's announcement.",
    "kind": "categorical",
    "options": ["Ada Quay", "Ben Mole", "somebody else"],
    "deadline": "2025-12-31",
    "deadline_basis": "assigned",
    "topics": ["elections"],
}
_COMMENTATOR = {"name": "Ida Pierhead"}
_SOURCE = {
    "url": "https://example.org/winter-ahead",
    "title": "Winter ahead",
    "outlet": "The Port Amber Gazette",
    "published_on": "2025-03-18",
}
_PREDICTION = {"commentator": _COMMENTATOR, "source": _SOURCE, "made_at": "2025-03-18T09:00:00Z"}
_EVIDENCE = [{"url": "https://example.org/harbour-office", "note": "The office's report of 30 March."}]


def _named(**values: tuple[str, Any]) -> dict[str, Any]:
    return {name: {"summary": summary, "value": value} for name, (summary, value) in values.items()}


EXAMPLES: dict[str, dict[str, Any]] = {
    "/api/commentators": _named(person=("A person", {"name": "Ida Pierhead", "kind": "person"})),
    "/api/sources": _named(article=("An article", _SOURCE)),
    "/api/questions": _named(
        yes_or_no=("A yes-or-no question", _QUESTION),
        options=("A question with several outcomes", _CHOICE),
    ),
    "/api/predictions": _named(
        words=(
            "A hedge, which a lexicon interprets",
            {**_PREDICTION, "question": {"slug": "harbour-freezes"}, "hedge": "unlikely"},
        ),
        number=("A probability, with a new question", {**_PREDICTION, "question": _QUESTION, "probability": 0.15}),
        options=(
            "A probability for each option",
            {
                **_PREDICTION,
                "question": {"slug": "next-harbour-master"},
                "probabilities": {"Ada Quay": 0.6, "Ben Mole": 0.3, "somebody else": 0.1},
            },
        ),
    ),
    "/api/questions/{which}/proposals": _named(
        proposal=(
            "An outcome with evidence, for a person to confirm or reject",
            {"outcome": "yes", "known_at": "2025-03-30", "rationale": "Reported closed.", "evidence": _EVIDENCE},
        ),
    ),
    "/api/questions/{which}/resolutions": _named(
        outcome=("The outcome, with evidence", {"outcome": "yes", "known_at": "2025-03-30", "evidence": _EVIDENCE}),
        annulled=(
            "A question that cannot be decided",
            {"outcome": "annulled", "known_at": "2025-03-30", "note": "The office no longer reports.", "evidence": []},
        ),
    ),
}

#: The body of a batch: one JSON object per line, which FastAPI cannot describe.
LINES = {
    "required": True,
    "content": {
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "one prediction as JSON on each line, 1 to 10,000 lines"},
            "example": '{"commentator": {"name": "Ida Pierhead"}, "question": {"slug": "harbour-freezes"}, '
            '"made_at": "2025-03-19", "probability": 0.2}\n'
            '{"commentator": {"name": "Ida Pierhead"}, "question": {"slug": "harbour-freezes"}, '
            '"made_at": "2025-03-20", "probability": 0.25}\n',
        }
    },
}
