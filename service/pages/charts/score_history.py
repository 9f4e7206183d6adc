"""Geometry of a commentator's score over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from predictions.records.score_history import Point
from predictions.records.scored_questions import ScoredQuestion
from service.pages.charts.scales import Scale, TimeScale, area, line

MAX_DOTS = 400
WIDTH, HEIGHT = 400, 260


@dataclass(frozen=True)
class History:
    """Running means as paths, the band of their intervals (empty without any), and scores as (x, y, score)."""

    across: TimeScale
    up: Scale
    mean: str
    band: str
    reference_forecast: str
    dots: list[tuple[float, float, ScoredQuestion]]
    last: Point


def history(points: Sequence[Point]) -> History | None:
    """Return the chart of the running means; None with fewer than three resolved questions."""
    if len(points) < 3:
        return None
    since, until = points[0].score.known_at, points[-1].score.known_at
    margin = max((until - since) * 0.02, timedelta(hours=1))
    across = TimeScale(since - margin, until + margin, 44, WIDTH - 12)
    up = Scale(0, 1, HEIGHT - 30, 10)
    places = [across(point.score.known_at) for point in points]
    means = [(x, point.mean) for x, point in zip(places, points, strict=True)]
    lows, highs = (
        [(x, up(end)) for x, mean in means if (end := getattr(mean, name)) is not None] for name in ("low", "high")
    )
    return History(
        across=across,
        up=up,
        mean=line((x, up(mean.value or 0.0)) for x, mean in means),
        band=area(highs, lows) if lows else "",
        reference_forecast=line(zip(places, (up(point.reference_forecast) for point in points), strict=True)),
        dots=[(x, up(point.score.brier), point.score) for x, point in zip(places, points, strict=True)][-MAX_DOTS:],
        last=points[-1],
    )
