"""Elements that long tables show hundreds of times: functions, as calling a macro costs several times as much."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from predictions.safe_text import SEPARATORS, printable, without_control
from predictions.schemas.views import PredictionView, SourceView
from service.pages.rendering.formatting import host, percent, percent_range, short
from service.pages.rendering.labels import FLAGS

_CLASSES = {
    **dict.fromkeys(("recorded_late", "made_too_late", "overridden"), " warn"),
    **dict.fromkeys(("withdrawn", "superseded"), " bad"),
}


def isolated(name: str) -> Markup:
    """Return a name in an element that keeps its text direction to itself."""
    if not name.isprintable():
        name = without_control(name.translate(SEPARATORS))
    return Markup(f"<bdi>{escape(name)}</bdi>")  # noqa: S704 - escaped


def question_link(question: Any) -> Markup:
    """Return a link to the page of a question, with its text."""
    return Markup(f'<a href="/questions/{escape(printable(question.slug))}">{isolated(question.text)}</a>')  # noqa: S704


def source_link(source: SourceView | None) -> Markup:
    """Return a link to the page of a source, named by its outlet, else its title or host."""
    if source is None:
        return Markup("no source")
    name = source.outlet or short(source.title, 60) or host(source.url)
    return Markup(f'<a href="/sources/{source.id}">{isolated(name)}</a>')  # noqa: S704 - escaped


def stated(prediction: PredictionView) -> Markup:
    """Return what a prediction says: its hedge and its probability, or the probability of each option."""
    parts = [f"<q>{escape(printable(prediction.hedge))}</q> "] if prediction.hedge else []
    if prediction.probability is not None:
        parts.append(f'<span class="num">{percent(prediction.probability)}</span>')
        if prediction.hedge and prediction.low is not None:
            parts.append(f' <small class="num">({percent_range(prediction.low, prediction.high)})</small>')
    elif prediction.probabilities:
        options = (
            f'<span class="nowrap">{isolated(option)} <span class="num">{percent(value)}</span></span>'
            for option, value in prediction.probabilities.items()
        )
        parts.append(f'<span class="options">{", ".join(options)}</span>')
    else:
        parts.append("no probability")
    return Markup("".join(parts))  # noqa: S704 - escaped


def outcome_badge(outcome: str) -> Markup:
    """Return an outcome as a badge."""
    return Markup(f'<span class="badge outcome">{isolated(outcome)}</span>')  # noqa: S704 - escaped


def flag_badges(names: Iterable[str]) -> Markup:
    """Return flags as badges with their meaning."""
    return Markup("".join(map(_flag_badge, names)))  # noqa: S704 - each is markup


@cache
def _flag_badge(name: str) -> Markup:
    text, meaning = FLAGS[name]
    badge = '<span class="badge{}" title="{}">{}</span>\n'
    return Markup(badge).format(_CLASSES.get(name, ""), meaning, text)  # noqa: S704 - it is a constant


#: The filters of the templates.
FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (isolated, question_link, source_link, stated, outcome_badge, flag_badges)
}
