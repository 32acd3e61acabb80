"""Inspections, read: each by the checklist version that it pinned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from backend import catalogue
from backend.api import access, documents, instants
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.services import inspection_queries
from backend.services.inspection_queries import InspectionFilters
from backend.transactions import reading

blueprint = Blueprint("inspections", __name__, url_prefix="/api/v1/inspections", description="Inspections 检查")


class InspectionsArgs(PageArgs):
    site = fields.String(metadata={"description": "Id of a site"})
    checklist = fields.String(metadata={"description": "Code of a checklist"})
    mode = fields.String(validate=validate.OneOf(catalogue.codes("mode")))
    cell = fields.String(metadata={"description": "Administrative code, with all below it, or `unassigned`"})
    township = fields.String(metadata={"description": "Counted exactly there, as in the statistics"})
    finished_from = instants.moment(metadata={"description": "Finished from this instant on"})
    finished_to = instants.moment(metadata={"description": "Finished before this instant"})


@blueprint.get("")
@blueprint.arguments(InspectionsArgs, location="query", unknown=RAISE)
@blueprint.response(200, page_of(documents.InspectionSchema, "InspectionPage"))
@access.anyone_known()
def list_inspections(args: dict[str, Any]) -> Response:
    """Inspections that you may see, the last finished first."""
    said = storable(args)
    filters = InspectionFilters(**{name: said.get(name) for name in InspectionFilters.__slots__})
    with reading() as session:
        page = inspection_queries.page(session, access.current_actor(), filters, page_asked(args))
        return jsonify(page_body(page, inspection_queries.documents(session, page.rows)))


@blueprint.get("/<uuid:inspection_id>")
@blueprint.response(200, documents.InspectionDetailSchema)
@access.anyone_known()
def get_inspection(inspection_id: UUID) -> Response:
    """One inspection, its questions worded by the version that it pinned."""
    with reading() as session:
        return jsonify(inspection_queries.detail(session, access.current_actor(), str(inspection_id)))
