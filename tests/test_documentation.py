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


#: The requirements of level 1 of OWASP ASVS 5.0.0, by section.
LEVEL_1 = {
    "V1": ["2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "5.1"],
    "V2": ["1.1", "2.1", "2.2", "3.1"],
    "V3": ["2.1", "2.2", "3.1", "4.1", "4.2", "5.1", "5.2", "5.3"],
    "V4": ["1.1", "4.1"],
    "V5": ["2.1", "2.2", "3.1", "3.2"],
    "V6": ["1.1", *(f"2.{number}" for number in range(1, 9)), "3.1", "3.2", "4.1", "4.2"],
    "V7": ["2.1", "2.2", "2.3", "2.4", "4.1", "4.2"],
    "V8": ["1.1", "2.1", "2.2", "3.1"],
    "V9": ["1.1", "1.2", "1.3", "2.1"],
    "V10": ["4.1", "4.2", "4.3", "4.4", "4.5"],
    "V11": ["3.1", "3.2", "4.1"],
    "V12": ["1.1", "2.1", "2.2"],
    "V13": ["4.1"],
    "V14": ["2.1", "3.1"],
    "V15": ["1.1", "2.1", "3.1"],
}


def test_each_test_that_the_security_document_names_exists() -> None:
    text = (ROOT / "docs/security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) == text.count("::") > 100
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"


def test_the_security_document_has_every_item_of_both_lists_in_order() -> None:
    text = (ROOT / "docs/security.md").read_text()
    assert re.findall(r"^\| API(\d+) ", text, re.MULTILINE) == [str(number) for number in range(1, 11)]
    found = []
    for first, until in re.findall(r"^(?:\| )?(V\d+\.\d+\.\d+)(?:(?: to|,) (V\d+\.\d+\.\d+))?", text, re.MULTILINE):
        section, _, number = first.rpartition(".")
        last = int((until or first).rpartition(".")[2])
        found += [f"{section}.{each}" for each in range(int(number), last + 1)]
    assert found == [f"{chapter}.{number}" for chapter, numbers in LEVEL_1.items() for number in numbers]
    assert len(found) == 70


def test_the_first_prediction_of_the_readme_is_recorded_as_printed(admin: httpx.Client, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 26, tzinfo=UTC))
    body = re.search(r"-d '\n(\{.*?\})'", (ROOT / "README.md").read_text(), re.DOTALL)
    assert body is not None
    reply = admin.post("/api/predictions", json=json.loads(body[1]))
    assert reply.status_code == 201, reply.text
    assert reply.json()["low"] < reply.json()["probability"] < reply.json()["high"]
