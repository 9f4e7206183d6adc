"""The end of a day in a time zone: one instant for every day of every zone."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from predictions.schemas.fields import end_of_day, local_deadline

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ZONES = sorted(available_timezones())
DAYS = st.dates(date(1902, 1, 1), date(2198, 12, 31))


def local_date(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@settings(max_examples=300, deadline=None)
@given(day=DAYS, zone=st.sampled_from(ZONES))
@example(date(2026, 10, 29), "Africa/Cairo")
@example(date(2026, 4, 4), "America/Santiago")
@example(date(2025, 3, 29), "America/Scoresbysund")
@example(date(2010, 11, 6), "America/St_Johns")
def test_a_day_ends_with_the_last_second_that_has_its_date(day: date, zone: str) -> None:
    end = end_of_day(day, zone)
    assert end.tzinfo is UTC
    assert local_date(end, zone) == day
    later = [end + SECOND, *(end + minutes * timedelta(minutes=1) for minutes in range(1, 36 * 60))]
    assert all(local_date(at, zone) > day for at in later)


def test_around_every_change_of_clocks_each_day_ends_a_day_after_the_one_before() -> None:
    for zone in ZONES:
        local, offset = ZoneInfo(zone), None
        for number in range(366 * 3):
            noon = datetime.combine(date(2024, 1, 1) + number * DAY, time(12), local)
            if offset not in (None, noon.utcoffset()):
                ends = [end_of_day(noon.date() + shift * DAY, zone) for shift in (-2, -1, 0, 1)]
                hours = [(b - a) / timedelta(hours=1) for a, b in pairwise(ends)]
                assert all(22 <= each <= 26 for each in hours), (noon, hours)
            offset = noon.utcoffset()


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2026-10-29", "Africa/Cairo", "2026-10-29T21:59:59+00:00"),  # 23:59:59 comes twice; the later one
        ("2026-04-04", "America/Santiago", "2026-04-05T03:59:59+00:00"),
        ("2025-03-29", "America/Scoresbysund", "2025-03-30T00:59:59+00:00"),  # 23:00 to midnight is skipped
        ("2011-12-30", "Pacific/Apia", "2011-12-30T09:59:59+00:00"),  # the whole day is skipped
        ("2025-06-09", "Europe/Berlin", "2025-06-09T21:59:59+00:00"),
    ],
)
def test_the_end_of_a_day_at_which_clocks_change(day: str, zone: str, end: str) -> None:
    assert end_of_day(date.fromisoformat(day), zone).isoformat() == end


def test_a_local_time_that_comes_twice_is_refused_unless_it_is_the_end_of_its_day() -> None:
    assert local_deadline(datetime(2026, 10, 29, 23, 59, 59), "Africa/Cairo").hour == 21  # noqa: DTZ001
    with pytest.raises(ValueError, match="occurs twice in Africa/Cairo"):
        local_deadline(datetime(2026, 10, 29, 23, 30), "Africa/Cairo")  # noqa: DTZ001
