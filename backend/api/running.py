"""How this installation runs, for its admins: jobs, disk, and the settings that are rules, with what sets each."""

from __future__ import annotations

import shutil
from typing import Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend import clock, settings_shown
from backend.api import access
from backend.config import Settings
from backend.services import job_standing
from backend.transactions import reading

blueprint = Blueprint("running", __name__, url_prefix="/api/v1/running", description="How the server runs 运行状况")


class JobsSchema(Schema):
    waiting = fields.Integer(required=True)
    running = fields.Integer(required=True)
    failed = fields.Integer(required=True, metadata={"description": "Given up in the last seven days"})
    oldest_waiting_s = fields.Integer(required=True, allow_none=True)
    failures = fields.List(fields.Dict(), required=True, metadata={"description": "The latest ten given up"})


class DiskSchema(Schema):
    total = fields.Integer(required=True, metadata={"description": "Bytes of the disk with the data folder"})
    free = fields.Integer(required=True)


class SettingSchema(Schema):
    name = fields.String(required=True)
    variable = fields.String(required=True, metadata={"description": "The environment variable that sets it"})
    value = fields.Raw(required=True, allow_none=True)
    usual = fields.Raw(required=True, allow_none=True, metadata={"description": "Without the variable"})


class RunningSchema(Schema):
    jobs = fields.Nested(JobsSchema, required=True)
    disk = fields.Nested(DiskSchema, required=True)
    settings = fields.List(fields.Nested(SettingSchema), required=True)


@blueprint.get("")
@blueprint.response(200, RunningSchema)
@access.people("admin")
def show() -> Response:
    """The job queue, the disk, and the settings that are rules; secrets are never among them."""
    settings: Settings = current_app.extensions["bluegrid.settings"]
    disk = shutil.disk_usage(settings.data)
    with reading() as session:
        jobs = job_standing.of(session, clock.now())
    said: dict[str, Any] = {"jobs": jobs, "disk": {"total": disk.total, "free": disk.free}}
    return jsonify(said | {"settings": settings_shown.rules(settings)})
