"""The API described: OpenAPI 3.1 at /api/v1/openapi.json, and a page for people at /api/docs that needs no internet.

Rights and errors are written into the description from where they are declared, not by hand.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from flask import Flask, Response, json, redirect, request
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.wrappers import Response as ResponseBase

from backend import built_web
from backend.api import access
from backend.extensions import api

SPEC_URL, PAGE_URL = "/api/v1/openapi.json", "/api/docs"
OPEN = access.Access(public=True)

DESCRIPTION = """\
Offline-first field inspection. Errors are `application/problem+json` (RFC 9457) with a stable `code`. Times are RFC
3339 with an offset. Coordinates in answers are CGCS2000 longitude and latitude in degrees; a position that is sent
names its datum (WGS84, GCJ02, BD09 or CGCS2000), which is never guessed. Lists are paged by an opaque `cursor`, newest
first.

Sign in with `POST /api/v1/auth/login`, then send `Authorization: Bearer …`; devices send the token of their enrolment.
Pages of this server sign in with `POST /api/v1/auth/session`, which sets a cookie; with it every change needs the
page's `Origin` and the header `X-Bluegrid-Proof`.
"""

PROBLEM = {
    "type": "object",
    "description": "RFC 9457; further members depend on the code",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:bluegrid:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that a person can act on"},
        "code": {"type": "string", "description": "Stable; programs decide by it"},
        "errors": {"type": "object", "description": "By place and field, what is missing or wrong"},
    },
}
PROBLEM_ANSWER = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def init_app(app: Flask) -> None:
    """Serve the description and the page; called when every other route is registered."""
    page = get_swaggerui_blueprint(
        PAGE_URL,
        SPEC_URL,
        config={"app_name": "Bluegrid API", "validatorUrl": None, "layout": "BaseLayout", "persistAuthorization": True},
        blueprint_name="api-docs",
    )
    app.register_blueprint(page)
    setattr(app.view_functions["api-docs.show"], "bluegrid_access", OPEN)  # noqa: B010 (not ours to declare on)
    spec = api.spec  # this app's: a second app of the same process makes its own
    made: list[str] = []
    making = Lock()

    def openapi() -> Response:
        with making:
            if not made:
                api.describe(app, spec)
                made.append(json.dumps(description(app, spec.to_dict())))
        response = Response(made[0], mimetype="application/json")
        response.headers["Cache-Control"] = "no-cache"
        return response

    openapi.bluegrid_access = OPEN  # type: ignore[attr-defined]
    app.add_url_rule(SPEC_URL, "openapi", openapi)
    front.bluegrid_access = OPEN  # type: ignore[attr-defined]
    app.add_url_rule("/", "front", front)


def front() -> ResponseBase:
    """Whoever opens the bare address is led to what there is to see: a person to the client, a program to this page."""
    response = redirect(_front_of(browser="text/html" in request.headers.get("Accept", "")))
    response.vary.update(["Accept", "User-Agent"])
    return response


def _front_of(*, browser: bool) -> str:
    """The app on a phone, the console elsewhere; the page of the API for programs, and where no client was built."""
    agent = request.headers.get("User-Agent", "")
    app = "field" if "Mobi" in agent else "console"
    return built_web.BASES[app] if browser and built_web.is_built(app) else f"{PAGE_URL}/"


def description(app: Flask, made: dict[str, Any]) -> dict[str, Any]:
    """What flask-smorest made, with rights, problems and this route itself."""
    document: dict[str, Any] = json.loads(json.dumps(made))  # a copy, with text keys
    document["info"]["title"] = "Bluegrid 蓝格"
    document["info"]["description"] = DESCRIPTION
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    schemas = components.setdefault("schemas", {})
    schemas.pop("Error", None)
    schemas["Problem"] = PROBLEM
    components["responses"] = dict.fromkeys(components.get("responses", {}), PROBLEM_ANSWER)
    document["paths"][SPEC_URL] = {"get": _own_operation()}
    rights = _rights(app)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _declare(operation, rights.get((path, method)))
    return document


def openapi_path(rule: str) -> str:
    """A Flask rule as OpenAPI writes it: `/findings/<uuid:id>` is `/findings/{id}`."""
    out = []
    for part in rule.split("<"):
        name, closed, rest = part.partition(">")
        out.append("{" + name.rpartition(":")[2] + "}" + rest if closed else part)
    return "".join(out)


def _rights(app: Flask) -> dict[tuple[str, str], access.Access | None]:
    return {
        (openapi_path(rule.rule), method.lower()): access.declared(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method != "OPTIONS" or not getattr(rule, "provide_automatic_options", False)
    }


def _declare(operation: dict[str, Any], right: access.Access | None) -> None:
    """Who may call, in words and as a security requirement, and the problem that any route may answer with."""
    responses = operation.setdefault("responses", {})
    responses["default"] = PROBLEM_ANSWER
    for status, response in responses.items():
        if status.isdigit() and int(status) >= 400 and "$ref" not in response:
            response.setdefault("content", PROBLEM_ANSWER["content"])
    if right is None or right.public:
        operation["security"] = []
        return
    operation["security"] = [{"bearer": []}]
    who = [*(["devices"] if right.devices else []), *sorted(right.roles)]
    said = operation.get("description")
    operation["description"] = f"{said}\n\nFor: {', '.join(who)}." if said else f"For: {', '.join(who)}."
    responses.setdefault("401", {**PROBLEM_ANSWER, "description": "No valid token"})


def _own_operation() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "summary": "This description",
        "tags": ["docs"],
        "responses": {"200": {"description": "OpenAPI 3.1", "content": content}},
    }
