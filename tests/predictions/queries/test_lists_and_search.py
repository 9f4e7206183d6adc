"""Lists of the record in the order that readers expect, and search by words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from predictions.enums import QuestionStatus
from predictions.models import Prediction, Question
from predictions.queries.browsing import browse_questions, browse_sources, newest_questions, predictions_by_question
from predictions.queries.details import view_question
from predictions.queries.feeds import coming_deadlines, newest_resolutions
from predictions.queries.ledger_events import last_changes, list_events, newest_events
from predictions.queries.listing import QuestionFilter
from predictions.queries.overview import count_questions, latest_resolved, next_deadlines
from predictions.queries.question_trail import question_trail
from predictions.queries.search import SHOWN, find_commentator, find_questions, find_sources, questions_with_text
from predictions.questions.lookup import find_question
from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_prediction
from tests.support.source_requests import create_question, resolve_question

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def predict(session: Session, who: str, slug: str, **fields: Any) -> Prediction:
    body = {"commentator": {"name": who}, "question": {"slug": slug}, "made_at": "2025-03-01", "probability": 0.3}
    return record_prediction(session, PredictionIn.model_validate(body | fields), now=NOW, actor="editor")


def slugs(questions: Sequence[Question]) -> list[str]:
    return [question.slug for question in questions]


@pytest.fixture
def filled(session: Session) -> Session:
    """Four questions, the middle two resolved in the order of their deadlines."""
    for slug, days in (("late", 40), ("first", 1), ("second", 2), ("soon", 10)):
        create_question(session, slug, NOW + days * DAY, "weather" if slug in ("late", "first") else "sport")
    for slug, days in (("first", 1), ("second", 2)):
        question = find_question(session, slug)
        assert question is not None
        resolve_question(session, question, "yes", NOW + days * DAY)
    return session


def test_readers_see_what_is_open_by_deadline_and_then_what_has_an_outcome(filled: Session) -> None:
    everything, more = browse_questions(filled, QuestionFilter(), order=None, page=1, size=10)
    assert (slugs(everything), more) == (["soon", "late", "first", "second"], False)
    resolved = QuestionFilter(status=QuestionStatus.RESOLVED)
    assert slugs(browse_questions(filled, resolved, order=None, page=1, size=10)[0]) == ["second", "first"]
    newest, _ = browse_questions(filled, QuestionFilter(), order="newest", page=1, size=10)
    assert slugs(newest) == ["soon", "second", "first", "late"] == slugs(newest_questions(filled, 10))


def test_pages_divide_a_list_and_the_last_one_says_that_it_is(filled: Session) -> None:
    pages = [browse_questions(filled, QuestionFilter(), order=None, page=number, size=3) for number in (1, 2, 3)]
    assert [(slugs(rows), more) for rows, more in pages] == [
        (["soon", "late", "first"], True),
        (["second"], False),
        ([], False),
    ]


def test_the_overview_shows_the_latest_outcomes_and_the_next_deadlines(filled: Session) -> None:
    assert count_questions(filled) == {"open": 2, "resolved": 2}
    assert slugs(latest_resolved(filled, 1)) == ["second"]
    assert slugs(next_deadlines(filled, 5, now=NOW)) == ["soon", "late"]
    assert slugs(next_deadlines(filled, 5, now=NOW + 20 * DAY)) == ["late"]


def test_feeds_are_of_everything_or_of_one_topic_or_commentator(filled: Session) -> None:
    predict(filled, "Ann", "soon")
    predict(filled, "Ann", "first")
    ann = find_commentator(filled, "ann")
    assert slugs(coming_deadlines(filled, 5)) == ["soon", "late"]
    assert slugs(coming_deadlines(filled, 5, topic="weather")) == ["late"]
    assert slugs(coming_deadlines(filled, 5, commentator=ann)) == ["soon"]
    assert [question.slug for _, question in newest_resolutions(filled, 5)] == ["second", "first"]
    assert [question.slug for _, question in newest_resolutions(filled, 5, commentator=ann)] == ["first"]


def test_a_question_with_predictions_has_their_number_and_one_without_is_left_out(filled: Session) -> None:
    first, late = (row.question_id for row in (predict(filled, "Ann", "first"), predict(filled, "Ann", "late")))
    predict(filled, "Bob", "first")
    soon = find_question(filled, "soon")
    assert soon is not None
    assert soon.id is not None
    assert predictions_by_question(filled, [first, late, soon.id]) == {first: 2, late: 1}


def test_the_ledger_reads_forwards_for_programs_and_backwards_for_readers(filled: Session) -> None:
    forwards = [event.seq for event in list_events(filled, limit=100)]
    assert forwards == sorted(forwards)
    assert [event.seq for event in list_events(filled, after=forwards[1], limit=2)] == forwards[2:4]
    assert [event.seq for event in newest_events(filled, before=forwards[-1], limit=2)] == forwards[-2:-4:-1]


def test_the_trail_of_a_question_has_its_own_events_and_those_of_its_predictions_alone(filled: Session) -> None:
    ours, _ = predict(filled, "Ann", "first"), predict(filled, "Ann", "late")
    question = filled.get_one(Question, ours.question_id)
    assert ours.id is not None
    trail = question_trail(filled, view_question(filled, question), [ours.id])
    subjects = [(event.subject, event.subject_id) for event in trail]
    assert ("prediction", ours.id) in subjects
    assert {number for subject, number in subjects if subject == "question"} == {question.id}
    assert len([subject for subject, _ in subjects if subject == "prediction"]) == 1
    (last,) = last_changes(filled, [ours.question_id]).values()
    assert last == max(event.at for event in trail if event.subject == "question")


@pytest.mark.parametrize("words", [["RAIN", "köln"], ["KÖLN"], ["köln", "rain"]])
def test_search_finds_words_in_any_order_and_either_case(session: Session, words: list[str]) -> None:
    create_question(session, "carnival", NOW + DAY, text="Will it rain in KÖLN, or in köln alone?")
    create_question(session, "dry", NOW + DAY, text="Will it rain in Rome?")
    assert slugs(find_questions(session, words)) == ["carnival"]


def test_search_takes_signs_of_patterns_as_text_and_shows_a_bounded_number(session: Session) -> None:
    for number in range(SHOWN + 1):
        create_question(session, f"q-{number}", NOW + DAY, text="Will it grow by 5%?")
    create_question(session, "plain", NOW + DAY, text="Will it grow by 5 points?")
    assert "plain" not in slugs(found := find_questions(session, ["5%"]))
    assert (len(found), found[0].slug) == (SHOWN, f"q-{SHOWN}")
    assert find_questions(session, ["gr_w"]) == []


def test_a_source_is_found_by_title_outlet_and_address_together(session: Session) -> None:
    create_question(session, "rain", NOW + DAY)
    predict(
        session, "Ann", "rain", source={"url": "https://example.org/column", "title": "Clouds", "outlet": "Gazette"}
    )
    assert [row.title for row in find_sources(session, ["gazette", "clouds", "column"])] == ["Clouds"]
    assert find_sources(session, ["gazette", "sun"]) == []


def test_sources_are_listed_newest_first_and_of_one_outlet_where_asked(session: Session) -> None:
    create_question(session, "rain", NOW + DAY)
    for day, outlet in ((1, "Gazette"), (3, "Mirror"), (2, "Gazette")):
        address = f"https://example.org/{day}"
        predict(session, "Ann", "rain", source={"url": address, "outlet": outlet, "published_on": f"2025-02-0{day}"})
    sources, more = browse_sources(session, outlet=None, page=1, size=2)
    assert ([row.published_on for row in sources], more) == (["2025-02-03", "2025-02-02"], True)
    of_one, more = browse_sources(session, outlet="Gazette", page=1, size=2)
    assert ([row.published_on for row in of_one], more) == (["2025-02-02", "2025-02-01"], False)


@pytest.mark.parametrize("text", ["Ann Invented", "  ann   INVENTED ", "ann-invented"])
def test_a_commentator_is_found_by_name_in_any_spelling_or_by_slug(session: Session, text: str) -> None:
    create_question(session, "rain", NOW + DAY)
    ann = predict(session, "Ann Invented", "rain").commentator_id
    found = find_commentator(session, text)
    assert found is not None
    assert found.id == ann


@pytest.mark.parametrize("text", ["", "   ", "Ann", "invented"])
def test_no_part_of_a_name_names_a_commentator(session: Session, text: str) -> None:
    create_question(session, "rain", NOW + DAY)
    predict(session, "Ann Invented", "rain")
    assert find_commentator(session, text) is None


def test_a_text_that_two_questions_share_shows_to_be_ambiguous(session: Session) -> None:
    for slug in ("one", "two", "three"):
        create_question(session, slug, NOW + DAY, text="Will it?")
    create_question(session, "other", NOW + DAY, text="Will it not?")
    assert slugs(questions_with_text(session, "Will it not?")) == ["other"]
    assert len(questions_with_text(session, "Will it?")) == 2
