"""A window of a map as a filter: four degrees, and the condition that a point lies within."""

from __future__ import annotations

from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from backend.services.visibility import FilterInvalid

Bounds = tuple[float, float, float, float]
"""West, south, east, north in CGCS2000 degrees."""


def parse(text: str) -> Bounds:
    """Bounds from `west,south,east,north`. Raises FilterInvalid."""
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        raise FilterInvalid("bbox is four numbers: west,south,east,north.", field="bbox") from None
    if not all(isfinite(each) for each in (west, south, east, north)):
        raise FilterInvalid("bbox is four finite numbers.", field="bbox")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FilterInvalid(
            "bbox is west,south,east,north in degrees, west not beyond east and south not beyond north.", field="bbox"
        )
    return west, south, east, north


def inside(
    bounds: Bounds, lon: InstrumentedAttribute[Any], lat: InstrumentedAttribute[Any]
) -> list[ColumnElement[bool]]:
    """The conditions that a table's point lies within, its borders included."""
    west, south, east, north = bounds
    return [lon.between(west, east), lat.between(south, north)]
