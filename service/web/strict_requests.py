"""Strict request validation: unknown query parameters, duplicate JSON keys, wrong content type."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection
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
    """Refuse unknown query parameters and JSON objects with duplicate keys.

    Otherwise a misspelt filter would be ignored, and one of two probabilities silently dropped. Raises
    ``InvalidInput``, and 415 for another media type than JSON.
    """
    route = request.scope["route"]
    known = _known_parameters(route)
    for name in request.query_params:
        if name not in known:
            refuse_former_name(name, known)
            refuse_unknown(name, known)
    if route.body_field is not None:
        body = await request.body()
        if body and not _JSON.match(request.headers.get("content-type", "")):
            raise HTTPException(415, "the body must be JSON: send it with Content-Type: application/json", _ACCEPTED)
        if body.startswith(BOM_UTF8) or b"\0" in body:  # Python's parser accepts more than RFC 8259, section 8.1
            raise InvalidInput.at("", "is not plain UTF-8: encode it as UTF-8 without a byte order mark")
        with suppress(ValueError, RecursionError):  # FastAPI reports invalid JSON
            parse_json(body)


def refuse_former_name(parameter: str, known: Collection[str]) -> None:
    """Raise ``InvalidInput`` with the new name if a query parameter was renamed and the new one is known."""
    name = FORMER_NAMES.get(parameter)
    if name in known:
        raise InvalidInput.at(f"/query/{parameter}", f"is now called `{name}`: ask with {name}=...")


def refuse_unknown(parameter: str, known: Collection[str]) -> None:
    """Raise ``InvalidInput`` for a query parameter that does not exist, with those that do."""
    remedy = f"check its spelling; known are {', '.join(sorted(known))}" if known else "remove it; there are none here"
    raise InvalidInput.at(f"/query/{parameter}", f"is not a query parameter of this address: {remedy}")


_KNOWN_PARAMETERS: WeakKeyDictionary[Callable[..., Any], frozenset[str]] = WeakKeyDictionary()


def _known_parameters(route: APIRoute) -> frozenset[str]:
    known = _KNOWN_PARAMETERS.get(route.endpoint)
    if known is None:
        known = _KNOWN_PARAMETERS[route.endpoint] = frozenset(_query_parameters(route.dependant))
    return known


def _query_parameters(dependant: Dependant) -> set[str]:
    names: set[str] = set()
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):  # a query model: its fields are the parameters
            names |= {field.alias or name for name, field in model.model_fields.items()}
        else:
            names.add(parameter.alias)
    return names.union(*(_query_parameters(dependency) for dependency in dependant.dependencies))
