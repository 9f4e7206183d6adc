"""Wording ranges of the latest and of the time-weighted score.

They are computed when needed; the wording range of an opening prediction is stored with its score.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import exists, select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, QuestionStatus
from predictions.leaderboard.filters import Revisions
from predictions.leaderboard.scored_pairs import Pairs
from predictions.models import Prediction, Question
from predictions.schemas.estimates import ScoreStatistics, SingleScore
from predictions.scores.question_scores import eligible_predictions
from predictions.scoring.brier import word_bounds
from predictions.scoring.revision_rules import score_question
from predictions.scoring.units import SCALE, Floats, from_units, to_units

QUESTIONS_AT_ONCE = 1000


class WordingRange(NamedTuple):
    """The lowest and highest score that the hedges allow, by revision rule."""

    latest: tuple[float, float]
    time_weighted: tuple[float, float]


def wording_ranges(
    session: Session, questions: Sequence[Question], commentator: int | None = None
) -> dict[tuple[int, int], WordingRange]:
    """Return wording ranges by (commentator id, question id), of everyone or of one commentator.

    ``questions`` are resolved yes-or-no questions; no other kind takes verbal predictions.
    """
    ranges: dict[tuple[int, int], WordingRange] = {}
    for start in range(0, len(questions), QUESTIONS_AT_ONCE):
        here = eligible_predictions(session, questions[start : start + QUESTIONS_AT_ONCE], commentator)
        if not len(here.rows):
            continue
        low, high = (
            score_question(here.pair, here.rows.made_at, here.rows.id, scores, cutoff=here.end, deadline=here.deadline)
            for scores in word_bounds(here.rows.verbal, here.rows.low, here.rows.high, here.outcome, here.scores)
        )
        opening = here.rows.where(low.opening_index)
        columns = (low.latest, high.latest, low.time_weighted, high.time_weighted)
        question_ids = (questions[start + at].id or 0 for at in opening.question.tolist())
        # Rounded like stored scores: with a single prediction, the ranges of all rules are equal.
        scores_in_range = zip(*(from_units(to_units(column)).tolist() for column in columns), strict=True)
        for person, question, (least, most, weighted_least, weighted_most) in zip(
            opening.commentator.tolist(), question_ids, scores_in_range, strict=True
        ):
            ranges[person, question] = WordingRange((least, most), (weighted_least, weighted_most))
    return ranges


def scores_with_ranges(row: Any, words: WordingRange | None) -> ScoreStatistics:
    """Return the scores on a row of ``Score`` with their wording ranges; without ``words`` these are single points."""
    latest, weighted = row.latest / SCALE, row.time_weighted / SCALE
    words = words or WordingRange((latest, latest), (weighted, weighted))
    return ScoreStatistics(
        brier=_score(row.opening / SCALE, row.opening_low / SCALE, row.opening_high / SCALE),
        brier_latest=_score(latest, *words.latest),
        brier_time_weighted=_score(weighted, *words.time_weighted),
    )


def _score(value: float, low: float, high: float) -> SingleScore:
    return SingleScore(value=value, wording_low=min(low, value), wording_high=max(high, value))


def verbal_questions(session: Session, commentator: int | None = None) -> Sequence[Question]:
    """Return the resolved yes-or-no questions with a verbal prediction, by anyone or by one commentator."""
    is_verbal = exists().where(col(Prediction.question_id) == col(Question.id), col(Prediction.hedge).is_not(None))
    if commentator is not None:
        is_verbal = is_verbal.where(col(Prediction.commentator_id) == commentator)
    resolved = col(Question.status) == QuestionStatus.RESOLVED
    query = select(Question).where(resolved, col(Question.kind) == QuestionKind.BINARY, is_verbal)
    return session.execute(query.order_by(col(Question.id))).scalars().all()


def pair_ranges(session: Session, pairs: Pairs, revisions: Revisions) -> tuple[Floats, Floats]:
    """Return the lowest and highest score (n,) that the hedges allow each of ``pairs``."""
    if revisions == "opening":
        return pairs.opening_low / SCALE, pairs.opening_high / SCALE
    low, high = pairs.scores(revisions).copy(), pairs.scores(revisions).copy()
    for at, (least, most) in _of_pairs(session, pairs, revisions):
        low[at], high[at] = min(least, low[at]), max(most, high[at])
    return low, high


def _of_pairs(session: Session, pairs: Pairs, revisions: Revisions) -> Iterator[tuple[int, tuple[float, float]]]:
    ranges = wording_ranges(session, verbal_questions(session))
    for at, pair in enumerate(zip(pairs.commentator.tolist(), pairs.question.tolist(), strict=True)):
        if pair in ranges:
            yield at, getattr(ranges[pair], revisions)
