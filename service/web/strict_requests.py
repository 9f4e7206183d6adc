"""What an API takes without a word elsewhere, and here refuses: parameters it does not know, names said twice, JSON
that is not called JSON."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from predictions.errors import InvalidInput
from service.strict_json import parse_json

_JSON = re.compile(r"application/([\w.-]+\+)?json\s*(;|$)", re.IGNORECASE)
_ACCEPTED = {"Accept": "application/json"}
FORMER_NAMES = {"worded": "verbal"}


async def check_request(request: Request) -> None:
    """Refuse a query parameter that the route does not have, and a JSON object that says a name twice.

    A misspelt filter would otherwise list everything, and of two probabilities one would be dropped unsaid. Raises
    ``InvalidInput``, and 415 for a body of another media type.
    """
    route = request.scope["route"]
    known = _known_parameters(route)
    for name in request.query_params:
        refuse_former_name(name)
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise InvalidInput.at(f"/query/{name}", f"is no parameter of this address: remove it; {takes}")
    if route.body_field is not None:
        body = await request.body()
        if body and not _JSON.match(request.headers.get("content-type", "")):
            raise HTTPException(415, "the body must be JSON: send it with Content-Type: application/json", _ACCEPTED)
        if body.startswith(BOM_UTF8) or b"\0" in body:  # Python reads more than the UTF-8 of RFC 8259, section 8.1
            raise InvalidInput.at("", "the JSON is not plain UTF-8: encode it so, without a byte order mark")
        with suppress(ValueError, RecursionError):  # the framework tells of what is no JSON
            parse_json(body)


def refuse_former_name(parameter: str) -> None:
    """Raise ``InvalidInput`` for a query parameter that has another name now, and give that name."""
    if parameter in FORMER_NAMES:
        raise InvalidInput.at(f"/query/{parameter}", f"is now called {FORMER_NAMES[parameter]}: use that name")


_KNOWN_PARAMETERS: WeakKeyDictionary[Callable[..., Any], frozenset[str]] = WeakKeyDictionary()


def _known_parameters(route: APIRoute) -> frozenset[str]:
    known = _KNOWN_PARAMETERS.get(route.endpoint)
    if known is None:
        known = _KNOWN_PARAMETERS[route.endpoint] = frozenset(_query_parameters(route.dependant))
    return known


def _query_parameters(dependant: Dependant) -> set[str]:
    own: set[str] = set()
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):  # a query model: its fields are the parameters
            own |= {field.alias or name for name, field in model.model_fields.items()}
        else:
            own.add(parameter.alias)
    return own.union(*(_query_parameters(other) for other in dependant.dependencies))
