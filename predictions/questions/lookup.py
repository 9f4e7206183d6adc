"""Find a question by id or slug, and which slugs are taken."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from predictions.errors import InvalidInput
from predictions.models import Commentator, Question
from predictions.schemas.inputs import QuestionRef

# Runs for every prediction, and building a query takes longer than running it.
_BY_SLUG = select(Question).where(col(Question.slug) == bindparam("slug"))


def find_question(session: Session, which: int | str) -> Question | None:
    """Return the question with this id or slug, or None."""
    if isinstance(which, int):
        return session.get(Question, which)
    return session.execute(_BY_SLUG, {"slug": which}).scalars().first()


def taken_slugs(session: Session, table: type[Commentator | Question], slugs: Sequence[str]) -> set[str]:
    """Return those of the slugs that rows of the table have, hidden ones included, by one query on the index."""
    slug = table.__table__.c.slug  # type: ignore[union-attr]
    return set(session.execute(select(slug).where(slug.in_(slugs))).scalars())


def named_question(session: Session, data: QuestionRef) -> Question:
    """Return the question that ``data`` names. Raises ``InvalidInput`` below ``/question`` if there is none."""
    field, which = ("id", data.id) if data.id is not None else ("slug", data.slug)
    question = find_question(session, which or "")
    if question is None:
        raise InvalidInput.at(
            f"/question/{field}", f"no question has {field} {which!r}: check it, or give the whole question"
        )
    return question


def condition_of(session: Session, question: Question) -> Question | None:
    """Return the question that this one is conditional on, or None."""
    number = question.condition_question_id
    return session.get(Question, number) if number is not None else None
