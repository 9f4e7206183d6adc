"""What a benchmark prints: the measured value, the one it is compared with, their ratio, and the target."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    """One measured ratio. ``at_most``: the target is an upper bound, else a lower one; without one it is shown only."""

    what: str
    measured: str
    floor: str
    ratio: float
    target: float | None = None
    at_most: bool = True

    @property
    def met(self) -> str:
        """Whether the ratio keeps to its target."""
        if self.target is None:
            return ""
        return "yes" if (self.ratio <= self.target if self.at_most else self.ratio >= self.target) else "NO"


@dataclass
class Options:
    """How much to do: ``quick`` is for seeing that everything runs, its ratios are noise."""

    quick: bool = False
    largest: int = 1_000_000
    databases: tuple[str, ...] = ("sqlite", "postgresql")
    console: Console = field(default_factory=Console)

    def number(self, full: int, quick: int) -> int:
        """A count, smaller for a quick run."""
        return quick if self.quick else full


Benchmark = Callable[[Options], list[Line]]


def show(console: Console, lines: list[Line]) -> None:
    """The table of all ratios."""
    table = Table("what", "measured", "held against", "ratio", "target", "met")
    for line in lines:
        sign = "<=" if line.at_most else ">="
        target = "" if line.target is None else f"{sign} {line.target:g}"
        table.add_row(line.what, line.measured, line.floor, f"{line.ratio:.3g}", target, line.met)
    console.print(table)
