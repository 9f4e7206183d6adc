"""Additions to the OpenAPI document: errors, public reading, summaries and examples."""

import base64
import hashlib
import json
import re
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

from service.cache.page_cache import PageBytes
from service.web.etag import etag_of, tagged
from service.web.openapi_examples import EXAMPLES, LINES
from service.web.problems import MEDIA_TYPE

#: Where fastapi_offline serves the files of Swagger UI.
DOCUMENTATION_FILES = "/static-offline-docs"
#: No resources from other hosts, and of inline scripts only the one that starts Swagger UI.
DOCUMENTATION_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Addresses to which anybody may write.
OPEN_TO_ALL = ("/api/contests",)
_TEXT = {"type": "string"}
_FIELD_ERROR = {
    "type": "object",
    "required": ["pointer", "detail"],
    "properties": {
        "pointer": _TEXT | {"description": "JSON pointer to the field; /query/... and /header/... outside the body"},
        "detail": _TEXT | {"description": "what is wrong and what to do"},
    },
}
PROBLEM = {
    "type": "object",
    "description": "Problem details as defined by RFC 9457.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": _TEXT | {"description": "relative URI that identifies the kind of problem"},
        "title": _TEXT | {"description": "kind of problem in a few words"},
        "status": {"type": "integer", "description": "HTTP status code"},
        "detail": _TEXT | {"description": "what is wrong and what to do"},
        "errors": {"type": "array", "items": _FIELD_ERROR, "description": "each invalid field; may be empty"},
    },
}
_ERROR_RESPONSE = {
    "description": "Any error: 400 malformed, 401 no valid key, 403 scope not granted, 404 not found, "
    "408 sent too slowly, 409 conflict with the record, 413 body too large, 415 wrong media type, 422 invalid, "
    "429 quota used up, 431 headers too large, 503 not available now; 429 and 503 with Retry-After",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def amend_openapi(app: FastAPI) -> None:
    """Add errors, public reading, summaries and examples to the app's OpenAPI document."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _amend(plain())
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]
    _serve_once_encoded(app)
    _serve_documentation(app)


def _serve_documentation(app: FastAPI) -> None:
    """Serve the documentation page under a policy that names the hash of its one inline script."""
    page = get_swagger_ui_html(
        openapi_url=str(app.openapi_url),
        title=f"{app.title} - Swagger UI",
        swagger_js_url=f"{DOCUMENTATION_FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{DOCUMENTATION_FILES}/swagger-ui.css",
        swagger_favicon_url=f"{DOCUMENTATION_FILES}/favicon.png",
    )
    scripts = re.findall(rb"<script>(.*?)</script>", page.body, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    headers = {"Content-Security-Policy": DOCUMENTATION_POLICY.format(hashes=hashes)}

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> Response:
        return Response(page.body, media_type="text/html", headers=headers)


def _serve_once_encoded(app: FastAPI) -> None:
    """Serve the document from memory: FastAPI encodes its 200 kB again for each request."""
    app.router.routes = [route for route in app.router.routes if getattr(route, "path", "") != app.openapi_url]
    encoded: list[PageBytes] = []

    @app.get(str(app.openapi_url), include_in_schema=False)
    async def openapi_document(request: Request) -> Response:
        if not encoded:
            body = json.dumps(app.openapi()).encode()
            encoded.append(PageBytes(body, etag_of(body), 0, None))
        return tagged(request, encoded[0].body, encoded[0].tag, gzipped=encoded[0].gzipped)


def _amend(document: dict[str, Any]) -> None:
    for methods in document["webhooks"].values():
        _set_summary(methods["post"])
        methods["post"]["responses"].pop("422", None)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _set_summary(operation)
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _ERROR_RESPONSE
            if (method == "get" or path in OPEN_TO_ALL) and "security" in operation:
                operation["security"].append({})  # no key needed unless the operator closes reading
    for path, examples in EXAMPLES.items():
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"] = examples
    document["paths"]["/api/predictions/batch"]["post"]["requestBody"] = LINES
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM


def _set_summary(operation: dict[str, Any]) -> None:
    """Make the first line of a route's docstring the summary, and the rest the description."""
    summary, _, details = operation["description"].partition("\n")
    operation["summary"], operation["description"] = summary.removesuffix("."), details.strip() or summary
