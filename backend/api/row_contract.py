"""The rows that devices pull, and the answers that they read, described for machines: JSON Schema (2020-12).

Made from the schemas that describe the API. Fields are only ever added, so that none forbids further ones.
"""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from backend.api import campaigns, devices, documents, media, patrols, sync, tasks

ROWS: dict[str, type[Schema]] = {
    "campaign": campaigns.CampaignSchema,
    "checklist": documents.ChecklistSchema,
    "comment": documents.CommentSchema,
    "conflict": documents.ConflictSchema,
    "finding": documents.FindingSchema,
    "fire_point": documents.FirePointSchema,
    "inspection": documents.InspectionSchema,
    "op_result": documents.OpResultSchema,
    "patrol": patrols.PatrolSchema,
    "roster_entry": campaigns.RosterRowSchema,
    "site": documents.SiteSchema,
    "task": tasks.TaskSchema,
    "zone_set": documents.ZoneSetSchema,
}

ANSWERS: dict[str, type[Schema]] = {
    "answer: devices/enrol": devices.StreamAnswerSchema,
    "answer: media/status": media.StatusAnswerSchema,
    "answer: sync/pull": sync.PullAnswerSchema,
    "answer: sync/push": sync.PushAnswerSchema,
}


def described() -> dict[str, Any]:
    """Rows by type and answers by path, each with every field that this version sends and no others."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _schema: "")  # nested ones are written in place
    APISpec("Bluegrid rows", "v1", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    assert converter is not None
    return {name: converter.schema2jsonschema(schema()) for name, schema in (ROWS | ANSWERS).items()}


def json_schema() -> dict[str, Any]:
    """What is published: the same in one document, under `$defs`, open for fields to come."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rows by type as a pull brings them, and the answers around them; more fields may come",
        "$defs": _opened(described()),
    }


def _opened(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_opened(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _opened(value) for name, value in schema.items() if (name, value) != ("additionalProperties", False)}
