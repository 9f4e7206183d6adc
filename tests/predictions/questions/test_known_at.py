"""The time at which an outcome became known, where only its day is given."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from predictions.errors import InvalidInput
from predictions.questions.resolve import checked_known_at
from predictions.schemas.inputs import ResolutionIn

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)


def known(text: str, zone: str = "UTC") -> datetime:
    body = {"outcome": "yes", "known_at": text, "evidence": [{"url": "https://example.org/a"}]}
    data = ResolutionIn.model_validate(body)
    assert ResolutionIn.model_validate_json(data.model_dump_json()) == data, "an import stores lines as JSON"
    return checked_known_at(data.known_at, NOW, zone)


def test_a_date_alone_is_the_end_of_that_day_so_that_predictions_of_the_day_count() -> None:
    assert known("2025-06-09") == datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC)


def test_today_alone_is_now() -> None:
    assert known("2025-06-10") == NOW


@pytest.mark.parametrize("text", ["2025-06-11", "2025-06-10T12:06:00Z"])
def test_an_outcome_cannot_be_known_in_the_future(text: str) -> None:
    with pytest.raises(InvalidInput) as found:
        known(text)
    assert found.value.faults[0].pointer == "/known_at"


def test_a_time_of_a_clock_that_is_some_minutes_ahead_is_taken_as_given() -> None:
    assert known("2025-06-10T12:05:00Z") == datetime(2025, 6, 10, 12, 5, tzinfo=UTC)


def test_a_date_alone_is_a_day_of_the_questions_zone() -> None:
    assert known("2025-06-09", "Asia/Tokyo") == datetime(2025, 6, 9, 14, 59, 59, tzinfo=UTC)
    assert known("2025-06-09", "Pacific/Pago_Pago") == datetime(2025, 6, 10, 10, 59, 59, tzinfo=UTC)
    assert known("2025-06-10", "Pacific/Pago_Pago") == NOW, "there, today is still yesterday in Tokyo"
    assert known("2025-06-10", "Pacific/Kiritimati") == datetime(2025, 6, 10, 9, 59, 59, tzinfo=UTC)
    assert known("2025-06-11", "Pacific/Kiritimati") == NOW
    with pytest.raises(InvalidInput):
        known("2025-06-11", "Asia/Tokyo")


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs an offset"):
        known("2025-06-09T12:00:00")
