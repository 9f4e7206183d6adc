"""All resolvers there are, and how one is set up and run."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from predictions.enums import QuestionKind
from predictions.errors import Fault, InvalidInput
from resolvers.sources.evidence import Probe
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, Resolver, broken_rule
from resolvers.sources.json_api import JsonFeed
from resolvers.sources.markets import MIRRORS
from resolvers.sources.ofac import Ofac
from resolvers.sources.rss import FeedWatch

GROUP = "trackrecord.resolvers"


@cache
def all_resolvers() -> Mapping[str, Resolver]:
    """Every resolver by its key: our own, and those that installed packages offer as entry points of ``GROUP``.

    An entry point names a resolver, or a class that makes one without arguments. It cannot replace one of ours.
    """
    found: dict[str, Resolver] = {}
    for point in entry_points(group=GROUP):
        offered = point.load()
        resolver = offered() if isinstance(offered, type) else offered
        found[resolver.key] = resolver
    own: tuple[Resolver, ...] = (JsonFeed(), Ofac(), *MIRRORS, FeedWatch())
    return found | {resolver.key: resolver for resolver in own}


def find_resolver(key: str) -> Resolver:
    """The resolver of this key. Raises ``InvalidInput`` at ``/resolver``."""
    known = all_resolvers()
    if key not in known:
        raise InvalidInput.at("/resolver", f"no resolver is called {key!r}: choose one of {', '.join(sorted(known))}")
    return known[key]


def checked_config(key: str, settings: Any, kind: QuestionKind = QuestionKind.BINARY) -> Config:
    """The settings of a resolver for a question of this kind, validated.

    Raises ``InvalidInput`` with a pointer below ``/config`` for each fault.
    """
    resolver = find_resolver(key)
    if kind is not QuestionKind.BINARY:
        raise InvalidInput.at("/resolver", "resolvers answer yes/no questions only: resolve this one by hand")
    if any("\0" in text for text in _texts(settings)):
        raise InvalidInput.at("/config", "must be plain text: remove NUL characters")
    try:
        return resolver.settings.model_validate(settings)
    except ValidationError as error:
        faults = [_fault(item) for item in error.errors(include_url=False, include_context=False, include_input=False)]
        raise InvalidInput(f"the settings of the resolver {key!r} are not valid", *faults) from None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, however deep."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict | list):
            waiting += [*part, *part.values()] if isinstance(part, dict) else part


def _fault(error: Mapping[str, Any]) -> Fault:
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"])
    return Fault(f"/config{path}", str(error["msg"]).removeprefix("Value error, "))


def probe(question: ProbedQuestion, key: str, settings: Any, fetch: Fetch) -> Probe:
    """Look at the source once, and hold what the resolver says against the rules.

    A proposal that breaks one is dropped, and the reason says why. Raises ``InvalidInput`` for the settings, and
    ``FetchError`` where the source gives nothing to go by, which is never an outcome.
    """
    config = checked_config(key, settings, question.kind)
    looked = find_resolver(key).probe(question, config, fetch)
    if looked.proposal is None:
        return looked
    broken = broken_rule(question, looked.proposal, fetch.now())
    if broken is None:
        return looked
    return Probe(observed=looked.observed, reason=f"{looked.reason}; but it is not proposed, as {broken}")
