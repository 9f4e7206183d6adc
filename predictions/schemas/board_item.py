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

    commentator: CommentatorRef = Field(description="the commentator")
    rank: int | None = Field(default=None, description="place by skill, from 1; null without a rank")
    rank_low: int | None = Field(default=None, description="best rank within the 90% interval; null without a rank")
    rank_high: int | None = Field(default=None, description="worst rank within the 90% interval; null without a rank")
    tier: int | None = Field(
        default=None, description="1 for the best group; differences within a tier may be luck; null without a rank"
    )
    status: str = Field(
        description="too_few, provisional or established, by number of events; pending: not computed yet"
    )
    resolved: int = Field(description="number of counted resolved questions")
    open: int = Field(description="number of questions with predictions that are open")
    overdue: int = Field(description="number of questions with predictions that are due and have no outcome")
    annulled: int = Field(description="number of questions with predictions that were annulled")
    uncounted: int = Field(description="number of resolved questions that this leaderboard leaves out")
    events: int = Field(description="number of separate events among the counted questions")
    statistics: BoardStatistics = Field(default=BoardStatistics(), description="The statistics by name.")
    adjusted_among: int | None = Field(
        default=None, description="same number for commentators whose brier_adjusted can be compared; null without it"
    )
    peer_questions: int = Field(default=0, description="number of questions that others answered too")
    share_verbal: float | None = Field(
        default=None, description="share of verbal predictions, from 0 to 1; null without any"
    )
    share_recorded_late: float | None = Field(
        default=None, description="share recorded late, from 0 to 1; null without any"
    )
    share_conditional: float | None = Field(
        default=None, description="share of conditional questions, from 0 to 1; null without any"
    )
    share_stated_deadline: float | None = Field(
        default=None, description="share whose deadline was stated, from 0 to 1; null without any"
    )
    share_implied_deadline: float | None = Field(
        default=None, description="share whose deadline was implied, from 0 to 1; null without any"
    )
    share_assigned_deadline: float | None = Field(
        default=None, description="share whose deadline was assigned, from 0 to 1; null without any"
    )
    share_annulled: float | None = Field(
        default=None, description="share of annulled questions of all with an outcome, from 0 to 1; null without any"
    )

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
