"""Export the record as lines that an import accepts, in an order that it can process.

The lines omit what an import cannot set: time and author of recording, and derived rows (automatic annulments,
scores). The ledger holds these.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from predictions.demo_mark import is_demo
from predictions.models import Commentator, Prediction, Question, QuestionTopic, Reference, Resolution, Source
from predictions.submissions.commentators import STATEMENT

Content = dict[str, Any]
#: Rows fetched at a time, so that a record of any size streams.
FETCHED = 2000


def demo_lines(session: Session) -> Iterator[Content]:
    """Yield the line with which the export of a demo begins; a real record does not import it."""
    if is_demo(session):
        yield {"type": "demo"}


def commentator_lines(session: Session) -> Iterator[Content]:
    """Yield all commentators in order of entry."""
    for row in _rows(session, Commentator):
        texts = {name: getattr(row, name) for name in ("description", *STATEMENT)}
        yield {"type": "commentator", "slug": row.slug, "name": row.name, "kind": row.kind.value} | _without_empty(
            texts
        )


def source_lines(session: Session) -> Iterator[Content]:
    """Yield all sources in order of entry."""
    for row in _rows(session, Source):
        confirmed = {"confirmed": True} if row.confirmed_at is not None else {}
        yield {"type": "source", **_source(row), **confirmed}


def question_lines(session: Session) -> Iterator[Content]:
    """Yield all questions in order of entry, hence after their conditions, each followed by its references."""
    topics = _topics(session)
    slugs = _slugs(session)
    references = _references(session)
    for row in _rows(session, Question):
        yield _question(row, topics.get(row.id, []), slugs)
        for reference in references.get(row.id, []):
            yield {"type": "reference", "question": row.slug, **_reference(row, reference)}


def prediction_lines(session: Session) -> Iterator[Content]:
    """Yield all predictions in order of recording, with superseded ones, corrections and withdrawals."""
    superseded = set(session.execute(select(col(Prediction.supersedes_id)).where(_SUPERSEDES)).scalars())
    slugs, people = _slugs(session), _people(session)
    source = [column.label(f"source_{column.key}") for column in _columns(Source)]
    query = select(*_columns(Prediction), *source).join(Source, isouter=True).order_by(col(Prediction.id))
    for row in _stream(session, query):
        ref = {"ref": f"p{row.id}"} if row.id in superseded else {}
        if row.withdrawn:
            yield {"type": "withdrawal", "prediction": f"p{row.supersedes_id}", "reason": row.reason}
            continue
        stated = ref | _stated(row) | ({"source": _its_source(row)} if row.source_id is not None else {})
        if row.supersedes_id is not None:
            yield {"type": "correction", "prediction": f"p{row.supersedes_id}", "reason": row.reason, **stated}
        else:
            question = {"slug": slugs[row.question_id]}
            yield {"type": "prediction", "commentator": people[row.commentator_id], "question": question, **stated}


def resolution_lines(session: Session) -> Iterator[Content]:
    """Yield all resolutions by people in order of recording, with corrections and retractions."""
    slugs = _slugs(session)
    query = select(*_columns(Resolution)).where(~col(Resolution.automatic)).order_by(col(Resolution.id))
    for row in _stream(session, query):
        question = slugs[row.question_id]
        if row.outcome is None:
            yield {"type": "retraction", "question": question, "reason": row.note}
            continue
        known_at = row.known_at.isoformat() if row.known_at else None
        evidence = {"evidence": [_without_empty(item) for item in row.evidence]} if row.evidence else {}
        note = {"note": row.note} if row.note else {}
        yield {
            "type": "resolution",
            "question": question,
            "outcome": row.outcome,
            "known_at": known_at,
            **evidence,
            **note,
        }


_SUPERSEDES = col(Prediction.supersedes_id).is_not(None)


def _columns(table: type[SQLModel]) -> list[Any]:
    return [getattr(table, name) for name in table.model_fields]


def _stream(session: Session, query: Any) -> Iterator[Any]:
    """Yield plain rows in batches, so that memory does not grow with the record."""
    yield from session.execute(query.execution_options(yield_per=FETCHED))


def _rows(session: Session, table: type[SQLModel]) -> Iterator[Any]:
    number = table.id  # type: ignore[attr-defined]
    yield from _stream(session, select(*_columns(table)).order_by(col(number)))


def _without_empty(content: dict[str, Any]) -> Content:
    return {name: value for name, value in content.items() if value not in (None, "", [])}


def _source(row: Any) -> Content:
    texts = {name: getattr(row, name) for name in ("title", "outlet", "published_on", "archive_url")}
    return {"url": row.url} | _without_empty(texts)


def _its_source(row: Any) -> Content:
    texts = {"title": row.source_title, "outlet": row.source_outlet, "published_on": row.source_published_on}
    return {"url": row.source_url} | _without_empty(texts)


def _question(row: Any, topics: list[str], slugs: dict[int | None, str]) -> Content:
    condition = {
        "question": slugs.get(row.condition_question_id),
        "outcome": row.condition_outcome,
        "text": row.condition_text,
    }
    optional = {
        "options": row.options,
        "opens_at": row.opens_at.isoformat() if row.opens_at else None,
        "topics": topics,
        "event": row.event if row.event != row.slug else None,
    }
    return {
        "type": "question",
        "slug": row.slug,
        "text": row.text,
        "resolution_criteria": row.resolution_criteria,
        "kind": row.kind.value,
        "deadline": row.deadline.isoformat(),
        "deadline_zone": row.deadline_zone,
        "deadline_basis": row.deadline_basis.value,
        **_without_empty(optional),
        **({"condition": given} if (given := _without_empty(condition)) else {}),
    }


def _reference(question: Any, row: Reference) -> Content:
    form = "probabilities" if question.options else "probability"
    given = row.probabilities if question.options else row.probabilities[0]
    return {form: given, "source": row.source, "as_of": row.as_of.isoformat()}


def _stated(row: Any) -> Content:
    stated: Content = {"made_at": row.made_at.isoformat()}
    if row.hedge is not None:
        stated |= {"hedge": row.hedge, "lexicon": row.lexicon}
    elif row.probability is not None:
        stated["probability"] = row.probability
    if row.against:
        stated["against"] = True
    if row.overridden:
        stated["interval"] = {"low": row.low, "best": row.probability, "high": row.high}
    if row.commitment:
        stated["commitment"] = True
    return stated | _without_empty({"probabilities": row.probabilities, "note": row.note})


def _slugs(session: Session) -> dict[int | None, str]:
    return {row[0]: row[1] for row in session.execute(select(col(Question.id), col(Question.slug)))}


def _people(session: Session) -> dict[int, Content]:
    columns = (col(Commentator.id), col(Commentator.slug), col(Commentator.name))
    return {row[0]: {"slug": row[1], "name": row[2]} for row in session.execute(select(*columns))}


def _topics(session: Session) -> dict[int | None, list[str]]:
    topics: dict[int | None, list[str]] = {}
    query = select(QuestionTopic).order_by(col(QuestionTopic.question_id), col(QuestionTopic.topic))
    for row in session.execute(query).scalars():
        topics.setdefault(row.question_id, []).append(row.topic)
    return topics


def _references(session: Session) -> dict[int | None, list[Reference]]:
    references: dict[int | None, list[Reference]] = {}
    for row in session.execute(select(Reference).order_by(col(Reference.id))).scalars():
        references.setdefault(row.question_id, []).append(row)
    return references
