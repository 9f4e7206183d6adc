"""A commentator's record: the line on the board, all scored questions, open predictions and calibration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import Any, ClassVar, Self

from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import DeadlineBasis, QuestionKind
from predictions.leaderboard.board import board_line
from predictions.leaderboard.estimates import Estimates
from predictions.models import Commentator, Prediction, Question, row_id
from predictions.outcomes import UNRESOLVED
from predictions.records.calibration import CalibrationView, view_calibration
from predictions.records.commentator_changes import prediction_views
from predictions.records.scored_questions import ScoredQuestion, counted, scored_questions
from predictions.schemas.board_item import BoardItem
from predictions.schemas.estimates import ScoreStatistics, plain_number
from predictions.schemas.views import CommentatorView, PredictionView, QuestionRefView, View
from predictions.scores.eligibility import NOT_SUPERSEDED
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

    @classmethod
    def of(cls, score: ScoredQuestion) -> Self:
        """Return the view of a scored question."""
        return cls(**{name: getattr(score, name) for name in cls.model_fields})


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


@dataclass(frozen=True)
class Record:
    """The fields of a ``RecordView``, with the scored questions as rows, and the open predictions as ids."""

    commentator: CommentatorView
    summary: BoardItem
    shares: SharesView
    scores: list[ScoredQuestion]
    open: list[int]
    calibration: CalibrationView

    def view(self, session: Session) -> RecordView:
        """Return the record as a read model."""
        views = prediction_views(session, self.open)
        lists = {"scores": list(map(ScoreView.of, self.scores)), "open": [views[number] for number in self.open]}
        return RecordView(**vars(self) | lists)


def record_of(session: Session, person: Commentator, estimates: Estimates, *, now: datetime) -> Record:
    """Return the record of one commentator; ``estimates`` are those of the default board."""
    scores = scored_questions(session, row_id(person))
    on_board = counted(scores, now)
    summary = board_line(session, person, estimates, now=now)
    return Record(
        commentator=CommentatorView.of(person),
        summary=_with_wording_ranges(summary, on_board),
        shares=_shares(scores),
        scores=scores,
        open=_open(session, row_id(person)),
        calibration=view_calibration(*_opening_predictions(on_board)),
    )


def _with_wording_ranges(summary: BoardItem, scores: Sequence[ScoredQuestion]) -> BoardItem:
    """Add the wording ranges of the latest and of the time-weighted score."""
    if not scores:
        return summary
    with_ranges = {}
    for rule in ("latest", "time_weighted"):
        mean = getattr(summary.statistics, f"brier_{rule}")
        moved = [(getattr(each, rule) / SCALE, *getattr(each.words, rule)) for each in scores if each.words]
        fall = fsum(min(low - value, 0.0) for value, low, _ in moved) / len(scores)
        rise = fsum(max(high - value, 0.0) for value, _, high in moved) / len(scores)
        words = {"wording_low": mean.value + round(fall, 9), "wording_high": mean.value + round(rise, 9)}
        with_ranges[f"brier_{rule}"] = mean.model_copy(update=words)
    return summary.model_copy(update={"statistics": summary.statistics.model_copy(update=with_ranges)})


def _shares(scores: Sequence[ScoredQuestion]) -> SharesView:
    def share(holds: Callable[[ScoredQuestion], bool]) -> float | None:
        return sum(map(holds, scores)) / len(scores) if scores else None

    return SharesView(
        scored=len(scores),
        verbal=share(lambda each: each.verbal),
        vague=share(lambda each: each.vague),
        recorded_late=share(lambda each: each.recorded_late),
        assigned_deadline=share(lambda each: each.deadline_basis is DeadlineBasis.ASSIGNED),
        implied_deadline=share(lambda each: each.deadline_basis is DeadlineBasis.IMPLIED),
        conditional=share(lambda each: each.conditional),
    )


def _open(session: Session, number: int) -> list[int]:
    query = (
        select(col(Prediction.id))
        .join(Question, col(Question.id) == col(Prediction.question_id))
        .where(col(Prediction.commentator_id) == number, col(Question.status).in_(UNRESOLVED))
        .where(~col(Prediction.withdrawn), NOT_SUPERSEDED)
        .order_by(col(Question.deadline), col(Prediction.made_at), col(Prediction.id))
    )
    return list(session.execute(query).scalars())


def _opening_predictions(scores: Sequence[ScoredQuestion]) -> tuple[list[float], list[int]]:
    """Return probabilities and outcomes on yes-or-no questions, of the scores that the default board counts.

    Before a deadline only early successes can have resolved, which would make the calibration look too good.
    """
    pairs = [
        (score.probability, int(score.outcome == "yes"))
        for score in scores
        if score.kind is QuestionKind.BINARY and score.probability is not None
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
