"""The API conforms to its OpenAPI document: whatever is sent, no reply is a 500, and each is as the document states."""

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from service.app import create_app
from service.settings import Settings
from service.web.openapi_examples import EXAMPLES
from tests.conftest import ADMIN_KEY, migrate, serving


@schemathesis.serializer("application/x-ndjson")
def as_it_stands(_: object, value: object) -> bytes:
    return value.encode(errors="surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(_env_file=None)).openapi())
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("openapi")
    url = f"sqlite:///{folder / 'api.db'}"
    migrate(url)
    app = create_app(Settings(_env_file=None, database_url=url, state_dir=folder, admin_key=ADMIN_KEY))
    with serving(app) as base_url:
        yield base_url


@pytest.mark.parametrize("examples", [3, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_route_conforms_to_the_document(
    api: str, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, examples: int
) -> None:
    # Any text may be a list of lines; each line is judged by itself.
    lines = [negative_data_rejection] if operation.path.endswith("/batch") else []

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        # A schema cannot say that one field needs another: what fits it may still be refused.
        case.call_and_validate(base_url=api, headers=KEY, excluded_checks=[positive_data_acceptance, *lines])

    # A route without any input cannot be sent a wrong one.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        check()


def test_the_documentation_page_loads_nothing_from_other_hosts(api: str) -> None:
    page = httpx.get(f"{api}/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(addresses) >= 3
    assert all(httpx.get(api + address).status_code == 200 for address in addresses)


def test_each_example_of_the_document_works_as_it_stands(admin: httpx.Client) -> None:
    document = admin.get("/openapi.json").json()
    sent = 0
    for path in EXAMPLES:
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in body["examples"].values():
            reply = admin.post(path.format(which="harbour-freezes"), json=example["value"])
            assert reply.status_code in (200, 201), (path, reply.text)
            sent += 1
    assert sent >= 8
    lines = document["paths"]["/api/predictions/batch"]["post"]["requestBody"]["content"]["application/x-ndjson"]
    reply = admin.post("/api/predictions/batch", content=lines["example"])
    assert (reply.status_code, reply.json()["recorded"]) == (201, 2)
