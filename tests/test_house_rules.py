"""The house rules, as tests: sizes, time, commits, and what no file may name. Linters hold the others (`.ci/run`)."""

import ast
import pkgutil
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from service import __version__, pages
from service.app import API

ROOT = Path(__file__).parents[1]
PACKAGES = ("predictions", "resolvers", "service")
CODE = (*PACKAGES, "tests", "benchmarks")

LONGEST_FILE_LINES = 350
LONGEST_TEST_FILE_LINES = 400
MEDIAN_FILE_LINES = 100
LONGEST_FUNCTION_LINES = 52
P95_FUNCTION_LINES = 25
MODULES_IN_A_FOLDER = 18

CLOCK = "service/clock.py"
CLOCK_READS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns", "monotonic"}}

# Written in two parts, so that this file does not match itself.
UNWANTED = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "npmjs" + r"\.(?:org|com)",
            "deb" + r"\.debian\.org",
            r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|tm" + r"p)/\w",
        )
    )
)


def sources(*folders: str) -> dict[str, str]:
    """The text of each Python file below the folders, by its path from the root."""
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Each node of each file's syntax tree, with the file's path."""
    for path, text in sources(*folders).items():
        for node in ast.walk(ast.parse(text)):
            yield path, node


def function_lengths(*folders: str) -> dict[str, int]:
    """Lines of each function from `def` to its last line."""
    return {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, node in nodes(*folders)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def longest(lengths: dict[str, int]) -> str:
    ranked = sorted(lengths.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} ({lines})" for name, lines in ranked[:12])


def test_no_file_is_long() -> None:
    lengths = {path: len(text.splitlines()) for path, text in sources(*CODE).items()}
    limits = {"tests": LONGEST_TEST_FILE_LINES}
    too_long = {p: n for p, n in lengths.items() if n > limits.get(p.split("/")[0], LONGEST_FILE_LINES)}
    assert too_long == {}


def test_no_folder_of_code_holds_more_modules_than_a_reader_takes_in() -> None:
    folders = Counter(Path(path).parent.as_posix() for path in sources(*CODE))
    assert {folder: count for folder, count in folders.items() if count > MODULES_IN_A_FOLDER} == {}


def test_each_package_says_what_it_is_for_and_what_others_may_use() -> None:
    packages = {p: t for p, t in sources(*PACKAGES).items() if p.endswith("/__init__.py")}
    wrong = []
    for path, text in packages.items():
        module = path.removesuffix("/__init__.py").replace("/", ".")
        purpose, _, entry = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")
        names = re.findall(r"`([a-zA-Z_.]+)`", entry)
        if not purpose or not entry.startswith("Entry point") or not all(exists(module, name) for name in names):
            wrong.append(path)
    assert wrong == [], wrong


def test_each_package_has_a_folder_of_tests() -> None:
    packages = [(ROOT / path).parent for path in sources(*PACKAGES) if path.endswith("/__init__.py")]
    tests = [ROOT / "tests" / package.relative_to(ROOT) for package in packages]
    assert [folder.as_posix() for folder in tests if not any(folder.rglob("test_*.py"))] == []


def exists(package: str, name: str) -> bool:
    """Whether a name in the docstring of a package is something in it, something in the project, or in its modules."""
    for candidate in (f"{package}.{name}", name):
        try:
            pkgutil.resolve_name(candidate)
        except (AttributeError, ImportError):
            continue
        return True
    modules = pkgutil.iter_modules(import_module(package).__path__)
    return all(hasattr(import_module(f"{package}.{module.name}"), name) for module in modules)


def test_every_module_of_the_api_is_part_of_the_app() -> None:
    """A module whose router is left out would drop its routes without an error."""
    modules = {Path(path).stem for path in sources("service/api")} - {"__init__"}
    assert {module.__name__.rpartition(".")[2] for module in API} == modules


def test_every_page_module_is_part_of_the_app() -> None:
    folders = ("service/pages/public", "service/pages/editing", "service/pages/embeds")
    with_router = {
        path.removesuffix(".py").replace("/", ".") for path, text in sources(*folders).items() if "router = " in text
    }
    assert {module.__name__ for module in (*pages.PUBLIC, *pages.EMBEDS, *pages.EDITING)} == with_router


def test_most_files_are_short() -> None:
    lengths = {path: len(text.splitlines()) for path, text in sources(*PACKAGES).items()}
    assert statistics.median(lengths.values()) < MEDIAN_FILE_LINES, f"longest first: {longest(lengths)}"


def test_no_function_is_long() -> None:
    lengths = function_lengths(*CODE)
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION_LINES} == {}


def test_most_functions_are_short() -> None:
    lengths = function_lengths(*PACKAGES)
    percentile = statistics.quantiles(lengths.values(), n=20)[-1]
    assert percentile < P95_FUNCTION_LINES, f"longest first: {longest(lengths)}"


def test_only_the_edge_commits() -> None:
    commits = [
        f"{path}:{node.lineno}"
        for path, node in nodes("predictions", "resolvers")
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert commits == [], "the caller owns the transaction: flush, and let the edge commit"


def reads_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and any(name.name in CLOCK_READS["time"] for name in node.names)
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return node.attr in CLOCK_READS.get(name, ())


def test_only_the_clock_knows_the_time() -> None:
    reads = [f"{path}: {ast.unparse(node)}" for path, node in nodes(*PACKAGES) if path != CLOCK and reads_a_clock(node)]
    assert reads == [], f"take `now` as an argument, or ask the Clock of {CLOCK}"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("datetime.now(UTC)", True),
        ("datetime.datetime.utcnow()", True),
        ("field(default_factory=datetime.now)", True),
        ("date.today()", True),
        ("time.monotonic()", True),
        ("from time import time", True),
        ("clock.now()", False),
        ("self.clock.monotonic()", False),
        ("from datetime import datetime, time", False),
        ("func.now()", False),
    ],
)
def test_the_search_for_clock_reads_finds_them(code: str, expected: bool) -> None:
    assert any(reads_a_clock(node) for node in ast.walk(ast.parse(code))) is expected


FRONT_DOORS = ("service/pages", "service/api", "service/cli")
QUERY_BUILDERS = {
    "select",
    "insert",
    "update",
    "delete",
    "text",
    "func",
    "exists",
    "case",
    "cast",
    "and_",
    "or_",
    "col",
}
QUERY_CALLS = {"exec", "execute", "get", "get_one", "scalar", "scalars", "query", "exec_driver_sql"}


def asks_the_database(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        from_library = (node.module or "").split(".")[0] in ("sqlalchemy", "sqlmodel")
        return from_library and any(name.name in QUERY_BUILDERS for name in node.names)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in QUERY_CALLS:
        return False
    owner = node.func.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return name in ("session", "connection", "past")


def test_front_doors_ask_the_domain_and_never_the_database() -> None:
    queries = [f"{path}:{node.lineno}" for path, node in nodes(*FRONT_DOORS) if asks_the_database(node)]  # type: ignore[attr-defined]
    assert queries == [], "move the query into a function of predictions or resolvers"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from sqlmodel import Session, col, select", True),
        ("from sqlalchemy import func", True),
        ("from sqlalchemy.orm import Session", False),
        ("from sqlmodel import Session", False),
        ("session.execute(query)", True),
        ("session.get(Question, 1)", True),
        ("self.session.scalars(query)", True),
        ("past.session.exec(query)", True),
        ("client.get(address)", False),
        ("session.close()", False),
    ],
)
def test_the_search_for_queries_finds_them(code: str, expected: bool) -> None:
    assert any(asks_the_database(node) for node in ast.walk(ast.parse(code))) is expected


def test_annotations_are_not_postponed() -> None:
    """SQLModel reads annotations when it makes a table; as strings, relationships break."""
    postponed = [p for p, node in nodes(*PACKAGES) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert postponed == []


#: Each line is refused by the linter (ruff's rules S), and the code of the packages silences none of these refusals.
INSECURE = {
    "S102": "exec(text)",
    "S301": "import pickle; pickle.loads(text)",
    "S307": "eval(text)",
    "S314": "import xml.etree.ElementTree as x; x.fromstring(text)",
    "S323": "import ssl; ssl._create_unverified_context()",
    "S324": "import hashlib; hashlib.md5(text); hashlib.sha1(text)",
    "S501": "import httpx; httpx.get(text, verify=False)",
    "S506": "import yaml; yaml.load(text)",
    "S602": "import subprocess; subprocess.run(text, shell=True)",
    "S605": "import os; os.system(text)",
    "S608": "session.execute('SELECT * FROM person WHERE name = ' + text)",
    "S701": "import jinja2; jinja2.Environment(autoescape=False)",
}


def test_the_linter_refuses_what_is_insecure() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "-"]
    code = "text = input()\n" + "".join(f"{line}\n" for line in INSECURE.values())
    for package in PACKAGES:
        options = [*command, "--stdin-filename", f"{package}/example.py"]
        found = subprocess.run(options, input=code, cwd=ROOT, capture_output=True, text=True)
        assert set(INSECURE) <= set(re.findall(r"\bS\d{3}\b", found.stdout)), found.stdout + found.stderr
    silenced = re.compile(r"noqa(?!: ?[A-Z])|noqa:.*\b(?:" + "|".join(INSECURE) + r")\b")
    assert [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if silenced.search(path.read_text())
    ] == []


def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in tracked_files()
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), 1)
        if UNWANTED.search(line)
    ]
    assert found == []


def test_every_recipe_that_is_documented_exists() -> None:
    recipes = set(re.findall(r"^([a-z-]+)[^:=\n]*:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE))
    documents = [*ROOT.glob("*.md"), *ROOT.glob("requirements/*.md"), *ROOT.glob(".github/**/*.[my]*")]
    named = {name for path in documents for name in re.findall(r"[`/]just ([a-z-]+)", path.read_text())}
    assert {"check", "test", "lock"} <= named
    assert named <= recipes


def test_changelog_and_citation_name_the_version() -> None:
    assert f"\n## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text()
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
