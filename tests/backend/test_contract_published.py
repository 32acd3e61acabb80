"""What the contract leaves open is published: the arguments as JSON Schema, and every problem code."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from backend import catalogue
from backend.api import row_contract
from backend.cli import contract as printed
from backend.services import zones
from backend.services.commands import contract, handlers
from backend.transactions import writing
from tests.backend.handmade import Hand
from tests.recorded import story
from tests.stories import IN_LIUJIANG, Server, new_id

ROOT = Path(__file__).parents[2]
ABSTRACT = {"sync-error", "geo-error", "checklist-error", "service-error"}
BY_STATUS = {"http-error", "method-not-allowed", "too-many-requests"}  # in a table of backend/errors.py


def codes_raised() -> Iterator[str]:
    """Codes of exception classes, and those that verdicts and problems are made with, read from the source."""
    for folder in ("backend", "sync", "geo", "checklists"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield from (found for statement in node.body if (found := class_code(statement)))
                elif isinstance(node, ast.Call):
                    yield from call_code(node)


def class_code(statement: ast.stmt) -> str | None:
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return None
    target = statement.targets[0]
    return str(statement.value.value) if isinstance(target, ast.Name) and target.id == "code" else None


def call_code(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    place = {"OpRefused": 0, "OpHeld": 0, "problem": 1}.get(name)
    if place is not None and len(node.args) > place:
        argument = node.args[place]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def test_every_code_that_the_source_raises_has_its_words() -> None:
    missing = set(codes_raised()) - set(catalogue.problems())
    assert missing == set()


def test_every_entry_says_where_and_in_both_languages() -> None:
    for code, entry in catalogue.problems().items():
        assert set(entry) == {"where", "zh", "en"}, code
        assert set(entry["where"]) <= {"answer", "verdict", "media"}, code


def test_the_printed_pages_are_those_in_docs() -> None:
    assert (ROOT / "docs/problem-codes.md").read_text("utf-8") == printed.problems_text()
    assert (ROOT / "docs/sync-commands.schema.json").read_text("utf-8") == printed.schema_text()
    assert (ROOT / "docs/sync-rows.schema.json").read_text("utf-8") == printed.rows_text()
    assert (ROOT / "docs/case-steps.md").read_text("utf-8") == printed.case_steps_text()
    assert (ROOT / "web/src/shared/case-steps.json").read_text("utf-8") == printed.case_steps_json_text()


def test_every_command_is_described() -> None:
    assert set(contract.SCHEMAS) == set(handlers(None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "valid"), [({}, True), ({"severity": "terrible"}, False), ({"position": {"lon": 1, "lat": 1}}, False)]
)
def test_the_schema_tells_good_arguments_from_bad(changes: dict[str, object], valid: bool) -> None:
    document = contract.json_schema()
    args = {
        "topic": "dust",
        "item": None,
        "description": "裸土",
        "severity": "minor",
        "found_at": "2026-11-22T10:00:00+08:00",
        "position": IN_LIUJIANG,
        "photos": ["ab" * 32],
        "site": None,
    }
    schema = {**document, "$ref": "#/$defs/finding.report"}
    jsonschema.Draft202012Validator.check_schema(document)
    assert jsonschema.Draft202012Validator(schema).is_valid({**args, **changes}) is valid, json.dumps(document)[:2000]


def test_every_row_and_answer_of_a_day_is_as_published_field_by_field(server: Server, client: FlaskClient) -> None:
    """A day with each command and verdict; what `described` says is exact, what is published lets more fields come."""
    story.day(server)
    admin = server.token("boss", "admin")
    site = {"code": "LJ-1", "name": "拉堡安置房", "kind": "construction", "position": IN_LIUJIANG, "attributes": {}}
    assert client.post("/api/v1/sites", json=site, headers=admin).status_code == 201
    with server.app.app_context(), writing() as session:
        zones.load_sample(session, server.time.now(), new_id)
    fire = {"source": "video", "position": IN_LIUJIANG, "seen_at": server.time.now().isoformat(), "phone": "1"}
    assert client.post("/api/v1/fire-points", json=fire, headers=admin).status_code == 201
    a_campaign_with_its_roster(client, admin)
    task = {"kind": "patrol", "title": "巡查", "pool": "450206", "due_at": "2026-12-01T18:00:00+08:00"}
    assert client.post("/api/v1/tasks", json=task, headers=admin).status_code == 201
    wei = server.phone("wei")
    page, status = wei.raw("GET", "/api/v1/sync/pull").json(), {"sha256": ["ab" * 32]}
    said = {
        "answer: devices/enrol": enrolled(server, client),
        "answer: sync/pull": page,
        "answer: sync/push": wei.push_bodies(Hand(wei).op()).json(),
        "answer: media/status": wei.raw("POST", "/api/v1/media/status", status).json(),
    }
    exact, published = row_contract.described(), row_contract.json_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    seen = set()
    for name, answer in said.items():
        check(exact[name], answer)
    for entry in page["entries"]:
        seen.add(entry["type"])
        check(exact[entry["type"]], entry["row"])
        check({**published, "$ref": f"#/$defs/{entry['type']}"}, {**entry["row"], "a field to come": 1})
    assert seen == set(row_contract.ROWS)


def a_campaign_with_its_roster(client: FlaskClient, admin: dict[str, str]) -> None:
    days = {"first_day": "2026-11-01", "last_day": "2026-12-31", "cells": ["450206"]}
    made = client.post("/api/v1/campaigns", json={"code": "Q", "name": "秋冬", "topic": "straw", **days}, headers=admin)
    path = f"/api/v1/campaigns/{made.json['id']}"
    assert client.post(f"{path}/start", headers=admin).status_code == 200
    table = "网格编码,日期,开始,结束,姓名\n450206,2026-11-22,08:00,18:00,韦一\n".encode()
    answer = client.post(f"{path}/roster", headers=admin, data={"file": (io.BytesIO(table), "r.csv")})
    assert (answer.status_code, answer.json["new"]) == (200, 1)


def check(schema: dict[str, Any], value: object) -> None:
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)] == []


def enrolled(server: Server, client: FlaskClient) -> object:
    wanted = {"code": server.invite("wei"), "install": new_id(), "name": "p", "platform": "test", "app": "1"}
    return client.post("/api/v1/devices/enrol", json={**wanted, "public_key": None}).get_json()
