"""What the documents of many answers share: places, people, photos, flags, and the fields that describe themselves."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from backend import catalogue


def time(description: str, *, null: bool = False) -> fields.Field[Any]:
    return fields.AwareDateTime(required=True, allow_none=null, metadata={"description": description})


def code(group: str) -> fields.Field[Any]:
    return fields.String(required=True, validate=validate.OneOf(catalogue.codes(group)))


def text(description: str = "", *, null: bool = True) -> fields.Field[Any]:
    return fields.String(required=True, allow_none=null, metadata={"description": description} if description else {})


class LocationSchema(Schema):
    lon = fields.Float(required=True, metadata={"description": "CGCS2000 longitude, degrees"})
    lat = fields.Float(required=True, metadata={"description": "CGCS2000 latitude, degrees"})


class PositionSchema(Schema):
    """As the device sent it; the datum is never guessed."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(required=True, validate=validate.OneOf(["WGS84", "GCJ02", "BD09", "CGCS2000"]))
    accuracy_m = fields.Float(allow_none=True)
    altitude_m = fields.Float(allow_none=True)
    provider = fields.String(allow_none=True)
    mock = fields.Boolean(allow_none=True)
    at = fields.String(allow_none=True)


class PersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class PhotoSchema(Schema):
    id = fields.String(
        required=True, allow_none=True, metadata={"description": "Null for a hash that has no record of its own yet"}
    )
    sha256 = fields.String(required=True)
    role = fields.String(required=True)
    stored = fields.Boolean(
        required=True, metadata={"description": "True when the bytes are here and the record's author could see them"}
    )


class FlagSchema(Schema):
    """What is doubtful; some flags name more (`photo`, `finding`)."""

    class Meta:
        unknown = INCLUDE

    code = fields.String(required=True)
    detail = fields.Raw(required=True, allow_none=True)


class BothLanguagesSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class PhotoFlagSchema(Schema):
    """What is doubtful about a photo as one subject shows it; a flag asks somebody to look, it refuses nothing."""

    sha256 = fields.String(required=True)
    subject = fields.Dict(required=True, metadata={"description": "type and id"})
    code = code("photo_flag")
    text = fields.Nested(BothLanguagesSchema, required=True)
    details = fields.Dict(required=True, metadata={"description": "`other` is null where you may not see it"})
    found_at = time("When the server found it")
