"""Sites: listed, read and added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from backend import catalogue, clock
from backend.api import access, documents
from backend.api.paging import PageArgs, page_asked, page_body, storable
from backend.services import rows, sites
from backend.services.sites import NewSite, SiteFilters
from backend.transactions import reading, writing
from geo.position import parse_position

MAX_ATTRIBUTES = 100

blueprint = Blueprint("sites", __name__, url_prefix="/api/v1/sites", description="Sites 点位")


class SitesArgs(PageArgs):
    kind = fields.String(validate=validate.OneOf(catalogue.codes("site_kind")))
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})
    text = fields.String(
        validate=validate.Length(max=200), metadata={"description": "Looked for in name, code, address and unit"}
    )


def _plain(attributes: dict[str, Any]) -> None:
    """Attributes are plain: conditions read text, numbers and yes or no."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise ValidationError(f"At most {MAX_ATTRIBUTES} attributes.")
    for name, value in attributes.items():
        if not isinstance(value, str | int | float | bool | None):
            raise ValidationError(f"{name} must be a text, a number, true, false or null.")
        if isinstance(value, str) and len(value) > 1000:
            raise ValidationError(f"{name} has more than 1000 characters.")


class NewSiteSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 60))
    name = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.String(required=True, validate=validate.OneOf(catalogue.codes("site_kind")))
    address = fields.String(allow_none=True, validate=validate.Length(max=300))
    responsible_unit = fields.String(allow_none=True, validate=validate.Length(max=200))
    responsible_person = fields.String(allow_none=True, validate=validate.Length(max=80))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))
    supervising_department = fields.String(allow_none=True, validate=validate.Length(max=200))
    attributes = fields.Dict(keys=fields.String(validate=validate.Length(1, 60)), values=fields.Raw(), validate=_plain)
    position = fields.Raw(
        required=True,
        metadata={"$ref": "#/components/schemas/Position", "description": "With its datum, which is never guessed"},
    )

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> NewSite:
        storable(data)
        return NewSite(**{**data, "position": parse_position(data["position"])})


@blueprint.get("")
@blueprint.arguments(SitesArgs, location="query", unknown=RAISE)
@blueprint.response(200, documents.page_of(documents.SiteSchema, "SitePage"))
@access.anyone_known()
def list_sites(args: dict[str, Any]) -> Response:
    """Sites in your area, the last added first."""
    said = storable(args)
    filters = SiteFilters(said.get("kind"), said.get("cell"), said.get("text"))
    with reading() as session:
        page = sites.page(session, access.current_actor(), filters, page_asked(args))
        return jsonify(page_body(page, [rows.site_document(site) for site in page.rows]))


@blueprint.post("")
@blueprint.arguments(NewSiteSchema)
@blueprint.response(201, documents.SiteSchema)
@access.people("supervisor", "admin")
def add_site(new: NewSite) -> tuple[Response, int]:
    """Add a site in your area; devices there receive it with their next pull."""
    place = sites.locate(new.position)
    with writing() as session:
        site = sites.add(session, access.current_actor(), clock.new_id(), clock.now(), new, place)
        return jsonify(rows.site_document(site)), 201


@blueprint.get("/<uuid:site_id>")
@blueprint.response(200, documents.SiteSchema)
@access.anyone_known()
def get_site(site_id: UUID) -> Response:
    """One site."""
    with reading() as session:
        return jsonify(rows.site_document(sites.get(session, access.current_actor(), str(site_id))))
