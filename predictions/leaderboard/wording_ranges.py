"""What scores from words could be inside the interval that the words allow, by the rules that look beyond the opening
call.

The range of an opening call is stored with its score. Those of the latest and of the time-weighted score are worked out
where they are shown.
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
    """The lowest and highest score that the words allow, by rule."""

    latest: tuple[float, float]
    time_weighted: tuple[float, float]


def wording_ranges(
    session: Session, questions: Sequence[Question], commentator: int | None = None
) -> dict[tuple[int, int], WordingRange]:
    """The ranges by (commentator id, question id), of everyone or of one, on resolved yes-or-no ``questions``: the only
    kind on which words are taken."""
    found: dict[tuple[int, int], WordingRange] = {}
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
        asked = (questions[start + at].id or 0 for at in opening.question.tolist())
        # To the digits of stored scores: one prediction has one range by whichever rule.
        figures = zip(*(from_units(to_units(column)).tolist() for column in columns), strict=True)
        for who, what, (least, most, weighted_least, weighted_most) in zip(
            opening.commentator.tolist(), asked, figures, strict=True
        ):
            found[who, what] = WordingRange((least, most), (weighted_least, weighted_most))
    return found


def scores_with_ranges(row: Any, words: WordingRange | None) -> ScoreStatistics:
    """The scores on a row of ``Score``, each with its wording range; one without words scores what it scores."""
    latest, weighted = row.latest / SCALE, row.time_weighted / SCALE
    words = words or WordingRange((latest, latest), (weighted, weighted))
    return ScoreStatistics(
        brier=_score(row.opening / SCALE, row.opening_low / SCALE, row.opening_high / SCALE),
        brier_latest=_score(latest, *words.latest),
        brier_time_weighted=_score(weighted, *words.time_weighted),
    )


def _score(value: float, low: float, high: float) -> SingleScore:
    return SingleScore(value=value, wording_low=min(low, value), wording_high=max(high, value))


def wording_bounds(session: Session, commentator: int | None = None) -> Sequence[Question]:
    """The resolved yes-or-no questions on which words were said, by anyone or by one, in order of id."""
    said = exists().where(col(Prediction.question_id) == col(Question.id), col(Prediction.hedge).is_not(None))
    if commentator is not None:
        said = said.where(col(Prediction.commentator_id) == commentator)
    resolved = col(Question.status) == QuestionStatus.RESOLVED
    query = select(Question).where(resolved, col(Question.kind) == QuestionKind.BINARY, said)
    return session.execute(query.order_by(col(Question.id))).scalars().all()


def pair_ranges(session: Session, pairs: Pairs, revisions: Revisions) -> tuple[Floats, Floats]:
    """The lowest and highest score (n,) of each of ``pairs``; one without words scores what it scores."""
    if revisions == "opening":
        return pairs.opening_low / SCALE, pairs.opening_high / SCALE
    low, high = pairs.scores(revisions).copy(), pairs.scores(revisions).copy()
    for at, (least, most) in _of_pairs(session, pairs, revisions):
        low[at], high[at] = min(least, low[at]), max(most, high[at])
    return low, high


def _of_pairs(session: Session, pairs: Pairs, revisions: Revisions) -> Iterator[tuple[int, tuple[float, float]]]:
    ranges = wording_ranges(session, wording_bounds(session))
    for at, pair in enumerate(zip(pairs.commentator.tolist(), pairs.question.tolist(), strict=True)):
        if pair in ranges:
            yield at, getattr(ranges[pair], revisions)
