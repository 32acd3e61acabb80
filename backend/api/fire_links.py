"""One-time links: made by supervisors; whoever has one sees one fire point and answers once, without an account.

The token comes in a header of its own: it stands in no log, no other page can make a browser send it, and it is
checked before a body is read.
"""

from __future__ import annotations

import functools
from typing import Any, cast
from uuid import UUID

import orjson
from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from backend import clock, storage
from backend.api import access
from backend.api.access import View
from backend.api.paging import storable
from backend.config import Settings
from backend.extensions import limiter
from backend.services import fire_links
from backend.services.errors import InputInvalid
from backend.transactions import reading, writing

HEADER = "X-Fire-Link"
MOST_BYTES = (fire_links.MOST_PHOTOS + 1) * fire_links.MOST_PHOTO_BYTES
PAGE = "/fire"

blueprint = Blueprint("fire-links", __name__, url_prefix="/api/v1", description="One-time links 一次性反馈链接")


class NewLinkSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 80), metadata={"description": "Whom it is for"})
    hours = fields.Integer(load_default=24, validate=validate.Range(1, fire_links.MOST_HOURS))


class LinkSchema(Schema):
    id = fields.UUID(required=True)
    token = fields.String(required=True, metadata={"description": f"Told once; goes in the header {HEADER}"})
    url = fields.String(required=True, metadata={"description": "The token stands after #, which no server is sent"})
    expires_at = fields.AwareDateTime(required=True)


class LinkHeaderSchema(Schema):
    token = fields.String(required=True, data_key=HEADER, validate=validate.Length(1, 100))


class AnswerFormSchema(Schema):
    answer = fields.String(
        required=True,
        validate=validate.Length(1, 20_000),
        metadata={"description": "JSON: the arguments of `fire_point.verify` without `photos`"},
    )


class AnswerFilesSchema(Schema):
    photos = fields.List(Upload(), load_default=list)


class AnsweredSchema(Schema):
    status = fields.String(required=True, metadata={"description": "applied, merged or conflict"})
    number = fields.String(required=True)


def by_link(view: View) -> View:
    """Before a body is read, and after attempts were counted: it may be small only, and the link must be good."""

    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        request.max_content_length = MOST_BYTES
        with reading() as session:
            spent_too = request.method == "POST"
            fire_links.find(session, request.headers.get(HEADER, ""), clock.now(), spent_too)
        return view(*args, **kwargs)

    return cast(View, checked)


@blueprint.post("/fire-points/<uuid:point_id>/links")
@blueprint.arguments(NewLinkSchema)
@blueprint.response(201, LinkSchema)
@access.people("supervisor", "admin")
def make(new: dict[str, Any], point_id: UUID) -> dict[str, Any]:
    """Make a link for somebody without an account; one that was not used yet is void from now on."""
    storable(new)
    settings: Settings = current_app.extensions["bluegrid.settings"]
    with writing() as session:
        made = (str(point_id), clock.new_id(), new["name"], new["hours"], clock.now())
        link, token = fire_links.make(session, access.current_actor(), *made)
        base = (settings.public_url or request.host_url).rstrip("/")
        return {"id": link.id, "token": token, "url": f"{base}{PAGE}#{token}", "expires_at": link.expires_at}


@blueprint.get("/fire-answer")
@limiter.limit("30 per minute")
@by_link
@blueprint.arguments(LinkHeaderSchema, location="headers")
@blueprint.response(200, {"type": "object"})
@access.public()
def show(header: dict[str, Any]) -> Response:
    """The one fire point that a link is for."""
    with reading() as session:
        response = jsonify(fire_links.shown(session, fire_links.find(session, header["token"], clock.now())))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/fire-answer")
@limiter.limit("10 per minute")
@by_link
@blueprint.arguments(LinkHeaderSchema, location="headers")
@blueprint.arguments(AnswerFormSchema, location="form")
@blueprint.arguments(AnswerFilesSchema, location="files")
@blueprint.response(200, AnsweredSchema)
@access.public()
def answer(header: dict[str, Any], form: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """Answer once, with up to six photos; after that the link is void, but for the same answer sent again."""
    said = fire_links.read_answer(_json(form["answer"]), clock.now())
    pictures = fire_links.keep_photos(storage.blobs(), [file.read() for file in files["photos"]])
    sha256 = fire_links.fingerprint(form["answer"], pictures)
    with writing() as session:
        given = (said, pictures, sha256, clock.now(), clock.new_id())
        status, number = fire_links.answer(session, header["token"], *given)
        return {"status": status, "number": number}


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InputInvalid("The answer is no JSON.", field="answer") from None
