"""Lists as GeoJSON (RFC 7946) for maps, in CGCS2000 degrees, with ETags. Knows nothing of what the lists are of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from flask import Response, json, jsonify, request
from marshmallow import Schema, fields, validate
from shapely.geometry.base import BaseGeometry

from backend.api.paging import page_body
from backend.services.pages import Page
from backend.services.rows import Document

GEOJSON = "application/geo+json"
DECIMALS = 9


class FormatArgs(Schema):
    format = fields.String(
        validate=validate.OneOf(["json", "geojson"]), metadata={"description": "Instead of the Accept header"}
    )


def listed(args: dict[str, Any], page: Page[Any], found: list[Document]) -> Response:
    """A page of rows with a `location` each, as JSON or GeoJSON, whichever was asked for."""
    if not wanted(args):
        return varying(jsonify(page_body(page, found)))
    return collection(**page_body(page, [_point(each) for each in found], "features"))


def collection(features: list[Document], **more: Any) -> Response:
    """A FeatureCollection."""
    body = {"type": "FeatureCollection", "datum": "CGCS2000", "features": features, **more}
    return varying(Response(json.dumps(body), mimetype=GEOJSON))


def shapes(found: Iterable[tuple[str, BaseGeometry, Document]], **more: Any) -> Response:
    """A FeatureCollection of shapes, each with its id and what is said of it."""
    features = [
        {"type": "Feature", "id": id, "geometry": shapely.geometry.mapping(shape), "properties": properties}
        for id, shape, properties in found
    ]
    return collection(features, **more)


def wanted(args: dict[str, Any]) -> bool:
    """Whether GeoJSON was asked for, by `format` or by the Accept header."""
    if "format" in args:
        return bool(args["format"] == "geojson")
    return request.accept_mimetypes.best_match(["application/json", GEOJSON]) == GEOJSON


def varying(response: Response) -> Response:
    """With an ETag, and 304 where the caller has it already."""
    response.vary.update(["Accept", "Authorization"])
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _point(row: Document) -> Document:
    place = row["location"]
    lon_lat = place and [round(place["lon"], DECIMALS), round(place["lat"], DECIMALS)]
    point = lon_lat and {"type": "Point", "coordinates": lon_lat}
    return {"type": "Feature", "id": row["id"], "geometry": point, "properties": row}
