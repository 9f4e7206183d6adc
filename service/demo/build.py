"""Build the demo: commentators, questions, predictions, and the work of editors on them."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlmodel import Session, select

from predictions.demo_mark import mark_as_demo
from predictions.enums import ANNULLED
from predictions.models import Prediction, Question
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.lookup import named_question
from predictions.questions.proposals import propose
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import (
    CommentatorIn,
    CorrectionIn,
    ProposalIn,
    QuestionIn,
    QuestionRef,
    ReferenceIn,
    ResolutionIn,
    WithdrawalIn,
)
from predictions.submissions.commentators import change_commentator, find_commentator
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from service.demo.commentators import make_people
from service.demo.predictions import make_predictions
from service.demo.questions import InventedQuestion, make_questions
from service.demo.replay import ACTOR, Progress, Replay, silent

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MISTAKES, RETRACTED, POSTPONED, PROPOSED, CORRECTED, WITHDRAWN = 3, 1, 3, 12, 8, 4
SEED = 1


def build(session: Session, *, now: datetime, seed: int = SEED, progress: Progress = silent) -> int:
    """Enter the invented record into an empty database and mark it as a demo; return the number of questions.

    The same seed on the same day makes the same record. Returns 0 if it exists already. Raises ``Conflict`` if
    the database holds a real record.
    """
    mark_as_demo(session, now=now)
    if session.exec(select(Question.id).limit(1)).first() is not None:
        return 0
    base, chance = now.replace(hour=0, minute=0, second=0, microsecond=0), Random(seed)  # noqa: S311 - a demo, no secret
    people, asked = make_people(chance), make_questions(chance, base)
    replay = Replay(session)
    for question in asked:
        _plan(session, replay, question, base)
    for prediction in make_predictions(people, asked, chance, base):
        replay.predict(prediction)
    _plan_exceptions(session, replay, asked, chance, base)
    end = replay.run(progress)
    _amend(session, replay.recorded, chance, end)
    return len(asked)


def _plan(session: Session, replay: Replay, asked: InventedQuestion, base: datetime) -> None:
    replay.enter(asked.entered_at, lambda now: _enter(session, asked, now))
    if asked.known_at < min(asked.deadline - 2 * DAY, base - 2 * HOUR):
        replay.then(asked.known_at + HOUR, lambda now: _declare(session, asked, now))
    if asked.settled_at is not None:
        replay.then(asked.settled_at, lambda now: _resolve(session, asked, asked.outcome, now))


def _enter(session: Session, asked: InventedQuestion, now: datetime) -> None:
    question = enter_question(session, QuestionIn.model_validate(asked.body), now=now, actor=ACTOR)
    for reference in asked.references:
        add_reference(session, question, ReferenceIn.model_validate(reference), now=now, actor=ACTOR)


def _named(session: Session, asked: InventedQuestion) -> Question:
    return named_question(session, QuestionRef(slug=asked.slug))


def _declare(session: Session, asked: InventedQuestion, now: datetime) -> None:
    question = _named(session, asked)
    if question.outcome is None:
        declare_decided(session, question, "Reported ahead of the deadline (invented).", now=now, actor=ACTOR)


def _evidence(asked: InventedQuestion) -> list[dict[str, str]]:
    return [{"url": f"https://records.example/{asked.slug}", "note": "An invented notice."}]


def _resolve(session: Session, asked: InventedQuestion, outcome: str, now: datetime) -> None:
    question = _named(session, asked)
    if question.outcome == ANNULLED:
        return  # its condition failed meanwhile
    note = "The invented authority published nothing." if outcome == ANNULLED else ""
    known_at = asked.deadline if outcome == ANNULLED else asked.known_at
    body = {"outcome": outcome, "known_at": min(known_at, now).isoformat(), "evidence": _evidence(asked), "note": note}
    resolve(session, question, ResolutionIn.model_validate(body), now=now, actor=ACTOR)


def _plan_exceptions(
    session: Session, replay: Replay, asked: list[InventedQuestion], chance: Random, base: datetime
) -> None:
    """Plan exceptional cases: corrected outcomes, a retraction, moved deadlines, pending proposals."""
    tied = {each.parent.slug for each in asked if each.parent} | {each.slug for each in asked if each.parent}
    alone = [each for each in asked if each.slug not in tied and each.body["kind"] == "binary"]
    settled = [each for each in alone if each.settled_at and each.settled_at < base - 10 * DAY]
    for each in chance.sample([each for each in settled if each.outcome == "no"], MISTAKES):
        _plan_mistake(session, replay, each)
    for each in chance.sample([each for each in settled if each.outcome == "yes"], RETRACTED):
        _plan_retraction(session, replay, each)
    running = [each for each in alone if each.closes_at > base + DAY and each.entered_at < base - 20 * DAY]
    for each in chance.sample(running, POSTPONED):
        _plan_postponement(session, replay, each)
    waiting = [each for each in alone if each.settled_at is None and each.known_at < base - DAY]
    for number, each in enumerate(waiting[:PROPOSED]):
        when = max(each.known_at + HOUR, base - (number % 7 + 1) * DAY)
        _plan_proposal(session, replay, each, each.outcome, when)
        if number == 0:
            _plan_proposal(session, replay, each, "no" if each.outcome == "yes" else "yes", when + HOUR)


def _plan_mistake(session: Session, replay: Replay, asked: InventedQuestion) -> None:
    if asked.settled_at is not None:
        replay.then(asked.settled_at + DAY, lambda now: _resolve(session, asked, "yes", now))
        replay.then(asked.settled_at + 5 * DAY, lambda now: _resolve(session, asked, "no", now))


def _plan_retraction(session: Session, replay: Replay, asked: InventedQuestion) -> None:
    reason = "The notice was withdrawn (invented)."

    def step(now: datetime) -> None:
        retract_resolution(session, _named(session, asked), reason, now=now, actor=ACTOR)

    if asked.settled_at is not None:
        replay.then(asked.settled_at + 3 * DAY, step)


def _plan_postponement(session: Session, replay: Replay, asked: InventedQuestion) -> None:
    replay.then(asked.entered_at + 10 * DAY, lambda now: _postpone(session, asked, now))


def _plan_proposal(session: Session, replay: Replay, asked: InventedQuestion, outcome: str, when: datetime) -> None:
    replay.then(when, lambda now: _propose(session, asked, outcome, now))


def _postpone(session: Session, asked: InventedQuestion, now: datetime) -> None:
    later = asked.deadline + 14 * DAY
    postpone(session, _named(session, asked), later, "The organiser moved the date (invented).", now=now, actor=ACTOR)


def _propose(session: Session, asked: InventedQuestion, outcome: str, now: datetime) -> None:
    question = _named(session, asked)
    body: dict[str, Any] = {
        "outcome": outcome,
        "known_at": min(asked.known_at, now).isoformat(),
        "evidence": [{"url": f"https://records.example/{asked.slug}/{outcome.replace(' ', '-')}"}],
        "rationale": f"An invented notice says {outcome!r}.",
    }
    propose(session, question, ProposalIn.model_validate(body), now=now, actor=ACTOR)


def _amend(session: Session, recorded: list[int], chance: Random, now: datetime) -> None:
    """Correct and withdraw a few predictions, and let one commentator reply to the record."""
    drawn = (session.get_one(Prediction, number) for number in chance.sample(recorded, 20 * (CORRECTED + WITHDRAWN)))
    rows = [row for row in drawn if row.probability is not None and row.hedge is None][: CORRECTED + WITHDRAWN]
    for row in rows[:CORRECTED]:
        prediction = {
            "made_at": row.made_at.isoformat(),
            "probability": round(1 - (row.probability or 0), 2),
            "source": {"id": row.source_id},
            "reason": "The column said the opposite (invented).",
        }
        correct_prediction(session, row, CorrectionIn.model_validate(prediction), now=now, actor=ACTOR)
    for row in rows[CORRECTED:]:
        data = WithdrawalIn(reason="Said by somebody else (invented).")
        withdraw_prediction(session, row, data, now=now, actor=ACTOR)
    person = find_commentator(session, CommentatorIn(id=rows[0].commentator_id))
    if person is not None:
        text = "I stand by what I said, and I was quoted correctly but once. (An invented reply.)"
        reply = {"statement": text, "statement_on": now.date().isoformat()}
        change_commentator(session, person, reply, now=now, actor=ACTOR)
