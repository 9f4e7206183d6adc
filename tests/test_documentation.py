"""The documentation agrees with the code: settings, routes, commands, links, and the first example of the README."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import typer.main

from service.app import create_app
from service.cli import app as command_line
from service.settings import Settings
from tests.support.fake_clock import FakeClock

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def rows(name: str, pattern: str) -> list[str]:
    """The first cells, in back quotes, of the tables of a document."""
    return re.findall(rf"^\| *`({pattern})`", (ROOT / "docs" / name).read_text(), re.MULTILINE)


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    table = dict(
        re.findall(
            r"^\| *`(TRACKRECORD_\w+)` *\| *`?([^|`]*)`? *\|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
        )
    )
    defaults = {
        f"{Settings.model_config['env_prefix']}{name}".upper(): field.default
        for name, field in Settings.model_fields.items()
    }
    assert set(table) == set(defaults)
    texts = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in defaults.items()}
    shown = {name: "" if value is None else str(value) for name, value in texts.items()}
    assert {name: default.strip() for name, default in table.items()} == shown


def test_every_route_is_documented_and_no_other(tmp_path: Path) -> None:
    paths = create_app(Settings(_env_file=None, state_dir=tmp_path)).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(rows("api.md", r"[A-Z]+ /[^`]*")) == routes


def test_every_command_is_documented_and_no_other() -> None:
    command = typer.main.get_command(command_line)
    assert set(rows("command-line.md", r"\w+")) == set(command.commands)  # type: ignore[attr-defined]


def test_every_column_of_a_csv_file_is_documented() -> None:
    from service.files.csv_columns import ALL_NAMES

    text = (ROOT / "docs" / "files.md").read_text()
    assert [name for name in sorted(ALL_NAMES) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()) if document.exists() else []
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_named_in_a_document_exist(document: Path) -> None:
    folders = "predictions|resolvers|service|tests|alembic|benchmarks|docs|requirements"
    named = re.findall(rf"`((?:{folders})/[\w/.-]+)`", document.read_text())
    new = {"predictions/queries/topics.py"}  # what a how-to has its reader write
    assert [path for path in named if not (ROOT / path).exists() and path not in new] == []


def test_the_first_prediction_of_the_readme_is_recorded_as_printed(admin: httpx.Client, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 26, tzinfo=UTC))
    body = re.search(r"-d '\n(\{.*?\})'", (ROOT / "README.md").read_text(), re.DOTALL)
    assert body is not None
    reply = admin.post("/api/predictions", json=json.loads(body[1]))
    assert reply.status_code == 201, reply.text
    assert reply.json()["low"] < reply.json()["probability"] < reply.json()["high"]
