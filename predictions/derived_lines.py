"""What is computed from the record, as lines for a file: scores, and the ledger. An import does not take these."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import Commentator, LedgerEvent, Prediction, Question, Score
from predictions.scoring import SCALE

Content = dict[str, Any]
FETCHED = 2000
LEDGER_NAMES = ("seq", "at", "actor", "action", "subject", "subject_id", "body", "salt", "body_hash", "hash")
SCORE_NAMES = (
    *("commentator_slug", "commentator", "question", "event", "kind", "deadline", "outcome", "known_at"),
    *("made_at", "probability", "probabilities", "hedge", "counted", "brier", "brier_latest", "brier_time_weighted"),
    *("brier_low", "brier_high", "reference_brier", "reference_type", "worded", "hedged", "recorded_late"),
)


def score_lines(session: Session) -> Iterator[Content]:
    """Every score with its opening call, its question's outcome and what it is compared with; Brier from 0 to 1."""
    query = (
        select(Score, Commentator, Question, Prediction)
        .join(Commentator, col(Commentator.id) == col(Score.commentator_id))
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .order_by(col(Score.commentator_id), col(Score.question_id))
    )
    for part in session.execute(query.execution_options(yield_per=FETCHED)).partitions():
        for score, person, question, opening in part:
            yield {"type": "score"} | _score(score, person, question, opening)
        session.expunge_all()


def _score(score: Score, person: Commentator, question: Question, opening: Prediction) -> Content:
    briers = {
        "brier": score.opening,
        "brier_latest": score.latest,
        "brier_time_weighted": score.time_weighted,
        "brier_low": score.opening_low,
        "brier_high": score.opening_high,
        "reference_brier": score.reference,
    }
    found = {
        "commentator_slug": person.slug,
        "commentator": person.name,
        "question": question.slug,
        "event": question.event,
        "kind": question.kind.value,
        "deadline": question.deadline.isoformat(),
        "outcome": question.outcome,
        "known_at": question.known_at.isoformat() if question.known_at else None,
        "made_at": opening.made_at.isoformat(),
        "probability": opening.probability,
        "probabilities": opening.probabilities,
        "hedge": opening.hedge,
        "counted": score.counted,
        "reference_type": score.reference_type.value,
        "worded": score.worded,
        "hedged": score.hedged,
        "recorded_late": score.recorded_late,
        **{name: units / SCALE for name, units in briers.items()},
    }
    return {name: found[name] for name in SCORE_NAMES}


def ledger_lines(session: Session) -> Iterator[Content]:
    """Every event of the ledger in order, with all that is needed to check the chain."""
    query = select(LedgerEvent).order_by(col(LedgerEvent.seq)).execution_options(yield_per=FETCHED)
    for row in session.execute(query).scalars():
        values = {name: getattr(row, name) for name in LEDGER_NAMES}
        yield {"type": "ledger"} | values | {"at": row.at.isoformat()}
        session.expunge(row)
