"""Devices: invitation, enrolment, token rotation, new streams, revocation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app, url_for
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.sync import SCHEMA_MAX, SCHEMA_MIN
from backend.extensions import limiter
from backend.models import Stream, User
from backend.receipt_key import server_key
from backend.services import accounts, device_list, devices, qr
from backend.sync_store import SqlStore
from backend.transactions import reading, writing

blueprint = Blueprint("devices", __name__, url_prefix="/api/v1/devices", description="Phones and tablets")


class EnrolSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    code = fields.String(required=True, validate=validate.Length(1, 80))
    install = fields.UUID(required=True)
    name = fields.String(required=True, validate=validate.Length(1, 120))
    platform = fields.String(required=True, validate=validate.Length(1, 120))
    app = fields.String(required=True, validate=validate.Length(1, 40))
    public_key = fields.Dict(load_default=None, allow_none=True)


class StreamAnswerSchema(Schema):
    stream = fields.String(required=True)
    token = fields.String(metadata={"description": "of an enrolment; a further stream goes on with the device's token"})
    user = fields.Dict(required=True)
    epoch = fields.String(required=True)
    limits = fields.Dict(required=True)
    schema = fields.Dict(required=True)
    server_now = fields.String(required=True)
    receipt_key = fields.Dict(required=True, metadata={"description": "the public JWK that receipts are signed with"})


def _answer(stream: Stream, user: User, store: SqlStore) -> dict[str, Any]:
    limits = asdict(current_app.extensions["bluegrid.settings"].limits)
    return {
        "stream": stream.id,
        "user": {
            "id": user.id,
            "name": user.name,
            "display_name": user.display_name,
            "role": user.role,
            "grants": [grant.code for grant in user.grants],
        },
        "epoch": store.epoch(),
        "limits": limits,
        "schema": {"min": SCHEMA_MIN, "max": SCHEMA_MAX},
        "server_now": clock.now().isoformat(),
        "receipt_key": server_key().jwk,
    }


@blueprint.post("/enrol")
@limiter.limit("30 per minute")
@blueprint.arguments(EnrolSchema)
@blueprint.response(201, StreamAnswerSchema)
@access.public()
def enrol(request: dict[str, Any]) -> dict[str, Any]:
    """Exchange an invitation for a stream and a token; asking again with the same install is harmless."""
    with writing() as session:
        wanted = {**request, "install": str(request["install"])}
        stream, token, user = devices.enrol(session, clock.now(), clock.new_id, wanted)
        return {**_answer(stream, user, SqlStore(session)), "token": token}


class TokenSchema(Schema):
    token = fields.String(required=True)


@blueprint.post("/token")
@blueprint.response(201, TokenSchema)
@access.device()
def rotate() -> dict[str, str]:
    """A fresh token; the old one works until this one is first used."""
    with writing() as session:
        return {"token": devices.rotate(session, access.current_actor(), clock.now())}


class NewStreamSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    continues = fields.UUID(required=True, metadata={"description": "the stream that cannot go on"})
    public_key = fields.Dict(load_default=None, allow_none=True)


@blueprint.post("/streams")
@blueprint.arguments(NewStreamSchema)
@blueprint.response(201, StreamAnswerSchema)
@access.device(even_revoked=True)
def open_stream(request: dict[str, Any]) -> dict[str, Any]:
    """A new stream for the same device; pending ops are re-issued there with `was`."""
    actor = access.current_actor()
    with writing() as session:
        wanted = {**request, "continues": str(request["continues"])}
        stream = devices.open_stream(session, actor, clock.now(), clock.new_id(), wanted)
        return _answer(stream, accounts.by_id(session, actor.user_id), SqlStore(session))


class InviteSchema(Schema):
    user = fields.String(required=True, validate=validate.Length(1, 80), metadata={"description": "user name"})


class InviteAnswerSchema(Schema):
    code = fields.String()
    url = fields.String()
    expires_at = fields.AwareDateTime()
    qr_svg = fields.String()


@blueprint.post("/invitations")
@blueprint.arguments(InviteSchema)
@blueprint.response(201, InviteAnswerSchema)
@access.people("admin")
def invite(request: dict[str, str]) -> dict[str, Any]:
    """A single-use enrolment code for a person's next device, with its QR image."""
    settings = current_app.extensions["bluegrid.settings"]
    with writing() as session:
        user = accounts.by_name(session, request["user"])
        actor = access.current_actor()
        code, expires_at = devices.invite(session, user, clock.now(), settings.invite_hours, actor.user_id)
    base = settings.public_url or url_for("health.healthz", _external=True).removesuffix("/healthz")
    url = qr.enrolment_url(base, code)
    return {"code": code, "url": url, "expires_at": expires_at, "qr_svg": qr.svg(url)}


class DeviceSchema(Schema):
    id = fields.String()
    user = fields.String()
    display_name = fields.String()
    name = fields.String()
    platform = fields.String()
    app = fields.String()
    enrolled_at = fields.AwareDateTime()
    last_seen_at = fields.AwareDateTime(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    streams = fields.List(fields.Dict())
    last_op_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When the newest op came"})
    last_op_delay_s = fields.Integer(allow_none=True, metadata={"description": "How long after it was made"})


@blueprint.get("")
@blueprint.response(200, DeviceSchema(many=True))
@access.people("admin", personal="devices")
def listing() -> list[dict[str, Any]]:
    """All devices, newest first."""
    with reading() as session:
        return device_list.listing(session)


@blueprint.post("/streams/<uuid:stream_id>/revoke")
@blueprint.response(204)
@access.people("admin")
def revoke(stream_id: Any) -> None:
    """Revoke the device that writes a stream; what it still sends is held."""
    with writing() as session:
        devices.revoke(session, str(stream_id), clock.now(), access.current_actor().user_id)
