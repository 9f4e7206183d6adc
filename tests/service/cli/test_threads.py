"""The threads of a process of the service are its own."""

import os
import subprocess
import sys

PRODUCT = (
    "import service.cli, numpy, os; numpy.ones((300, 300)) @ numpy.ones((300, 300)); "
    "print(len(os.listdir('/proc/self/task')))"
)


def test_products_of_arrays_start_no_threads_which_would_spin_on_all_cores() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    ended = subprocess.run([sys.executable, "-c", PRODUCT], env=environment, check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "1"
