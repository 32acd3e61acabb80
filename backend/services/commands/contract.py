"""The commands described for machines: JSON Schema (2020-12) of their arguments, made from what reads them."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from backend.services.commands import arguments
from backend.services.commands.conflict_resolve import ResolveArguments
from backend.services.commands.finding_comment import CommentArguments
from backend.services.commands.finding_edit import EditArguments
from backend.services.commands.finding_place import PlaceArguments
from backend.services.commands.finding_report import ReportArguments
from backend.services.commands.finding_transition import TransitionArguments
from backend.services.commands.fire_point_verify import VerifyArguments
from backend.services.commands.inspection_submit import SubmitArguments
from backend.services.commands.patrol_submit import PatrolArguments
from backend.services.commands.photo_add import PhotoArguments
from backend.services.commands.site_propose import ProposeArguments
from backend.services.commands.task_commands import DoneArguments, ReturnArguments, TakeArguments

SCHEMAS: dict[str, type[Schema]] = {
    "inspection.submit": SubmitArguments,
    "finding.report": ReportArguments,
    "finding.edit": EditArguments,
    "finding.transition": TransitionArguments,
    "finding.comment": CommentArguments,
    "finding.place": PlaceArguments,
    "photo.add": PhotoArguments,
    "conflict.resolve": ResolveArguments,
    "fire_point.verify": VerifyArguments,
    "patrol.submit": PatrolArguments,
    "site.propose": ProposeArguments,
    "task.take": TakeArguments,
    "task.done": DoneArguments,
    "task.return": ReturnArguments,
}

_POSITION = {
    "type": "object",
    "required": ["lon", "lat", "datum"],
    "properties": {
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "datum": {"enum": ["WGS84", "GCJ02", "BD09", "CGCS2000"]},
        "accuracy_m": {"type": ["number", "null"], "minimum": 0},
        "altitude_m": {"type": ["number", "null"]},
        "provider": {"type": ["string", "null"]},
        "mock": {"type": ["boolean", "null"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
    },
}


def _own_types(_converter: Any, field: fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    """What apispec cannot know of the fields of our own."""
    kinds: dict[type, dict[str, Any]] = {
        arguments.Uuid: {"format": "uuid"},
        arguments.Sha256: {"pattern": "^[0-9a-f]{64}$"},
        arguments.Instant: {"format": "date-time"},
    }
    if isinstance(field, arguments.Place):
        place = {"$ref": "#/$defs/Position"}
        return {"anyOf": [place, {"type": "null"}]} if field.allow_none else place
    for kind, described in kinds.items():
        if isinstance(field, kind):
            return {"type": ["string", "null"] if field.allow_none else "string", **described}
    return {}


def json_schema() -> dict[str, Any]:
    """One document: an op's arguments by command, under `$defs`."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _schema: "")  # nested ones are written in place
    APISpec("Bluegrid commands", "v1", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    assert converter is not None
    converter.add_attribute_function(_own_types)
    described = {name: converter.schema2jsonschema(schema()) for name, schema in sorted(SCHEMAS.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Arguments of the sync commands; unknown keys are kept in the op and ignored",
        "$defs": {"Position": _POSITION, **described},
    }
