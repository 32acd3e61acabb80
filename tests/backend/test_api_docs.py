"""The API's description: every route is in it, it holds together, and its page needs no internet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from backend import create_app
from backend.api import access
from backend.api.docs import METHODS, openapi_path

NOT_DESCRIBED = {"api-docs.show"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def served_by_the_api(app: Flask) -> list[Any]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in NOT_DESCRIBED and rule.rule.startswith("/api/")
    ]


def test_every_route_of_the_api_is_described(app, document):
    for rule in served_by_the_api(app):
        item = document["paths"].get(openapi_path(rule.rule))
        assert item is not None, rule.rule
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert method.lower() in item, (rule.rule, method)


def test_every_described_route_exists_and_says_what_it_is(app, document):
    served = {openapi_path(rule.rule) for rule in app.url_map.iter_rules()}
    seen = set()
    for path, method, operation in operations(document):
        assert path in served
        assert operation.get("summary"), (path, method)
        assert "default" in operation["responses"], (path, method)
        parts = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        named = {part["name"] for part in parts if part["in"] == "path"}
        assert set(re.findall(r"{(\w+)}", path)) <= named, (path, method)
        seen.add((path, method))
    assert len(seen) > 20


def test_every_view_declares_who_may_call_it(app):
    for rule in app.url_map.iter_rules():
        assert access.declared(app, rule.endpoint) is not None, rule.rule


def test_the_description_says_who_may_call(document):
    paths = document["paths"]
    assert paths["/api/v1/auth/login"]["post"]["security"] == []
    export = paths["/api/v1/exports/rectification-list.xlsx"]["get"]
    assert export["security"] == [{"bearer": []}]
    assert export["description"].endswith("For: admin, supervisor.")


def test_the_description_is_openapi_3_1_and_every_reference_leads_somewhere(document):
    assert document["openapi"].startswith("3.1")
    for reference in references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found is not None, reference


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_schema_of_the_description_is_a_json_schema(document):
    for name, schema in document["components"]["schemas"].items():
        assert Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(schema), name


def test_problems_are_described_as_problems(document):
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")) and "$ref" not in response and "content" in response:
                assert list(response["content"]) == ["application/problem+json"], (path, method, status)


def test_two_apps_of_one_process_describe_themselves_alike(app, client, document):
    create_app(app.extensions["bluegrid.settings"])
    assert client.get("/api/v1/openapi.json").json == document


def test_the_page_loads_nothing_from_elsewhere(client):
    answer = client.get("/api/docs", follow_redirects=True)
    assert answer.status_code == 200
    assert "/api/v1/openapi.json" in answer.text
    assert "http://" not in answer.text.replace("http://localhost", "")
    assert "https://" not in answer.text
    assert '"validatorUrl": null' in answer.text
    linked = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert len(linked) >= 4
    for link in linked:
        assert client.get(link).status_code == 200, link
