"""Compute and store the scores of resolved questions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import bindparam, delete, insert
from sqlmodel import Session

from predictions.enums import QuestionStatus
from predictions.models import Question, Score
from predictions.outcomes import outcome_index
from predictions.scores.eligibility import in_time, is_admitted, recorded_late
from predictions.scores.late_rule import rule_in_force
from predictions.scores.prediction_arrays import PredictionArrays, load_prediction_arrays, micros
from predictions.scores.reference_forecasts import TYPES, reference_forecasts
from predictions.scores.waiting import waits_for_condition
from predictions.scoring.brier import brier, word_bounds
from predictions.scoring.revision_rules import score_question
from predictions.scoring.units import Floats, Ints, to_units

#: The values of a row of the ``score`` table, in the order of ``COLUMNS``.
ScoreRow = tuple[Any, ...]
COLUMNS = tuple(Score.model_fields)


def score_rows(session: Session, questions: Sequence[Question]) -> Iterator[ScoreRow]:
    """Compute the score of every commentator on every resolved question of ``questions``, from the predictions alone.

    Yields rows in the columns of the ``score`` table, ordered by commentator and question within each kind of question.
    Questions without an outcome, annulled ones and those whose condition is open have no scores.
    """
    alike: dict[tuple[str, int], list[Question]] = defaultdict(list)
    for question in questions:
        if question.status is QuestionStatus.RESOLVED and not waits_for_condition(session, question):
            alike[question.kind.value, len(question.options or [])].append(question)
    for (kind, _), group in sorted(alike.items()):
        yield from _rows_of_a_kind(session, kind, group)


@dataclass(frozen=True)
class EligiblePredictions:
    """Eligible predictions with the Brier score of each: arrays of one length n.

    ``pair`` numbers the pairs of commentator and question; ``end`` (the cutoff) and ``deadline`` are microseconds since
    1970.
    """

    rows: PredictionArrays
    pair: Ints
    outcome: Ints
    scores: Floats
    end: Ints
    deadline: Ints


def eligible_predictions(
    session: Session, questions: Sequence[Question], commentator: int | None = None
) -> EligiblePredictions:
    """Load and score the eligible predictions on resolved ``questions``, of one ``commentator`` or of all.

    All questions must have the same kind and number of options.
    """
    rows = load_prediction_arrays(session, questions, commentator)
    deadline = micros([question.deadline for question in questions])
    cutoff = micros([question.cutoff for question in questions])
    end = cutoff[rows.question]
    admitted = is_admitted(recorded_late(rows.recorded_at, end), rows.sourced, rule_in_force(session))
    rows = rows.where(in_time(rows.made_at, end) & admitted)
    happened = np.array([outcome_index(question, question.outcome or "") for question in questions], dtype=np.int64)
    outcome = happened[rows.question]
    scores = brier(rows.probabilities, outcome, questions[0].kind.value) if len(rows) else np.empty(0)
    pair = rows.commentator * len(questions) + rows.question
    return EligiblePredictions(rows, pair, outcome, scores, cutoff[rows.question], deadline[rows.question])


def _rows_of_a_kind(session: Session, kind: str, questions: list[Question]) -> Iterator[ScoreRow]:
    eligible = eligible_predictions(session, questions)
    rows = eligible.rows
    if not len(rows):
        return
    scored = score_question(
        eligible.pair, rows.made_at, rows.id, eligible.scores, cutoff=eligible.end, deadline=eligible.deadline
    )
    opening = rows.where(scored.opening_index)
    reference_forecast = reference_forecasts(session, questions, rows, scored.opening_index)
    outcome, end = eligible.outcome[scored.opening_index], eligible.end[scored.opening_index]
    low, high = word_bounds(opening.verbal, opening.low, opening.high, outcome, scored.opening)
    columns = {
        "commentator_id": opening.commentator,
        "opening": to_units(scored.opening),
        "latest": to_units(scored.latest),
        "time_weighted": to_units(scored.time_weighted),
        "opening_low": to_units(low),
        "opening_high": to_units(high),
        "opening_id": opening.id,
        "latest_id": rows.id[scored.latest_index],
        "counted": scored.counted,
        "reference": to_units(brier(reference_forecast.probabilities, outcome, kind)),
        "verbal": opening.verbal,
        "vague": opening.vague,
        "recorded_late": recorded_late(opening.recorded_at, end),
    }
    plain: dict[str, list[Any]] = {name: values.tolist() for name, values in columns.items()}
    asked = opening.question.tolist()
    for name in ("id", "deadline"):
        of_question = [getattr(question, name) for question in questions]
        plain["question_id" if name == "id" else name] = [of_question[index] for index in asked]
    plain["reference_type"] = [TYPES[index] for index in reference_forecast.kind.tolist()]
    yield from zip(*(plain[name] for name in COLUMNS), strict=True)


def with_column_names(rows: Iterable[ScoreRow]) -> list[dict[str, Any]]:
    """Return rows as mappings by column name, as an insert takes them."""
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


_TABLE = Score.__table__  # type: ignore[attr-defined]
_FORGET, _KEEP = delete(_TABLE).where(_TABLE.c.question_id == bindparam("question")), insert(_TABLE)


def store_scores(session: Session, question: Question) -> int:
    """Recompute and replace the stored scores of one question. Returns their number."""
    session.execute(_FORGET, {"question": question.id})
    rows = list(score_rows(session, [question]))
    if rows:
        session.connection().execute(_KEEP, with_column_names(rows))
    return len(rows)
