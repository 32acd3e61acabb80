"""What the answers hold, as schemas: they document the rows that `services.rows` renders, and a test compares the two.

Rows are rendered once and sent as they are; dumping them again through marshmallow would cost 0.13 ms each.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from backend.api.case_documents import (
    CaseSchema,
    CaseStepSchema,
    HopSchema,
    LookBackSchema,
    UnitReplyDocumentSchema,
)
from backend.api.document_parts import (
    FlagSchema,
    LocationSchema,
    PersonSchema,
    PhotoFlagSchema,
    PhotoSchema,
    PositionSchema,
    code,
    text,
    time,
)
from backend.models.site import SITE_STATUSES


class CellSchema(Schema):
    scheme = fields.String(required=True, metadata={"description": "admin, square-1000 or beidou"})
    code = fields.String(required=True)
    confidence = fields.Float(required=True, metadata={"description": "Share of the accuracy circle within the cell"})


class CellDetailSchema(CellSchema):
    name = fields.String(required=True, allow_none=True)
    method = fields.String(required=True)
    version = fields.String(required=True, allow_none=True)
    candidates = fields.List(fields.Raw(), required=True)


class FindingSchema(Schema):
    id = fields.String(required=True)
    number = text("问题编号", null=False)
    topic = fields.String(required=True)
    item = text("Code of the checklist's item")
    checklist = text()
    checklist_version = text()
    description = text(null=False)
    severity = code("severity")
    state = fields.String(required=True)
    grade = code("grade")
    source = fields.String(required=True)
    basis = text("依据: document and clause")
    requirement = text("整改要求")
    rectification_kind = text("immediate or time_limited")
    deadline_at = time("整改时限", null=True)
    lead_department = text()
    found_at = time("Corrected by the device's clock offset")
    found_at_sent = text("As the device said it", null=False)
    received_at = time("The server's time")
    site = text("Id of the site")
    inspection = text("Id of the inspection")
    author = fields.Nested(PersonSchema, required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cells = fields.List(fields.Nested(CellSchema), required=True)
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    flags = fields.List(fields.Nested(FlagSchema), required=True)
    merged_into = text("Id of the finding that this one was merged into")
    case = fields.Nested(CaseSchema, required=True, allow_none=True)
    rev = fields.Integer(required=True)


class CommentSchema(Schema):
    id = fields.String(required=True)
    finding = fields.String(required=True)
    text = fields.String(required=True)
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    by = fields.String(required=True, metadata={"description": "Id of the author"})
    author = fields.Nested(PersonSchema, required=True)
    at = time("When it was said")
    rev = fields.Integer(required=True)


class FormerCellSchema(Schema):
    """Where a row lay before a grid version that was put into force moved it."""

    code = text("The cell before; null for none")
    name = text()
    confidence = fields.Float(required=True, allow_none=True)
    method = text()
    version = text("Id of the grid version")
    moved_to = text("The cell afterwards; null for none")
    at = time("When it was moved")


class FindingToVerifySchema(FindingSchema):
    """A finding with what speaks against vouching for it: its own flags, those of its photos, what evidence lacks."""

    photo_flags = fields.List(fields.Nested(PhotoFlagSchema), required=True)
    evidence_lacks = fields.List(
        fields.String(), required=True, metadata={"description": "Why it is a lead and no ground for a penalty"}
    )


class FindingDetailSchema(FindingToVerifySchema):
    cells = fields.List(fields.Nested(CellDetailSchema), required=True)
    comments = fields.List(fields.Nested(CommentSchema), required=True)
    steps = fields.List(fields.Nested(CaseStepSchema), required=True)
    hops = fields.List(fields.Nested(HopSchema), required=True)
    unit_replies = fields.List(fields.Nested(UnitReplyDocumentSchema), required=True)
    look_backs = fields.List(fields.Nested(LookBackSchema), required=True)
    place_said = fields.List(fields.Dict(), required=True, metadata={"description": "Who claimed and who declined it"})
    former_cells = fields.List(fields.Nested(FormerCellSchema), required=True)


class InspectionSchema(Schema):
    id = fields.String(required=True)
    checklist = fields.String(required=True)
    checklist_version = fields.String(required=True)
    mode = code("mode")
    grade = code("grade")
    grade_reasons = fields.List(fields.Raw(), required=True)
    site = text()
    task = text()
    started_at = time("When it began")
    finished_at = time("When it ended")
    received_at = time("The server's time")
    author = fields.Nested(PersonSchema, required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cell = text("Administrative cell")
    answers = fields.List(fields.Raw(), required=True)
    findings = fields.List(fields.String(), required=True)
    advice = fields.List(fields.Raw(), required=True)
    flags = fields.List(fields.Nested(FlagSchema), required=True)
    rev = fields.Integer(required=True)


class InspectionDetailSchema(InspectionSchema):
    """Each answer carries `text`, the question as the pinned version words it."""

    details = fields.Dict(required=True)


class SiteSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    address = text()
    responsible_unit = text()
    responsible_person = text()
    phone = text()
    supervising_department = text()
    attributes = fields.Dict(required=True, metadata={"description": "What the checklists' conditions ask of a site"})
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cell = text("Administrative cell")
    status = fields.String(required=True, validate=validate.OneOf(SITE_STATUSES))
    label = text("What its QR label says")
    origin = fields.String(required=True, metadata={"description": "console, proposal, import:…, plan:…"})
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    doubt = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Set while visits say that the datum is another one"}
    )
    created_at = time("When it was added")
    rev = fields.Integer(required=True)


class SightingSchema(Schema):
    id = fields.String(required=True)
    source = code("fire_source")
    satellite = fields.String(required=True)
    at = time("When it was seen")
    until = time("The end of the span, where only a day is known", null=True)
    location = fields.Nested(LocationSchema, required=True)
    reach_m = fields.Float(required=True, metadata={"description": "How far the fire may be from there"})
    confidence = text("low, nominal or high")
    quality = text("standard, nrt or rt")
    notes = fields.Dict(required=True, metadata={"description": "What people said"})


class FirePointSchema(Schema):
    id = fields.String(required=True)
    number = fields.String(required=True)
    state = code("fire_state")
    first_at = time("First seen")
    last_at = time("Last seen")
    reported_at = time("接报: when it became known here")
    location = fields.Nested(LocationSchema, required=True)
    reach_m = fields.Float(required=True)
    cell = text("Administrative cell")
    cell_confidence = fields.Float(required=True)
    place = text("村屯及小地名")
    zone = fields.Dict(required=True, metadata={"description": "The verdict on burning there and then, with sentences"})
    sources = fields.List(fields.String(), required=True)
    sightings = fields.Integer(required=True)
    detections = fields.List(fields.Nested(SightingSchema), required=True, metadata={"description": "The latest 20"})
    reporter = fields.Nested(PersonSchema, required=True, allow_none=True)
    assignee = fields.Nested(PersonSchema, required=True, allow_none=True)
    outcome = text("straw, other, scorched, approved, ruled_out or not_found")
    arrived_at = time("到场", null=True)
    extinguished_at = time("扑灭", null=True)
    crop = text("作物")
    area_mu = fields.Float(required=True, allow_none=True, metadata={"description": "过火面积, 亩"})
    handling = fields.List(fields.String(), required=True, metadata={"description": "扑灭, 教育, 立案"})
    penalty_yuan = fields.Float(required=True, allow_none=True)
    note = text()
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    answered_at = time("When the answer was received", null=True)
    answered_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    answered_via = text("app, link or console")
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    flags = fields.List(fields.Nested(FlagSchema), required=True)
    merged_into = text("Id of the fire point that this one turned out to be")
    rev = fields.Integer(required=True)


class ZoneSetSchema(Schema):
    id = fields.String(required=True)
    city = fields.String(required=True, metadata={"description": "Code of the city whose zones these are"})
    name = fields.String(required=True)
    file = fields.String(required=True, metadata={"description": "SHA-256 of the file, as GET /api/v1/packs gives it"})
    bytes = fields.Integer(required=True)
    activated_at = time("In force from", null=True)
    retired_at = time("Replaced by another set at", null=True)
    rev = fields.Integer(required=True)


class SubjectSchema(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)


class LostFieldSchema(Schema):
    name = fields.String(required=True)
    base = fields.Raw(required=True, allow_none=True, metadata={"description": "What the device had last seen"})
    current = fields.Raw(required=True, allow_none=True, metadata={"description": "What stands"})
    incoming = fields.Raw(required=True, allow_none=True, metadata={"description": "What the op wanted"})


class ConflictSchema(Schema):
    id = fields.String(required=True)
    row = fields.Nested(SubjectSchema, required=True)
    fields_ = fields.List(fields.Nested(LostFieldSchema), required=True, data_key="fields", attribute="fields")
    op = fields.String(required=True, metadata={"description": "Id of the op that lost"})
    joined = fields.List(fields.Raw(), required=True, metadata={"description": "Later ops that lost the same field"})
    details = fields.Dict(required=True)
    by = fields.String(required=True, metadata={"description": "Id of the op's author"})
    author = fields.Nested(PersonSchema, required=True)
    at = time("When the op was received")
    state = fields.String(required=True, validate=validate.OneOf(("open", "resolved")))
    choice = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(("current", "incoming"))),
        required=True,
        allow_none=True,
    )
    resolved_by = text("Id of the person")
    resolved_at = time("When it was resolved", null=True)
    rev = fields.Integer(required=True)


class OpResultSchema(Schema):
    id = fields.String(required=True, metadata={"description": "Id of the op"})
    stream = fields.String(required=True)
    n = fields.Integer(required=True)
    cmd = fields.String(required=True)
    row = text("Id of the row that the op is about")
    status = fields.String(
        required=True, validate=validate.OneOf(("applied", "merged", "conflict", "rejected", "held"))
    )
    rev = fields.Integer(required=True, allow_none=True)
    conflict = text("Id of the conflict record")
    problem = fields.Dict(required=True, allow_none=True)
    decided_at = time("Null while it is held", null=True)


class TitleSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ChecklistSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    pack = fields.String(required=True, metadata={"description": "SHA-256 of the pack: GET /api/v1/packs/{pack}"})
    published_at = time("When this version was published here")
    retired_at = time("Since when it is offered for no new inspection", null=True)


def collection_of(properties: fields.Field[Any], name: str, **more: fields.Field[Any]) -> type[Schema]:
    """The schema of RFC 7946 features, in CGCS2000 (within centimetres of WGS 84)."""
    feature = Schema.from_dict(
        {
            "type": fields.String(required=True, validate=validate.Equal("Feature")),
            "id": fields.String(required=True),
            "geometry": fields.Dict(
                required=True, allow_none=True, metadata={"description": "Null where there is no position"}
            ),
            "properties": properties,
        },
        name=f"{name}Feature",
    )
    return Schema.from_dict(
        {
            "type": fields.String(required=True, validate=validate.Equal("FeatureCollection")),
            "features": fields.List(fields.Nested(feature), required=True),
            "datum": fields.String(required=True, validate=validate.Equal("CGCS2000")),
            **more,
        },
        name=f"{name}Collection",
    )


def points_of(item: type[Schema], name: str) -> type[Schema]:
    """A page of rows as points."""
    return collection_of(
        fields.Nested(item, required=True),
        name,
        next_cursor=fields.String(required=True, allow_none=True),
        total=fields.Integer(),
        total_exceeded=fields.Boolean(),
    )
