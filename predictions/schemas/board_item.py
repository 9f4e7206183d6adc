"""The read model of one leaderboard item."""

from typing import Any, ClassVar

from pydantic import Field

from predictions.schemas.estimates import BoardStatistics, plain_number
from predictions.schemas.views import CommentatorRef, View


class BoardItem(View):
    """One line of the leaderboard. Brier scores from 0 (perfect) to 1; intervals are 90%.

    Every statistic is an object in ``statistics``; a few values and intervals are repeated under plain names.
    ``uncounted`` are resolved questions that this board leaves out: the deadline is still to come, no prediction came
    in time, the words carry almost no claim, or a filter. ``adjusted_among`` is the same number for those who share
    questions, if need be by a chain of others: their ``brier_adjusted`` can be compared. ``share_...`` from 0 to 1 say
    what may distort a record: of the counted questions those that are verbal, recorded late, conditional, or whose
    deadline was stated, implied, assigned; of all that have an outcome those annulled. With status "pending" the
    estimates are being made.
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
    statistics: BoardStatistics = Field(default=BoardStatistics(), description="The statistics by name.")
    adjusted_among: int | None = None
    peer_questions: int = 0
    share_verbal: float | None = None
    share_recorded_late: float | None = None
    share_conditional: float | None = None
    share_stated_deadline: float | None = None
    share_implied_deadline: float | None = None
    share_assigned_deadline: float | None = None
    share_annulled: float | None = None

    brier: ClassVar[Any] = plain_number("brier")
    brier_low: ClassVar[Any] = plain_number("brier", "low")
    brier_high: ClassVar[Any] = plain_number("brier", "high")
    brier_latest: ClassVar[Any] = plain_number("brier_latest")
    brier_time_weighted: ClassVar[Any] = plain_number("brier_time_weighted")
    skill: ClassVar[Any] = plain_number("skill")
    skill_low: ClassVar[Any] = plain_number("skill", "low")
    skill_high: ClassVar[Any] = plain_number("skill", "high")

    def columns(self) -> dict[str, Any]:
        """Return the line as columns of a table, without the commentator."""
        return {name: getattr(self, name) for name in _COUNTS} | self.statistics.columns()


_COUNTS = tuple(name for name in BoardItem.model_fields if name not in ("commentator", "statistics"))
#: The names of ``BoardItem.columns``.
BOARD_COLUMNS = (*_COUNTS, *BoardStatistics().columns())
