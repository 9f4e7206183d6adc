"""The command `trackrecord doctor`."""

from dataclasses import asdict

import typer

from service.cli.common import AsJson, clock, print_json, print_table
from service.cli.errors import FINDINGS
from service.doctor import State, examine
from service.settings import read_settings


def doctor(as_json: AsJson = False) -> None:
    """Examine the installation and say what to do; exit code 1 if something is at fault. Nothing is changed."""
    checks = list(examine(read_settings(), now=clock.now()))
    healthy = all(check.state is not State.FAULT for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(check) for check in checks]})
    else:
        rows = [(check.check, check.state, check.finding, check.remedy) for check in checks]
        print_table(("check", "state", "finding", "what to do"), rows, fold=[2, 3])
    raise typer.Exit(0 if healthy else FINDINGS)
