"""The time at which an outcome became known, where only its day is given."""

from datetime import UTC, datetime

import pytest

from predictions.errors import InvalidInput
from predictions.questions.resolve import checked_known_at
from predictions.schemas.inputs import ResolutionIn

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)


def known(text: str) -> datetime:
    body = {"outcome": "yes", "known_at": text, "evidence": [{"url": "https://example.org/a"}]}
    return ResolutionIn.model_validate(body).known_at


def test_a_date_alone_is_the_end_of_that_day_so_that_predictions_of_the_day_count() -> None:
    assert checked_known_at(known("2025-06-09"), NOW) == datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC)


def test_today_alone_is_now() -> None:
    assert checked_known_at(known("2025-06-10"), NOW) == NOW


@pytest.mark.parametrize("text", ["2025-06-11", "2025-06-10T12:06:00Z"])
def test_an_outcome_cannot_be_known_in_the_future(text: str) -> None:
    with pytest.raises(InvalidInput) as found:
        checked_known_at(known(text), NOW)
    assert found.value.faults[0].pointer == "/known_at"


def test_a_time_of_a_clock_that_is_some_minutes_ahead_is_taken_as_given() -> None:
    assert checked_known_at(known("2025-06-10T12:05:00Z"), NOW) == datetime(2025, 6, 10, 12, 5, tzinfo=UTC)
