"""The read model of one leaderboard item."""

from typing import Any, ClassVar

from pydantic import Field

from predictions.schemas.estimates import BoardStatistics, plain_number
from predictions.schemas.views import CommentatorRef, View


class BoardItem(View):
    """One line of the leaderboard. Brier scores from 0 (perfect) to 1; intervals are 90%.

    Every statistic is an object in ``statistics``; a few values and intervals are repeated under plain names.
    ``uncounted`` is the number of resolved questions that this board leaves out: the deadline is still to come, no
    prediction was made in time, the hedge is vague, or a filter excludes them. ``adjusted_among`` numbers groups of
    commentators linked by shared questions: ``brier_adjusted`` is comparable within a group. The ``share_...`` fields,
    from 0 to 1, may distort a record: the shares of counted questions that are verbal, recorded late, conditional, or
    have a stated, implied or assigned deadline; and the share annulled of all questions with an outcome. With status
    "pending", the estimates are being computed.
    """

    commentator: CommentatorRef = Field(description="the commentator")
    rank: int | None = Field(default=None, description="the rank; null if too few events")
    rank_low: int | None = Field(default=None, description="best rank of the 90% range")
    rank_high: int | None = Field(default=None, description="worst rank of the 90% range")
    tier: int | None = Field(
        default=None, description="the tier, 1 is best: commentators in one tier cannot be told apart with confidence"
    )
    status: str = Field(
        description="established (30 events or more), provisional (10 to 29), too_few, pending or reference_forecast"
    )
    resolved: int = Field(description="resolved questions in the scores")
    open: int = Field(description="predicted questions without an outcome whose deadline is to come")
    overdue: int = Field(description="predicted questions without an outcome whose deadline has passed")
    annulled: int = Field(description="predicted questions that were annulled")
    uncounted: int = Field(description="resolved questions that this board leaves out")
    events: int = Field(description="events among the resolved questions")
    statistics: BoardStatistics = Field(default=BoardStatistics(), description="The statistics by name.")
    adjusted_among: int | None = Field(
        default=None, description="number of the group in which brier_adjusted can be compared; null where it has none"
    )
    peer_questions: int = Field(default=0, description="questions on which peer rests")
    share_verbal: float | None = Field(default=None, description="share of counted predictions that are verbal, 0 to 1")
    share_recorded_late: float | None = Field(
        default=None, description="share of counted predictions recorded after the outcome, 0 to 1"
    )
    share_conditional: float | None = Field(
        default=None, description="share of counted questions that are conditional, 0 to 1"
    )
    share_stated_deadline: float | None = Field(
        default=None, description="share of counted questions with a stated deadline, 0 to 1"
    )
    share_implied_deadline: float | None = Field(
        default=None, description="share of counted questions with an implied deadline, 0 to 1"
    )
    share_assigned_deadline: float | None = Field(
        default=None, description="share of counted questions with an assigned deadline, 0 to 1"
    )
    share_annulled: float | None = Field(
        default=None, description="share of questions with an outcome that were annulled, 0 to 1"
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
