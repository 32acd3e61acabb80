"""Vector tiles, and where a map learns of them (TileJSON)."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields

from backend import catalogue
from backend.api import access
from backend.api.findings import FilterArgs
from backend.services import cells, map_layers
from backend.services.errors import NotFound
from backend.transactions import reading
from geo.tiles.encoding import MEDIA_TYPE
from geo.tiles.tile import tile

blueprint = Blueprint("tiles", __name__, url_prefix="/api/v1/tiles", description="Vector tiles 矢量瓦片")


def _only_fires(description: str) -> fields.Field[Any]:
    return fields.String(metadata={"description": f"Of fire points: {description}"})


class TileArgs(FilterArgs):
    """The filters of the list that a layer shows; `map_layers` refuses those of another one."""

    outcome = _only_fires(f"one of {', '.join(catalogue.codes('fire_outcome'))}")
    zone = _only_fires(f"one of {', '.join(catalogue.codes('zone_outcome'))}")
    source = _only_fires(f"one of {', '.join(catalogue.codes('fire_source'))}")
    assignee = _only_fires("id of who was sent")
    handled = _only_fires("`true` or `false`: answered, whatever was found")
    first_from = _only_fires("first seen from this instant or day on")
    first_to = _only_fires("first seen before this instant; or a day, included")


class TileJsonSchema(Schema):
    tilejson = fields.String(required=True)
    name = fields.String(required=True)
    tiles = fields.List(fields.String(), required=True)
    scheme = fields.String(required=True)
    minzoom = fields.Integer(required=True)
    maxzoom = fields.Integer(required=True)
    bounds = fields.List(fields.Float(), required=True)
    attribution = fields.String(required=True)
    vector_layers = fields.List(fields.Dict(), required=True)


@blueprint.get("/<layer>.json")
@blueprint.response(200, TileJsonSchema)
@access.anyone_known()
def describe(layer: str) -> Response:
    """TileJSON 3.0 of a layer: cells, findings, fire_points, sites or zones."""
    with reading() as session:
        return jsonify(_tilejson(_known(layer), cells.bounds(session)))


@blueprint.get("/<layer>/<int:zoom>/<int:x>/<int:y>.mvt")
@blueprint.arguments(TileArgs, location="query", unknown=RAISE)
@blueprint.response(200, content_type=MEDIA_TYPE)
@access.anyone_known()
def get(args: dict[str, Any], layer: str, zoom: int, x: int, y: int) -> Response:
    """One tile of a layer, narrowed as the list of it is. Degrees are CGCS2000, which maps take for WGS 84."""
    square = tile(zoom, x, y)
    with reading() as session:
        body = map_layers.tile_bytes(session, access.current_actor(), _known(layer), args, square)
    response = Response(body, mimetype=MEDIA_TYPE)
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    response.make_conditional(request)
    return response


def _tilejson(layer: str, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    first = url_for("tiles.get", layer=layer, zoom=0, x=0, y=0)
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "tiles": [request.host_url.rstrip("/") + first.removesuffix("/0/0/0.mvt") + "/{z}/{x}/{y}.mvt"],
        "scheme": "xyz",
        "minzoom": 0,
        "maxzoom": 16,
        "bounds": list(bounds),
        "attribution": "",
        "vector_layers": [
            {"id": id, "fields": said}
            for id, said in {layer: map_layers.FIELDS[layer], **map_layers.BESIDE.get(layer, {})}.items()
        ],
    }


def _known(layer: str) -> str:
    if layer not in map_layers.LAYERS:
        raise NotFound(f"There is no layer of this name; there are {', '.join(sorted(map_layers.LAYERS))}.")
    return layer
