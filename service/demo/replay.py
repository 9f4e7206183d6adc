"""The invented history, lived through in order by the same functions as any submission."""

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
    """Progress that nobody watches."""


class Replay:
    """Steps in time. A day's predictions are recorded together, after what came before and before what follows."""

    def __init__(self, session: Session) -> None:
        self.recorded: list[int] = []
        self._session = session
        self._before: dict[datetime, list[tuple[datetime, Step]]] = defaultdict(list)
        self._said: dict[datetime, list[InventedPrediction]] = defaultdict(list)
        self._after: dict[datetime, list[tuple[datetime, Step]]] = defaultdict(list)

    def enter(self, when: datetime, step: Step) -> None:
        """Do this on that day before its predictions are recorded."""
        self._before[_day(when)].append((when, step))

    def hear(self, said: InventedPrediction) -> None:
        """Record this prediction on its day."""
        self._said[_day(said.recorded_at)].append(said)

    def then(self, when: datetime, step: Step) -> None:
        """Do this on that day after its predictions are recorded."""
        self._after[_day(when)].append((when, step))

    def run(self, progress: Progress) -> datetime:
        """Live through all days; gives the time of the last step. Time never runs backwards."""
        days = sorted({*self._before, *self._said, *self._after})
        now = days[0]
        for number, day in enumerate(days, 1):
            now = _take(self._before[day], now)
            now = self._record(self._said[day], now)
            now = _take(self._after[day], now)
            progress(number, len(days))
        return now

    def _record(self, said: list[InventedPrediction], now: datetime) -> datetime:
        if said:
            now = max(now, *(each.recorded_at for each in said))
            items = [PredictionIn.model_validate(each.body) for each in said]
            self.recorded += record_predictions(self._session, items, now=now, actor=ACTOR)
        return now


def _day(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def _take(steps: list[tuple[datetime, Step]], now: datetime) -> datetime:
    for when, step in sorted(steps, key=lambda each: each[0]):
        now = max(now, when)
        step(now)
    return now
