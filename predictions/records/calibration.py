"""The calibration of everyone, a topic or a commentator, as a reliability diagram."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

import numpy as np
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind
from predictions.leaderboard.filters import Filters, pair_filters
from predictions.models import Commentator, Prediction, Question, Score
from predictions.schemas.views import View
from predictions.scoring.calibration import MIN_PREDICTIONS, Calibration, calibration

#: Diagrams of single commentators that are kept.
KEPT = 256


class CalibrationView(View):
    """A reliability diagram of opening predictions on yes-or-no questions; if too few, only counts and ``note``."""

    predictions: int = Field(description="number of opening predictions on yes-or-no questions")
    note: str = Field(description="why no curve is drawn; empty where one is")
    probability: list[float] = Field(description="predicted probabilities of yes, ascending")
    count: list[int] = Field(description="predictions with each probability")
    hits: list[int] = Field(description="how many of these resolved yes")
    recalibrated: list[float] | None = Field(
        description="height of the curve (CORP) at each probability; null if too few"
    )
    band_low: list[float] | None = Field(
        description="lower end of the 90% consistency band at each probability; null if too few"
    )
    band_high: list[float] | None = Field(description="upper end of the 90% consistency band; null if too few")
    decomposition: dict[str, float] | None = Field(
        description="mean Brier score and its parts: miscalibration, discrimination, uncertainty; null if too few"
    )
    miscalibration_by_chance: dict[str, float] | None = Field(
        description="miscalibration that a perfectly calibrated commentator would show: mean and 95% quantile"
    )


def view_calibration(
    probabilities: Sequence[float], outcomes: Sequence[int], questions: Sequence[int] | None = None
) -> CalibrationView:
    """Return the reliability diagram of predictions on yes-or-no questions and their outcomes (1 or 0).

    ``questions`` are the ids of the questions; needed where several commentators may have predicted on one.
    """
    if questions is None:
        return _of_one(tuple(probabilities), tuple(outcomes))
    return _view(calibration(np.array(probabilities, dtype=float), np.array(outcomes, dtype=int), question=questions))


@lru_cache(maxsize=KEPT)
def _of_one(probabilities: tuple[float, ...], outcomes: tuple[int, ...]) -> CalibrationView:
    """Return the diagram of a commentator, which is drawn anew only after a further outcome."""
    return _view(calibration(np.array(probabilities, dtype=float), np.array(outcomes, dtype=int)))


def _view(diagram: Calibration) -> CalibrationView:
    enough = diagram.recalibrated is not None and diagram.decomposition is not None and diagram.chance is not None
    note = "" if enough else f"a curve is drawn from {MIN_PREDICTIONS} predictions on: fewer would show luck"
    chance = diagram.chance
    return CalibrationView(
        predictions=diagram.predictions,
        note=note,
        probability=diagram.probability.tolist(),
        count=diagram.count.tolist(),
        hits=diagram.hits.tolist(),
        recalibrated=diagram.recalibrated.tolist() if diagram.recalibrated is not None else None,
        band_low=chance.band_low.tolist() if chance else None,
        band_high=chance.band_high.tolist() if chance else None,
        decomposition=asdict(diagram.decomposition) if diagram.decomposition else None,
        miscalibration_by_chance=(
            {"mean": chance.miscalibration_mean, "quantile_95": chance.miscalibration_95} if chance else None
        ),
    )


def calibration_of(
    session: Session, filters: Filters, *, commentator: Commentator | None = None, now: datetime
) -> CalibrationView:
    """Return the reliability diagram under ``filters`` of everyone, or of one commentator."""
    query = (
        select(col(Prediction.probability), col(Question.outcome), col(Question.id))
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Question.kind) == QuestionKind.BINARY, *pair_filters(filters, now))
    )
    if commentator is not None:
        query = query.where(col(Score.commentator_id) == commentator.id)
    rows = session.execute(query.order_by(col(Score.question_id), col(Score.commentator_id))).all()
    happened = [int(row[1] == "yes") for row in rows]
    return view_calibration([row[0] for row in rows], happened, [row[2] for row in rows])
