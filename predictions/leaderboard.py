"""The leaderboard: commentators ranked, with uncertainty.

Counts and mean scores come from running sums, so that reading them does not depend on the number of predictions.
Rank, tiers and intervals (the *estimates*) need every scored pair; they are computed apart, so that the edge can keep
them and need not compute them inside a request.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import distinct, func, select
from sqlmodel import Session, col

from predictions.columns import QuestionStatus
from predictions.intervals import BrierIntervals, mean_brier
from predictions.models import Commentator, Prediction, Question, Score, Standing, key
from predictions.ranking import Ranking, Status, rank_commentators
from predictions.scored import Filters, Pairs, Revisions, load_pairs, pair_filters, question_filters
from predictions.scoring import SCALE
from predictions.standings import OVERALL, SUMS, standing_predictions
from predictions.views import BoardItem, CommentatorRef

Sort = Literal["skill", "brier", "resolved", "name"]

IN_TWO_SENTENCES = (
    "Each prediction earns points for being closer to what happened than the best yardstick available the day it was "
    "made (market or crowd odds, otherwise how often such things happen), and predictions about one event are averaged "
    "so that a single election counts once. Because short records are mostly luck, every record is blended with 30 "
    "average results, nobody is ranked before 10 separate events have resolved, and people whose gap could easily be "
    "luck share a tier."
)


@dataclass(frozen=True)
class Estimates:
    """Rank, tier, skill and intervals of all commentators with a scored pair under some filters."""

    ranking: Ranking
    intervals: BrierIntervals
    place: Mapping[int, int]


@dataclass(frozen=True)
class Sums:
    """Exact counts and sums of scores of one commentator."""

    resolved: int = 0
    opening: int = 0
    latest: int = 0
    time_weighted: int = 0
    opening_low: int = 0
    opening_high: int = 0

    def mean(self, name: str) -> float | None:
        """The mean score by one of the rules, or None without a resolved question."""
        return getattr(self, name) / self.resolved / SCALE if self.resolved else None


def estimate(session: Session, filters: Filters, revisions: Revisions, now: datetime) -> Estimates:
    """Rank all commentators by their scored pairs under ``filters``. Takes time in proportion to those pairs."""
    return estimate_pairs(load_pairs(session, filters, now), revisions)


def estimate_pairs(pairs: Pairs, revisions: Revisions) -> Estimates:
    """Rank the commentators of ``pairs``; skill is always that of the opening call, intervals follow ``revisions``."""
    events, types = pairs.event.astype(str), pairs.reference_type.astype(str)
    ranking = rank_commentators(
        pairs.commentator, events, types, pairs.scores("opening"), pairs.reference / SCALE, draws=_draws(pairs)
    )
    intervals = mean_brier(pairs.commentator, events, pairs.scores(revisions))
    return Estimates(ranking, intervals, {int(who): at for at, who in enumerate(ranking.commentator)})


def _draws(pairs: Pairs) -> int:
    # The range of a rank needs a thousand draws to be steady; very large records get fewer, in bounded time.
    return 1000 if len(pairs) < 2_000_000 else 200


def board(
    session: Session,
    filters: Filters,
    revisions: Revisions,
    made: Estimates,
    *,
    sort: Sort = "skill",
    min_resolved: int = 0,
    now: datetime,
) -> list[BoardItem]:
    """All commentators with a prediction under ``filters``, best first, those too short to rank behind the ranked.

    ``made`` are the estimates under the same filters; a commentator they do not know yet has no rank.
    """
    sums = _running_sums(session, filters, now) if filters.only_topic else _filtered_sums(session, filters, now)
    counts = _counts(session, filters)
    people = set(counts) if filters.only_topic else set(sums)
    rows = session.execute(select(Commentator).where(col(Commentator.id).in_(people))) if len(people) < 5000 else None
    found = rows if rows is not None else session.execute(select(Commentator))
    items = [
        _item(person, sums.get(key(person), Sums()), counts[key(person)], revisions, made)
        for (person,) in found
        if person.id in people
    ]
    items = [item for item in items if item.resolved >= min_resolved]
    return _sorted(items, sort)


def board_line(session: Session, person: Commentator, made: Estimates, *, now: datetime) -> BoardItem:
    """The line of one commentator on the default board; ``made`` are that board's estimates."""
    number = key(person)
    sums = _running_sums(session, Filters(), now, only=number)
    counts = _counts(session, Filters(), only=number)
    return _item(person, sums.get(number, Sums()), counts[number], "opening", made)


def _item(
    person: Commentator, sums: Sums, count: Mapping[str, int], revisions: Revisions, made: Estimates
) -> BoardItem:
    ranking, intervals = made.ranking, made.intervals
    at = made.place.get(key(person))
    known: dict[str, Any] = {"events": 0, "status": "too_few"}
    if at is not None and sums.resolved:
        ranked = ranking.rank[at] > 0
        known = {
            "events": int(ranking.events[at]),
            "status": Status(int(ranking.status[at])).name.lower(),
            "rank": int(ranking.rank[at]) if ranked else None,
            "rank_low": int(ranking.rank_low[at]) if ranked else None,
            "rank_high": int(ranking.rank_high[at]) if ranked else None,
            "tier": int(ranking.tier[at]) if ranked else None,
            "skill": round(float(ranking.skill[at]), 9),
            "skill_low": round(float(ranking.skill_low[at]), 9),
            "skill_high": round(float(ranking.skill_high[at]), 9),
            "brier_low": float(intervals.low[at]),
            "brier_high": float(intervals.high[at]),
        }
    return BoardItem(
        commentator=CommentatorRef.of(person),
        resolved=sums.resolved,
        brier=sums.mean(revisions),
        brier_opening=sums.mean("opening"),
        brier_latest=sums.mean("latest"),
        brier_time_weighted=sums.mean("time_weighted"),
        worded_low=sums.mean("opening_low"),
        worded_high=sums.mean("opening_high"),
        open=count["open"],
        overdue=count["due"],
        annulled=count["annulled"],
        uncounted=max(count["resolved"] - sums.resolved, 0),
        **known,
    )


def _sorted(items: list[BoardItem], sort: Sort) -> list[BoardItem]:
    """Ties go to the longer record, then to the older entry, so that the order is the same at every reading."""

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
    columns = [getattr(Standing, name) for name in ("commentator_id", "resolved", *SUMS)]
    query = select(*columns).where(col(Standing.topic) == topic, col(Standing.resolved) > 0)
    if only is not None:
        query = query.where(col(Standing.commentator_id) == only)
    sums = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    if filters.include == "deadline_passed":
        # What was resolved before its deadline waits for it: a few rows, taken off the sums.
        for who, early in _grouped(session, filters, now, before_deadline=True, only=only).items():
            sums[who] = tuple(a - b for a, b in zip(sums[who], early, strict=True))
    return {who: Sums(*values) for who, values in sums.items()}


def _filtered_sums(session: Session, filters: Filters, now: datetime) -> dict[int, Sums]:
    return {who: Sums(*values) for who, values in _grouped(session, filters, now).items()}


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
    """How many questions each commentator has predicted on, by the question's status."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("open", "due", "resolved", "annulled"), 0))
    if filters.only_topic:
        _count_from_sums(session, filters.topic or OVERALL, counts, only)
        due = [col(Question.status) == QuestionStatus.DUE]
        for who, _, number in _counted(session, filters, due, only):
            counts[who]["due"] = number
            counts[who]["open"] -= number
    else:
        for who, status, number in _counted(session, filters, [], only):
            counts[who][status.value] = number
    return counts  # type: ignore[return-value]


def _count_from_sums(session: Session, topic: str, counts: dict[int, dict[str, int]], only: int | None) -> None:
    columns = [getattr(Standing, name) for name in ("commentator_id", "questions", "resolved", "annulled")]
    query = select(*columns, col(Standing.uncounted), col(Standing.hedged))
    query = query.where(col(Standing.topic) == topic, col(Standing.questions) > 0)
    if only is not None:
        query = query.where(col(Standing.commentator_id) == only)
    for who, asked, resolved, annulled, uncounted, hedged in session.execute(query):
        settled = resolved + uncounted + hedged
        counts[who] |= {"resolved": settled, "annulled": annulled, "open": asked - settled - annulled}


def _counted(session: Session, filters: Filters, extra: list[Any], only: int | None) -> Any:
    standing = standing_predictions()
    if only is not None:
        standing = standing.where(col(Prediction.commentator_id) == only)
    asked = standing.subquery()
    query = (
        select(asked.c.commentator_id, col(Question.status), func.count(distinct(asked.c.question_id)))
        .join(Question, col(Question.id) == asked.c.question_id)
        .where(*question_filters(filters), *extra)
        .group_by(asked.c.commentator_id, col(Question.status))
    )
    return session.execute(query)


def explanation(ranking: Ranking) -> dict[str, Any]:
    """How the board ranks, for the response and the page: two sentences, and the figures that rest on this record."""
    ranked = int(np.count_nonzero(ranking.rank))
    return {
        "ranking": IN_TWO_SENTENCES,
        "scale": "Brier score, 0 (perfect) to 1, lower is better; 0.25 is what 50% earns on a yes-or-no question",
        "skill": "points, 100 x (yardstick's Brier score - own), blended and centred; more is better",
        "interval": "90%, whole events as one piece of evidence",
        "ranked": ranked,
        "sigma": round(ranking.sigma, 6),
    }
