"""Formats of numbers, times and texts on pages."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: A name in the text of an error, as the API writes it.
_NAME = re.compile(r"`([^`]+)`")


def percent(value: float | None) -> str:
    """Format a probability in percent: whole, or with enough digits to differ from 0% and 100%."""
    if value is None:
        return EN_DASH
    for digits in range(4):
        text = f"{100 * value:.{digits}f}"
        if value in (0, 1) or float(text) not in (0, 100):
            break
    return f"{text}%"


def percent_range(low: float | None, high: float | None) -> str:
    """Format a range of probabilities, as in "10-30%"; one number if both ends look the same."""
    one, other = percent(low), percent(high)
    return one if one == other else f"{one.removesuffix('%')}{EN_DASH}{other}"


def brier(value: float | None) -> str:
    """Format a Brier score with three digits."""
    return EN_DASH if value is None else f"{value:.3f}"


def points(value: float | None) -> str:
    """Format skill points with their sign."""
    if value is None:
        return EN_DASH
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else (MINUS if value < 0 else "+") + text


def signed(value: float, digits: int = 3) -> str:
    """Format a difference of Brier scores with its sign."""
    return (MINUS if value < 0 else "+") + f"{abs(value):.{digits}f}"


def between(low: float | None, high: float | None, form: Callable[[float], str]) -> str:
    """Format a 90% interval, as in "90%: 0.180 to 0.240"; empty if there is none."""
    return "" if low is None or high is None else f"90%: {form(low)} to {form(high)}"


def rank_range(low: int | None, high: int | None) -> str:
    """Format a range of ranks, as in "1-4"."""
    if low is None:
        return EN_DASH
    return str(low) if low == high or high is None else f"{low}{EN_DASH}{high}"


def number(value: float) -> str:
    """Format a number without superfluous digits, with a typographic minus sign."""
    return f"{value:g}".replace("-", MINUS)


def count(number: int) -> str:
    """Format a whole number with commas between thousands."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Format a number with its noun, as in "1 question" and "2 questions"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(value: datetime | str | None) -> str:
    """Format a day as in "18 Mar 2025"; times are UTC."""
    if value is None:
        return EN_DASH
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def instant(value: datetime) -> str:
    """Format a day and time as in "18 Mar 2025, 20:00 UTC"."""
    return f"{day(value)}, {value:%H:%M} UTC"


def iso(value: datetime) -> str:
    """Format an instant by ISO 8601."""
    return value.isoformat().replace("+00:00", "Z")


def moment(value: datetime) -> str:
    """Format an instant for a query string: midnight as the day alone."""
    return iso(value).removesuffix("T00:00:00Z")


def away(then: datetime, now: datetime) -> str:
    """Format the distance between two instants, roughly: "in 3 days", "2 years ago"."""
    days = round((then - now).total_seconds() / 86400)
    size = abs(days)
    if size == 0:
        return "today"
    unit, number = ("day", size) if size < 60 else ("month", round(size / 30.44))
    if size >= 730:
        unit, number = "year", round(size / 365.25)
    text = plural(number, unit)
    return f"in {text}" if days > 0 else f"{text} ago"


def capital(text: str) -> str:
    """Return the text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text with a capital at its start, a full stop at its end, and names in quotation marks."""
    text = _NAME.sub("\u201c\\1\u201d", text)
    return capital(text) + ("" if text.endswith((".", "!", "?")) else ".")


def host(url: str) -> str:
    """Return the host of an address, without "www."."""
    return url.split("//", 1)[-1].split("/", 1)[0].removeprefix("www.")


def contact_link(contact: str, subject: str) -> str:
    """Return a link to the operator's contact address (mail with a subject, or web); empty if there is none."""
    if contact.startswith(("http://", "https://")):
        return contact
    if "@" not in contact or " " in contact:
        return ""
    mail = "mailto:" + quote(contact.removeprefix("mailto:"), safe="@+")
    return f"{mail}?subject={quote(subject)}" if subject else mail


def short(text: str, length: int) -> str:
    """Shorten a text to at most ``length`` characters, cut at a word."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "\N{HORIZONTAL ELLIPSIS}"


#: The filters of the templates.
FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        percent,
        brier,
        points,
        count,
        day,
        instant,
        iso,
        moment,
        away,
        capital,
        sentence,
        host,
        short,
    )
}
