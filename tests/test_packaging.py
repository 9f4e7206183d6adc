"""What a user installs is complete: the wheel, the pinned requirements, and the two commands at the top of the
README."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("predictions", "resolvers", "service")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CARRIED = (
    "predictions/hedges/lexicons/*.toml",
    "predictions/starting_record/*",
    "service/migrations/env.py",
    "service/migrations/script.py.mako",
    "service/migrations/versions/*.py",
    "service/static/*",
    "service/templates/*",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel, built from this checkout with the build backend that is installed."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with ZipFile(next(folder.glob("*.whl"))) as wheel:
        yield wheel


@pytest.mark.parametrize("pattern", CARRIED)
def test_the_wheel_carries_data_and_migrations(wheel: ZipFile, pattern: str) -> None:
    assert any(Path(name).match(pattern) for name in wheel.namelist())


def test_the_wheel_carries_every_file_of_the_packages_and_nothing_else(wheel: ZipFile) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listing = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES, "alembic"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {name.replace("alembic/", "service/migrations/", 1) for name in listing.stdout.split("\0") if name}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert tracked - packed == set()
    assert {name.split("/")[0] for name in packed} == set(PACKAGES)


def test_the_wheel_brings_the_command(wheel: ZipFile) -> None:
    entry_points = next(name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "trackrecord = service.__main__:main" in wheel.read(entry_points).decode()


def test_an_installed_package_makes_a_database_without_a_checkout(wheel: ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    script = (
        "import predictions; from service.db import engine as database, migrate\n"
        "assert 'site' in migrate.__file__ and 'site' in predictions.__file__, migrate.__file__\n"
        "engine = database.make_engine('sqlite:///made.db')\n"
        "migrate.upgrade(engine)\n"
        "engine.dispose()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made.db").stat().st_size > 0


def readme_commands() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("block", "requirements", "last"),
    [
        (0, "requirements/run.txt", ".venv/bin/trackrecord serve"),
        (1, "requirements/dev.txt", ".venv/bin/python -m pytest"),
    ],
)
def test_the_readme_starts_with_one_line_to_run_and_one_line_to_test(block: int, requirements: str, last: str) -> None:
    command = readme_commands()[block]
    assert command.count("\n") == 1
    assert command.rstrip().endswith(f"&& {last}")
    assert f"--require-hashes -r {requirements}" in command


def pins(name: str) -> dict[str, str]:
    """Version by canonical name. Checks that each pin is exact and hashed, and that no address is named."""
    text = (ROOT / "requirements" / name).read_text()
    assert not re.search(r"://|^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", text, re.MULTILINE)
    versions: dict[str, str] = {}
    for entry in re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines():
        requirement = Requirement(entry.split("--hash")[0])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        assert "--hash=sha256:" in entry, f"{requirement.name} has no hash"
        versions[canonicalize_name(requirement.name)] = pin.version
    return versions


def unmet(requirements: list[str], pinned: dict[str, str]) -> list[str]:
    """The requirements that no pin satisfies."""

    def met(requirement: Requirement) -> bool:
        version = pinned.get(canonicalize_name(requirement.name))
        return version is not None and requirement.specifier.contains(version)

    return [text for text in requirements if not met(Requirement(text))]


def test_the_pins_to_run_satisfy_the_dependencies() -> None:
    assert unmet(PYPROJECT["project"]["dependencies"], pins("run.txt")) == []
    assert unmet(PYPROJECT["build-system"]["requires"], pins("run.txt")) == []


def test_the_pins_to_develop_add_to_those_to_run() -> None:
    run, dev = pins("run.txt"), pins("dev.txt")
    assert unmet(PYPROJECT["dependency-groups"]["dev"], dev) == []
    assert run.items() <= dev.items()
