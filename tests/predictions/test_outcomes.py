"""Probabilities of the options of a question: one for each, in its order, adding up to 1."""

import pytest
from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.models import Question
from predictions.outcomes import per_option
from tests.support.fake_clock import START
from tests.support.source_requests import create_question


@pytest.fixture
def question(session: Session) -> Question:
    return create_question(session, "how-much", START, kind="categorical", options=["none", "some", "much"])


def test_probabilities_by_name_come_in_the_order_of_the_options(question: Question) -> None:
    assert per_option({"much": 0.5, "none": 0.2, "some": 0.3}, question, pointer="/p") == [0.2, 0.3, 0.5]
    assert per_option([0.2, 0.3, 0.5], question, pointer="/p") == [0.2, 0.3, 0.5]


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"none": 0.5, "some": 0.5}, "exactly one probability for each option: none, some, much"),
        ({"none": 0.2, "some": 0.3, "much": 0.4, "all": 0.1}, "exactly one probability for each option"),
        ([0.5, 0.5], "3 probabilities, in the order of none, some, much"),
        ([0.5, 0.5, 0.5], "add up to 1"),
    ],
)
def test_probabilities_that_do_not_fit_the_options_are_refused_with_the_remedy(
    question: Question, given: list[float] | dict[str, float], remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=remedy) as found:
        per_option(given, question, pointer="/probabilities")
    assert found.value.faults[0].pointer == "/probabilities"
