"""Geometry of a question's timeline: each commentator's probability over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from predictions.schemas.views import PredictionView, QuestionView, is_active
from service.pages.charts.scales import Scale, TimeScale, steps

WIDTH, HEIGHT = 640, 320
#: With more commentators than this, all are drawn in one colour, with their mean.
MAX_SERIES = 7
MARKS = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "M-4-4h8v8h-8z",
    "M0-5.5 5.5 4.5H-5.5z",
    "M0-6 6 0 0 6-6 0z",
    "M0 5.5 5.5-4.5H-5.5z",
    "M-2-5.5h4v3.5h3.5v4H2v3.5h-4V2h-3.5v-4H-2z",
    "M-5-2.5h10v5H-5z",
)


@dataclass(frozen=True)
class Point:
    """One prediction: its coordinates, its interval (equal ends for a number), and the prediction itself."""

    x: float
    y: float
    y_low: float
    y_high: float
    prediction: PredictionView


@dataclass(frozen=True)
class Series:
    """One commentator's predictions as a step path; ``mark`` is the shape of its points."""

    name: str
    path: str
    mark: str
    spots: list[Point]


@dataclass(frozen=True)
class Timeline:
    """The chart: series (or their mean), reference forecasts, and coordinates of deadline, outcome and today."""

    across: TimeScale
    up: Scale
    of: str
    series: list[Series]
    many: bool
    mean: str
    references: list[tuple[float, float, str]]
    deadline: float
    known: float | None
    today: float | None


def timeline(question: QuestionView, predictions: Sequence[PredictionView], now: datetime) -> Timeline | None:
    """Return the timeline of active predictions, for yes, the outcome or the likeliest option.

    None if no prediction gives it a probability.
    """
    of = question.outcome if question.outcome in outcomes(question) else _likeliest(question, predictions)
    points = [(p, chance) for p in predictions if (chance := probability_of(p, of)) is not None and is_active(p)]
    if not points:
        return None
    points.sort(key=lambda each: (each[0].made_at, each[0].id))
    across = _across(question, points[0][0].made_at, points[-1][0].made_at)
    up = Scale(0, 1, HEIGHT - 30, 10)
    ends = min(question.known_at or question.deadline, question.deadline)
    if question.outcome is None and now < question.deadline:
        ends = now
    series = _series(points, across, up, across(ends))
    known = question.known_at if question.outcome not in (None, "annulled") else None
    return Timeline(
        across=across,
        up=up,
        of=of,
        series=series,
        many=len(series) > MAX_SERIES,
        mean=_mean(points, across, up, across(ends)) if len(series) > MAX_SERIES else "",
        references=[
            (across(each.as_of), up(each.probabilities[of]), each.source)
            for each in question.references
            if of in each.probabilities and across.since <= each.as_of <= across.until
        ],
        deadline=across(question.deadline),
        known=across(known) if known is not None and known < question.deadline else None,
        today=across(now) if question.outcome is None and now < question.deadline else None,
    )


def outcomes(question: QuestionView) -> list[str]:
    """Return the outcomes whose probability the chart can show: yes, or the options."""
    return ["yes"] if question.options is None else question.options


def _likeliest(question: QuestionView, predictions: Sequence[PredictionView]) -> str:
    """Return the option with the highest total of newest predictions; the first without predictions."""
    newest = {p.commentator.id: p for p in sorted(predictions, key=lambda p: p.made_at) if is_active(p)}
    totals = {of: sum(probability_of(p, of) or 0.0 for p in newest.values()) for of in outcomes(question)}
    return max(totals, key=lambda of: totals[of])


def probability_of(prediction: PredictionView, outcome: str) -> float | None:
    """Return the probability that a prediction gives an outcome; None for a commitment or unknown option."""
    if prediction.probabilities is not None:
        return prediction.probabilities.get(outcome)
    return prediction.probability


def _across(question: QuestionView, first: datetime, last: datetime) -> TimeScale:
    since, until = min(first, question.opens_at or first), max(last, question.deadline)
    margin = max((until - since) * 0.03, timedelta(hours=1))
    return TimeScale(since - margin, until + margin, 44, WIDTH - 8)


def _series(points: Sequence[tuple[PredictionView, float]], across: TimeScale, up: Scale, end: float) -> list[Series]:
    by_person: dict[str, list[Point]] = {}
    for p, chance in points:
        ranged = p.probabilities is None and p.low is not None and p.high is not None
        low, high = (p.low, p.high) if ranged else (chance, chance)
        spot = Point(across(p.made_at), up(chance), up(low or 0.0), up(chance if high is None else high), p)
        by_person.setdefault(p.commentator.name, []).append(spot)
    return [
        Series(name, steps([(spot.x, spot.y) for spot in spots], max(end, spots[-1].x)), MARKS[at % len(MARKS)], spots)
        for at, (name, spots) in enumerate(by_person.items())
    ]


def _mean(predictions: Sequence[tuple[PredictionView, float]], across: TimeScale, up: Scale, end: float) -> str:
    """Return the path of the mean of each commentator's newest prediction."""
    newest: dict[int, float] = {}
    points = []
    for p, chance in predictions:
        newest[p.commentator.id] = chance
        points.append((across(p.made_at), up(fmean(newest.values()))))
    return steps(points, max(end, points[-1][0]))
