"""The responsible unit's one-time link, as the office sees it: made with its QR image, listed, revoked."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.api.document_parts import PersonSchema, time
from backend.api.paging import storable
from backend.config import Settings
from backend.services import qr, unit_links
from backend.transactions import reading, writing

PAGE = "/rectify"
STATES = ("open", "used", "revoked", "replaced", "moved", "expired")

blueprint = Blueprint(
    "unit-links", __name__, url_prefix="/api/v1/findings", description="The responsible unit's link 责任单位一次性链接"
)


class NewUnitLinkSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "The unit that it is for; without one the responsible unit of the finding's site"},
    )


class NewUnitLinkAnswerSchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    token = fields.String(required=True, metadata={"description": "Told once"})
    url = fields.String(required=True, metadata={"description": "The token stands after #, which no server is sent"})
    expires_at = time("The office's term; more time for the office is more time for the unit")
    qr_svg = fields.String(required=True, metadata={"description": "The address as a QR image, for the notice"})
    qr_png = fields.String(required=True, metadata={"description": "The same as PNG, in base64"})


class UnitLinkSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    made_by = fields.Nested(PersonSchema, required=True)
    made_at = time("When it was made")
    opened_at = time("When the unit first looked", null=True)
    ended_at = time("When it was used, revoked or replaced, or its finding was given to an office anew", null=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    expires_at = time("Until when an open one is good", null=True)


@blueprint.post("/<uuid:finding_id>/unit-link")
@blueprint.arguments(NewUnitLinkSchema)
@blueprint.response(201, NewUnitLinkAnswerSchema)
@access.people("handler", "supervisor", "admin")
def make(new: dict[str, Any], finding_id: UUID) -> dict[str, Any]:
    """Make a link for the responsible unit, good until the office's term; it ends the one before."""
    with writing() as session:
        given = (str(finding_id), clock.new_id(), storable(new)["name"], clock.now())
        link, token, until = unit_links.make(session, access.current_actor(), *given)
        return {"id": link.id, "name": link.name, "token": token, "expires_at": until, **_address(token)}


@blueprint.get("/<uuid:finding_id>/unit-link")
@blueprint.response(200, UnitLinkSchema(many=True))
@access.people("handler", "supervisor", "admin")
def listing(finding_id: UUID) -> Response:
    """The links that were made for a finding, newest first, and what became of each."""
    with reading() as session:
        return jsonify(unit_links.listing(session, access.current_actor(), str(finding_id), clock.now()))


@blueprint.delete("/<uuid:finding_id>/unit-link")
@blueprint.response(204)
@access.people("handler", "supervisor", "admin")
def revoke(finding_id: UUID) -> None:
    """End the link that is open."""
    with writing() as session:
        unit_links.revoke(session, access.current_actor(), str(finding_id), clock.now())


def link_of(token: str) -> str:
    """The address that a unit opens."""
    settings: Settings = current_app.extensions["bluegrid.settings"]
    base = (settings.public_url or request.host_url).rstrip("/")
    return f"{base}{PAGE}#{token}"


def _address(token: str) -> dict[str, str]:
    url = link_of(token)
    return {"url": url, "qr_svg": qr.svg(url), "qr_png": base64.b64encode(qr.png(url)).decode()}
