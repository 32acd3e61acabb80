"""A list as one GeoJSON feature collection, a feature a line, written as the rows come.

Positions are longitude and latitude in the datum that the collection names as a member of its own (RFC 7946 has no
other place for one). The same rows and members give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import orjson

from backend.exports.columns import Column
from backend.exports.geo_table import Place
from backend.exports.xlsx import BEIJING


def write(
    file: BinaryIO,
    members: Mapping[str, Any],
    columns: Sequence[Column],
    rows: Iterable[tuple[Place, Sequence[Any]]],
) -> int:
    """The collection with its members, then all rows; a row without a place has a null geometry."""
    file.write(orjson.dumps({"type": "FeatureCollection", **members})[:-1] + b',"features":[')
    count = 0
    for place, values in rows:
        point = place and {"type": "Point", "coordinates": [round(place[0], 9), round(place[1], 9)]}
        properties = {column.key: _plain(value) for column, value in zip(columns, values, strict=True)}
        file.write(b",\n" if count else b"\n")
        file.write(orjson.dumps({"type": "Feature", "geometry": point, "properties": properties}))
        count += 1
    file.write(b"\n]}\n")
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat()
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value
