"""The calibration of everyone, a topic or a commentator, as a reliability diagram."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind
from predictions.leaderboard.filters import Filters, pair_filters
from predictions.models import Commentator, Prediction, Question, Score
from predictions.schemas.views import View
from predictions.scoring.calibration import MIN_PREDICTIONS, calibration


class CalibrationView(View):
    """A reliability diagram of opening calls on yes-or-no questions; too few to draw: only counts, and ``note``."""

    predictions: int = Field(description="number of predictions in the diagram")
    note: str = Field(description="why there is no curve; empty if there is one")
    probability: list[float] = Field(description="the distinct predicted probabilities, ascending")
    count: list[int] = Field(description="number of predictions at each probability")
    hits: list[int] = Field(description="number of these that came true")
    recalibrated: list[float] | None = Field(
        description="observed frequency at each probability, as a rising curve; null without a curve"
    )
    band_low: list[float] | None = Field(
        description="lower end of the 90% band of a perfectly calibrated curve; null without a curve"
    )
    band_high: list[float] | None = Field(description="upper end of that band; null without a curve")
    decomposition: dict[str, float] | None = Field(
        description="Brier score and its parts: miscalibration, discrimination, uncertainty; null without a curve"
    )
    miscalibration_by_chance: dict[str, float] | None = Field(
        description="mean and 95% quantile under perfect calibration; null without a curve"
    )


def view_calibration(
    probabilities: Sequence[float], outcomes: Sequence[int], questions: Sequence[int] | None = None
) -> CalibrationView:
    """The reliability diagram of some calls on yes-or-no questions and what happened (1 or 0); ``questions`` where
    several commentators may speak of one."""
    found = calibration(np.array(probabilities, dtype=float), np.array(outcomes, dtype=int), question=questions)
    enough = found.recalibrated is not None and found.decomposition is not None and found.chance is not None
    note = "" if enough else f"a curve is drawn from {MIN_PREDICTIONS} predictions on: fewer would show luck"
    chance = found.chance
    return CalibrationView(
        predictions=found.predictions,
        note=note,
        probability=found.probability.tolist(),
        count=found.count.tolist(),
        hits=found.hits.tolist(),
        recalibrated=found.recalibrated.tolist() if found.recalibrated is not None else None,
        band_low=chance.band_low.tolist() if chance else None,
        band_high=chance.band_high.tolist() if chance else None,
        decomposition=asdict(found.decomposition) if found.decomposition else None,
        miscalibration_by_chance=(
            {"mean": chance.miscalibration_mean, "quantile_95": chance.miscalibration_95} if chance else None
        ),
    )


def calibration_of(
    session: Session, filters: Filters, *, commentator: Commentator | None = None, now: datetime
) -> CalibrationView:
    """The reliability diagram of the opening calls on yes-or-no questions under ``filters``: of everyone, or of one."""
    query = (
        select(col(Prediction.probability), col(Question.outcome), col(Question.id))
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Question.kind) == QuestionKind.BINARY, *pair_filters(filters, now))
    )
    if commentator is not None:
        query = query.where(col(Score.commentator_id) == commentator.id)
    calls = session.execute(query.order_by(col(Score.question_id), col(Score.commentator_id))).all()
    happened = [int(row[1] == "yes") for row in calls]
    return view_calibration([row[0] for row in calls], happened, [row[2] for row in calls])
