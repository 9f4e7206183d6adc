"""The leaderboard: commentators ranked, with uncertainty.

Counts and mean scores come from running sums, so that reading them does not depend on the number of predictions.
Rank, tiers, intervals and whatever else needs every scored pair (the *estimates*) are computed apart, so that the edge
can keep them.
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

IN_TWO_SENTENCES = (
    "Each prediction earns points for being closer to what happened than the best reference available the day it was "
    "made (market or crowd odds, otherwise how often such things happen), and predictions about one event are averaged "
    "so that a single election counts once. Because short records are mostly luck, every record is blended with 30 "
    "average results, nobody is ranked before 10 separate events have resolved, and people whose gap could easily be "
    "luck share a tier."
)


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


def board(
    session: Session,
    filters: Filters,
    revisions: Revisions,
    made: Estimates,
    *,
    sort: Sort = "skill",
    min_resolved: int = 0,
    max_annulled: float = 1.0,
    now: datetime,
) -> list[BoardItem]:
    """All commentators with a prediction under ``filters``, best first, those too short to rank behind the ranked.

    ``made`` are the estimates under the same filters; a commentator they do not know yet has no rank. Those with fewer
    than ``min_resolved`` questions are left out, and those of whose questions with an outcome a share above
    ``max_annulled`` was annulled.
    """
    sums = _running_sums(session, filters, now) if filters.only_topic else _filtered_sums(session, filters, now)
    counts = _counts(session, filters)
    people = set(counts) if filters.only_topic else set(sums)
    query = select(Commentator)
    if len(people) <= VALUES_PER_QUERY:
        query = query.where(col(Commentator.id).in_(people))
    items = [
        _item(person, sums.get(row_id(person), Sums()), counts[row_id(person)], revisions, made)
        for (person,) in session.execute(query)
        if person.id in people
    ]
    items = [item for item in items if item.resolved >= min_resolved and (item.share_annulled or 0.0) <= max_annulled]
    return _sorted(items, sort)


def board_line(session: Session, person: Commentator, made: Estimates, *, now: datetime) -> BoardItem:
    """The line of one commentator on the default board; ``made`` are that board's estimates."""
    number = row_id(person)
    sums = _running_sums(session, Filters(), now, only=number)
    counts = _counts(session, Filters(), only=number)
    return _item(person, sums.get(number, Sums()), counts[number], "opening", made)


def _item(
    person: Commentator, sums: Sums, count: Mapping[str, int], revisions: Revisions, made: Estimates
) -> BoardItem:
    at = made.place.get(row_id(person)) if sums.resolved else None
    known: dict[str, Any] = {"events": 0, "status": "pending" if made.pending and sums.resolved else "too_few"}
    if at is not None:
        known = _known(made, at)
    settled = count["resolved"] + count["annulled"]
    return BoardItem(
        commentator=CommentatorRef.of(person),
        resolved=sums.resolved,
        open=count["open"],
        overdue=count["due"],
        annulled=count["annulled"],
        uncounted=max(count["resolved"] - sums.resolved, 0),
        share_annulled=count["annulled"] / settled if settled else None,
        statistics=_statistics(sums, revisions, made, at),
        **known,
    )


def _statistics(sums: Sums, revisions: Revisions, made: Estimates, at: int | None) -> BoardStatistics:
    """The mean scores and the wording range of opening calls come from the running sums, as fresh as these."""
    means = {"brier": sums.mean(revisions)} | {f"brier_{rule}": sums.mean(rule) for rule in get_args(Revisions)}
    of_opening = sums.mean("opening_low"), sums.mean("opening_high")
    words = dict.fromkeys(("brier", "brier_opening") if revisions == "opening" else ("brier_opening",), of_opening)
    names = means if at is None else BoardStatistics.model_fields
    return BoardStatistics(**{name: _estimate(made, name, at, means.get(name), words.get(name)) for name in names})


def _estimate(
    made: Estimates, name: str, at: int | None, value: float | None, words: tuple[float | None, float | None] | None
) -> Estimate:
    low = high = None
    if at is not None:
        arrays = made.statistic(name)
        value = _rounded(arrays.value, at) if value is None else value
        low, high = _rounded(arrays.low, at), _rounded(arrays.high, at)
        if words is None and value is not None and name in made.words:
            fall, rise = made.words[name]
            words = value + round(float(fall[at]), 9), value + round(float(rise[at]), 9)
    wording_low, wording_high = words or (None, None)
    return Estimate(value=value, low=low, high=high, wording_low=wording_low, wording_high=wording_high)


def _known(made: Estimates, at: int) -> dict[str, Any]:
    ranking, secondary_scores = made.ranking, made.secondary_scores
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
    """To nine digits, so that no order of addition can be seen; None for NaN."""
    value = round(float(values[at]), 9)
    return None if value != value else value


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
    columns = [getattr(RunningTotal, name) for name in ("commentator_id", "resolved", *SUMS)]
    query = select(*columns).where(col(RunningTotal.topic) == topic, col(RunningTotal.resolved) > 0)
    if only is not None:
        query = query.where(col(RunningTotal.commentator_id) == only)
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
    columns = [getattr(RunningTotal, name) for name in ("commentator_id", "questions", "resolved", "annulled")]
    query = select(*columns, col(RunningTotal.uncounted), col(RunningTotal.vague))
    query = query.where(col(RunningTotal.topic) == topic, col(RunningTotal.questions) > 0)
    if only is not None:
        query = query.where(col(RunningTotal.commentator_id) == only)
    for who, asked, resolved, annulled, uncounted, vague in session.execute(query):
        settled = resolved + uncounted + vague
        counts[who] |= {"resolved": settled, "annulled": annulled, "open": asked - settled - annulled}


def _counted(session: Session, filters: Filters, extra: list[Any], only: int | None) -> Any:
    standing = select_active().where(*prediction_filters(filters))
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
        "skill": "points, 100 x (reference forecast's Brier score - own), blended and centred; more is better",
        "interval": "90%, whole events as one piece of evidence",
        "ranked": ranked,
        "sigma": round(ranking.sigma, 6),
    }
