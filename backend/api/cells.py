"""Cells by name, and the grid versions that they come from: staged, compared, put into force."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields, validate
from werkzeug.datastructures import FileStorage

from backend import clock
from backend.api import access, documents, geojson, instants
from backend.jobs import intents
from backend.services import cells, grids, replacing
from backend.services.grids import Reading
from backend.transactions import reading, writing
from geo.cell_codes import Fields
from geo.hierarchy import hierarchies

blueprint = Blueprint("cells", __name__, url_prefix="/api/v1/cells", description="Cells and grid versions 网格")


class CellArgs(geojson.FormatArgs):
    below = fields.String(metadata={"description": "Only cells directly below this one"})
    level = fields.String(metadata={"description": "Only cells of this level"})


class CellInGridSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    has_shape = fields.Boolean(required=True)


class CellsSchema(Schema):
    version = fields.String(required=True)
    items = fields.List(fields.Nested(CellInGridSchema), required=True)


class VersionSchema(Schema):
    id = fields.UUID(required=True)
    sha256 = fields.String(required=True)
    source = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "staged, active or retired"})
    levels = fields.List(fields.String(), required=True)
    staged_at = fields.AwareDateTime(required=True)
    staged_by = fields.String(required=True, allow_none=True)
    cells = fields.Integer(required=True)
    activations = fields.List(fields.Dict(), required=True, metadata={"description": "Since when it held"})
    waiting = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Rows of each kind that are still to be placed anew"}
    )
    report = fields.Dict(required=True)


class FormSchema(Schema):
    datum = fields.String(load_default=None, metadata={"description": "WGS84, GCJ02, BD09 or CGCS2000; never guessed"})
    hierarchy = fields.String(load_default="city-county-township-village", validate=validate.OneOf(list(hierarchies())))
    level = fields.String(load_default=None, validate=validate.Length(max=20))
    code_field = fields.String(load_default="code", validate=validate.Length(1, 40))
    name_field = fields.String(load_default="name", validate=validate.Length(1, 40))
    level_field = fields.String(load_default="level", validate=validate.Length(1, 40))
    parent_field = fields.String(load_default="parent", validate=validate.Length(1, 40))
    whole = fields.Boolean(load_default=False, metadata={"description": "The file is the whole grid"})
    epsg = fields.Integer(load_default=None, validate=validate.Range(1024, 32_767))
    layer = fields.String(load_default=None, validate=validate.Length(max=100))
    encoding = fields.String(load_default=None, validate=validate.Length(max=20))


class FileSchema(Schema):
    file = Upload(required=True, metadata={"description": "GeoJSON, GeoPackage, or a zipped Shapefile"})


class ActivateSchema(Schema):
    class Meta:
        unknown = RAISE

    valid_from = instants.moment(load_default=None, allow_none=True, metadata={"description": "Now, if left out"})


class ChangesArgs(Schema):
    since = instants.moment(load_default=None, metadata={"description": "Count findings found since then only"})


class GridChangesSchema(Schema):
    none = fields.Boolean(required=True, metadata={"description": "The two grids say the same"})
    added = fields.List(fields.Dict(), required=True)
    removed = fields.List(fields.Dict(), required=True, metadata={"description": "With the cells that hold the ground"})
    renamed = fields.List(fields.Dict(), required=True)
    reparented = fields.List(fields.Dict(), required=True)
    relevelled = fields.List(fields.Dict(), required=True)
    moved = fields.List(fields.Dict(), required=True, metadata={"description": "Other boundaries, areas in m²"})
    map = fields.Dict(required=True, metadata={"description": "GeoJSON of these cells, the first 500; `left_out`"})
    looked_at = fields.Integer(required=True)
    moved_findings = fields.Integer(required=True)
    moves = fields.List(fields.Dict(), required=True)


@blueprint.get("")
@blueprint.arguments(CellArgs, location="query", unknown=RAISE)
@blueprint.response(200, CellsSchema)
@blueprint.alt_response(
    200,
    schema=documents.collection_of(
        fields.Nested(CellInGridSchema),
        "Cell",
        version=fields.String(required=True),
        levels=fields.List(fields.String(), required=True, metadata={"description": "Coarsest first"}),
        above=fields.List(
            fields.Nested(CellInGridSchema), required=True, metadata={"description": "The cells above these"}
        ),
    ),
    content_type=geojson.GEOJSON,
    success=True,
)
@access.anyone_known()
def listing(args: dict[str, Any]) -> Response:
    """The cells that hold now, by code; as GeoJSON those that have a shape."""
    below, level = args.get("below"), args.get("level")
    with reading() as session:
        version = cells.active_version(session)
        if geojson.wanted(args):
            found = cells.shapes(session, below, level)
            return geojson.shapes(found, version=version, **cells.hierarchy(session, (code for code, _, _ in found)))
        return geojson.varying(jsonify({"version": version, "items": cells.listing(session, below, level)}))


@blueprint.get("/versions")
@blueprint.response(200, VersionSchema(many=True))
@access.people("admin")
def versions() -> Response:
    """All grid versions, the newest first."""
    with reading() as session:
        return jsonify([grids.document(session, each) for each in grids.listing(session)])


@blueprint.post("/versions")
@blueprint.arguments(FormSchema, location="form")
@blueprint.arguments(FileSchema, location="files")
@blueprint.response(201, VersionSchema)
@access.people("admin")
def stage(form: dict[str, Any], files: dict[str, Any]) -> tuple[Response, int]:
    """Send a file of cells: with a fault anywhere nothing is staged and each is named; nothing holds yet."""
    with TemporaryDirectory() as folder, writing() as session:
        path, name = _saved(Path(folder), files["file"])
        actor, now = access.current_actor(), clock.now()
        found = grids.stage(session, actor, clock.new_id(), now, path, name, _reading(form))
        return jsonify(grids.document(session, found)), 201


@blueprint.get("/versions/<uuid:version_id>")
@blueprint.response(200, VersionSchema)
@access.people("admin")
def version(version_id: UUID) -> Response:
    """A version: its report, when it held, and how far the moving has come."""
    with reading() as session:
        return jsonify(grids.document(session, grids.get(session, str(version_id))))


@blueprint.get("/versions/<uuid:version_id>/changes")
@blueprint.arguments(ChangesArgs, location="query", unknown=RAISE)
@blueprint.response(200, GridChangesSchema)
@access.people("admin")
def changes(args: dict[str, Any], version_id: UUID) -> Response:
    """What would change from the grid that holds, and how many findings would lie elsewhere."""
    with reading() as session:
        return jsonify(grids.changes(session, str(version_id), args["since"]))


@blueprint.post("/versions/<uuid:version_id>/activate")
@blueprint.arguments(ActivateSchema)
@blueprint.response(200, VersionSchema)
@access.people("admin")
def activate(said: dict[str, Any], version_id: UUID) -> Response:
    """Let a version hold; rows are moved afterwards, some at a time."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        begun = grids.activate(session, actor, str(version_id), said["valid_from"], now, clock.new_id)
        intents.ask(session, clock.new_id(), replacing.JOB, {"n": begun.n}, actor.user_id, now)
        return jsonify(grids.document(session, grids.get(session, str(version_id))))


def _saved(folder: Path, file: FileStorage) -> tuple[Path, str]:
    """The file under a name of ours with its own ending, which says what it is; and the name that it came with."""
    name = file.filename or "cells"
    path = folder / f"cells{Path(name).suffix.lower()}"
    file.save(path)
    return path, name


def _reading(form: dict[str, Any]) -> Reading:
    names = {part: form.pop(f"{part}_field") for part in ("code", "name", "level", "parent")}
    return Reading(**form, fields=Fields(**names))
