"""Find commentators, topics, questions and sources by the words in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session, col

from predictions.models import Commentator, Question, QuestionTopic, Source
from predictions.slugs import name_key

SHOWN = 25


def find_commentators(session: Session, words: Sequence[str]) -> Sequence[Commentator]:
    """Return commentators with all the words in their name, in order of name."""
    named = (col(Commentator.name_key).contains(name_key(word) or word, autoescape=True) for word in words)
    return _first(session, select(Commentator).where(*named).order_by(col(Commentator.name_key)))


def find_topics(session: Session, words: Sequence[str]) -> Sequence[str]:
    """Return topics with all the words in their name."""
    topic = col(QuestionTopic.topic)
    return _first(session, select(topic).where(_has_all(words, topic)).distinct().order_by(topic))


def find_questions(session: Session, words: Sequence[str]) -> Sequence[Question]:
    """Return questions with all the words in their text, newest first."""
    query = select(Question).where(_has_all(words, col(Question.text)))
    return _first(session, query.order_by(col(Question.id).desc()))


def find_sources(session: Session, words: Sequence[str]) -> Sequence[Source]:
    """Return sources with each word in title, outlet or address, newest first."""
    named = _has_all(words, col(Source.title), col(Source.outlet), col(Source.url))
    return _first(session, select(Source).where(named).order_by(col(Source.id).desc()))


def _has_all(words: Sequence[str], *columns: Any) -> ColumnElement[bool]:
    return and_(*(or_(*(_has(word, column) for column in columns)) for word in words))


def _has(word: str, column: Any) -> ColumnElement[bool]:
    """Match in either case; also exactly, because SQLite's ``lower`` changes only English letters."""
    return or_(
        func.lower(column).contains(word.lower(), autoescape=True),
        column.contains(word, autoescape=True),
    )


def _first(session: Session, query: Any) -> Sequence[Any]:
    rows: Sequence[Any] = session.execute(query.limit(SHOWN)).scalars().all()
    return rows


def find_commentator(session: Session, text: str) -> Commentator | None:
    """Return the commentator with this slug or name, None where there is none."""
    if not text.strip():
        return None
    known = or_(col(Commentator.slug) == text.strip(), col(Commentator.name_key) == name_key(text))
    return session.execute(select(Commentator).where(known).limit(1)).scalar()


def questions_with_text(session: Session, text: str) -> Sequence[Question]:
    """Return the first two questions with exactly this text, enough to tell if it is unambiguous."""
    return session.execute(select(Question).where(col(Question.text) == text).limit(2)).scalars().all()
