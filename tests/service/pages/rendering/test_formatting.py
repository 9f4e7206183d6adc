"""Numbers, times and labels as readers see them."""

from datetime import UTC, datetime, timedelta

import pytest

from resolvers.prompts.schedule import ESCALATION, REMINDER_DAYS, reversal_step, stage_name
from service.pages.rendering import formatting, labels

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0%"), (1.0, "100%"), (0.5, "50%"), (0.996, "99.6%"), (0.004, "0.4%"), (0.9999, "99.99%")]
)
def test_percentages_never_round_to_certainty(value: float, text: str) -> None:
    assert formatting.percent(value) == text


def test_numbers_are_formatted_as_a_person_would_write_them() -> None:
    assert formatting.points(-0.04) == "0.0"
    assert formatting.points(-2.25) == "\N{MINUS SIGN}2.2"
    assert formatting.points(3) == "+3.0"
    assert formatting.rank_range(1, 4) == "1\N{EN DASH}4"
    assert formatting.percent_range(0.6, 0.85) == "60\N{EN DASH}85%"
    assert formatting.plural(1, "event") == "1 event"
    assert formatting.plural(1200, "event") == "1,200 events"


def test_what_is_not_known_is_a_dash() -> None:
    assert formatting.percent(None) == formatting.brier(None) == formatting.day(None) == formatting.EN_DASH


@pytest.mark.parametrize(
    ("days", "text"), [(0, "today"), (1, "in 1 day"), (-45, "45 days ago"), (100, "in 3 months"), (-800, "2 years ago")]
)
def test_relative_times_are_rounded(days: int, text: str) -> None:
    assert formatting.away(NOW + timedelta(days=days), NOW) == text


def test_every_prompt_stage_has_a_label() -> None:
    stages = [stage_name(day) for day in (0, *REMINDER_DAYS)] + [ESCALATION, reversal_step(7, NOW, 1).stage]
    texts = [labels.stage(name) for name in stages]
    assert texts[:3] == ["at the deadline", "reminder after 1 day", "reminder after 3 days"]
    assert "reminder after 2 weeks" in texts
    assert texts[-1] == "outcome contradicted by proposal 7"
    assert all("_" not in text for text in texts)


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("desk@example.org", "mailto:desk@example.org?subject=A%20mistake"),
        ("https://example.org/contact", "https://example.org/contact"),
        ("", ""),
        ("the desk, room 4", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_mistake_is_reported_to_the_address_in_the_settings_and_to_no_other_kind(contact: str, link: str) -> None:
    assert formatting.contact_link(contact, "A mistake") == link
