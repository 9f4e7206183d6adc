"""Each route needs the scope that docs/security.md says, and what belongs to a person is given to nobody else."""

import re
from pathlib import Path

import httpx
import pytest

from service.app import API
from service.security.api_keys import SCOPES
from tests.support.sample_prediction import PREDICTION

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
ANYBODY = {"GET /healthz", "GET /readyz"}
#: Routes that write without a key: by the limits of an address, and by a secret link.
OPEN = {"POST /api/contests", "DELETE /api/contests/own/{token}"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def documented() -> dict[str, str]:
    """The scope of each route that docs/security.md lists; `any` for a key of any scope, or two that each suffice."""
    text = DOCUMENT.read_text().partition("\n## Scopes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`)(?: or `\w+`)?|any) \| (.*) \|$", text, re.MULTILINE)
    return {route: scopes.replace("`", "") for scopes, cell in rows for route in re.findall(r"`([A-Z]+ /[^`]+)`", cell)}


def keys(admin: httpx.Client) -> dict[str, dict[str, str]]:
    """A header with a key of each scope, of another person each."""
    found = {}
    for scope in SCOPES:
        reply = admin.post("/api/keys", json={"name": f"{scope} only", "scopes": [scope]})
        found[scope] = {"Authorization": f"Bearer {reply.json()['key']}"}
    return found


def test_each_route_needs_its_scope_and_no_other(admin: httpx.Client, base_url: str) -> None:
    found = (route for module in API for route in module.router.routes)
    routes = {f"{method} {route.path_format}" for route in found for method in route.methods}
    listed, headers = documented(), keys(admin)
    assert set(listed) <= routes
    for route in sorted(routes - ANYBODY - OPEN):
        method, path = route.split()
        for name in ("{number}", "{which}", "{name}", "{sha256}"):
            path = path.replace(name, "999")  # of no row: a key that may is told so
        scope = listed.get(route, "read")
        expected = {each: scope == "any" or each in scope.split(" or ") or each == "admin" for each in SCOPES}
        if route not in listed:
            assert method in ("GET", "HEAD"), f"{route} writes and is not in docs/security.md"
            expected = dict.fromkeys(SCOPES, True)
        else:
            assert (route, httpx.request(method, base_url + path, json={}).status_code) == (route, 401)
        for each, may in expected.items():
            status = httpx.request(method, base_url + path, json={}, headers=headers[each]).status_code
            assert (route, each, status not in (401, 403)) == (route, each, may)


def test_a_stored_reply_is_repeated_to_its_own_person_only(admin: httpx.Client, base_url: str) -> None:
    for name in ("Ann", "Bob"):
        key = admin.post("/api/keys", json={"name": name, "scopes": ["predict"]}).json()["key"]
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "the same"}
        reply = httpx.post(f"{base_url}/api/predictions", json=PREDICTION, headers=headers)
        assert reply.json()["recorded_by"] == name
        assert "Idempotency-Replayed" not in reply.headers
