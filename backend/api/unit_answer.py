"""What the responsible unit asks and sends by its one-time link, without an account.

The token comes in a header of its own: it stands in no log, no other page can make a browser send it, and it is
checked before a body is read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from backend import clock, storage
from backend.api import access
from backend.api.access import View
from backend.api.document_parts import text, time
from backend.api.media import Sha256, ThumbnailSchema
from backend.api.paging import storable
from backend.extensions import limiter
from backend.services import media, unit_links, unit_replies
from backend.services.errors import TooLarge
from backend.transactions import reading, writing

HEADER = "X-Unit-Link"
MOST_BODY_BYTES = 64 * 1024

blueprint = Blueprint(
    "unit-answer", __name__, url_prefix="/api/v1/unit-answer", description="What a responsible unit sends 责任单位反馈"
)


class UnitHeaderSchema(Schema):
    token = fields.String(required=True, data_key=HEADER, validate=validate.Length(1, 100))


class ShownToUnitSchema(Schema):
    id = fields.String(required=True, metadata={"description": "Of the link"})
    number = fields.String(required=True)
    found = fields.String(required=True, metadata={"description": "What was found"})
    requirement = text("What is asked for")
    clause = text("Document and clause")
    due_at = time("By when; the link is good until then")
    unit = fields.String(required=True)
    office = text("Who looks at the reply")
    photos = fields.List(
        fields.String(), required=True, metadata={"description": "Hashes of pictures of what was found"}
    )
    received = fields.List(fields.String(), required=True, metadata={"description": "Hashes that came by this link"})


class SentPhotoArgs(Schema):
    sha256 = fields.String(
        validate=Sha256.validate, metadata={"description": "Of the bytes, where the browser can compute it; checked"}
    )


class ReceivedPhotoSchema(Schema):
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)


def _said(value: str) -> None:
    if not value.strip():
        raise ValidationError("Write something here.")


class UnitReplySchema(Schema):
    class Meta:
        unknown = RAISE

    done = fields.String(required=True, validate=[validate.Length(1, 4000), _said])
    name = fields.String(required=True, validate=[validate.Length(1, 80), _said])
    photos = fields.List(Sha256, load_default=list, validate=validate.Length(max=unit_replies.MOST_PHOTOS))


class UnitRepliedSchema(Schema):
    number = fields.String(required=True)
    photos = fields.List(fields.String(), required=True)
    received_at = time("When the reply was taken in")


def by_link(most_bytes: int, spent_too: bool = False) -> Callable[[View], View]:
    """Before a body is read, and after attempts were counted: the link must be good, and the body of that size."""

    def guard(view: View) -> View:
        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = most_bytes
            with reading() as session:
                token = request.headers.get(HEADER, "")
                unit_links.find(session, token) if spent_too else unit_links.require(session, token, clock.now())
            if (request.content_length or 0) > most_bytes:
                raise TooLarge(f"This may have {most_bytes} bytes at most.", limit=most_bytes)
            return view(*args, **kwargs)

        return cast(View, checked)

    return guard


@blueprint.get("")
@limiter.limit("30 per minute")
@by_link(0)
@blueprint.arguments(UnitHeaderSchema, location="headers")
@blueprint.response(200, ShownToUnitSchema)
@access.public()
def show(header: dict[str, Any]) -> Response:
    """The one finding that a link is for."""
    with reading() as session:
        standing = unit_links.require(session, header["token"], clock.now())
        body, first = unit_links.shown(session, standing), standing.link.opened_at is None
    if first:
        with writing() as session:
            unit_links.opened(session, header["token"], clock.now())
    return _not_kept(jsonify(body))


@blueprint.get("/photos/<sha256>")
@limiter.limit("120 per minute")
@by_link(0)
@blueprint.arguments(UnitHeaderSchema, location="headers")
@blueprint.arguments(ThumbnailSchema, location="query")
@blueprint.doc(responses={200: {"description": "A JPEG", "content": {"image/jpeg": {}}}})
@access.public()
def before_photo(header: dict[str, Any], query: dict[str, int], sha256: str) -> Response:
    """A small picture of what was found."""
    with reading() as session:
        standing = unit_links.require(session, header["token"], clock.now())
        media_type = unit_links.before_photo(session, standing, sha256)
    small = media.thumbnail(storage.blobs(), sha256, media_type, query["size"])
    return _not_kept(Response(small, mimetype="image/jpeg"))


@blueprint.post("/photos")
@limiter.limit("60 per minute")
@by_link(unit_replies.MOST_PHOTO_BYTES)
@blueprint.arguments(UnitHeaderSchema, location="headers")
@blueprint.arguments(SentPhotoArgs, location="query")
@blueprint.doc(
    requestBody={"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
)
@blueprint.response(200, ReceivedPhotoSchema)
@access.public()
def photo(header: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Send one after-photo; one that was cut off, or whose answer was lost, is simply sent again."""
    picture = unit_replies.keep_photo(storage.blobs(), cast(Any, request.stream), query.get("sha256"))
    with writing() as session:
        return unit_replies.receive(session, header["token"], picture, clock.now())


@blueprint.post("")
@limiter.limit("10 per minute")
@by_link(MOST_BODY_BYTES, spent_too=True)
@blueprint.arguments(UnitHeaderSchema, location="headers")
@blueprint.arguments(UnitReplySchema)
@blueprint.response(200, UnitRepliedSchema)
@access.public()
def reply(header: dict[str, Any], said: dict[str, Any]) -> Response:
    """Say what was done, once; after that the link is used, but for the same reply sent again."""
    storable(said)
    with writing() as session:
        given = (said["done"], said["name"], said["photos"], clock.now(), clock.new_id())
        return jsonify(unit_replies.send(session, header["token"], *given))


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
