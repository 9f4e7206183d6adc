"""The registry of resolvers: find one, validate its settings and run it."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from predictions.enums import QuestionKind
from predictions.errors import Fault, InvalidInput
from predictions.validation import validation_errors
from resolvers.sources.evidence import Probe
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, Resolver, broken_rule
from resolvers.sources.json_api import JsonResolver
from resolvers.sources.markets import MARKET_RESOLVERS
from resolvers.sources.ofac import OfacResolver
from resolvers.sources.rss import FeedResolver

ENTRY_POINT_GROUP = "trackrecord.resolvers"


@cache
def all_resolvers() -> Mapping[str, Resolver]:
    """Return every resolver by its key: the built-in ones, and those of the group ``ENTRY_POINT_GROUP``.

    An entry point names a resolver, or a class that creates one without arguments. It cannot replace a built-in one.
    """
    plugins: dict[str, Resolver] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        loaded = point.load()
        resolver = loaded() if isinstance(loaded, type) else loaded
        plugins[resolver.key] = resolver
    built_in: tuple[Resolver, ...] = (JsonResolver(), OfacResolver(), *MARKET_RESOLVERS, FeedResolver())
    return plugins | {resolver.key: resolver for resolver in built_in}


def find_resolver(key: str) -> Resolver:
    """Return the resolver with this key. Raises ``InvalidInput`` at ``/resolver``."""
    known = all_resolvers()
    if key not in known:
        raise InvalidInput.at("/resolver", f"there is no resolver {key!r}: choose one of {', '.join(sorted(known))}")
    return known[key]


def validate_config(key: str, settings: Any, kind: QuestionKind = QuestionKind.BINARY) -> Config:
    """Validate the settings of a resolver for a question of this kind, and return them.

    Raises ``InvalidInput`` with a pointer below ``/config`` for each error.
    """
    resolver = find_resolver(key)
    if kind is not QuestionKind.BINARY:
        raise InvalidInput.at("/resolver", "resolvers support yes-or-no questions only: resolve this one by hand")
    if any("\0" in text for text in _strings(settings)):
        raise InvalidInput.at("/config", "must be plain text: remove NUL characters")
    try:
        return resolver.settings.model_validate(settings)
    except ValidationError as error:
        faults = [
            Fault(f"/config{fault.pointer}", fault.detail)
            for fault in validation_errors(error.errors(include_url=False, include_input=False))
        ]
        raise InvalidInput(faults[0].detail, *faults) from None


def _strings(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value."""
    remaining = [value]
    while remaining:
        part = remaining.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict | list):
            remaining += [*part, *part.values()] if isinstance(part, dict) else part


def probe(question: ProbedQuestion, key: str, settings: Any, fetch: Fetch) -> Probe:
    """Probe the source once, and check the proposal against the rules.

    A proposal that breaks a rule is dropped, and the reason says so. Raises ``InvalidInput`` for the settings, and
    ``FetchError`` if the source has no usable response, which is never an outcome.
    """
    config = validate_config(key, settings, question.kind)
    result = find_resolver(key).probe(question, config, fetch)
    if result.proposal is None:
        return result
    rule = broken_rule(question, result.proposal, fetch.now())
    if rule is None:
        return result
    return Probe(observed=result.observed, reason=f"{result.reason}; it is not proposed because {rule}")
