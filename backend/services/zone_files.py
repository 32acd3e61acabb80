"""Files of zones: from what an office sends, YAML or GeoJSON, to one resolved file that says everything by itself.

A resolved file is the document that was sent with each area as polygons in CGCS2000: units, strips and circles are
drawn once, so that a server and a phone ask the same shape whatever grid they have. Knows no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import shapely
import yaml

from geo.admin import AdminGrid
from geo.errors import ZoneInvalid
from geo.fault import Fault
from geo.zones.reading import ZoneFile, read_zones

MOST_BYTES = 20 * 1024 * 1024
_STEP_DEGREES = 1e-9
"""Of stored coordinates: what the reader rounds to, so that a shape is valid as it is read again."""
_DRAWN = {
    "Polygon": "polygons",
    "MultiPolygon": "polygons",
    "LineString": "lines",
    "MultiLineString": "lines",
    "Point": "points",
    "MultiPoint": "points",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """`body`: canonical JSON, whose SHA-256 names the file. `zones` as it reads again; `warnings` of the reading."""

    city: str
    body: bytes
    zones: ZoneFile


def resolve(data: bytes, grid: AdminGrid) -> Resolved:
    """Read a file against a grid. Raises ZoneInvalid with every fault; nothing is mended."""
    document = loaded(data)
    city = str(document.get("city") or "")
    if city not in grid:
        raise refused("city-unknown", "`city` names the city of the zones by its code, such as 450200")
    found = read_zones(document, grid)
    zones = [
        {**stated, "area": {"polygons": [_drawn(zone.shape)]}} if zone.shape is not None else dict(stated)
        for stated, zone in zip(document["zones"], found.zones, strict=True)
    ]
    try:
        body = orjson.dumps(
            {**document, "city": city, "datum": "CGCS2000", "zones": zones},
            option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
        )
    except (TypeError, ValueError) as error:
        raise refused("not-a-document", f"the file holds what is no plain data: {error}") from error
    return Resolved(city, body, ZoneFile(read_zones(orjson.loads(body), grid).zones, found.warnings))


def loaded(data: bytes) -> dict[str, Any]:
    """The document in a file: YAML of the form of the shipped zones, or a GeoJSON FeatureCollection.

    Raises ZoneInvalid.
    """
    if len(data) > MOST_BYTES:
        raise refused("file-too-large", f"a file of zones has at most {MOST_BYTES // 2**20} MiB")
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            document = orjson.loads(text)
        else:
            # Aliases can blow a small file up to more than there is memory for.
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
                raise refused("not-yaml", "aliases (*name) are not read")
            document = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, orjson.JSONDecodeError, RecursionError, ValueError) as error:
        raise refused("not-yaml", f"the file is no YAML or JSON in UTF-8: {error}") from error
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        document = _from_geojson(document)
    if not isinstance(document, Mapping) or not isinstance(document.get("zones"), list):
        raise refused("not-a-document", "a file of zones is a mapping with a list `zones`, or a FeatureCollection")
    return dict(document)


def _from_geojson(collection: Mapping[str, Any]) -> dict[str, Any]:
    """`city`, `datum`, `documents` beside the features; a zone's fields are the properties, its area the geometry.

    A line's width is its property `buffer_m`, a point's `radius_m`. A feature without geometry may have an `area`.
    """
    features = collection.get("features")
    if not isinstance(features, list):
        raise refused("not-a-document", "a FeatureCollection has a list of features")
    zones = []
    for n, feature in enumerate(features, start=1):
        if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
            raise refused("malformed", f"feature {n} has no properties")
        fields, geometry = dict(feature["properties"]), feature.get("geometry")
        if geometry is not None:
            if not isinstance(geometry, Mapping) or geometry.get("type") not in _DRAWN:
                raise refused("geometry-malformed", f"feature {n}: its geometry is none of {', '.join(_DRAWN)}")
            widths = {name: fields.pop(name) for name in ("buffer_m", "radius_m") if name in fields}
            fields["area"] = {_DRAWN[geometry["type"]]: [geometry], **widths}
        zones.append(fields)
    return {name: collection[name] for name in ("city", "datum", "documents") if name in collection} | {"zones": zones}


def _drawn(shape: Any) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.set_precision(shape, _STEP_DEGREES))


def refused(code: str, detail: str) -> ZoneInvalid:
    """A fault of the file as a whole."""
    return ZoneInvalid(detail, faults=[Fault(code, None, detail).as_dict()])
