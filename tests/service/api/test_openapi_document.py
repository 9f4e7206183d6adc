"""The OpenAPI document is documentation: sentences, unique ids, and webhooks that match what is sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from predictions.contests.models import Contest, ContestState
from predictions.enums import DeadlineBasis, QuestionKind
from predictions.models import Question
from resolvers.notifications.payloads import (
    CHANNEL_TEST,
    CONTESTS_DUE,
    DIGEST_CREATED,
    contests_message,
    message,
    prompt_message,
)
from resolvers.prompts.schedule import Step
from service.app import create_app
from service.settings import Settings
from service.web.openapi_webhooks import ChannelTestMessage, ContestsMessage, DigestMessage, PromptMessage

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return create_app(Settings(_env_file=None, state_dir=tmp_path_factory.mktemp("state"))).openapi()


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation for group in ("paths", "webhooks") for each in document[group].values() for operation in each.values()
    ]


def test_every_summary_is_a_sentence_and_no_function_name(document: dict[str, Any]) -> None:
    summaries = [operation["summary"] for operation in operations(document)]
    assert [text for text in summaries if " " not in text or not text[0].isupper() or text.endswith(".")] == []
    assert not any(text.istitle() and " " in text for text in summaries)


def test_every_operation_has_an_id_of_its_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids))


def prompt() -> str:
    question = Question(
        id=3,
        slug="rain",
        text="Will it rain?",
        resolution_criteria="As the office says.",
        kind=QuestionKind.BINARY,
        deadline=NOW,
        deadline_basis=DeadlineBasis.STATED,
        event="rain",
        due_at=NOW,
        next_prompt_at=NOW,
        created_at=NOW,
    )
    return prompt_message(
        7, Step("due", NOW, 1, None), question, ["yes", "no"], ["weather"], NOW, "https://example.org"
    )


def test_the_messages_sent_are_those_that_the_document_describes(document: dict[str, Any]) -> None:
    assert set(document["webhooks"]) == {"prompt.created", DIGEST_CREATED, CONTESTS_DUE, CHANNEL_TEST}
    data = json.loads(prompt())["data"]
    digest = message(DIGEST_CREATED, NOW, {"channel": "desk", "prompts": [{"message_id": "msg_1", **data}]})
    test = message(CHANNEL_TEST, NOW, {"channel": "desk", "note": "Prompts will arrive like this message."})
    texts = {"name": "", "contact": "", "text": "", "evidence": []}
    times = {"received_at": NOW, "due_at": NOW, "next_prompt_at": NOW}
    contest = Contest.model_validate({"id": 1, "state": ContestState.RECEIVED} | texts | times)
    contests = contests_message([(contest, Step("due", NOW, 1, None))], NOW, "https://example.org")
    assert json.loads(ContestsMessage.model_validate_json(contests).model_dump_json()) == json.loads(contests)
    for model, sent in ((PromptMessage, prompt()), (DigestMessage, digest), (ChannelTestMessage, test)):
        assert json.loads(model.model_validate_json(sent).model_dump_json()) == json.loads(sent)


def test_the_document_is_made_without_a_database(tmp_path: Path) -> None:
    create_app(Settings(_env_file=None, state_dir=tmp_path / "none")).openapi()
    assert not (tmp_path / "none").exists()


def test_every_field_of_every_schema_has_a_description(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    lacking = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, definition in schema.get("properties", {}).items()
        if not definition.get("description")
    }
    assert {"PredictionIn", "QuestionView"} <= set(schemas)
    assert not lacking
