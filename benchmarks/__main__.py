"""All benchmarks in one run: `python -m benchmarks` prints each measurement, what it is compared with, and the ratio.

python -m benchmarks                       all, SQLite and PostgreSQL, some minutes
python -m benchmarks --only submission     one of them
python -m benchmarks --quick               only to see that everything runs: its ratios are noise
"""

import argparse
import os

from benchmarks.anonymous import anonymous
from benchmarks.bulk import bulk
from benchmarks.flood import flood
from benchmarks.imports import imports
from benchmarks.leaderboard import leaderboard_read, leaderboard_size
from benchmarks.report import Benchmark, Options, show
from benchmarks.resolution import resolution
from benchmarks.scoring import scoring
from benchmarks.start import start
from benchmarks.submission import submission
from benchmarks.verification import verification

ALL: dict[str, Benchmark] = {
    "submission": submission,
    "leaderboard": leaderboard_read,
    "leaderboard_size": leaderboard_size,
    "resolution": resolution,
    "scoring": scoring,
    "bulk": bulk,
    "start": start,
    "flood": flood,
    "imports": imports,
    "anonymous": anonymous,
    "verification": verification,
}


def main() -> None:
    """Run what was asked for and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(ALL), help="may be repeated")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"], help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="little work; the ratios are noise")
    parser.add_argument("--largest", type=int, default=1_000_000, help="predictions in the large record")
    given = parser.parse_args()
    options = Options(given.quick, given.largest, tuple(given.database or ("sqlite", "postgresql")))
    lines = []
    for name in given.only or ALL:
        options.console.print(f"{name} ...", style="dim")
        found = ALL[name](options)
        lines += found
    options.console.print(f"{os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f} at the end")
    show(options.console, lines)


if __name__ == "__main__":
    main()
