"""The scored questions of a commentator, as plain rows: what pages sum and draw by the hundred, at little cost each."""

from collections.abc import Iterable
from datetime import datetime
from itertools import compress
from typing import NamedTuple

from sqlalchemy import and_, false, func, literal, select
from sqlmodel import Session, col

from predictions.enums import DeadlineBasis, QuestionKind, QuestionStatus, ReferenceType
from predictions.leaderboard.wording_ranges import WordingRange, scores_with_ranges, verbal_questions, wording_ranges
from predictions.models import IS_CONDITIONAL, Prediction, Question, Score
from predictions.schemas.estimates import ScoreStatistics
from predictions.schemas.views import QuestionRefView
from predictions.scores.base_rates import base_rates
from predictions.scoring.units import SCALE

FLAGS = ("recorded_late", "criteria_changed", "vague", "overridden", "against", "verbal", "conditional")


class ScoredQuestion(NamedTuple):
    """A scored question with the opening prediction of a commentator on it; scores are whole numbers of 10^-12."""

    id: int
    slug: str
    text: str
    kind: QuestionKind
    status: QuestionStatus
    deadline: datetime
    deadline_basis: DeadlineBasis
    event: str
    outcome: str
    known_at: datetime
    prediction: int
    probability: float | None
    hedge: str | None
    opening: int
    opening_low: int
    opening_high: int
    latest: int
    time_weighted: int
    predictions: int
    reference: int
    reference_type: ReferenceType
    recorded_late: bool
    criteria_changed: bool
    vague: bool
    overridden: bool
    against: bool
    verbal: bool
    conditional: bool
    words: WordingRange | None

    @property
    def brier(self) -> float:
        """The Brier score of the opening prediction."""
        return self.opening / SCALE

    @property
    def brier_low(self) -> float:
        """The lower end of its wording range."""
        return self.opening_low / SCALE

    @property
    def brier_high(self) -> float:
        """The upper end of its wording range."""
        return self.opening_high / SCALE

    @property
    def reference_brier(self) -> float:
        """The Brier score of the reference forecast."""
        return self.reference / SCALE

    @property
    def flags(self) -> list[str]:
        """What a reader should know, as in a prediction."""
        return list(compress(FLAGS, (getattr(self, name) for name in FLAGS)))

    @property
    def question(self) -> QuestionRefView:
        """The question as a read model."""
        return QuestionRefView(**{name: getattr(self, name) for name in QuestionRefView.model_fields})

    @property
    def statistics(self) -> ScoreStatistics:
        """The scores by revision rule, with their wording ranges."""
        return scores_with_ranges(self, self.words)


#: As ``eligibility.made_before_change`` says.
_CRITERIA_CHANGED = func.coalesce(
    and_(
        col(Prediction.made_at) < col(Question.criteria_changed_at),
        col(Prediction.recorded_at) <= col(Question.criteria_changed_at),
    ),
    false(),
)
_COLUMNS = (
    *(getattr(Question, name) for name in ScoredQuestion._fields[:10]),
    *(col(Score.opening_id), col(Prediction.probability), col(Prediction.hedge)),
    *(getattr(Score, name) for name in ("opening", "opening_low", "opening_high", "latest", "time_weighted")),
    *(getattr(Score, name) for name in ("counted", "reference", "reference_type", "recorded_late")),
    *(_CRITERIA_CHANGED, col(Score.vague)),
    *(col(Prediction.overridden), col(Prediction.against), col(Score.verbal), IS_CONDITIONAL, literal(None)),
)
_QUERY = (
    select(*_COLUMNS)
    .select_from(Score)
    .join(Question, col(Question.id) == col(Score.question_id))
    .join(Prediction, col(Prediction.id) == col(Score.opening_id))
    .order_by(col(Question.known_at).desc(), col(Question.id))
)


def scored_questions(session: Session, person: int) -> list[ScoredQuestion]:
    """Return the scored questions of a commentator, newest outcome first.

    Without a market and a consensus, the reference is the base rate of the topic's other events.
    """
    rows = session.execute(_QUERY.where(col(Score.commentator_id) == person))
    scored = list(map(ScoredQuestion._make, rows))
    base = base_rates(session) if any(each.reference_type is ReferenceType.EVEN for each in scored) else {}
    ranges = wording_ranges(session, verbal_questions(session, person), person)
    for at, each in enumerate(scored):
        if each.reference_type is ReferenceType.EVEN and each.id in base:
            each = each._replace(reference=base[each.id], reference_type=ReferenceType.BASE_RATE)
        if (person, each.id) in ranges:
            each = each._replace(words=ranges[person, each.id])
        scored[at] = each
    return scored


def counted(scores: Iterable[ScoredQuestion], now: datetime) -> list[ScoredQuestion]:
    """Return the scores that the default board counts: not vague, and the question's deadline has passed."""
    return [score for score in scores if not score.vague and score.deadline <= now]
