"""Campaigns, their rosters, and who is on duty."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import access, instants
from backend.api.paging import storable
from backend.services import campaigns, rosters
from backend.transactions import reading, writing

blueprint = Blueprint("campaigns", __name__, url_prefix="/api/v1", description="Campaigns and duty 专项行动与值守")


class CampaignSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    topic = fields.String(required=True)
    document_no = fields.String(required=True, allow_none=True)
    issuing_body = fields.String(required=True, allow_none=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    cells = fields.List(fields.String(), required=True)
    seasons = fields.List(fields.String(), required=True, metadata={"description": "10-15..04-30; none: all year"})
    hours = fields.List(
        fields.String(), required=True, metadata={"description": "18:00-23:00, dusk, first-half-of-night, before-rain"}
    )
    checklists = fields.List(fields.String(), required=True)
    asks_for_tracks = fields.Boolean(required=True)
    rain_until = fields.AwareDateTime(required=True, allow_none=True)
    state = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    rev = fields.Integer(required=True)


class RosterRowSchema(Schema):
    id = fields.String(required=True)
    campaign = fields.String(required=True)
    cell = fields.String(required=True)
    cell_name = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    user = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    duty = fields.String(required=True)
    cancelled = fields.Boolean(required=True)
    rev = fields.Integer(required=True)


class DutySchema(RosterRowSchema):
    phone = fields.String(required=True, allow_none=True)


class CampaignChangeSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(validate=validate.Length(1, 200))
    topic = fields.String(validate=validate.OneOf(catalogue.codes("topic")))
    document_no = fields.String(allow_none=True, validate=validate.Length(max=100))
    issuing_body = fields.String(allow_none=True, validate=validate.Length(max=200))
    first_day = instants.day()
    last_day = instants.day()
    cells = fields.List(fields.String(validate=validate.Length(1, 20)), validate=validate.Length(1, 200))
    seasons = fields.List(fields.String(validate=validate.Length(max=20)), validate=validate.Length(max=20))
    hours = fields.List(fields.String(validate=validate.Length(max=20)), validate=validate.Length(max=20))
    checklists = fields.List(fields.String(validate=validate.Length(1, 60)), validate=validate.Length(max=40))
    asks_for_tracks = fields.Boolean()
    note = fields.String(allow_none=True, validate=validate.Length(max=4000))
    rev = fields.Integer(required=True)


class NewCampaignSchema(CampaignChangeSchema):
    code = fields.String(required=True, validate=validate.Length(1, 40))
    name = fields.String(required=True, validate=validate.Length(1, 200))
    topic = fields.String(required=True, validate=validate.OneOf(catalogue.codes("topic")))
    first_day = instants.day(required=True)
    last_day = instants.day(required=True)
    cells = fields.List(fields.String(validate=validate.Length(1, 20)), required=True, validate=validate.Length(1, 200))
    seasons = fields.List(fields.String(), load_default=list, validate=validate.Length(max=20))
    hours = fields.List(fields.String(), load_default=list, validate=validate.Length(max=20))
    checklists = fields.List(fields.String(), load_default=list, validate=validate.Length(max=40))
    asks_for_tracks = fields.Boolean(load_default=False)
    rev = fields.Integer(load_only=True, load_default=None, allow_none=True)


class RainSchema(Schema):
    until = instants.moment(required=True, allow_none=True, metadata={"description": "Null: not any more"})


class RosterFormSchema(Schema):
    dry_run = fields.Boolean(load_default=False)


class RosterFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "xlsx or csv"})


class RosterReportSchema(Schema):
    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True)
    faults = fields.Integer(required=True)
    fault_list = fields.List(fields.Dict(), required=True)


class DutyArgs(Schema):
    cell = fields.String(required=True, metadata={"description": "Administrative code"})
    at = instants.moment(load_default=None, metadata={"description": "Now, if left out"})


@blueprint.get("/campaigns")
@blueprint.response(200, CampaignSchema(many=True))
@access.anyone_known()
def listing() -> Response:
    """The campaigns of your area, the newest first."""
    with reading() as session:
        return jsonify([campaigns.document(each) for each in campaigns.listing(session, access.current_actor())])


@blueprint.post("/campaigns")
@blueprint.arguments(NewCampaignSchema)
@blueprint.response(201, CampaignSchema)
@access.people("supervisor", "admin")
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Draft a campaign for your area."""
    said.pop("rev")
    with writing() as session:
        made = campaigns.create(session, access.current_actor(), storable(said), clock.now(), clock.new_id())
        return jsonify(campaigns.document(made)), 201


@blueprint.get("/campaigns/<uuid:campaign_id>")
@blueprint.response(200, CampaignSchema)
@access.anyone_known()
def get(campaign_id: UUID) -> Response:
    """One campaign."""
    with reading() as session:
        return jsonify(campaigns.document(campaigns.get(session, access.current_actor(), str(campaign_id))))


@blueprint.patch("/campaigns/<uuid:campaign_id>")
@blueprint.arguments(CampaignChangeSchema)
@blueprint.response(200, CampaignSchema)
@access.people("supervisor", "admin")
def change(said: dict[str, Any], campaign_id: UUID) -> Response:
    """Change a campaign that has not ended; `rev` is the one that you read."""
    rev, now = said.pop("rev"), clock.now()
    with writing() as session:
        actor = access.current_actor()
        return jsonify(campaigns.document(campaigns.change(session, actor, str(campaign_id), rev, storable(said), now)))


@blueprint.post("/campaigns/<uuid:campaign_id>/start")
@blueprint.response(200, CampaignSchema)
@access.people("supervisor", "admin")
def start(campaign_id: UUID) -> Response:
    """Let a draft run; devices are told."""
    with writing() as session:
        found = campaigns.start(session, access.current_actor(), str(campaign_id), clock.now())
        return jsonify(campaigns.document(found))


@blueprint.post("/campaigns/<uuid:campaign_id>/end")
@blueprint.response(200, CampaignSchema)
@access.people("supervisor", "admin")
def end(campaign_id: UUID) -> Response:
    """End a running campaign, for good."""
    with writing() as session:
        found = campaigns.end(session, access.current_actor(), str(campaign_id), clock.now())
        return jsonify(campaigns.document(found))


@blueprint.put("/campaigns/<uuid:campaign_id>/rain")
@blueprint.arguments(RainSchema)
@blueprint.response(200, CampaignSchema)
@access.people("supervisor", "admin")
def rain(said: dict[str, Any], campaign_id: UUID) -> Response:
    """Say that rain is expected until an instant."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        found = campaigns.expect_rain(session, actor, str(campaign_id), said["until"], now)
        return jsonify(campaigns.document(found))


@blueprint.get("/campaigns/<uuid:campaign_id>/statistics")
@blueprint.response(200, Schema.from_dict({"campaign": fields.String(), "cells": fields.List(fields.Dict())})())
@access.people("supervisor", "admin")
def statistics(campaign_id: UUID) -> Response:
    """What came of a campaign, by cell."""
    with reading() as session:
        return jsonify(campaigns.statistics(session, access.current_actor(), str(campaign_id)))


@blueprint.get("/campaigns/<uuid:campaign_id>/roster")
@blueprint.response(200, DutySchema(many=True))
@access.people("supervisor", "admin")
def roster(campaign_id: UUID) -> Response:
    """A campaign's roster with phones; that you looked is written down."""
    with writing() as session:
        return jsonify(rosters.of(session, access.current_actor(), str(campaign_id), clock.now()))


@blueprint.post("/campaigns/<uuid:campaign_id>/roster")
@blueprint.arguments(RosterFormSchema, location="form")
@blueprint.arguments(RosterFileSchema, location="files")
@blueprint.response(200, RosterReportSchema)
@access.people("supervisor", "admin")
def import_roster(form: dict[str, Any], files: dict[str, Any], campaign_id: UUID) -> Response:
    """Enter a table of who is on duty; with a fault anywhere nothing of it is entered."""
    file, dry_run = files["file"], form["dry_run"]
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        read = rosters.take_in(
            session, actor, str(campaign_id), file.filename or "", file.read(), now, clock.new_id, dry_run=dry_run
        )
        return jsonify(read.report())


@blueprint.delete("/roster/<uuid:entry_id>")
@blueprint.response(200, DutySchema)
@access.people("supervisor", "admin")
def cancel(entry_id: UUID) -> Response:
    """Take somebody off the roster."""
    with writing() as session:
        return jsonify(rosters.document(rosters.cancel(session, access.current_actor(), str(entry_id), clock.now())))


@blueprint.get("/duty")
@blueprint.arguments(DutyArgs, location="query", unknown=RAISE)
@blueprint.response(200, DutySchema(many=True))
@access.people("inspector", "supervisor", "admin")
def on_duty(args: dict[str, Any]) -> Response:
    """Who is on duty for a cell of your area, with phones; that you looked is written down."""
    with writing() as session:
        actor, now = access.current_actor(), clock.now()
        return jsonify(rosters.on_duty(session, actor, args["cell"], args["at"] or now, now))
