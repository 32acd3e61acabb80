"""The in-app feed of whoever asks."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import clock
from backend.api import access
from backend.services import event_kinds, feed
from backend.services.pages import DEFAULT_LIMIT, MAX_LIMIT
from backend.transactions import reading, writing

blueprint = Blueprint("feed", __name__, url_prefix="/api/v1/feed", description="What you are told 动态")


class FeedEventSchema(Schema):
    n = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(event_kinds.KINDS)))
    at = fields.AwareDateTime(required=True)
    subject = fields.Dict(required=True)
    cell = fields.Dict(required=True, allow_none=True)
    facts = fields.Dict(required=True)
    text = fields.Dict(required=True, metadata={"description": "The sentence by language: zh-CN, en"})
    unread = fields.Boolean(required=True)


class FeedPageSchema(Schema):
    items = fields.List(fields.Nested(FeedEventSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    unread = fields.Integer(required=True, metadata={"description": "At most 1,000 are counted"})
    read_up_to = fields.Integer(required=True)


class FeedArgs(Schema):
    cursor = fields.String(validate=validate.Length(max=40))
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    unread = fields.Boolean(load_default=False, metadata={"description": "Only what is unread"})


class ReadSchema(Schema):
    class Meta:
        unknown = RAISE

    up_to = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, feed.LARGEST_N), metadata={"description": "An event's n"}
    )


class MarkSchema(Schema):
    read_up_to = fields.Integer(required=True)


@blueprint.get("")
@blueprint.arguments(FeedArgs, location="query", unknown=RAISE)
@blueprint.response(200, FeedPageSchema)
@access.anyone_known()
def listing(args: dict[str, Any]) -> Response:
    """What you are told, the newest first."""
    with reading() as session:
        page = feed.page(session, access.current_actor(), args.get("cursor"), args["limit"], args["unread"])
        items = [feed.document(event, page.read_up_to) for event in page.events]
        return jsonify(items=items, next_cursor=page.next_cursor, unread=page.unread, read_up_to=page.read_up_to)


@blueprint.put("/read")
@blueprint.arguments(ReadSchema)
@blueprint.response(200, MarkSchema)
@access.anyone_known()
def read(said: dict[str, int]) -> Response:
    """Mark everything up to an event as read; a mark never goes back."""
    with writing() as session:
        return jsonify(read_up_to=feed.read_up_to(session, access.current_actor(), said["up_to"], clock.now()))
