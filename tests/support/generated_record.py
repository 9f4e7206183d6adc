"""An invented record of any size for the tests of the pages, entered through the domain's own functions."""

import random
from datetime import datetime, timedelta

from sqlmodel import Session

from predictions.enums import DeadlineBasis
from predictions.models import Prediction, Question
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import (
    CommentatorIn,
    CorrectionIn,
    EvidenceIn,
    PredictionIn,
    QuestionIn,
    QuestionRef,
    ReferenceIn,
    ResolutionIn,
    SourceIn,
)
from predictions.submissions.corrections import correct_prediction
from predictions.submissions.record import record_predictions

ACTOR = "the tests"
TOPICS = ("economy", "elections", "energy", "europe", "technology")
HEDGES = ("very likely", "probably", "unlikely", "almost certainly", "little chance", "even chance", "might")
THINGS = ("inflation", "turnout", "the budget", "the pipeline", "the merger", "the treaty", "the strike", "the launch")


def fill(
    session: Session, *, now: datetime, people: int, questions: int, regulars: int | None = None, share: float = 0.0
) -> None:
    """Enter ``people``; the first ``regulars`` (default: all) predict on each of ``questions``, the others on a
    ``share`` of them. The first four fifths of the questions resolve; the last prediction is corrected."""
    rng = random.Random(7)
    chances = [rng.random() for _ in range(questions)]
    question_inputs = [_question(at, questions, chances[at], now) for at in range(questions)]
    rows = [enter_question(session, question, now=now, actor=ACTOR) for question in question_inputs]
    skills = [rng.random() for _ in range(people)]
    prediction_inputs = [
        _prediction(rng, person, skills[person], rows[at], chances[at], now)
        for person in range(people)
        for at in range(questions)
        if regulars is None or person < regulars or rng.random() < share
    ]
    recorded = record_predictions(session, prediction_inputs, now=now, actor=ACTOR)
    for at in range(questions * 4 // 5):
        data = ResolutionIn(
            outcome="yes" if rng.random() < chances[at] else "no",
            known_at=rows[at].deadline,
            evidence=[EvidenceIn(url=f"https://example.org/outcome/{at}", note="The official figure.")],
        )
        resolve(session, rows[at], data, now=now, actor=ACTOR)
    if recorded:
        wrong = session.get_one(Prediction, recorded[-1])
        right = CorrectionIn(made_at=wrong.made_at, probability=0.35, reason="The figure was misread.")
        correct_prediction(session, wrong, right, now=now, actor=ACTOR)


def _question(at: int, questions: int, chance: float, now: datetime) -> QuestionIn:
    past = at < questions * 4 // 5
    deadline = now + (timedelta(days=-1 - 1000 * (questions - at) // questions) if past else timedelta(days=10 + at))
    reference = ReferenceIn(probability=round(chance, 2), source="an exchange", as_of=deadline - timedelta(days=99))
    return QuestionIn(
        slug=f"question-{at}",
        text=f"Will {THINGS[at % len(THINGS)]} pass the mark of {at + 10} before the end of the period?",
        resolution_criteria="Yes if the official figure passes the mark by the deadline.",
        opens_at=deadline - timedelta(days=100),
        deadline=deadline,
        deadline_basis=list(DeadlineBasis)[at % 3],
        topics=[TOPICS[at % len(TOPICS)]],
        event=f"family-{at // 2}" if at % 7 == 0 else None,
        reference=reference if at % 3 == 0 else None,
    )


def _prediction(
    rng: random.Random, person: int, skill: float, question: Question, chance: float, now: datetime
) -> PredictionIn:
    made_at = min(question.deadline - timedelta(days=rng.randint(5, 95)), now - timedelta(days=rng.randint(1, 30)))
    probability = min(max(skill * chance + (1 - skill) * rng.random(), 0.01), 0.99)
    words = {"hedge": rng.choice(HEDGES)} if rng.random() < 0.3 else {"probability": round(probability, 2)}
    return PredictionIn(
        commentator=CommentatorIn(name=f"Invented Person {person}", description="An invented columnist."),
        question=QuestionRef(slug=question.slug),
        source=SourceIn(
            url=f"https://example.org/{person}/{made_at:%Y-%m}",
            title=f"The month of {made_at:%B %Y}",
            outlet="The Invented Times",
            published_on=f"{made_at:%Y-%m-%d}",
        ),
        made_at=made_at,
        **words,
    )
