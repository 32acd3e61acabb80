"""Whether the process lives, whether it can work, and the certificate authority that phones may trust."""

from __future__ import annotations

from flask import Response, current_app
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from backend import durability, tls
from backend.api import access
from backend.config import Settings
from backend.models import Counter
from backend.services.errors import NotFound
from backend.storage import blobs
from backend.transactions import reading
from backend.version import VERSION
from sync.errors import StoreUnavailable

blueprint = Blueprint("health", __name__, description="Health of the server")


class HealthSchema(Schema):
    status = fields.String(required=True)
    version = fields.String(required=True)
    epoch = fields.String(allow_none=True, required=True)
    durability = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True, required=True)


class ReadySchema(Schema):
    status = fields.String(required=True)


@blueprint.get("/healthz")
@blueprint.response(200, HealthSchema)
@access.public()
def healthz() -> dict[str, object]:
    """The process lives; the durability settings as the database reports them (null when it cannot be reached)."""
    answer: dict[str, object] = {"status": "ok", "version": VERSION, "epoch": None, "durability": None}
    try:
        with reading() as session:
            in_force = durability.settings_in_force(session.connection())
            answer["durability"] = {**in_force, "blobs": blobs().kind}
            answer["epoch"] = session.scalar(select(Counter.epoch))
    except SQLAlchemyError:  # a process without its database still lives; /readyz says the rest
        pass
    return answer


@blueprint.get("/readyz")
@blueprint.response(200, ReadySchema)
@access.public()
def readyz() -> dict[str, str]:
    """The database and the blob store are reachable and keep what they acknowledge; otherwise 503."""
    try:
        with reading() as session:
            durability.require(session.connection())
            prepared = session.scalar(select(Counter.epoch)) is not None
    except durability.DurabilityWeak:
        raise StoreUnavailable("The database is open, but could lose what it acknowledges.") from None
    except SQLAlchemyError:
        raise StoreUnavailable("The database cannot be reached, or was not set up.") from None
    if not prepared:
        raise StoreUnavailable("The database was not set up: run 'flask --app wsgi setup run'.")
    blobs().check()
    return {"status": "ready"}


@blueprint.get("/api/v1/tls/authority.crt")
@blueprint.response(200, content_type="application/x-x509-ca-cert")
@access.public()
def authority() -> Response:
    """The certificate of this installation's own authority, for phones to trust; 404 where there is none."""
    settings: Settings = current_app.extensions["bluegrid.settings"]
    path = tls.authority_path(settings.data)
    if not path.exists():
        raise NotFound("This server has no authority of its own.")
    return Response(path.read_bytes(), mimetype="application/x-x509-ca-cert")
