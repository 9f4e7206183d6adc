"""A commentator's record: the line on the board, all scored questions, open predictions and calibration."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import compress
from math import fsum
from typing import Any, ClassVar, NamedTuple

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, ReferenceType
from predictions.leaderboard.board import board_line
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.wording_ranges import WordingRange, scores_with_ranges, verbal_questions, wording_ranges
from predictions.models import IS_CONDITIONAL, Commentator, Prediction, Question, Score, row_id
from predictions.outcomes import UNRESOLVED
from predictions.plain_rows import plain_rows, select_columns
from predictions.queries.details import view_predictions
from predictions.records.calibration import CalibrationView, view_calibration
from predictions.schemas.board_item import BoardItem
from predictions.schemas.estimates import ScoreStatistics, plain_number
from predictions.schemas.views import CommentatorView, PredictionView, QuestionRefView, View
from predictions.scores.base_rates import base_rates
from predictions.scoring.units import SCALE


class ScoreView(View):
    """The scores of a commentator on one resolved question; ``reference_brier`` is the reference's score.

    Every score is an object in ``statistics``; a few numbers are repeated under plain names, where ``brier_low`` and
    ``brier_high`` are the wording range of the opening prediction.
    """

    question: QuestionRefView = Field(description="the question")
    event: str = Field(description="the event of the question")
    prediction: int = Field(description="id of the opening prediction")
    probability: float | None = Field(description="its probability of yes; null for a question with options")
    hedge: str | None = Field(description="its hedge; null for a stated number")
    statistics: ScoreStatistics = Field(description="The Brier scores by revision rule.")
    reference_brier: float = Field(description="Brier score of its reference forecast")
    reference_type: str = Field(description="market, consensus, base_rate or even")
    outcome: str = Field(description="the outcome")
    known_at: datetime = Field(description="when the outcome became public, in UTC")
    predictions: int = Field(description="eligible predictions by the commentator on it")
    flags: list[str] = Field(description="what a reader should know, as in a prediction")

    brier: ClassVar[Any] = plain_number("brier", kind=float)
    brier_low: ClassVar[Any] = plain_number("brier", "wording_low", kind=float)
    brier_high: ClassVar[Any] = plain_number("brier", "wording_high", kind=float)
    brier_latest: ClassVar[Any] = plain_number("brier_latest", kind=float)
    brier_time_weighted: ClassVar[Any] = plain_number("brier_time_weighted", kind=float)


class SharesView(View):
    """Shares of the scored questions that may distort the record, from 0 to 1; None without a scored question."""

    scored: int = Field(description="scored questions")
    verbal: float | None = Field(description="share of verbal predictions, 0 to 1")
    vague: float | None = Field(description="share of vague predictions, which are not ranked, 0 to 1")
    recorded_late: float | None = Field(description="share recorded after the outcome, 0 to 1")
    assigned_deadline: float | None = Field(description="share with an assigned deadline, 0 to 1")
    implied_deadline: float | None = Field(description="share with an implied deadline, 0 to 1")
    conditional: float | None = Field(description="share of conditional questions, 0 to 1")


class RecordView(View):
    """The record of one commentator: scores, open predictions and calibration."""

    commentator: CommentatorView = Field(description="the commentator")
    summary: BoardItem = Field(description="the line on the default board")
    shares: SharesView = Field(description="what may distort the record")
    scores: list[ScoreView] = Field(description="every scored question")
    open: list[PredictionView] = Field(description="active predictions on questions without an outcome")
    calibration: CalibrationView = Field(description="the reliability diagram")


class _Scored(NamedTuple):
    """A scored question of a commentator, as plain rows of the three tables."""

    score: Score
    question: Question
    opening: Prediction
    is_conditional: bool


Scored = Sequence[_Scored]
_FLAGS = ("recorded_late", "vague", "overridden", "against", "verbal", "conditional")
_OPENING = [getattr(Prediction, name) for name in ("id", "probability", "hedge", "overridden", "against")]
_QUESTION = [
    getattr(Question, name)
    for name in (*QuestionRefView.model_fields, "event", "outcome", "known_at", "deadline_basis")
]


def record_of(session: Session, person: Commentator, estimates: Estimates, *, now: datetime) -> RecordView:
    """Return the record of one commentator; ``estimates`` are those of the default board."""
    scored = _scored(session, row_id(person))
    scores = _score_views(session, scored, row_id(person))
    summary = board_line(session, person, estimates, now=now)
    return RecordView(
        commentator=CommentatorView.of(person),
        summary=_with_wording_ranges(summary, counted(scores, now)),
        shares=_shares(scored),
        scores=scores,
        open=_open(session, row_id(person)),
        calibration=view_calibration(*_opening_predictions(scored, now)),
    )


def _with_wording_ranges(summary: BoardItem, scores: Sequence[ScoreView]) -> BoardItem:
    """Add the wording ranges of the latest and of the time-weighted score."""
    if not scores:
        return summary
    with_ranges = {}
    for name in ("brier_latest", "brier_time_weighted"):
        mean, parts = getattr(summary.statistics, name), [getattr(score.statistics, name) for score in scores]
        fall = fsum(part.wording_low - part.value for part in parts) / len(parts)
        rise = fsum(part.wording_high - part.value for part in parts) / len(parts)
        words = {"wording_low": mean.value + round(fall, 9), "wording_high": mean.value + round(rise, 9)}
        with_ranges[name] = mean.model_copy(update=words)
    return summary.model_copy(update={"statistics": summary.statistics.model_copy(update=with_ranges)})


def _scored(session: Session, number: int) -> Scored:
    """Return the scored questions of a commentator, newest outcome first."""
    own = col(Score.commentator_id) == number
    scores = {row.question_id: row for row in plain_rows(session, select_columns(Score).where(own))}
    opening = select(*_OPENING).where(col(Prediction.id).in_(select(col(Score.opening_id)).where(own)))
    openings = {row.id: row for row in plain_rows(session, opening)}
    asked = select(*_QUESTION, IS_CONDITIONAL.label("is_conditional"))
    asked = asked.where(col(Question.id).in_(select(col(Score.question_id)).where(own)))
    questions = plain_rows(session, asked.order_by(col(Question.known_at).desc(), col(Question.id)))
    return [_Scored(scores[row.id], row, openings[scores[row.id].opening_id], row.is_conditional) for row in questions]


def score_views(session: Session, person: Commentator) -> list[ScoreView]:
    """Return the scores of a commentator on every scored question, newest outcome first."""
    return _score_views(session, _scored(session, row_id(person)), row_id(person))


def _score_views(session: Session, scored: Scored, person: int) -> list[ScoreView]:
    base = base_rates(session) if any(each.score.reference_type is ReferenceType.EVEN for each in scored) else {}
    ranges = wording_ranges(session, verbal_questions(session, person), person)
    return [_score_view(each, base, ranges.get((person, row_id(each.question)))) for each in scored]


def _score_view(scored: _Scored, base: dict[int, int], words: WordingRange | None) -> ScoreView:
    score, question, opening, is_conditional = scored
    reference, kind = score.reference, score.reference_type
    if kind is ReferenceType.EVEN and (known := base.get(row_id(question))) is not None:
        reference, kind = known, ReferenceType.BASE_RATE
    marks = score.recorded_late, score.vague, opening.overridden, opening.against, score.verbal, is_conditional
    assert question.known_at is not None  # noqa: S101 - a scored question has an outcome (CHECK)
    return ScoreView(
        question=QuestionRefView.of(question),
        event=question.event,
        prediction=score.opening_id,
        probability=opening.probability,
        hedge=opening.hedge,
        statistics=scores_with_ranges(score, words),
        reference_brier=reference / SCALE,
        reference_type=kind.value,
        outcome=question.outcome or "",
        known_at=question.known_at,
        predictions=score.counted,
        flags=list(compress(_FLAGS, marks)),
    )


def _shares(scored: Scored) -> SharesView:
    def share(holds: Callable[[_Scored], bool]) -> float | None:
        return sum(map(holds, scored)) / len(scored) if scored else None

    return SharesView(
        scored=len(scored),
        verbal=share(lambda each: each.score.verbal),
        vague=share(lambda each: each.score.vague),
        recorded_late=share(lambda each: each.score.recorded_late),
        assigned_deadline=share(lambda each: each.question.deadline_basis == "assigned"),
        implied_deadline=share(lambda each: each.question.deadline_basis == "implied"),
        conditional=share(lambda each: each.is_conditional),
    )


def _open(session: Session, number: int) -> list[PredictionView]:
    query = (
        select_columns(Prediction)
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).in_(UNRESOLVED))
        .order_by(col(Question.deadline), col(Prediction.made_at), col(Prediction.id))
    )
    views = view_predictions(session, plain_rows(session, query))
    return [view for view in views if not {"superseded", "withdrawn"} & set(view.flags)]


def counted(scores: Iterable[ScoreView], now: datetime) -> list[ScoreView]:
    """Return the scores that the default board counts: not vague, and the question's deadline has passed."""
    return [score for score in scores if "vague" not in score.flags and score.question.deadline <= now]


def _opening_predictions(scored: Scored, now: datetime) -> tuple[list[float], list[int]]:
    """Return probabilities and outcomes on the yes-or-no questions that the default board counts.

    Before a deadline only early successes can have resolved, which would make the calibration look too good.
    """
    pairs = [
        (opening.probability, int(question.outcome == "yes"))
        for score, question, opening, _ in scored
        if question.kind is QuestionKind.BINARY and opening.probability is not None
        if not score.vague and question.deadline <= now
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
