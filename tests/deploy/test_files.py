"""The files of deploy/ are valid, name settings and commands that exist, and what they start answers."""

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from benchmarks.http_load import free_port
from service.cli.serve import GRACE_SECONDS
from service.settings import unknown_variables
from tests.support.processes import command_process, wait_until_up

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "trackrecord.service"
COMPOSE = DEPLOY / "compose.yaml"


def composed() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return content


def container() -> list[tuple[str, str]]:
    """The instructions of the container file, each with its arguments."""
    parser = DockerfileParser(fileobj=io.StringIO((DEPLOY / "Containerfile").read_text()))
    return [(each["instruction"], each["value"]) for each in parser.structure]


def values(name: str) -> list[str]:
    return [value for instruction, value in container() if instruction == name]


def test_the_compose_file_follows_the_specification() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_two_apis_and_one_scheduler_share_a_database_and_one_secret() -> None:
    services = composed()["services"]
    ours = {name: each for name, each in services.items() if each["image"] == "trackrecord"}
    commands = sorted(" ".join(each["command"]) for each in ours.values())
    assert commands == ["scheduler", "serve --no-scheduler", "serve --no-scheduler"]
    for each in ours.values():
        assert each["environment"] == services["api1"]["environment"]
        assert "@database/" in each["environment"]["TRACKRECORD_DATABASE_URL"]
        assert each["environment"]["TRACKRECORD_SECRET_KEY"].startswith("${TRACKRECORD_SECRET_KEY:?")
        assert each["volumes"] == ["state:/var/lib/trackrecord"]
    assert "ports" not in services["database"]


def test_a_stop_of_a_container_or_of_the_unit_waits_for_the_answers_under_way() -> None:
    ours = composed()["x-trackrecord"]
    assert int(ours["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS
    waits = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert waits is not None
    assert int(waits[1]) > GRACE_SECONDS


def test_all_variables_are_settings_of_the_service() -> None:
    names = set(composed()["x-trackrecord"]["environment"])
    names |= set(re.findall(r"TRACKRECORD_\w+", UNIT.read_text()))
    names |= set(re.findall(r"TRACKRECORD_\w+", " ".join(values("ENV"))))
    assert len(names) > 6
    assert list(unknown_variables(names)) == []


def test_the_image_copies_files_that_exist_and_that_the_builder_is_sent() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {path for value in values("COPY") for path in shlex.split(value)[:-1]}
    assert copied == sent
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_runs_as_a_user_without_privileges() -> None:
    names = [instruction for instruction, _ in container()]
    assert values("USER") == ["trackrecord"]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "--uid 10001" in " ".join(values("RUN"))


@pytest.mark.parametrize("command", [["serve"], ["serve", "--no-scheduler"], ["scheduler"]], ids=" ".join)
def test_the_entry_point_starts_with_each_command_of_the_files(command: list[str], tmp_path: Path) -> None:
    assert json.loads(values("ENTRYPOINT")[0]) == ["trackrecord"]
    commands = [each.get("command") for each in composed()["services"].values()]
    assert command in [json.loads(values("CMD")[0]), *commands]
    fixed = dict(each.split("=", 1) for each in shlex.split(values("ENV")[1]))
    port = free_port()
    changed = {"TRACKRECORD_STATE_DIR": str(tmp_path / "state"), "TRACKRECORD_PORT": str(port)}
    with command_process(fixed | changed, *command) as process:
        if "serve" in command:
            wait_until_up(f"http://127.0.0.1:{port}/healthz")
        else:
            process.join(3)
            assert process.exitcode is None


def test_systemd_accepts_the_unit_and_finds_it_well_confined(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    text = UNIT.read_text()
    (start,) = re.findall(r"^ExecStart=(\S+) (.*)$", text, re.MULTILINE)
    assert start[1] == "serve"
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(start[0], shutil.which("true") or ""))
    for arguments in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=30", "--no-pager"]):
        done = subprocess.run(["systemd-analyze", *arguments, str(unit)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert UNIT.name not in done.stderr, done.stderr


def test_the_history_of_the_source_is_out_of_reach_of_the_service() -> None:
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in sent
    assert not [line for line in sent if line.startswith("!.")]
    assert "InaccessiblePaths=-/opt/trackrecord/.git" in UNIT.read_text().splitlines()
