"""Export scores and the ledger as lines for a file. An import does not accept these."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.leaderboard.wording_ranges import WordingRange, scores_with_ranges, verbal_questions, wording_ranges
from predictions.ledger import is_confidential
from predictions.models import Commentator, LedgerEvent, Prediction, Question, Score
from predictions.scores.eligibility import made_before_change
from predictions.scoring.units import SCALE

Content = dict[str, Any]
FETCHED = 2000
LEDGER_NAMES = ("seq", "at", "actor", "action", "subject", "subject_id", "body", "salt", "body_hash", "hash")
SCORE_NAMES = (
    *("commentator_slug", "commentator", "question", "event", "kind", "deadline", "outcome", "known_at"),
    *("made_at", "probability", "probabilities", "hedge", "counted", "brier", "brier_latest", "brier_time_weighted"),
    *("brier_low", "brier_high", "brier_latest_low", "brier_latest_high"),
    *(
        "brier_time_weighted_low",
        "brier_time_weighted_high",
        "reference_brier",
        "reference_type",
        "verbal",
        "vague",
        "recorded_late",
        "criteria_changed",
    ),
)


def score_lines(session: Session) -> Iterator[Content]:
    """Yield every score with its opening prediction, outcome and reference forecast; Brier scores from 0 to 1."""
    names = (
        "opening",
        "latest",
        "time_weighted",
        "opening_low",
        "opening_high",
        "reference",
        "reference_type",
        "counted",
    )
    flags = ("verbal", "vague", "recorded_late")
    query = (
        select(
            *(getattr(Score, name) for name in ("commentator_id", "question_id", *names, *flags)),
            col(Commentator.slug).label("commentator_slug"),
            col(Commentator.name).label("commentator"),
            col(Question.slug).label("question"),
            *(getattr(Question, name) for name in ("event", "kind", "deadline", "outcome", "known_at")),
            col(Question.criteria_changed_at),
            col(Prediction.recorded_at),
            *(getattr(Prediction, name) for name in ("made_at", "probability", "probabilities", "hedge")),
        )
        .join(Commentator, col(Commentator.id) == col(Score.commentator_id))
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    person, ranges = 0, dict[tuple[int, int], WordingRange]()
    for row in session.execute(query.execution_options(yield_per=FETCHED)):
        if row.commentator_id != person:
            person = row.commentator_id
            ranges = wording_ranges(session, verbal_questions(session, person), person)
        content = dict(row._mapping)
        content |= scores_with_ranges(row, ranges.get((person, row.question_id))).columns()
        content["reference_brier"] = row.reference / SCALE
        content["criteria_changed"] = made_before_change(row.made_at, row.recorded_at, row.criteria_changed_at)
        yield {"type": "score"} | {name: _plain(content[name]) for name in SCORE_NAMES}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def ledger_lines(session: Session) -> Iterator[Content]:
    """Yield every event of the ledger in order, with all fields that a check of the chain needs.

    A confidential body, and its salt, are None, as for every reader: a file may be published.
    """
    query = select(*(getattr(LedgerEvent, name) for name in LEDGER_NAMES)).order_by(col(LedgerEvent.seq))
    for row in session.execute(query.execution_options(yield_per=FETCHED)):
        hidden = {"body": None, "salt": None} if is_confidential(row.action) else {}
        yield {"type": "ledger"} | {name: _plain(value) for name, value in row._mapping.items()} | hidden
