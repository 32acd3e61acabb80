"""What the answers hold, as schemas: they document the rows that `services.rows` renders, and a test compares the two.

Rows are rendered once and sent as they are; dumping them again through marshmallow would cost 0.13 ms each.
"""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from backend import catalogue
from backend.models.site import SITE_STATUSES


def _time(description: str, *, null: bool = False) -> fields.Field[Any]:
    return fields.AwareDateTime(required=True, allow_none=null, metadata={"description": description})


def _code(group: str) -> fields.Field[Any]:
    return fields.String(required=True, validate=validate.OneOf(catalogue.codes(group)))


def _text(description: str = "", *, null: bool = True) -> fields.Field[Any]:
    return fields.String(required=True, allow_none=null, metadata={"description": description} if description else {})


class LocationSchema(Schema):
    lon = fields.Float(required=True, metadata={"description": "CGCS2000 longitude, degrees"})
    lat = fields.Float(required=True, metadata={"description": "CGCS2000 latitude, degrees"})


class PositionSchema(Schema):
    """As the device sent it; the datum is never guessed."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(required=True, validate=validate.OneOf(["WGS84", "GCJ02", "BD09", "CGCS2000"]))
    accuracy_m = fields.Float(allow_none=True)
    altitude_m = fields.Float(allow_none=True)
    provider = fields.String(allow_none=True)
    mock = fields.Boolean(allow_none=True)
    at = fields.String(allow_none=True)


class PersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class PhotoSchema(Schema):
    id = fields.String(
        required=True, allow_none=True, metadata={"description": "Null for a hash that has no record of its own yet"}
    )
    sha256 = fields.String(required=True)
    role = fields.String(required=True)
    stored = fields.Boolean(
        required=True, metadata={"description": "True when the bytes are here and the record's author could see them"}
    )


class FlagSchema(Schema):
    """What is doubtful; some flags name more (`photo`, `finding`)."""

    class Meta:
        unknown = INCLUDE

    code = fields.String(required=True)
    detail = fields.Raw(required=True, allow_none=True)


class CellSchema(Schema):
    scheme = fields.String(required=True, metadata={"description": "admin, square-1000 or beidou"})
    code = fields.String(required=True)
    confidence = fields.Float(required=True, metadata={"description": "Share of the accuracy circle within the cell"})


class CellDetailSchema(CellSchema):
    name = fields.String(required=True, allow_none=True)
    method = fields.String(required=True)
    version = fields.String(required=True, allow_none=True)
    candidates = fields.List(fields.Raw(), required=True)


class OfficeNameSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class CaseSchema(Schema):
    """How a finding stands with the office; null before an office has begun with it. Persons are user ids."""

    office = fields.Nested(OfficeNameSchema, required=True, allow_none=True)
    due_at = _time("The present office's term", null=True)
    parked_until = _time("挂账: put aside until then", null=True)
    rectified_by = _text()
    rectified_at = _time("完成时间", null=True)
    rechecked_by = _text()
    rechecked_at = _time("复查时间", null=True)
    closed_by = _text()
    closed_at = _time("销号时间", null=True)
    on_the_spot = fields.Boolean(required=True, metadata={"description": "立行立改"})
    times_returned = fields.Integer(required=True)
    times_reopened = fields.Integer(required=True)


class CaseStepSchema(Schema):
    """One step, with who, when, where, why and what photos."""

    id = fields.String(required=True)
    n = fields.Integer(required=True)
    action = fields.String(required=True)
    start = fields.String(required=True, data_key="from")
    to = fields.String(required=True)
    by = fields.Nested(PersonSchema, required=True)
    role = fields.String(required=True)
    approved_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    office = fields.Nested(OfficeNameSchema, required=True, allow_none=True)
    at = _time("When it was done")
    received_at = _time("When the server heard of it")
    note = _text()
    photos = fields.List(fields.String(), required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    details = fields.Dict(required=True)


class ReturnSchema(Schema):
    by = fields.Nested(PersonSchema, required=True, allow_none=True)
    at = _time("When it was asked for")
    reason = _text()
    due_at = _time("By when the dispatcher decides", null=True)


class ParkedSchema(Schema):
    by = fields.Nested(PersonSchema, required=True, allow_none=True)
    at = _time("Since when")
    until = _time("Until when")
    reason = _text()


class ExtensionSchema(Schema):
    n = fields.Integer(required=True)
    by = fields.Nested(PersonSchema, required=True)
    at = _time("When it was asked for")
    reason = fields.String(required=True)
    wanted_until = _time("What was asked for")
    due_before = _time("The term before", null=True)
    decided_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    decided_at = _time("When it was decided", null=True)
    granted = fields.Boolean(required=True, allow_none=True)
    granted_until = _time("What was granted", null=True)
    note = _text()


class HopSchema(Schema):
    """A stay with one office; `due_assumed`: holidays on the way were not announced yet."""

    id = fields.String(required=True)
    n = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "dispatch 交办 or pass 转办"})
    office = fields.Nested(OfficeNameSchema, required=True, allow_none=True)
    given_by = fields.Nested(PersonSchema, required=True)
    given_at = _time("交办时间")
    due_at = _time("This office's term", null=True)
    due_assumed = fields.Boolean(required=True)
    signed_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    signed_at = _time("签收时间", null=True)
    return_ = fields.Nested(ReturnSchema, required=True, allow_none=True, data_key="return")
    parked = fields.Nested(ParkedSchema, required=True, allow_none=True)
    extensions = fields.List(fields.Nested(ExtensionSchema), required=True)
    ended_at = _time("When it left this office", null=True)
    outcome = _text("replied, passed, returned, withdrawn or transferred")
    late_days = fields.Integer(required=True)


class FindingSchema(Schema):
    id = fields.String(required=True)
    number = _text("问题编号", null=False)
    topic = fields.String(required=True)
    item = _text("Code of the checklist's item")
    checklist = _text()
    checklist_version = _text()
    description = _text(null=False)
    severity = _code("severity")
    state = fields.String(required=True)
    grade = _code("grade")
    source = fields.String(required=True)
    basis = _text("依据: document and clause")
    requirement = _text("整改要求")
    rectification_kind = _text("immediate or time_limited")
    deadline_at = _time("整改时限", null=True)
    lead_department = _text()
    found_at = _time("Corrected by the device's clock offset")
    found_at_sent = _text("As the device said it", null=False)
    received_at = _time("The server's time")
    site = _text("Id of the site")
    inspection = _text("Id of the inspection")
    author = fields.Nested(PersonSchema, required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cells = fields.List(fields.Nested(CellSchema), required=True)
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    flags = fields.List(fields.Nested(FlagSchema), required=True)
    merged_into = _text("Id of the finding that this one was merged into")
    case = fields.Nested(CaseSchema, required=True, allow_none=True)
    rev = fields.Integer(required=True)


class CommentSchema(Schema):
    id = fields.String(required=True)
    finding = fields.String(required=True)
    text = fields.String(required=True)
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    by = fields.String(required=True, metadata={"description": "Id of the author"})
    author = fields.Nested(PersonSchema, required=True)
    at = _time("When it was said")
    rev = fields.Integer(required=True)


class FindingDetailSchema(FindingSchema):
    cells = fields.List(fields.Nested(CellDetailSchema), required=True)
    comments = fields.List(fields.Nested(CommentSchema), required=True)
    steps = fields.List(fields.Nested(CaseStepSchema), required=True)
    hops = fields.List(fields.Nested(HopSchema), required=True)


class InspectionSchema(Schema):
    id = fields.String(required=True)
    checklist = fields.String(required=True)
    checklist_version = fields.String(required=True)
    mode = _code("mode")
    grade = _code("grade")
    grade_reasons = fields.List(fields.Raw(), required=True)
    site = _text()
    task = _text()
    started_at = _time("When it began")
    finished_at = _time("When it ended")
    received_at = _time("The server's time")
    author = fields.Nested(PersonSchema, required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cell = _text("Administrative cell")
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
    address = _text()
    responsible_unit = _text()
    responsible_person = _text()
    phone = _text()
    supervising_department = _text()
    attributes = fields.Dict(required=True, metadata={"description": "What the checklists' conditions ask of a site"})
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    location = fields.Nested(LocationSchema, required=True, allow_none=True)
    cell = _text("Administrative cell")
    status = fields.String(required=True, validate=validate.OneOf(SITE_STATUSES))
    label = _text("What its QR label says")
    origin = fields.String(required=True, metadata={"description": "console, proposal, import:…, plan:…"})
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    doubt = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Set while visits say that the datum is another one"}
    )
    created_at = _time("When it was added")
    rev = fields.Integer(required=True)


class SightingSchema(Schema):
    id = fields.String(required=True)
    source = _code("fire_source")
    satellite = fields.String(required=True)
    at = _time("When it was seen")
    until = _time("The end of the span, where only a day is known", null=True)
    location = fields.Nested(LocationSchema, required=True)
    reach_m = fields.Float(required=True, metadata={"description": "How far the fire may be from there"})
    confidence = _text("low, nominal or high")
    quality = _text("standard, nrt or rt")
    notes = fields.Dict(required=True, metadata={"description": "What people said"})


class FirePointSchema(Schema):
    id = fields.String(required=True)
    number = fields.String(required=True)
    state = _code("fire_state")
    first_at = _time("First seen")
    last_at = _time("Last seen")
    reported_at = _time("接报: when it became known here")
    location = fields.Nested(LocationSchema, required=True)
    reach_m = fields.Float(required=True)
    cell = _text("Administrative cell")
    cell_confidence = fields.Float(required=True)
    place = _text("村屯及小地名")
    zone = fields.Dict(required=True, metadata={"description": "The verdict on burning there and then, with sentences"})
    sources = fields.List(fields.String(), required=True)
    sightings = fields.Integer(required=True)
    detections = fields.List(fields.Nested(SightingSchema), required=True, metadata={"description": "The latest 20"})
    reporter = fields.Nested(PersonSchema, required=True, allow_none=True)
    assignee = fields.Nested(PersonSchema, required=True, allow_none=True)
    outcome = _text("straw, other, scorched, approved, ruled_out or not_found")
    arrived_at = _time("到场", null=True)
    extinguished_at = _time("扑灭", null=True)
    crop = _text("作物")
    area_mu = fields.Float(required=True, allow_none=True, metadata={"description": "过火面积, 亩"})
    handling = fields.List(fields.String(), required=True, metadata={"description": "扑灭, 教育, 立案"})
    penalty_yuan = fields.Float(required=True, allow_none=True)
    note = _text()
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    answered_at = _time("When the answer was received", null=True)
    answered_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    answered_via = _text("app, link or console")
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    flags = fields.List(fields.Nested(FlagSchema), required=True)
    merged_into = _text("Id of the fire point that this one turned out to be")
    rev = fields.Integer(required=True)


class ZoneSetSchema(Schema):
    id = fields.String(required=True)
    city = fields.String(required=True, metadata={"description": "Code of the city whose zones these are"})
    name = fields.String(required=True)
    file = fields.String(required=True, metadata={"description": "SHA-256 of the file, as GET /api/v1/packs gives it"})
    bytes = fields.Integer(required=True)
    activated_at = _time("In force from", null=True)
    retired_at = _time("Replaced by another set at", null=True)
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
    at = _time("When the op was received")
    state = fields.String(required=True, validate=validate.OneOf(("open", "resolved")))
    choice = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(("current", "incoming"))),
        required=True,
        allow_none=True,
    )
    resolved_by = _text("Id of the person")
    resolved_at = _time("When it was resolved", null=True)
    rev = fields.Integer(required=True)


class OpResultSchema(Schema):
    id = fields.String(required=True, metadata={"description": "Id of the op"})
    stream = fields.String(required=True)
    n = fields.Integer(required=True)
    cmd = fields.String(required=True)
    row = _text("Id of the row that the op is about")
    status = fields.String(
        required=True, validate=validate.OneOf(("applied", "merged", "conflict", "rejected", "held"))
    )
    rev = fields.Integer(required=True, allow_none=True)
    conflict = _text("Id of the conflict record")
    problem = fields.Dict(required=True, allow_none=True)
    decided_at = _time("Null while it is held", null=True)


class TitleSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ChecklistSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    pack = fields.String(required=True, metadata={"description": "SHA-256 of the pack: GET /api/v1/packs/{pack}"})
    published_at = _time("When this version was published here")
    retired_at = _time("Since when it is offered for no new inspection", null=True)


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a page of rows."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(
                required=True, allow_none=True, metadata={"description": "Send it as `cursor`; null at the end"}
            ),
            "total": fields.Integer(metadata={"description": "Only when asked for with total=true"}),
        },
        name=name,
    )


class FeatureSchema(Schema):
    type = fields.String(required=True, validate=validate.Equal("Feature"))
    id = fields.String(required=True)
    geometry = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "A Point in CGCS2000, or null where there is no position"},
    )
    properties = fields.Nested(FindingSchema, required=True)


class FeatureCollectionSchema(Schema):
    """RFC 7946, in CGCS2000 (within centimetres of WGS 84); coordinates have 9 decimals."""

    type = fields.String(required=True, validate=validate.Equal("FeatureCollection"))
    features = fields.List(fields.Nested(FeatureSchema), required=True)
    datum = fields.String(required=True, validate=validate.Equal("CGCS2000"))
    next_cursor = fields.String(required=True, allow_none=True)
    total = fields.Integer()
