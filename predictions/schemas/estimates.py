"""Statistics with their uncertainty: one object for each, in the shape that the API, the pages and exports share."""

from typing import Any

from pydantic import Field, computed_field

from predictions.schemas.views import View


class Estimate(View):
    """A statistic with its 90% interval and its wording range; null where there is none."""

    value: float | None = Field(default=None, description="The statistic itself.")
    low: float | None = Field(
        default=None, description="Lower end of the 90% interval, which takes whole events as one piece of evidence."
    )
    high: float | None = Field(default=None, description="Upper end of the 90% interval.")
    wording_low: float | None = Field(
        default=None,
        description="The lowest value that the interpretation of the commentator's own hedges allows, all else equal.",
    )
    wording_high: float | None = Field(
        default=None, description="The highest value that the interpretation of the commentator's own hedges allows."
    )

    def columns(self, name: str) -> dict[str, float | None]:
        """Return the estimate as columns of a table: ``name``, ``name_low``, ``name_wording_low`` and so on."""
        return {name if part == "value" else f"{name}_{part}": value for part, value in self}


class SingleScore(Estimate):
    """The score on a single question: it has a wording range, but no interval."""

    value: float = Field(description="Brier score, from 0 (perfect) to 1.")
    wording_low: float = Field(description="Lowest score that the interpretation of the hedge allows.")
    wording_high: float = Field(description="Highest score that the interpretation of the hedge allows.")

    def columns(self, name: str) -> dict[str, float | None]:
        """Return the score as columns of a table; ``name_low`` and ``name_high`` are its wording range."""
        return {name: self.value, f"{name}_low": self.wording_low, f"{name}_high": self.wording_high}


class StatisticsByName(View):
    """Estimates by the names of their statistics."""

    def columns(self) -> dict[str, float | None]:
        """Return all estimates as columns of a table."""
        found: dict[str, float | None] = {}
        for name, each in self:
            found |= each.columns(name)
        return found


class ScoreStatistics(StatisticsByName):
    """The Brier scores of a commentator on one question, by revision rule."""

    brier: SingleScore = Field(description="Of the opening call.")
    brier_latest: SingleScore = Field(description="Of the last prediction before the outcome or the deadline.")
    brier_time_weighted: SingleScore = Field(description="Of each prediction by the time it was the current one.")


class BoardStatistics(StatisticsByName):
    """The statistics of one leaderboard item.

    The wording ranges of ``brier_latest`` and of ``brier_time_weighted`` are known where the leaderboard goes by that
    rule, and on a commentator's record.
    """

    brier: Estimate = Field(default=Estimate(), description="Mean Brier score by the revision rule asked for.")
    brier_opening: Estimate = Field(default=Estimate(), description="Mean Brier score of opening calls.")
    brier_latest: Estimate = Field(
        default=Estimate(), description="Mean Brier score of the last predictions before the outcome or the deadline."
    )
    brier_time_weighted: Estimate = Field(
        default=Estimate(), description="Mean Brier score of each prediction by the time it was the current one."
    )
    skill: Estimate = Field(
        default=Estimate(),
        description="Points: 100 times (Brier score of the reference - own) of opening calls, centred and blended; "
        "more is better.",
    )
    brier_adjusted: Estimate = Field(
        default=Estimate(),
        description="The Brier score by the revision rule asked for, had all answered the same questions; compare "
        "among those with the same `adjusted_among` only.",
    )
    peer: Estimate = Field(
        default=Estimate(),
        description="Mean score of the others on the same question minus the own one, by the revision rule asked for, "
        "over `peer_questions`; more is better.",
    )
    brier_skill_score: Estimate = Field(
        default=Estimate(),
        description="1 - (mean Brier score / the reference's) of opening calls: 1 is perfect, 0 no better.",
    )
    log_score: Estimate = Field(
        default=Estimate(),
        description="-ln of the probability that opening calls gave to what happened, clipped to 0.01 to 0.99; lower "
        "is better.",
    )


def plain_number(statistic: str, part: str = "value", *, kind: Any = float | None) -> Any:
    """Return a field that repeats one number of ``statistics`` under a plain name, which outside scripts rely on."""

    def number(view: Any) -> Any:
        return getattr(getattr(view.statistics, statistic), part)

    description = f"The same as `{part}` of `{statistic}` in `statistics`."
    return computed_field(return_type=kind, description=description)(property(number))
