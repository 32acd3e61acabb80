"""The office's side of a finding, as schemas: its case, steps and hops."""

from __future__ import annotations

from marshmallow import Schema, fields

from backend.api.document_parts import PersonSchema, PositionSchema, text, time


class OfficeNameSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class CaseSchema(Schema):
    """How a finding stands with the office; null before an office has begun with it. Persons are user ids."""

    office = fields.Nested(OfficeNameSchema, required=True, allow_none=True)
    due_at = time("The present office's term", null=True)
    parked_until = time("挂账: put aside until then", null=True)
    rectified_by = text()
    rectified_at = time("完成时间", null=True)
    rechecked_by = text()
    rechecked_at = time("复查时间", null=True)
    closed_by = text()
    closed_at = time("销号时间", null=True)
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
    at = time("When it was done")
    received_at = time("When the server heard of it")
    note = text()
    photos = fields.List(fields.String(), required=True)
    position = fields.Nested(PositionSchema, required=True, allow_none=True)
    details = fields.Dict(required=True)


class ReturnSchema(Schema):
    by = fields.Nested(PersonSchema, required=True, allow_none=True)
    at = time("When it was asked for")
    reason = text()
    due_at = time("By when the dispatcher decides", null=True)


class ParkedSchema(Schema):
    by = fields.Nested(PersonSchema, required=True, allow_none=True)
    at = time("Since when")
    until = time("Until when")
    reason = text()


class ExtensionSchema(Schema):
    n = fields.Integer(required=True)
    by = fields.Nested(PersonSchema, required=True)
    at = time("When it was asked for")
    reason = fields.String(required=True)
    wanted_until = time("What was asked for")
    due_before = time("The term before", null=True)
    state = fields.String(required=True, metadata={"description": "waiting, granted, refused or withdrawn"})
    withdrawn_at = time("When it left the office before anybody had answered", null=True)
    decided_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    decided_at = time("When it was decided", null=True)
    granted = fields.Boolean(required=True, allow_none=True)
    granted_until = time("What was granted", null=True)
    note = text()


class UnitReplyDocumentSchema(Schema):
    """What the responsible unit sent by its one-time link; it moved no state."""

    id = fields.String(required=True)
    hop = fields.String(required=True, metadata={"description": "The office's stay during which it came"})
    unit = fields.String(required=True, metadata={"description": "Whom the link was made out to"})
    said_by = fields.String(required=True, metadata={"description": "The name that the unit gave"})
    done = fields.String(required=True)
    photos = fields.List(fields.String(), required=True, metadata={"description": "Hashes; a step may use them"})
    received_at = time("When it came")


class LookBackSchema(Schema):
    """A look at a closed finding, planned by a rule (or begun by hand) after its close-out."""

    id = fields.String(required=True)
    n = fields.Integer(required=True)
    rule = text("Code of the rule that planned it, or by-hand", null=False)
    planned_at = time("When it was planned")
    not_before = time("From when on it is to be done")
    due_at = time("By when it is to be done")
    due_assumed = fields.Boolean(required=True)
    task = text("Id of its task; null where the finding lies in no cell")
    begun_at = time("When it began", null=True)
    ended_at = time("When it ended", null=True)
    outcome = text("holds, relapse or cancelled")
    overdue = fields.Boolean(required=True)


class HopSchema(Schema):
    """A stay with one office; `due_assumed`: holidays on the way were not announced yet."""

    id = fields.String(required=True)
    n = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "dispatch 交办 or pass 转办"})
    office = fields.Nested(OfficeNameSchema, required=True, allow_none=True)
    given_by = fields.Nested(PersonSchema, required=True)
    given_at = time("交办时间")
    due_at = time("This office's term", null=True)
    due_assumed = fields.Boolean(required=True)
    signed_by = fields.Nested(PersonSchema, required=True, allow_none=True)
    signed_at = time("签收时间", null=True)
    return_ = fields.Nested(ReturnSchema, required=True, allow_none=True, data_key="return")
    parked = fields.Nested(ParkedSchema, required=True, allow_none=True)
    extensions = fields.List(fields.Nested(ExtensionSchema), required=True)
    ended_at = time("When it left this office", null=True)
    outcome = text("replied, passed, returned, withdrawn or transferred")
    late_days = fields.Integer(required=True)
