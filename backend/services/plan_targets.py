"""The plans' annual targets by county, as the plans have them: `catalogue/plan_targets.yaml`, checked when it is read.

What this system counts itself (fire points) is set beside its target by `fire_rates`; air quality and straw are
measured elsewhere, and their actual figures are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue
from backend.services import cells

FILE = Path(catalogue.__file__).with_name("plan_targets.yaml")


class MeasureSchema(Schema):
    class Meta:
        unknown = RAISE

    zh = fields.String(required=True)
    en = fields.String(required=True)
    unit = fields.String(required=True)
    op = fields.String(required=True, validate=validate.OneOf(("lte", "gte")))


class TargetSchema(Schema):
    class Meta:
        unknown = RAISE

    plan = fields.String(required=True)
    clause = fields.String(required=True)
    year = fields.Integer(required=True)
    of = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Float()), required=True
    )
    about = fields.List(fields.String(), load_default=list)


class FileSchema(Schema):
    class Meta:
        unknown = RAISE

    measures = fields.Dict(keys=fields.String(), values=fields.Nested(MeasureSchema), required=True)
    targets = fields.List(fields.Nested(TargetSchema), required=True)


def of(place: str, year: int) -> list[dict[str, Any]]:
    """A place's own targets for a year (a cell's code, or the name of a management unit of a plan)."""
    return [each for each in listing(year) if each["place"] == place]


@cache
def listing(year: int | None = None) -> Sequence[dict[str, Any]]:
    """All targets, of one year if it is given: place, year, measure, limit, unit, and the plan's clause."""
    read = load(yaml.safe_load(FILE.read_text("utf-8")))
    return [
        {
            "place": place,
            "year": each["year"],
            "measure": measure,
            **read["measures"][measure],
            "value": value,
            "about": measure in each["about"],
            "plan": each["plan"],
            "clause": each["clause"],
        }
        for each in read["targets"]
        if year is None or each["year"] == year
        for place, values in each["of"].items()
        for measure, value in values.items()
    ]


def load(said: Any) -> Mapping[str, Any]:
    """The targets of a file. Raises marshmallow's ValidationError, or KeyError for a measure that has no words."""
    read: Mapping[str, Any] = FileSchema().load(said)
    for each in read["targets"]:
        for values in each["of"].values():
            for measure in (*values, *each["about"]):
                read["measures"][measure]
    return read


def named(targets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Targets with the names of their places."""
    return [{**each, "name": cells.name(each["place"]) or each["place"]} for each in targets]
