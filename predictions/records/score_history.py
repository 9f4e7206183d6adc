"""A commentator's score over time: by outcome in the order they became known, and as of each past instant."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import ANNULLED
from predictions.models import Commentator, LedgerEvent, Prediction, Question, Resolution, cutoff_of, row_id
from predictions.outcomes import outcome_index
from predictions.plain_rows import plain_rows
from predictions.questions.deadlines import Move, moves
from predictions.records.scored_questions import ScoredQuestion, counted
from predictions.schemas.estimates import Estimate
from predictions.schemas.views import CommentatorRef, QuestionRefView, View
from predictions.scores.eligibility import eligible_as_of
from predictions.scores.late_rule import Rules, data_sets, rule_as_of, rules
from predictions.scores.prediction_arrays import micros
from predictions.scoring.brier import brier, word_bounds
from predictions.scoring.intervals import RunningMean
from predictions.scoring.revision_rules import score_question
from predictions.scoring.units import SCALE, to_units

RULES = ("brier", "brier_latest", "brier_time_weighted")
#: The score by each of the ``RULES``, then the lower ends of their wording ranges, then the upper; units of 10^-12.
Units = tuple[int, ...]

_PREDICTION = [
    getattr(Prediction, name)
    for name in (
        *("id", "question_id", "supersedes_id", "made_at", "recorded_at", "source_id", "import_id"),
        *("vague", "hedge", "probability", "probabilities", "low", "high"),
    )
]
_OUTCOME = [getattr(Resolution, name) for name in ("question_id", "resolved_at", "outcome", "known_at")]
_QUESTION = [
    getattr(Question, name) for name in ("id", "kind", "options", "deadline", "event", "condition_question_id")
]


@dataclass(frozen=True)
class Point:
    """One scored question, with the mean scores of commentator and reference up to and including it."""

    score: ScoredQuestion
    number: int
    mean: Estimate
    reference_forecast: float


class OutcomeView(View):
    """The mean Brier score of opening predictions after an outcome became known.

    ``resolved`` is the number of questions with a known outcome by then, ``score`` the score on this question,
    ``reference_brier`` the mean Brier score of the reference forecasts.
    """

    at: datetime = Field(description="when the outcome became known, in UTC")
    question: QuestionRefView = Field(description="the question")
    score: float = Field(description="Brier score on it")
    resolved: int = Field(description="number of questions up to it")
    brier: Estimate = Field(description="The mean, with its 90% interval from ten events on.")
    reference_brier: float = Field(description="mean Brier score of the reference forecasts up to it")


class PastScoreView(View):
    """The mean Brier scores on the default board as of ``at`` and until the next change; intervals from ten events."""

    at: datetime = Field(description="from when on the board showed this, in UTC")
    resolved: int = Field(description="counted resolved questions")
    brier: Estimate = Field(description="Of opening predictions.")
    brier_latest: Estimate = Field(description="Of the last predictions before the outcome or the deadline.")
    brier_time_weighted: Estimate = Field(description="Of each prediction by the time it was the current one.")


class HistoryView(View):
    """A score over time.

    ``by_outcome`` has today's scores in the order in which outcomes became known. ``as_it_stood`` has the scores that
    the board showed at past instants, recomputed from the append-only rows with the predictions, corrections,
    withdrawals, resolutions and retractions on record by then.
    """

    commentator: CommentatorRef = Field(description="the commentator")
    by_outcome: list[OutcomeView] = Field(description="the score after each question, by when its outcome became known")
    as_it_stood: list[PastScoreView] = Field(description="the score that the default board showed at each instant")


def history_of(
    session: Session, person: Commentator, scores: Sequence[ScoredQuestion], *, now: datetime
) -> HistoryView:
    """Return the score history of one commentator; ``scores`` are those of the record."""
    return HistoryView(
        commentator=CommentatorRef.of(person),
        by_outcome=[
            OutcomeView(
                at=point.score.known_at,
                question=point.score.question,
                score=point.score.brier,
                resolved=point.number,
                brier=point.mean,
                reference_brier=point.reference_forecast,
            )
            for point in running_means(scores, now)
        ],
        as_it_stood=list(_past_scores(session, row_id(person), now)),
    )


def running_means(scores: Sequence[ScoredQuestion], now: datetime) -> list[Point]:
    """Return the mean Brier scores after each question that the default board counts, in order of ``known_at``."""
    points: list[Point] = []
    total = least = most = reference_forecast = 0.0
    running = RunningMean()
    in_order = sorted(counted(scores, now), key=lambda score: (score.known_at, score.id))
    for number, score in enumerate(in_order, 1):
        total, least, most = total + score.brier, least + score.brier_low, most + score.brier_high
        reference_forecast += score.reference_brier
        running.shift(score.event, score.opening, 1)
        low, high = running.interval(SCALE) or (None, None)
        words = {"wording_low": least / number, "wording_high": most / number}
        mean = Estimate(value=total / number, low=low, high=high, **words)
        points.append(Point(score, number, mean, reference_forecast / number))
    return points


class _Version(NamedTuple):
    """The eligible predictions on a question from ``at`` on, until the next version; none without an outcome."""

    at: datetime
    question: Question
    outcome: str
    known_at: datetime
    deadline: datetime
    eligible: Sequence[Prediction]


class _Trail(NamedTuple):
    """All that happened to a question: predictions, resolutions, moves of the deadline, resolutions of conditions."""

    predictions: Sequence[Prediction]
    outcomes: Sequence[Resolution]
    moved: Sequence[Move]
    conditions: Sequence[Sequence[Resolution]]


class _Late(NamedTuple):
    """The rules for predictions recorded late, and the imports whose rows count as sourced."""

    rules: Rules
    data_sets: frozenset[int]


def _past_scores(session: Session, person: int, now: datetime) -> Iterator[PastScoreView]:
    versions = sorted(_versions(session, person, now), key=lambda version: (version.at, version.question.id))
    scores = _scores(versions)
    held: dict[int, Units] = {}
    means, bounds = [RunningMean() for _ in RULES], [0] * 2 * len(RULES)
    shown: list[int] = [0] * (1 + 3 * len(RULES))
    for number, version in enumerate(versions):
        question_id, event = row_id(version.question), version.question.event
        for units, by in ((held.pop(question_id, None), -1), (scores.get(number), 1)):
            if units is None:
                continue
            for mean, value in zip(means, units, strict=False):
                mean.shift(event, value, by)
            bounds = [total + by * value for total, value in zip(bounds, units[len(RULES) :], strict=True)]
        if number in scores:
            held[question_id] = scores[number]
        last = number + 1 == len(versions) or versions[number + 1].at > version.at
        if last and (now_shown := [len(held), *(mean.total for mean in means), *bounds]) != shown:
            shown = now_shown
            yield _past_score(version.at, means, bounds)


def _past_score(at: datetime, means: Sequence[RunningMean], bounds: Sequence[int]) -> PastScoreView:
    resolved = means[0].count

    def share(total: int) -> float | None:
        return total / resolved / SCALE if resolved else None

    means_by_rule: dict[str, Estimate] = {}
    for name, mean, least, most in zip(RULES, means, bounds, bounds[len(RULES) :], strict=False):
        low, high = mean.interval(SCALE) or (None, None)
        words = {"wording_low": share(least), "wording_high": share(most)}
        means_by_rule[name] = Estimate(value=share(mean.total), low=low, high=high, **words)
    return PastScoreView(at=at, resolved=resolved, **means_by_rule)


def _versions(session: Session, person: int, now: datetime) -> Iterator[_Version]:
    """Yield a version of each question for each instant at which the commentator's score may have changed."""
    own = col(Prediction.commentator_id) == person
    question_ids = select(col(Prediction.question_id)).where(own)
    of_own = col(Resolution.question_id).in_(question_ids)
    predictions = _by_question(plain_rows(session, select(*_PREDICTION).where(own).order_by(col(Prediction.id))))
    outcomes = _by_question(plain_rows(session, select(*_OUTCOME).where(of_own).order_by(col(Resolution.id))))
    moved, late = _moves(session, question_ids), _Late(rules(session), data_sets(session))
    with_outcome = select(col(Resolution.question_id)).where(of_own)
    for question in plain_rows(session, select(*_QUESTION).where(col(Question.id).in_(with_outcome))):
        number = row_id(question)
        trail = _Trail(predictions[number], outcomes[number], moved[number], _conditions(session, question))
        yield from _of_question(question, trail, late, now)


def _of_question(question: Question, trail: _Trail, late: _Late, now: datetime) -> Iterator[_Version]:
    predictions, outcomes, moved, conditions = trail
    first = outcomes[0].resolved_at
    # The deadline until each change of it, and the current one.
    until, deadlines = [move.at for move in moved], [*(move.deadline for move in moved), question.deadline]
    instants = {
        *(each.resolved_at for of_one in (outcomes, *conditions) for each in of_one),
        *(each.recorded_at for each in predictions),
        *until,
        *deadlines,
        *(since for since, _ in late.rules),
    }
    for at in sorted(instant for instant in instants if first <= instant <= now):
        deadline = deadlines[bisect_right(until, at)]
        confirmed = _newest(outcomes, at) or outcomes[0]
        outcome, known_at = confirmed.outcome, confirmed.known_at
        waits = any((newest := _newest(each, at)) is None or newest.outcome is None for each in conditions)
        if outcome in (None, ANNULLED) or known_at is None or deadline > at or waits:
            yield _Version(at, question, "", at, deadline, ())
            continue
        cutoff = cutoff_of(deadline, known_at)
        eligible = eligible_as_of(predictions, at, cutoff, rule_as_of(late.rules, at), late.data_sets)
        yield _Version(at, question, outcome or "", known_at, deadline, eligible)


def _newest(resolutions: Sequence[Resolution], at: datetime) -> Resolution | None:
    return next((each for each in reversed(resolutions) if each.resolved_at <= at), None)


def _conditions(session: Session, question: Question) -> list[list[Resolution]]:
    """Return the resolutions of each question on which this one depends, directly or through others."""
    above, number = [], question.condition_question_id
    while number is not None:
        of_condition = select(*_OUTCOME).where(col(Resolution.question_id) == number).order_by(col(Resolution.id))
        above.append(list(plain_rows(session, of_condition)))
        number = session.execute(select(col(Question.condition_question_id)).where(col(Question.id) == number)).scalar()
    return above


def _moves(session: Session, question_ids: Any) -> dict[int, list[Move]]:
    """Return the changes of deadlines in order, by question id."""
    by_question: dict[int, list[Move]] = defaultdict(list)
    for move in moves(session, col(LedgerEvent.subject_id).in_(question_ids)):
        by_question[move.question].append(move)
    return by_question


def _by_question(rows: Iterable[Any]) -> dict[int, list[Any]]:
    by_question: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_question[row.question_id].append(row)
    return by_question


def _scores(versions: Sequence[_Version]) -> dict[int, Units]:
    """Return the units of the versions with a score, by index of the version."""
    alike: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, version in enumerate(versions):
        if version.eligible:
            alike[version.question.kind.value, len(version.question.options or [])].append(number)
    scores: dict[int, Units] = {}
    for (kind, _), numbers in alike.items():
        scores |= _scores_of_a_kind(
            kind, [(number, row) for number in numbers for row in versions[number].eligible], versions
        )
    return scores


def _scores_of_a_kind(
    kind: str, rows: Sequence[tuple[int, Prediction]], versions: Sequence[_Version]
) -> Iterator[tuple[int, Units]]:
    of_row = [versions[number] for number, _ in rows]
    given = np.array([row.probabilities or row.probability for _, row in rows], dtype=np.float64)
    outcome = np.array([outcome_index(version.question, version.outcome) for version in of_row], dtype=np.int64)
    deadline = micros([version.deadline for version in of_row])
    cutoff = np.minimum(deadline, micros([version.known_at for version in of_row]))
    numbers, made_at = np.array([number for number, _ in rows]), micros([row.made_at for _, row in rows])
    ids = np.array([row.id for _, row in rows])
    best = brier(given.reshape(len(rows), -1), outcome, kind)
    verbal = [row.hedge is not None for _, row in rows]
    low, high = (np.array([getattr(row, end) for _, row in rows], dtype=np.float64) for end in ("low", "high"))
    scored = [
        score_question(numbers, made_at, ids, scores, cutoff=cutoff, deadline=deadline)
        for scores in (best, *word_bounds(verbal, low, high, outcome, best))
    ]
    columns = [
        to_units(each) for by_rule in scored for each in (by_rule.opening, by_rule.latest, by_rule.time_weighted)
    ]
    for number, at, *units in zip(
        scored[0].commentator.tolist(),
        scored[0].opening_index.tolist(),
        *(each.tolist() for each in columns),
        strict=True,
    ):
        if not rows[at][1].vague:
            yield number, tuple(units)
