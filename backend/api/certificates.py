"""Enforcement certificates of officers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, post_load, validate

from backend import clock
from backend.api import access
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.services import certificates
from backend.transactions import reading, writing

blueprint = Blueprint(
    "certificates", __name__, url_prefix="/api/v1/certificates", description="Enforcement certificates 执法证"
)


class CertificateSchema(Schema):
    id = fields.String(required=True)
    number = fields.String(required=True)
    issuer = fields.String(required=True)
    user = fields.String(required=True)
    display_name = fields.String(required=True, metadata={"description": "What its holder is called"})
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, metadata={"description": "The last day on which it holds"})
    withdrawn_on = fields.Date(required=True, allow_none=True)
    valid = fields.Boolean(required=True, metadata={"description": "Today, in Asia/Shanghai"})
    days_left = fields.Integer(required=True, metadata={"description": "Below zero when it has run out"})
    rev = fields.Integer(required=True)


CertificatePageSchema = page_of(CertificateSchema, "CertificatePage")


class CertificateArgs(PageArgs):
    user = fields.UUID()
    ending = fields.Boolean(
        load_default=False, metadata={"description": "Only those of active people that run out within 30 days"}
    )


class NewCertificateSchema(Schema):
    class Meta:
        unknown = RAISE

    number = fields.String(required=True, validate=validate.Length(1, 60))
    issuer = fields.String(required=True, validate=validate.Length(1, 200))
    user = fields.UUID(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        if "user" in data:
            data["user_id"] = str(data.pop("user"))
        return data


class CertificateChangeSchema(NewCertificateSchema):
    class Meta:
        unknown = RAISE
        exclude = ("user",)

    rev = fields.Integer(required=True, metadata={"description": "The revision that you read"})
    number = fields.String(validate=validate.Length(1, 60))
    issuer = fields.String(validate=validate.Length(1, 200))
    valid_from = fields.Date()
    valid_to = fields.Date()
    withdrawn_on = fields.Date(allow_none=True, metadata={"description": "From this day on it holds no more"})


@blueprint.get("")
@blueprint.arguments(CertificateArgs, location="query")
@blueprint.response(200, CertificatePageSchema)
@access.people("supervisor", "admin", personal="certificates")
def listing(args: dict[str, Any]) -> dict[str, Any]:
    """Certificates, newest first."""
    today = certificates.day_of(clock.now())
    until = today + certificates.SOON if args["ending"] else None
    user = str(args["user"]) if args.get("user") else None
    with reading() as session:
        page = certificates.listing(session, user, until, today, page_asked(args))
        return page_body(page, [certificates.shown(each, today) for each in page.rows])


@blueprint.post("")
@blueprint.arguments(NewCertificateSchema)
@blueprint.response(201, CertificateSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> dict[str, Any]:
    """Enter a certificate."""
    now = clock.now()
    with writing() as session:
        made = certificates.create(session, access.current_actor(), storable(said), now, clock.new_id())
        return certificates.shown(made, certificates.day_of(now))


@blueprint.patch("/<uuid:certificate_id>")
@blueprint.arguments(CertificateChangeSchema)
@blueprint.response(200, CertificateSchema)
@access.people("admin")
def change(said: dict[str, Any], certificate_id: UUID) -> dict[str, Any]:
    """Change a certificate, or withdraw it; `rev` is the one that you read."""
    rev, now = said.pop("rev"), clock.now()
    with writing() as session:
        found = certificates.change(session, access.current_actor(), str(certificate_id), rev, storable(said), now)
        return certificates.shown(found, certificates.day_of(now))
