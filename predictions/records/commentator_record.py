"""A commentator's record: the line on the board, every scored question, what is still open, and calibration."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import fsum
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, ReferenceType
from predictions.leaderboard.board import board_line
from predictions.leaderboard.estimates import Estimates
from predictions.leaderboard.wording_ranges import WordingRange, scores_with_ranges, wording_bounds, wording_ranges
from predictions.models import Commentator, Prediction, Question, Score, row_id
from predictions.outcomes import UNRESOLVED
from predictions.queries.details import view_predictions
from predictions.records.calibration import CalibrationView, view_calibration
from predictions.schemas.board_item import BoardItem
from predictions.schemas.estimates import ScoreStatistics, plain_number
from predictions.schemas.views import CommentatorView, PredictionView, QuestionRefView, View
from predictions.scores.base_rates import base_rates
from predictions.scoring.units import SCALE


class ScoreView(View):
    """What one resolved question made of the commentator's predictions; ``reference_brier`` is the reference's score.

    Every score is an object in ``statistics``; a few numbers are repeated under plain names, where ``brier_low`` and
    ``brier_high`` are the wording range of the opening call.
    """

    question: QuestionRefView = Field(description="the resolved question")
    event: str = Field(description="slug of the event to which the question belongs")
    prediction: int = Field(description="id of the opening prediction")
    probability: float | None = Field(
        description="probability of yes in the opening prediction, from 0 to 1; null unless binary"
    )
    hedge: str | None = Field(description="the words that carried the probability; null for a number")
    statistics: ScoreStatistics = Field(description="The Brier scores by revision rule.")
    reference_brier: float = Field(description="Brier score of the reference forecast, from 0 (perfect) to 1")
    reference_type: str = Field(description="market, consensus, base_rate or even")
    outcome: str = Field(description="yes, no or an option")
    known_at: datetime = Field(description="time at which the outcome became public")
    predictions: int = Field(description="number of eligible predictions on the question")
    flags: list[str] = Field(description="remarks on the opening prediction, for example recorded_late")

    brier: ClassVar[Any] = plain_number("brier", kind=float)
    brier_low: ClassVar[Any] = plain_number("brier", "wording_low", kind=float)
    brier_high: ClassVar[Any] = plain_number("brier", "wording_high", kind=float)
    brier_latest: ClassVar[Any] = plain_number("brier_latest", kind=float)
    brier_time_weighted: ClassVar[Any] = plain_number("brier_time_weighted", kind=float)


class SharesView(View):
    """What may distort the record: shares of the scored questions, from 0 to 1; None without any."""

    scored: int = Field(description="number of scored questions")
    verbal: float | None = Field(description="share of verbal predictions; null without any")
    vague: float | None = Field(description="share of vague predictions; null without any")
    recorded_late: float | None = Field(description="share recorded late; null without any")
    assigned_deadline: float | None = Field(
        description="share whose deadline was assigned by the recorder; null without any"
    )
    implied_deadline: float | None = Field(
        description="share whose deadline was implied by the words; null without any"
    )
    conditional: float | None = Field(description="share of conditional questions; null without any")


class RecordView(View):
    """Everything that is counted for one commentator."""

    commentator: CommentatorView = Field(description="the commentator")
    summary: BoardItem = Field(description="the line of the default leaderboard")
    shares: SharesView = Field(description="shares of the scored questions that may distort the record")
    scores: list[ScoreView] = Field(description="scores of all resolved questions")
    open: list[PredictionView] = Field(description="active predictions on questions without outcome")
    calibration: CalibrationView = Field(description="reliability diagram")


Scored = Sequence[tuple[Score, Question, Prediction]]


def record_of(session: Session, person: Commentator, made: Estimates, *, now: datetime) -> RecordView:
    """The record of one commentator; ``made`` are the estimates of the default board."""
    scored = _scored(session, row_id(person))
    scores = _score_views(session, scored, row_id(person))
    summary = board_line(session, person, made, now=now)
    return RecordView(
        commentator=CommentatorView.of(person),
        summary=_with_wording_ranges(summary, counted(scores, now)),
        shares=_shares(scored),
        scores=scores,
        open=_open(session, row_id(person)),
        calibration=view_calibration(*_calls(scored, now)),
    )


def _with_wording_ranges(summary: BoardItem, scores: Sequence[ScoreView]) -> BoardItem:
    """Add the wording ranges by the rules that look beyond the opening call."""
    if not scores:
        return summary
    found = {}
    for name in ("brier_latest", "brier_time_weighted"):
        mean, parts = getattr(summary.statistics, name), [getattr(score.statistics, name) for score in scores]
        fall = fsum(part.wording_low - part.value for part in parts) / len(parts)
        rise = fsum(part.wording_high - part.value for part in parts) / len(parts)
        words = {"wording_low": mean.value + round(fall, 9), "wording_high": mean.value + round(rise, 9)}
        found[name] = mean.model_copy(update=words)
    return summary.model_copy(update={"statistics": summary.statistics.model_copy(update=found)})


def _scored(session: Session, number: int) -> Scored:
    query = (
        select(Score, Question, Prediction)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Score.commentator_id) == number)
        .order_by(col(Question.known_at).desc(), col(Question.id))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def score_views(session: Session, person: Commentator) -> list[ScoreView]:
    """Every scored question of a commentator, newest outcome first."""
    return _score_views(session, _scored(session, row_id(person)), row_id(person))


def _score_views(session: Session, scored: Scored, person: int) -> list[ScoreView]:
    base = base_rates(session) if any(score.reference_type is ReferenceType.EVEN for score, _, _ in scored) else {}
    ranges = wording_ranges(session, wording_bounds(session, person), person)
    return [
        _score_view(score, question, opening, base, ranges.get((person, row_id(question))))
        for score, question, opening in scored
    ]


def _score_view(
    score: Score, question: Question, opening: Prediction, base: dict[int, int], words: WordingRange | None
) -> ScoreView:
    reference, kind = score.reference, score.reference_type
    if kind is ReferenceType.EVEN and (known := base.get(row_id(question))) is not None:
        reference, kind = known, ReferenceType.BASE_RATE
    found = {"recorded_late": score.recorded_late, "vague": score.vague, "overridden": opening.overridden}
    found |= {"against": opening.against}
    found |= {"verbal": score.verbal, "conditional": question.is_conditional}
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
        flags=[name for name, holds in found.items() if holds],
    )


def _shares(scored: Scored) -> SharesView:
    def share(holds: Any) -> float | None:
        return sum(bool(holds(score, question)) for score, question, _ in scored) / len(scored) if scored else None

    return SharesView(
        scored=len(scored),
        verbal=share(lambda score, _: score.verbal),
        vague=share(lambda score, _: score.vague),
        recorded_late=share(lambda score, _: score.recorded_late),
        assigned_deadline=share(lambda _, question: question.deadline_basis == "assigned"),
        implied_deadline=share(lambda _, question: question.deadline_basis == "implied"),
        conditional=share(lambda _, question: question.is_conditional),
    )


def _open(session: Session, number: int) -> list[PredictionView]:
    query = (
        select(Prediction)
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).in_(UNRESOLVED))
        .order_by(col(Question.deadline), col(Prediction.made_at), col(Prediction.id))
    )
    views = view_predictions(session, session.execute(query).scalars())
    return [view for view in views if not {"superseded", "withdrawn"} & set(view.flags)]


def counted(scores: Iterable[ScoreView], now: datetime) -> list[ScoreView]:
    """The scores that the default board counts: words that carry almost no claim, and questions whose deadline is still
    to come, are left out."""
    return [score for score in scores if "vague" not in score.flags and score.question.deadline <= now]


def _calls(scored: Scored, now: datetime) -> tuple[list[float], list[int]]:
    """The calls on yes-or-no questions that the default board counts: those that come true early would flatter."""
    calls = [
        (opening.probability, int(question.outcome == "yes"))
        for score, question, opening in scored
        if question.kind is QuestionKind.BINARY and opening.probability is not None
        if not score.vague and question.deadline <= now
    ]
    return [call[0] for call in calls], [call[1] for call in calls]
