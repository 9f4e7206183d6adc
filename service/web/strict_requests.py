"""Strict requests: refuse unknown query parameters."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from predictions.errors import InvalidInput
from service.cache.page_cache import Address

FORMER_NAMES = {"worded": "verbal"}
#: Parameters that other sites and mail programs add to links in order to count visits. Pages ignore them.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid|mc_[ce]id|_g[al]|ref(_src|_url|errer)?"
)


async def check_request(request: Request) -> None:
    """Refuse unknown query parameters, as a misspelt filter would be ignored. Raises ``InvalidInput``."""
    check_query(request, request.scope["route"])


def check_query(request: Request, route: APIRoute) -> None:
    """Refuse unknown query parameters before the route is entered. Raises ``InvalidInput``."""
    _check_names(request.query_params, _known_parameters(route))


async def check_page_query(request: Request) -> None:
    """Refuse unknown query parameters of a page, as a misspelt filter would show another page than was asked for.

    Parameters that only count visits are ignored. Raises ``InvalidInput``.
    """
    given = (name for name in request.query_params if not _TRACKING.fullmatch(name))
    _check_names(given, _known_parameters(request.scope["route"]))


def page_key(request: Request) -> Address:
    """Return the key of a page in the page cache: its path and the query parameters that change it, sorted."""
    return request.scope["path"], urlencode(sorted(_meant(request).items())).encode()


def _meant(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if value and not _TRACKING.fullmatch(name)}


def _check_names(given: Iterable[str], known: Mapping[str, bool]) -> None:
    for name in given:
        if name in known:
            continue
        new = FORMER_NAMES.get(name)
        if new in known:
            raise InvalidInput.at(f"/query/{name}", f"is now called `{new}`: ask with {new}=...")
        listed = ", ".join(sorted(each for each, is_former in known.items() if not is_former))
        remedy = f"check its spelling; known are {listed}" if listed else "remove it; there are none here"
        raise InvalidInput.at(f"/query/{name}", f"is not a query parameter of this address: {remedy}")


#: For each endpoint its query parameters, and whether they are former names.
_KNOWN_PARAMETERS: WeakKeyDictionary[Callable[..., Any], Mapping[str, bool]] = WeakKeyDictionary()


def _known_parameters(route: APIRoute) -> Mapping[str, bool]:
    known = _KNOWN_PARAMETERS.get(route.endpoint)
    if known is None:
        known = _KNOWN_PARAMETERS[route.endpoint] = dict(_query_parameters(route.dependant))
    return known


def _query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):  # a query model: its fields are the parameters
            yield from ((field.alias or name, bool(field.deprecated)) for name, field in model.model_fields.items())
        else:
            yield parameter.alias, bool(parameter.field_info.deprecated)
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)
