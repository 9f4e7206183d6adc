"""The leaderboard: commentators ranked, with uncertainty.

Counts and mean scores come from running totals, so the time to read them does not grow with the number of predictions.
Rank, tiers, intervals and everything else that needs all scored pairs (the *estimates*) are computed separately, so
that the service can cache them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import numpy as np
from sqlalchemy import distinct, func, select
from sqlmodel import Session, col

from predictions.columns import VALUES_PER_QUERY
from predictions.enums import QuestionStatus
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.filters import Filters, Revisions, pair_filters, prediction_filters, question_filters
from predictions.models import Commentator, Prediction, Question, RunningTotal, Score, row_id
from predictions.schemas.board_item import BoardItem
from predictions.schemas.estimates import BoardStatistics, Estimate
from predictions.schemas.views import CommentatorRef
from predictions.scores.eligibility import select_active
from predictions.scores.running_totals import OVERALL, SUMS
from predictions.scoring.ranking import Ranking, Status
from predictions.scoring.units import SCALE, Floats

Sort = Literal["skill", "brier", "resolved", "name"]

RANKING_EXPLAINED = (
    "Each prediction earns points for being closer to the outcome than the reference forecast of the day it was made "
    "(market or crowd odds, otherwise the consensus of other commentators, the base rate of the topic, or 50%), and "
    "predictions about one event are averaged so that a single election counts once. Because short records are mostly "
    "luck, every record is blended with 30 average results, nobody is ranked before 10 separate events have resolved, "
    "and commentators share a tier where the difference between their skills could easily be luck."
)


@dataclass(frozen=True)
class Sums:
    """Exact number of scored questions of one commentator, and exact sums of the scores."""

    resolved: int = 0
    opening: int = 0
    latest: int = 0
    time_weighted: int = 0
    opening_low: int = 0
    opening_high: int = 0

    def mean(self, name: str) -> float | None:
        """Return the mean score by one of the revision rules, or None without a resolved question."""
        return getattr(self, name) / self.resolved / SCALE if self.resolved else None


def board(
    session: Session,
    filters: Filters,
    revisions: Revisions,
    estimates: Estimates,
    *,
    sort: Sort = "skill",
    min_resolved: int = 0,
    max_annulled: float = 1.0,
    now: datetime,
) -> list[BoardItem]:
    """Return all commentators with a prediction under ``filters``, best first, then those with too few to be ranked.

    ``estimates`` are those under the same filters; a commentator missing from them has no rank. Commentators with fewer
    than ``min_resolved`` resolved questions are left out, and those for whom more than the share ``max_annulled`` of
    the questions with an outcome was annulled.
    """
    sums = _running_sums(session, filters, now) if filters.only_topic else _filtered_sums(session, filters, now)
    counts = _counts(session, filters)
    people = set(counts) if filters.only_topic else set(sums)
    query = select(Commentator)
    if len(people) <= VALUES_PER_QUERY:
        query = query.where(col(Commentator.id).in_(people))
    items = [
        _item(person, sums.get(row_id(person), Sums()), counts[row_id(person)], revisions, estimates)
        for (person,) in session.execute(query)
        if person.id in people
    ]
    items = [item for item in items if item.resolved >= min_resolved and (item.share_annulled or 0.0) <= max_annulled]
    return _sorted(items, sort)


def board_line(session: Session, person: Commentator, estimates: Estimates, *, now: datetime) -> BoardItem:
    """Return the line of one commentator on the default board; ``estimates`` are those of that board."""
    number = row_id(person)
    sums = _running_sums(session, Filters(), now, only=number)
    counts = _counts(session, Filters(), only=number)
    return _item(person, sums.get(number, Sums()), counts[number], "opening", estimates)


def _item(
    person: Commentator, sums: Sums, count: Mapping[str, int], revisions: Revisions, estimates: Estimates
) -> BoardItem:
    at = estimates.place.get(row_id(person)) if sums.resolved else None
    known: dict[str, Any] = {"events": 0, "status": "pending" if estimates.pending and sums.resolved else "too_few"}
    if at is not None:
        known = _known(estimates, at)
    with_outcome = count["resolved"] + count["annulled"]
    return BoardItem(
        commentator=CommentatorRef.of(person),
        resolved=sums.resolved,
        open=count["open"],
        overdue=count["due"],
        annulled=count["annulled"],
        uncounted=max(count["resolved"] - sums.resolved, 0),
        share_annulled=count["annulled"] / with_outcome if with_outcome else None,
        statistics=_statistics(sums, revisions, estimates, at),
        **known,
    )


def _statistics(sums: Sums, revisions: Revisions, estimates: Estimates, at: int | None) -> BoardStatistics:
    """Return the statistics; mean scores and opening wording ranges come from ``sums``, which are always up to date."""
    means = {"brier": sums.mean(revisions)} | {f"brier_{rule}": sums.mean(rule) for rule in get_args(Revisions)}
    of_opening = sums.mean("opening_low"), sums.mean("opening_high")
    words = dict.fromkeys(("brier", "brier_opening") if revisions == "opening" else ("brier_opening",), of_opening)
    names = means if at is None else BoardStatistics.model_fields
    return BoardStatistics(**{name: _estimate(estimates, name, at, means.get(name), words.get(name)) for name in names})


def _estimate(
    estimates: Estimates,
    name: str,
    at: int | None,
    value: float | None,
    words: tuple[float | None, float | None] | None,
) -> Estimate:
    low = high = None
    if at is not None:
        arrays = estimates.statistic(name)
        value = _rounded(arrays.value, at) if value is None else value
        low, high = _rounded(arrays.low, at), _rounded(arrays.high, at)
        if words is None and value is not None and name in estimates.words:
            fall, rise = estimates.words[name]
            words = value + round(float(fall[at]), 9), value + round(float(rise[at]), 9)
    wording_low, wording_high = words or (None, None)
    return Estimate(value=value, low=low, high=high, wording_low=wording_low, wording_high=wording_high)


def _known(estimates: Estimates, at: int) -> dict[str, Any]:
    ranking, secondary_scores = estimates.ranking, estimates.secondary_scores
    ranked = ranking.rank[at] > 0
    places = {name: int(getattr(ranking, name)[at]) for name in ("rank", "rank_low", "rank_high", "tier") if ranked}
    adjusted = secondary_scores.statistics["brier_adjusted"]
    return {
        "events": int(ranking.events[at]),
        "status": Status(int(ranking.status[at])).name.lower(),
        **places,
        "adjusted_among": None if np.isnan(adjusted.value[at]) else int(secondary_scores.component[at]) + 1,
        "peer_questions": int(secondary_scores.peer_questions[at]),
        **{f"share_{name}": _rounded(share, at) for name, share in secondary_scores.shares.items()},
    }


def _rounded(values: Floats, at: int) -> float | None:
    """Round to nine digits, which hides differences by order of addition; None for NaN."""
    value = round(float(values[at]), 9)
    return None if value != value else value


def _sorted(items: list[BoardItem], sort: Sort) -> list[BoardItem]:
    """Sort; ties go to the longer record, then to the older entry, so that the order is always the same."""

    def last(value: float | None, sign: int = 1) -> float:
        return float("inf") if value is None else sign * value

    keys = {
        "skill": lambda item: (item.rank is None, last(item.rank), -item.events, -item.resolved, item.commentator.id),
        "brier": lambda item: (last(item.brier), -item.resolved, item.commentator.id),
        "resolved": lambda item: (-item.resolved, last(item.brier), item.commentator.id),
        "name": lambda item: (item.commentator.name.casefold(), item.commentator.id),
    }
    return sorted(items, key=keys[sort])


def _running_sums(session: Session, filters: Filters, now: datetime, only: int | None = None) -> dict[int, Sums]:
    topic = filters.topic or OVERALL
    columns = [getattr(RunningTotal, name) for name in ("commentator_id", "resolved", *SUMS)]
    query = select(*columns).where(col(RunningTotal.topic) == topic, col(RunningTotal.resolved) > 0)
    if only is not None:
        query = query.where(col(RunningTotal.commentator_id) == only)
    sums = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    if filters.include == "deadline_passed":
        # Questions resolved early count from their deadline on: subtract them until then; they are few.
        for commentator, early in _grouped(session, filters, now, before_deadline=True, only=only).items():
            sums[commentator] = tuple(a - b for a, b in zip(sums[commentator], early, strict=True))
    return {commentator: Sums(*values) for commentator, values in sums.items()}


def _filtered_sums(session: Session, filters: Filters, now: datetime) -> dict[int, Sums]:
    return {commentator: Sums(*values) for commentator, values in _grouped(session, filters, now).items()}


def _grouped(
    session: Session, filters: Filters, now: datetime, *, before_deadline: bool = False, only: int | None = None
) -> dict[int, tuple[int, ...]]:
    totals = [func.sum(getattr(Score, name)) for name in SUMS]
    query = select(col(Score.commentator_id), func.count(), *totals)
    query = query.join(Question, col(Question.id) == col(Score.question_id))
    query = query.where(*pair_filters(filters, now, before_deadline=before_deadline))
    if only is not None:
        query = query.where(col(Score.commentator_id) == only)
    rows = session.execute(query.group_by(col(Score.commentator_id)))
    return {row[0]: tuple(int(value) for value in row[1:]) for row in rows}


def _counts(session: Session, filters: Filters, only: int | None = None) -> dict[int, Mapping[str, int]]:
    """Return the number of questions that each commentator has predicted on, by the question's status."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("open", "due", "resolved", "annulled"), 0))
    if filters.only_topic:
        _count_from_sums(session, filters.topic or OVERALL, counts, only)
        due = [col(Question.status) == QuestionStatus.DUE]
        for commentator, _, number in _counted(session, filters, due, only):
            counts[commentator]["due"] = number
            counts[commentator]["open"] -= number
    else:
        for commentator, status, number in _counted(session, filters, [], only):
            counts[commentator][status.value] = number
    return counts  # type: ignore[return-value]


def _count_from_sums(session: Session, topic: str, counts: dict[int, dict[str, int]], only: int | None) -> None:
    columns = [getattr(RunningTotal, name) for name in ("commentator_id", "questions", "resolved", "annulled")]
    query = select(*columns, col(RunningTotal.uncounted), col(RunningTotal.vague))
    query = query.where(col(RunningTotal.topic) == topic, col(RunningTotal.questions) > 0)
    if only is not None:
        query = query.where(col(RunningTotal.commentator_id) == only)
    for commentator, questions, resolved, annulled, uncounted, vague in session.execute(query):
        with_resolution = resolved + uncounted + vague
        counts[commentator] |= {
            "resolved": with_resolution,
            "annulled": annulled,
            "open": questions - with_resolution - annulled,
        }


def _counted(session: Session, filters: Filters, extra: list[Any], only: int | None) -> Any:
    active = select_active().where(*prediction_filters(filters))
    if only is not None:
        active = active.where(col(Prediction.commentator_id) == only)
    predicted = active.subquery()
    query = (
        select(predicted.c.commentator_id, col(Question.status), func.count(distinct(predicted.c.question_id)))
        .join(Question, col(Question.id) == predicted.c.question_id)
        .where(*question_filters(filters), *extra)
        .group_by(predicted.c.commentator_id, col(Question.status))
    )
    return session.execute(query)


def explanation(ranking: Ranking) -> dict[str, Any]:
    """Return the explanation of the ranking, for the API and the page, with the numbers that depend on this record."""
    ranked = int(np.count_nonzero(ranking.rank))
    return {
        "ranking": RANKING_EXPLAINED,
        "scale": "Brier score, 0 (perfect) to 1, lower is better; 0.25 is what 50% earns on a yes-or-no question",
        "skill": "points, 100 x (reference forecast's Brier score - own), blended and centred; more is better",
        "interval": "90%, whole events as one piece of evidence",
        "ranked": ranked,
        "sigma": round(ranking.sigma, 6),
    }
