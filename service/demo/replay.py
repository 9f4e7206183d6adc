"""Replay the invented history in chronological order through the same functions as real submissions."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_predictions
from service.demo.predictions import InventedPrediction

ACTOR = "demo"
Step = Callable[[datetime], Any]
Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Ignore the progress."""


class Replay:
    """Steps by day. The predictions of a day are recorded together, between the steps before and after them."""

    def __init__(self, session: Session) -> None:
        self.recorded: list[int] = []
        self._session = session
        self._before: dict[datetime, list[tuple[datetime, Step]]] = defaultdict(list)
        self._predictions: dict[datetime, list[InventedPrediction]] = defaultdict(list)
        self._after: dict[datetime, list[tuple[datetime, Step]]] = defaultdict(list)

    def enter(self, when: datetime, step: Step) -> None:
        """Plan a step for that day, before its predictions are recorded."""
        self._before[_day(when)].append((when, step))

    def predict(self, prediction: InventedPrediction) -> None:
        """Plan a prediction for the day on which it is recorded."""
        self._predictions[_day(prediction.recorded_at)].append(prediction)

    def then(self, when: datetime, step: Step) -> None:
        """Plan a step for that day, after its predictions are recorded."""
        self._after[_day(when)].append((when, step))

    def run(self, progress: Progress) -> datetime:
        """Run all days in order and return the time of the last step. Time never runs backwards."""
        days = sorted({*self._before, *self._predictions, *self._after})
        now = days[0]
        for number, day in enumerate(days, 1):
            now = _run_steps(self._before[day], now)
            now = self._record(self._predictions[day], now)
            now = _run_steps(self._after[day], now)
            progress(number, len(days))
        return now

    def _record(self, predictions: list[InventedPrediction], now: datetime) -> datetime:
        if predictions:
            now = max(now, *(each.recorded_at for each in predictions))
            items = [PredictionIn.model_validate(each.body) for each in predictions]
            self.recorded += record_predictions(self._session, items, now=now, actor=ACTOR)
        return now


def _day(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def _run_steps(steps: list[tuple[datetime, Step]], now: datetime) -> datetime:
    for when, step in sorted(steps, key=lambda each: each[0]):
        now = max(now, when)
        step(now)
    return now
