"""Cache of the commentators, sources and questions that predictions name."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from predictions.columns import in_parts
from predictions.errors import inside
from predictions.models import Commentator, Question, row_id
from predictions.questions.create import enter_question
from predictions.questions.lookup import named_question
from predictions.schemas.inputs import CommentatorIn, PredictionIn, QuestionIn, QuestionRef, SourceIn
from predictions.slugs import name_key
from predictions.submissions.bulk_entry import enter_commentators, enter_sources
from predictions.submissions.commentators import enter_commentator
from predictions.submissions.sources import enter_source

_NAMED: Select[Any] = select(Commentator).where(col(Commentator.name_key).in_(bindparam("names", expanding=True)))
_SLUGGED: Select[Any] = select(Question).where(col(Question.slug).in_(bindparam("names", expanding=True)))


class EntityCache:
    """Finds or enters commentators, sources and questions, and caches them for one transaction."""

    def __init__(self, session: Session, *, now: datetime, actor: str) -> None:
        self.session, self.now, self.actor = session, now, actor
        self._commentators: dict[CommentatorIn, int] = {}
        self._sources: dict[SourceIn, int] = {}
        self._questions: dict[str, Question] = {}

    def prefetch(self, items: Sequence[PredictionIn]) -> None:
        """Load the commentators named by name and the questions named by slug in a few queries.

        One query for each of them would take most of the time.
        """
        people = {one.commentator for one in items if one.commentator.id is None and one.commentator.slug is None}
        keys = {data: name_key(data.name or "") for data in people}
        known = {row.name_key: row_id(row) for row in self._found(_NAMED, keys.values())}
        self._commentators |= {data: known[key] for data, key in keys.items() if key in known}
        named = {one.question for one in items if isinstance(one.question, QuestionRef) and one.question.slug}
        questions = {row.slug: row for row in self._found(_SLUGGED, (one.slug for one in named))}
        self._questions |= {one.model_dump_json(): questions[one.slug] for one in named if one.slug in questions}

    def _found(self, query: Select[Any], names: Iterable[str | None]) -> list[Any]:
        wanted = sorted({name for name in names if name})
        return [row for part in in_parts(wanted) for row in self.session.execute(query, {"names": part}).scalars()]

    def commentator(self, data: CommentatorIn) -> int:
        """Return the id of the commentator that ``data`` names; enter a new one."""
        if data not in self._commentators:
            with inside("/commentator"):
                commentator = enter_commentator(self.session, data, now=self.now, actor=self.actor)
            self._commentators[data] = row_id(commentator)
        return self._commentators[data]

    def enter_together(self, items: Sequence[PredictionIn]) -> None:
        """Find or enter together the commentators given by name and the sources given by address.

        Only for items that are recorded all or not at all.
        """
        given = [one.commentator for one in items]
        with_slug = {name_key(one.name) for one in given if one.slug is not None and one.name is not None}
        people = [
            one for one in given if one.id is None and one.slug is None and name_key(one.name or "") not in with_slug
        ]
        self._commentators |= enter_commentators(self.session, people, now=self.now, actor=self.actor)
        sources = [one.source for one in items if one.source is not None and one.source.id is None]
        self._sources |= enter_sources(self.session, sources, now=self.now, actor=self.actor)

    def source(self, data: SourceIn | None) -> int | None:
        """Return the id of the source that ``data`` names, or None; enter a new one."""
        if data is None:
            return None
        if data not in self._sources:
            with inside("/source"):
                source = enter_source(self.session, data, now=self.now, actor=self.actor)
            self._sources[data] = row_id(source)
        return self._sources[data]

    def question(self, data: QuestionRef | QuestionIn) -> Question:
        """Return the question that ``data`` names; enter a new one that is given in full."""
        name = data.model_dump_json()
        if name not in self._questions:
            if isinstance(data, QuestionRef):
                self._questions[name] = named_question(self.session, data)
            else:
                with inside("/question"):
                    self._questions[name] = enter_question(self.session, data, now=self.now, actor=self.actor)
        return self._questions[name]
