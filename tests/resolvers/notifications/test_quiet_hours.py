"""Quiet hours and digest times in the time zone of a channel, also when clocks change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.notifications.quiet_hours import is_quiet, send_time

MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
INSTANTS = st.integers(0, 20 * 366 * 24 * 60).map(lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + minutes * MINUTE)
WALL = st.times().map(lambda time: f"{time:%H:%M}")


@dataclass
class At:
    """The hours of a channel."""

    zone: str = "UTC"
    quiet_from: str | None = None
    quiet_to: str | None = None
    digest_at: str | None = None


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end", "now", "quiet"),
    [
        ("UTC", "22:00", "07:00", "2025-04-01T21:59:59", False),
        ("UTC", "22:00", "07:00", "2025-04-01T22:00:00", True),
        ("UTC", "22:00", "07:00", "2025-04-02T06:59:59", True),
        ("UTC", "22:00", "07:00", "2025-04-02T07:00:00", False),
        ("UTC", "12:00", "13:00", "2025-04-01T12:30:00", True),
        ("UTC", "12:00", "13:00", "2025-04-01T13:00:00", False),
        ("America/New_York", "22:00", "07:00", "2025-04-02T02:00:00", True),
        ("America/New_York", "22:00", "07:00", "2025-04-02T01:59:00", False),
        ("Asia/Kathmandu", "22:00", "07:00", "2025-04-01T16:15:00", True),
        # Berlin, the night of 30 March 2025, when clocks go from 02:00 to 03:00, and of 26 October, back from 03:00:
        ("Europe/Berlin", "22:00", "07:00", "2025-03-30T04:59:00", True),
        ("Europe/Berlin", "22:00", "07:00", "2025-03-30T05:00:00", False),
        ("Europe/Berlin", "22:00", "07:00", "2025-10-26T05:59:00", True),
        ("Europe/Berlin", "22:00", "07:00", "2025-10-26T06:00:00", False),
        ("Europe/Berlin", "02:15", "02:45", "2025-03-30T01:20:00", False),  # that half hour is not on the wall
        ("Europe/Berlin", "02:15", "02:45", "2025-10-26T00:20:00", True),  # and here it is there twice
        ("Europe/Berlin", "02:15", "02:45", "2025-10-26T01:20:00", True),
    ],
)
def test_quiet_hours_follow_the_local_time(zone: str, start: str, end: str, now: str, quiet: bool) -> None:
    assert is_quiet(At(zone, start, end), utc(now)) is quiet


@pytest.mark.parametrize(
    ("zone", "at", "now", "expected"),
    [
        ("UTC", "08:00", "2025-04-01T07:59:59", "2025-04-01T08:00:00"),
        ("UTC", "08:00", "2025-04-01T08:00:00", "2025-04-02T08:00:00"),
        ("America/New_York", "08:00", "2025-04-01T11:00:00", "2025-04-01T12:00:00"),
        ("Pacific/Auckland", "08:00", "2025-04-01T21:00:00", "2025-04-02T19:00:00"),
        ("Europe/Berlin", "08:00", "2025-03-29T12:00:00", "2025-03-30T06:00:00"),  # a day of 23 hours
        ("Europe/Berlin", "08:00", "2025-10-25T12:00:00", "2025-10-26T07:00:00"),  # of 25
        ("Europe/Berlin", "02:30", "2025-03-29T12:00:00", "2025-03-30T01:30:00"),  # 02:30 is skipped: 03:30
        ("Europe/Berlin", "02:30", "2025-10-25T12:00:00", "2025-10-26T00:30:00"),  # comes twice: the first
        ("Europe/Berlin", "02:30", "2025-10-26T00:30:00", "2025-10-27T01:30:00"),  # and not the second
        ("Pacific/Apia", "08:00", "2011-12-29T20:00:00", "2011-12-30T18:00:00"),  # 30 December 2011 was left out
    ],
)
def test_a_digest_is_sent_at_its_local_time(zone: str, at: str, now: str, expected: str) -> None:
    assert send_time(At(zone, digest_at=at), utc(now)) == utc(expected)


def test_without_hours_everything_goes_out_at_once() -> None:
    assert not is_quiet(At(), utc("2025-04-01T00:00:00"))
    assert send_time(At(), utc("2025-04-01T00:00:00")) == utc("2025-04-01T00:00:00")


@given(zone=ZONES, now=INSTANTS, at=WALL)
def test_the_next_digest_is_always_ahead_and_never_more_than_two_days(zone: str, now: datetime, at: str) -> None:
    waits = send_time(At(zone, digest_at=at), now) - now
    assert timedelta(0) < waits <= timedelta(hours=49)


@given(zone=ZONES, now=INSTANTS, start=WALL, end=WALL)
def test_quiet_hours_and_their_opposite_make_up_the_day(zone: str, now: datetime, start: str, end: str) -> None:
    if start != end:
        assert is_quiet(At(zone, start, end), now) != is_quiet(At(zone, end, start), now)
