"""What lies below the layers of a map here, and the file of it when it is ours."""

from __future__ import annotations

from flask import Response, current_app, jsonify, send_file, url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend.api import access
from backend.config import MapSettings
from backend.services.errors import NotFound

PMTILES = "application/vnd.pmtiles"

blueprint = Blueprint("map_settings", __name__, url_prefix="/api/v1", description="Base maps 底图")


class BaseMapSchema(Schema):
    kind = fields.String(required=True, metadata={"description": "tianditu or pmtiles"})
    key = fields.String(required=True, allow_none=True, metadata={"description": "Of tianditu"})
    url = fields.String(required=True, allow_none=True, metadata={"description": "Of a PMTiles file, read in ranges"})


class MapSettingsSchema(Schema):
    base = fields.Nested(BaseMapSchema, required=True, allow_none=True, metadata={"description": "Null: there is none"})
    approval_no = fields.String(required=True, allow_none=True, metadata={"description": "审图号, to be shown"})
    attribution = fields.String(required=True, allow_none=True, metadata={"description": "To be shown"})


@blueprint.get("/map-settings")
@blueprint.response(200, MapSettingsSchema)
@access.anyone_known()
def get() -> Response:
    """The base map of this installation and what it must be labelled with."""
    maps = _maps()
    return jsonify({"base": _base(maps), "approval_no": maps.approval_no, "attribution": maps.attribution})


@blueprint.get("/map.pmtiles")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=PMTILES)
@blueprint.alt_response(206, description="The range that was asked for")
@blueprint.alt_response(304, description="You have it")
@blueprint.alt_response(404, description="There is no such file here")
@blueprint.alt_response(416, description="The file has no such range")
@access.anyone_known()
def file() -> Response:
    """The PMTiles file of this installation, whole or in ranges."""
    path = _maps().pmtiles
    if path is None or not path.is_file():
        raise NotFound("This installation has no map file.")
    response = send_file(path, mimetype=PMTILES, conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _maps() -> MapSettings:
    maps: MapSettings = current_app.extensions["bluegrid.settings"].maps
    return maps


def _base(maps: MapSettings) -> dict[str, str | None] | None:
    if maps.tianditu_key:
        return {"kind": "tianditu", "key": maps.tianditu_key, "url": None}
    if maps.pmtiles:
        return {"kind": "pmtiles", "key": None, "url": url_for("map_settings.file")}
    return None
