"""The shape of command arguments. Unknown keys are ignored: a newer app may send more than this server reads."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from geo.errors import GeoError
from geo.position import Position, parse_position
from sync.errors import OpRefused
from sync.ops import Op, is_sha256, is_uuid, read_instant

# A pattern that JSON Schema reads too; `$` would let a line end through.
TOPIC = r"^[a-z][a-z_]{0,19}(?![\s\S])"
SUBJECT_TYPE = r"^[a-z_]{1,20}(?![\s\S])"
MAX_TEXT = 4000
MAX_PHOTOS = 50


class Uuid(fields.Field[str]):
    """A UUID in canonical lower-case text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_uuid(value):
            raise ValidationError("Not a lower-case UUID.")
        return str(value)


class Sha256(fields.Field[str]):
    """64 lower-case hexadecimal digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_sha256(value):
            raise ValidationError("Not a SHA-256 in lower-case hexadecimal.")
        return str(value)


class Instant(fields.Field[datetime]):
    """RFC 3339 with an offset."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        instant = read_instant(value)
        if instant is None:
            raise ValidationError("Not a time with an offset (RFC 3339).")
        return instant


class Place(fields.Field[Position]):
    """A position with its datum; a fault keeps its own code (`datum-missing`, `coordinate-invalid`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Position:
        return parse_position(value)


class Arguments(Schema):
    class Meta:
        unknown = EXCLUDE


def text(maximum: int = MAX_TEXT) -> fields.String:
    """A text that must be there."""
    return fields.String(required=True, validate=validate.Length(1, maximum))


def optional_text(maximum: int = MAX_TEXT) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.Length(max=maximum))


def hashes() -> fields.List:
    return fields.List(Sha256(), load_default=list, allow_none=True, validate=validate.Length(max=MAX_PHOTOS))


@cache
def _reader(schema: type[Schema]) -> Schema:
    """Made once: a schema copies all its fields whenever it is made, and keeps nothing of what it reads."""
    return schema()


def read(schema: type[Schema], op: Op) -> dict[str, Any]:
    """The op's arguments; raises OpRefused with the faults by field, or with a position's own code."""
    if op.row is None:
        raise OpRefused("row-missing", "This command needs the id of its row.")
    try:
        loaded: dict[str, Any] = _reader(schema).load(op.args)
    except ValidationError as error:
        raise OpRefused(
            "args-invalid", "Some arguments are missing or wrong.", errors=error.normalized_messages()
        ) from None
    except GeoError as error:
        raise OpRefused(error.code, str(error), **error.extras) from None
    return loaded
