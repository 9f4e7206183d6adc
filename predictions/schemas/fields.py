"""Field types of the validated inputs: strict, bounded, with remedies in their messages."""

import re
import unicodedata
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
)

from predictions.columns import MAX_ID
from predictions.errors import InvalidInput, time_text

#: What a calendar day and an address must be.
DATE = "must be a date, for example 2025-03-18"
WEB_ADDRESS = "must be a web address that begins with http:// or https://, for example https://example.org/article"
LAST_INSTANT_OF_DAY = time(23, 59, 59)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})?")
#: What names without a letter or digit got until 0.2; they stay, and go from one database to another.
_EARLIER_SLUG = re.compile(r"n-(-[1-9]\d{0,9})?", re.ASCII)
_SCHEME_AND_HOST = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_URL = TypeAdapter(HttpUrl)
_EARLIEST, _LATEST = 1900, 2200
Day = TypeVar("Day", bound=date)


class Input(BaseModel):
    """An input from outside: strict types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _clean(value: str) -> str:
    if any(ch == "\x00" or "\ud800" <= ch <= "\udfff" for ch in value):
        raise ValueError("must be plain text: remove NUL characters and lone surrogates")
    return value.strip()


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return _in_utc(value)
    if not isinstance(value, str):
        raise ValueError("must be a time in RFC 3339, as text, for example 2025-03-18T20:00:00Z")
    if _DATE.fullmatch(value):
        return _in_utc(datetime.combine(_day(value), time(), UTC))
    return _in_utc(_parse(value))


def _known(value: Any) -> Any:
    """Parse like ``_instant``, but keep a date alone, whose end depends on the question's zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _in_accepted_years(_day(value))
    return _instant(value)


def _parse(value: str) -> datetime:
    if not _INSTANT.fullmatch(value):
        raise ValueError("must be a time in RFC 3339, for example 2025-03-18T20:00:00Z, or a date such as 2025-03-18")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("is not a valid time: check day, month, hour and offset") from None


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a valid date: check day and month") from None


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs an offset from UTC: write 2025-03-18T20:00:00Z, or +01:00 in place of the Z")
    return _in_accepted_years(value).astimezone(UTC)


def _in_accepted_years(value: Day) -> Day:
    if not _EARLIEST < value.year < _LATEST:
        raise ValueError(f"must lie between {_EARLIEST + 1} and {_LATEST - 1}: check the year")
    return value


def _calendar_day(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(DATE)
    return _day(value).isoformat()


_zones = cache(available_timezones)  # it lists a folder at every call


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("must be the name of an IANA time zone, for example UTC, Europe/Kyiv or America/New_York")
    return value


def check_web_address(value: str) -> str:
    """Return an address that every browser and every reader takes for the same one. Raises ``ValueError``.

    A user name and password in it would be published; other characters make it look like another address.
    """
    if any(each == "\\" or each.isspace() or unicodedata.category(each) in ("Cc", "Cf") for each in value):
        raise ValueError(
            "must be a web address without spaces, backslashes, control and invisible characters: percent-encode them "
            "(a space is %20), or remove them"
        )
    if "@" in re.split("[/?#]", value.partition(":")[2].lstrip("/"), maxsplit=1)[0]:
        raise ValueError("must not contain a user name or password: remove what stands before the @")
    return value


def _web_address(value: str) -> str:
    check_web_address(value)
    if not _SCHEME_AND_HOST.match(value):  # without both slashes, browsers read it as relative to the page
        raise ValueError(WEB_ADDRESS)
    try:
        _URL.validate_python(value)  # http and https only; the parsed form would change the spelling
    except ValidationError:
        raise ValueError(WEB_ADDRESS) from None
    return value


def _slug(value: str) -> str:
    if _EARLIER_SLUG.fullmatch(value):
        return value
    lower = value in (value.lower(), value.casefold())  # until 0.2 slugs were folded only, which makes some capitals
    if not re.fullmatch(r"[\w]+(-[\w]+)*", value) or not lower or value.isdecimal():
        raise ValueError("must be a slug: lower-case words joined by hyphens, not a number, for example new-sanctions")
    return value


def check_period(since: datetime | None, until: datetime | None) -> None:
    """Raise ``InvalidInput`` for a period that ends before it begins."""
    if since is not None and until is not None and until <= since:
        raise InvalidInput.at("/query/to", f"must be later than `from`, {time_text(since)}: swap them or leave one out")


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of a local day as an instant in UTC; every day has exactly one.

    Where clocks go back over midnight, 23:59:59 comes twice: the later one ends the day. Where they skip 23:59:59, the
    day ends with the last second before; a day that a zone skipped whole ends together with the day before it.
    """
    local, last = ZoneInfo(zone), datetime.combine(day, LAST_INSTANT_OF_DAY)
    first, later = sorted(last.replace(tzinfo=local, fold=fold).astimezone(UTC) for fold in (0, 1))
    if later.astimezone(local).replace(tzinfo=None) == last:
        return later

    def is_over(seconds: int) -> bool:
        return (first + timedelta(seconds=seconds)).astimezone(local).date() > day

    skipped = bisect_left(range(round((later - first).total_seconds())), True, key=is_over)
    return first + timedelta(seconds=skipped - 1)


def local_deadline(naive: datetime, zone: str) -> datetime:
    """Convert a local wall-clock time to an instant in UTC; 23:59:59 is the end of its day.

    Raises ``ValueError`` for another local time that does not exist or exists twice (daylight saving).
    """
    if naive.time() == LAST_INSTANT_OF_DAY:
        return end_of_day(naive.date(), zone)
    local = ZoneInfo(zone)
    first, second = (naive.replace(tzinfo=local, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(local).replace(tzinfo=None) != naive:
        raise ValueError(f"does not exist in {zone} (clocks skip it): give the time with its offset from UTC")
    if first.utcoffset() != second.utcoffset():
        raise ValueError(f"occurs twice in {zone} (clocks are set back): give the time with its offset from UTC")
    return first.astimezone(UTC)


def _deadline(value: Any) -> Any:
    """Parse an instant, or a local date or time without offset, to be converted in the question's zone."""
    if isinstance(value, datetime):
        return _in_utc(value) if value.tzinfo else _in_accepted_years(value)
    if not isinstance(value, str):
        raise ValueError("must be a time or date as text, for example 2025-12-31 or 2025-12-31T23:59:59Z")
    if _DATE.fullmatch(value):
        return _in_accepted_years(datetime.combine(_day(value), LAST_INSTANT_OF_DAY))
    parsed = _parse(value)
    return _in_utc(parsed) if parsed.tzinfo else _in_accepted_years(parsed)


def _supersedes(value: Any) -> Any:
    if value not in (None, "none") and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError('must be the id of the newest resolution, or "none" if there is none')
    return value


Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Supersedes = Annotated[Id | Literal["none"] | None, BeforeValidator(_supersedes)]
Line = Annotated[str, AfterValidator(_clean), Field(max_length=200)]
Name = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=200)]
Note = Annotated[str, AfterValidator(_clean), Field(max_length=10_000)]
Words = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=200)]
Prose = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=10_000)]
Title = Annotated[str, AfterValidator(_clean), Field(max_length=500)]
Option = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=120)]
Slug = Annotated[str, AfterValidator(_clean), AfterValidator(_slug), Field(min_length=1, max_length=120)]
Topic = Annotated[str, AfterValidator(_clean), AfterValidator(_slug), Field(min_length=1, max_length=60)]
Url = Annotated[str, AfterValidator(_clean), AfterValidator(_web_address), Field(max_length=2000)]
Zone = Annotated[str, AfterValidator(_clean), AfterValidator(_zone)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
KnownInstant = Annotated[datetime | date, BeforeValidator(_known)]
LocalOrInstant = Annotated[datetime, BeforeValidator(_deadline)]
CalendarDay = Annotated[str, BeforeValidator(_calendar_day)]
