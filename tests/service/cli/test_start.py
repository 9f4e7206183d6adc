"""What a start of the command costs."""

import subprocess
import sys

SCRIPT = """
import gc
from service.__main__ import main
try:
    main()
except SystemExit as end:
    print(end.code, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_the_garbage_collector_passes_over_what_the_command_has_imported() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["0 True True"]
