"""Corrections in words: a heading, the address of what was corrected, and each changed value before and after."""

from datetime import datetime
from typing import Any

from predictions.queries.corrections import CorrectionView
from service.pages.rendering.formatting import instant, percent, short
from service.pages.rendering.labels import action

LONGEST_VALUE = 400
NOTHING = "nothing"
_LABELS = {
    "against": "words of the opposite",
    "archive_url": "archived copy",
    "hedge": "words",
    "high": "upper bound of the words",
    "known_at": "known at",
    "low": "lower bound of the words",
    "made_at": "made at",
    "published_on": "day of publication",
    "statement_on": "day of the statement",
    "statement_url": "address of the statement",
}
_TIMES = {"deadline", "known_at", "made_at", "opens_at"}
_PROBABILITIES = {"probability", "low", "high"}


def heading(view: CorrectionView) -> str:
    """Return what happened to what, as in "Prediction corrected: Ann Example on Will it rain?"."""
    about = [view.commentator.name] if view.commentator else []
    about += [view.question.text] if view.question else []
    about += [view.source.title or view.source.url] if view.source else []
    return f"{action(view.action)}: {' on '.join(about) or f'{view.subject} {view.subject_id}'}"


def place(view: CorrectionView) -> str:
    """Return the path of the page that shows what was corrected."""
    if view.question is not None:
        part = {"prediction": "#predictions", "resolution": "#resolution"}.get(view.subject, "")
        return f"/questions/{view.question.slug}{part}"
    if view.commentator is not None:
        return f"/commentators/{view.commentator.slug}"
    return f"/sources/{view.source.id}" if view.source is not None else f"/ledger?before={view.id + 1}"


def differences(view: CorrectionView) -> list[tuple[str, str, str | None]]:
    """Return label, former and new value of each field that differs; the new one is None if all of it was removed."""
    new = view.after or None
    return [
        (_label(name), _text(name, before), None if new is None else _text(name, new.get(name)))
        for name, before in view.before.items()
    ]


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _text(name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in _TIMES:
        return instant(datetime.fromisoformat(value))
    if name in _PROBABILITIES:
        return percent(value)
    if isinstance(value, dict):
        return ", ".join(f"{option} {percent(it)}" for option, it in value.items())
    if isinstance(value, list):
        return short("; ".join(map(_item, value)), LONGEST_VALUE)
    return short(str(value), LONGEST_VALUE)


def _item(value: Any) -> str:
    """Return an item of a list: a topic or an option, or the address and note of a piece of evidence."""
    if not isinstance(value, dict):
        return str(value)
    return " ".join(str(value[name]) for name in ("url", "note") if value.get(name))
