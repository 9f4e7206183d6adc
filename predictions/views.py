"""Read models: what the record says, in the shape that the API, the pages and exports share."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from predictions.models import Commentator, key


class View(BaseModel):
    """A read model: built by the program, never by a visitor."""

    model_config = ConfigDict(frozen=True)


class CommentatorRef(View):
    """A commentator where another thing mentions one."""

    id: int
    slug: str
    name: str
    kind: str
    invented: bool

    @classmethod
    def of(cls, row: Commentator) -> Self:
        """From the table row."""
        return cls(id=key(row), slug=row.slug, name=row.name, kind=row.kind.value, invented=row.invented)


class BoardItem(View):
    """One line of the leaderboard. Brier scores from 0 (perfect) to 1; intervals are 90%.

    ``brier`` is the mean by the rule for revisions that was asked for. ``brier_low`` and ``brier_high`` bound it
    statistically, whole events as one piece of evidence; ``worded_low`` and ``worded_high`` bound the mean of opening
    calls by what the words may mean. ``uncounted`` are resolved questions that this board leaves out: the deadline is
    still to come, no prediction came in time, the words carry almost no claim, or a filter.
    """

    commentator: CommentatorRef
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    tier: int | None = None
    status: str
    resolved: int
    open: int
    overdue: int
    annulled: int
    uncounted: int
    events: int
    brier: float | None
    brier_low: float | None = None
    brier_high: float | None = None
    brier_opening: float | None
    brier_latest: float | None
    brier_time_weighted: float | None
    worded_low: float | None
    worded_high: float | None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
