"""Slugs that are made from names: always accepted as input, distinct, and found by one query each."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import event
from sqlmodel import Session, col, select

from predictions.errors import InvalidInput
from predictions.models import Commentator, Question
from predictions.questions.create import enter_question
from predictions.schemas.fields import Slug
from predictions.schemas.inputs import CommentatorIn, PredictionIn, QuestionIn
from predictions.slugs import HASH_LENGTHS, LAST_NUMBER, free_slug
from predictions.submissions.commentators import enter_commentator
from predictions.submissions.record import record_predictions
from service.app import API
from service.pages import EDITING, EMBEDS, PUBLIC

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}
SLUG = TypeAdapter(Slug)
QUESTION = {
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "stated",
}


@given(st.text(min_size=1, max_size=200), st.integers(0, LAST_NUMBER + len(HASH_LENGTHS) - 1))
@example("🙂", 0)
@example("-", 0)
@example("_", 1)
@example("2025", 3)
@example("ᎠᎡ", 0)
@example("a" * 200, LAST_NUMBER + len(HASH_LENGTHS) - 1)
@example("ﷺ" * 200, 0)
def test_what_is_made_of_any_words_is_accepted_as_a_slug(words: str, used: int) -> None:
    """However many of the slugs are taken already, as far as there are any."""
    slug = free_slug(words, "commentator", words, lambda slugs: set(slugs[: min(used, len(slugs) - 1)]))
    assert SLUG.validate_python(slug) == slug


@pytest.mark.parametrize("slug", ["n-", "n--2", "n--10000", "ꭰ", "Ꭰ", "n-2025"])
def test_slugs_that_were_made_before_are_still_accepted(slug: str) -> None:
    assert SLUG.validate_python(slug) == slug


@pytest.mark.parametrize("slug", ["-", "n--", "n-x-", "n--02", "n--2-", "m-", "N-", "Rain", "2025", "🙂", "a b"])
def test_nothing_else_than_those_is_accepted(slug: str) -> None:
    with pytest.raises(ValidationError, match="must be a slug"):
        SLUG.validate_python(slug)


def test_no_page_or_route_has_an_address_that_a_slug_could_have() -> None:
    taken = {
        route.path
        for module in (*API, *PUBLIC, *EMBEDS, *EDITING)
        for route in module.router.routes
        for kind, parts in [(route.path.removeprefix("/api").split("/")[1], route.path.removeprefix("/api").split("/"))]
        if kind in ("commentators", "questions") and len(parts) > 2 and parts[2] != "{which}" and "." not in parts[2]
    }
    assert taken == set()


def test_names_without_a_letter_get_a_slug_of_their_own_that_stays_the_same(session: Session) -> None:
    people = [enter_commentator(session, CommentatorIn(name=name), **BY) for name in ("🙂", "-", "🙃", "- -")]
    assert len({person.slug for person in people}) == 4
    assert people[0].slug == "commentator-d06f1525", "a hash of the name, the same in every database"
    assert all(person.slug.startswith("commentator-") for person in people)


def test_equal_slugs_are_numbered_and_then_hashed(session: Session) -> None:
    names = [f"Ann{'!' * count}" for count in range(12)]
    slugs = [enter_commentator(session, CommentatorIn(name=name), **BY).slug for name in names]
    assert slugs[:9] == ["ann", *(f"ann-{number}" for number in range(2, 10))]
    assert len(set(slugs)) == 12
    assert all(len(slug) == len("ann-") + 8 for slug in slugs[9:])


def test_questions_of_one_text_have_distinct_slugs(session: Session) -> None:
    days = [f"2025-{month:02}-20" for month in range(4, 13)] + ["2026-01-20", "2026-02-20"]
    rows = [enter_question(session, QuestionIn.model_validate(QUESTION | {"deadline": d}), **BY) for d in days]
    mute = [
        enter_question(session, QuestionIn.model_validate(QUESTION | {"text": "?!", "deadline": d}), **BY) for d in days
    ]
    assert len({row.slug for row in rows + mute}) == 2 * len(days)
    assert all(row.slug.startswith("question-") for row in mute)


def test_a_name_whose_slugs_are_all_taken_is_refused_with_the_remedy(session: Session) -> None:
    with pytest.raises(InvalidInput, match="give one") as raised:
        free_slug("Ann", "commentator", "ann", lambda slugs: set(slugs))
    assert raised.value.faults[0].pointer == "/slug"


@pytest.mark.parametrize("form", ["🙂{}", "Ann{}"], ids=["without a letter", "of one slug"])
def test_the_new_names_of_a_batch_get_their_slugs_by_few_queries(session: Session, form: str) -> None:
    """The numbers are written in signs, so that no name has a digit. 10,000 such lines once took hours."""
    signs = str.maketrans("01", "☀☁")
    names = [form.format(f"{number:b}".translate(signs)) for number in range(400)]
    items = [
        PredictionIn.model_validate(
            {"commentator": {"name": name}, "question": QUESTION, "made_at": "2025-03-01", "probability": 0.5}
        )
        for name in names
    ]
    statements: list[str] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    record_predictions(session, items[:200], **BY)
    first = len(statements)
    record_predictions(session, items[200:], **BY)
    looked_up = [one for one in statements if "commentator.slug IN" in one]
    assert len(looked_up) <= 10
    assert len(statements) - first <= first <= 40
    slugs = session.exec(select(Commentator.slug).order_by(col(Commentator.id))).all()
    assert len(set(slugs)) == 400
    assert session.exec(select(Question.slug)).all() == ["will-it-rain"]
