"""Sites: listed, read, added, changed; their labels and their history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from sqlalchemy.orm import Session

from backend import catalogue, clock
from backend.api import (
    access,
    documents,
    geojson,
    instants,
)
from backend.api.paging import (
    PageArgs,
    page_asked,
    page_of,
    storable,
)
from backend.config import Settings
from backend.models import Site
from backend.models.plate import PLATES
from backend.models.site import SITE_STATUSES
from backend.services import qr, rows, site_history, sites
from backend.services.sites import NewSite, SiteFilters
from backend.transactions import reading, writing
from geo.position import parse_position

MAX_ATTRIBUTES = 100

blueprint = Blueprint("sites", __name__, url_prefix="/api/v1/sites", description="Sites 点位")


class SitesArgs(PageArgs, geojson.FormatArgs):
    kind = fields.String(validate=validate.OneOf(catalogue.codes("site_kind")))
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})
    status = fields.String(validate=validate.OneOf(SITE_STATUSES))
    unit = fields.String(metadata={"description": "Code of a management unit"})
    bbox = fields.String(metadata={"description": "west,south,east,north in CGCS2000 degrees"})
    doubtful = fields.Boolean(metadata={"description": "Those whose visits say that their datum is another one"})
    township = fields.String(metadata={"description": "Counted exactly there, as in the statistics"})
    inspected_from = instants.moment(metadata={"description": "Inspected at least once from this instant on"})
    inspected_to = instants.moment(metadata={"description": "Inspected at least once before this instant"})
    plate = fields.String(validate=validate.OneOf(PLATES), metadata={"description": "Rating plate 挂牌"})
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


class SiteFieldsSchema(Schema):
    code = fields.String(validate=validate.Length(1, 60))
    name = fields.String(validate=validate.Length(1, 200))
    kind = fields.String(validate=validate.OneOf(catalogue.codes("site_kind")))
    address = fields.String(allow_none=True, validate=validate.Length(max=300))
    responsible_unit = fields.String(allow_none=True, validate=validate.Length(max=200))
    responsible_person = fields.String(allow_none=True, validate=validate.Length(max=80))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))
    supervising_department = fields.String(allow_none=True, validate=validate.Length(max=200))
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 60)), values=fields.Raw(allow_none=True), validate=_plain
    )
    position = fields.Raw(
        metadata={"$ref": "#/components/schemas/Position", "description": "With its datum, which is never guessed"},
    )


class NewSiteSchema(SiteFieldsSchema):
    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.required = field_name in ("code", "name", "kind", "position")

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> NewSite:
        storable(data)
        return NewSite(**{**data, "position": parse_position(data["position"])})


class SiteChangeSchema(SiteFieldsSchema):
    rev = fields.Integer(required=True, metadata={"description": "The revision that you saw"})
    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=500))
    status = fields.String(validate=validate.OneOf(SITE_STATUSES))

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        storable(data)
        return {**data, "position": parse_position(data["position"])} if "position" in data else data


class HistorySchema(Schema):
    changes = fields.List(fields.Dict(), required=True)
    inspections = fields.List(fields.Dict(), required=True)
    findings = fields.List(fields.Dict(), required=True)


@blueprint.get("")
@blueprint.arguments(SitesArgs, location="query", unknown=RAISE)
@blueprint.response(200, page_of(documents.SiteSchema, "SitePage"))
@blueprint.alt_response(
    200, schema=documents.points_of(documents.SiteSchema, "Site"), content_type=geojson.GEOJSON, success=True
)
@access.anyone_known(personal="sites")
def list_sites(args: dict[str, Any]) -> Response:
    """Sites in your area, the last added first; `Accept: application/geo+json` gives GeoJSON in CGCS2000."""
    said = storable(args)
    filters = SiteFilters(**{name: said.get(name) for name in SiteFilters.__slots__})
    with reading() as session:
        page = sites.page(session, access.current_actor(), filters, page_asked(args))
        return geojson.listed(args, page, rows.site_documents(session, page.rows))


@blueprint.post("")
@blueprint.arguments(NewSiteSchema)
@blueprint.response(201, documents.SiteSchema)
@access.people("supervisor", "admin")
def add_site(new: NewSite) -> tuple[Response, int]:
    """Add a site in your area; devices there receive it with their next pull."""
    with writing() as session:
        site = sites.add(session, access.current_actor(), clock.new_id(), clock.now(), new)
        return jsonify(_document(session, site)), 201


def _document(session: Session, site: Site) -> rows.Document:
    return rows.site_documents(session, [site])[0]


@blueprint.get("/<uuid:site_id>")
@blueprint.response(200, documents.SiteSchema)
@access.anyone_known(personal="sites")
def get_site(site_id: UUID) -> Response:
    """One site."""
    with reading() as session:
        return jsonify(_document(session, sites.get(session, access.current_actor(), str(site_id))))


@blueprint.get("/by-label/<label>")
@blueprint.response(200, documents.SiteSchema)
@access.anyone_known(personal="sites")
def get_by_label(label: str) -> Response:
    """The site whose QR label was read."""
    with reading() as session:
        return jsonify(
            _document(session, sites.by_label(session, access.current_actor(), storable({"label": label})["label"]))
        )


@blueprint.patch("/<uuid:site_id>")
@blueprint.arguments(SiteChangeSchema)
@blueprint.response(200, documents.SiteSchema)
@access.people("supervisor", "admin")
def change_site(change: dict[str, Any], site_id: UUID) -> Response:
    """Change a site, accept one that was proposed (`status: active`), or close it; its history keeps what it was."""
    rev, reason = change.pop("rev"), change.pop("reason")
    with writing() as session:
        site = sites.change(session, access.current_actor(), str(site_id), clock.now(), change, reason, rev)
        return jsonify(_document(session, site))


@blueprint.get("/<uuid:site_id>/history")
@blueprint.response(200, HistorySchema)
@access.anyone_known(personal="sites")
def history(site_id: UUID) -> Response:
    """What happened at a site: changes of its record, inspections, findings; the newest 200 of each."""
    with reading() as session:
        actor = access.current_actor()
        return jsonify(site_history.of(session, actor, sites.get(session, actor, str(site_id))))


@blueprint.get("/<uuid:site_id>/label.svg")
@blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
@access.people()
def label(site_id: UUID) -> Response:
    """The QR label for the site's gate; the field app opens the site that it names."""
    settings: Settings = current_app.extensions["bluegrid.settings"]
    with reading() as session:
        site = sites.get(session, access.current_actor(), str(site_id))
        link = qr.site_url(settings.public_url or request.host_url, site.label or "")
    return Response(qr.svg(link), mimetype="image/svg+xml")
