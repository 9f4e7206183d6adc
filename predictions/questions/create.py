"""Enter questions, with their topics, condition and reference forecast."""

from datetime import datetime
from functools import partial

from sqlmodel import Session, col, select

from predictions import ledger
from predictions.errors import Fault, InvalidInput, inside
from predictions.imports.staging import import_id, log_entries, staging
from predictions.imports.visibility import adopted
from predictions.models import Question, QuestionTopic, row_id
from predictions.questions.change import condition_columns
from predictions.questions.lookup import find_question, taken_slugs
from predictions.questions.references import add_reference
from predictions.questions.resolve import annul_if_condition_failed
from predictions.schemas.inputs import QuestionIn
from predictions.slugs import free_slug


def enter_question(session: Session, data: QuestionIn, *, now: datetime, actor: str) -> Question:
    """Return the question on record with this slug (without one: this text and deadline), or enter it as new.

    Raises ``InvalidInput`` if the one on record differs, or the condition names an unknown question.
    """
    find = partial(_same_question, session, data)
    existing = find()
    if existing is None and (existing := adopted(session, find, now=now, actor=actor)) is not None:
        _adopt_conditions(session, existing, now=now, actor=actor)
        annul_if_condition_failed(session, existing, now=now)
    if existing is not None:
        _must_agree(existing, data)
        return existing
    identity = f"{data.text}|{data.deadline.isoformat()}|{data.kind}"
    slug = data.slug or free_slug(data.text, "question", identity, partial(taken_slugs, session, Question))
    question = Question(
        slug=slug,
        text=data.text,
        resolution_criteria=data.resolution_criteria,
        kind=data.kind,
        options=data.options,
        opens_at=data.opens_at,
        deadline=data.deadline,
        deadline_zone=data.deadline_zone,
        deadline_basis=data.deadline_basis,
        event=data.event or slug,
        due_at=data.deadline,
        next_prompt_at=data.deadline,
        created_at=now,
        import_id=import_id(session),
    )
    for name, value in condition_columns(session, question, data.condition).items():
        setattr(question, name, value)
    session.add(question)
    session.flush()
    for topic in data.topics:
        session.add(QuestionTopic(question_id=row_id(question), topic=topic))
    session.flush()
    body = ledger.contents(question) | {"topics": sorted(data.topics)}
    log_entries(session, [ledger.NewEvent(now, actor, "question.entered", "question", row_id(question), body)])
    if data.reference is not None:
        with inside("/reference"):
            add_reference(session, question, data.reference, now=now, actor=actor)
    if staging(session) is None:
        annul_if_condition_failed(session, question, now=now)
    return question


def _adopt_conditions(session: Session, question: Question, *, now: datetime, actor: str) -> None:
    """Make the questions visible on which this one depends."""
    number = question.condition_question_id
    while number is not None:
        find = partial(session.get, Question, number)
        condition = find() or adopted(session, find, now=now, actor=actor)
        number = condition.condition_question_id if condition is not None else None


def _same_question(session: Session, data: QuestionIn) -> Question | None:
    if data.slug is not None:
        return find_question(session, data.slug)
    same = (Question.text == data.text, Question.deadline == data.deadline, Question.kind == data.kind)
    return session.exec(select(Question).where(*same).order_by(col(Question.id))).first()


def _must_agree(question: Question, data: QuestionIn) -> None:
    differing = [
        Fault(f"/{field}", f"differs from that of question {question.slug!r} on record: use a new slug")
        for field in ("text", "kind", "options", "deadline")
        if getattr(question, field) != getattr(data, field)
    ]
    if differing:
        raise InvalidInput(f"question {question.slug!r} is on record and differs: use a new slug", *differing)
