"""Photo bytes: uploads by tus, their status, originals and thumbnails."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request, url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from werkzeug.wsgi import FileWrapper

from backend import clock, media_types
from backend.api import access, tus
from backend.blobs import BlobMissing
from backend.config import Limits
from backend.services import media
from backend.services.errors import NotFound, ServiceError
from backend.services.receiving import Receiver
from backend.storage import blobs
from backend.sync_store import SqlStore
from backend.transactions import reading, writing

blueprint = Blueprint(
    "media", __name__, url_prefix="/api/v1", description="Photo bytes: tus 1.0.0 uploads and originals"
)
blueprint.record_once(tus.install_override)
blueprint.after_request(tus.add_headers)

FOREVER = "private, max-age=31536000, immutable"
READ_BYTES = 64 * 1024


def _header(name: str, schema: str = "string", required: bool = False) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "schema": {"type": schema}}


TUS_RESUMABLE = _header("Tus-Resumable", required=True)
NO_BODY = {"description": "No content"}


def limits() -> Limits:
    found: Limits = current_app.extensions["bluegrid.settings"].limits
    return found


def receiver() -> Receiver:
    return Receiver(blobs(), reading, writing, clock.now, clock.new_id, limits())


@blueprint.route("/media", methods=["OPTIONS"])
@blueprint.route("/media/<upload_id>", methods=["OPTIONS"])
@blueprint.doc(responses={204: NO_BODY})
@access.public()
def discover(upload_id: str | None = None) -> Response:
    """Which tus versions and extensions the server speaks."""
    return tus.options(limits())


@blueprint.route("/media", methods=["POST"])
@blueprint.doc(
    parameters=[
        TUS_RESUMABLE,
        _header("Upload-Length", "integer"),
        _header("Upload-Defer-Length"),
        _header("Upload-Metadata", required=True),
        _header("Upload-Checksum"),
    ],
    responses={201: {"description": "Created; Location names the upload"}},
)
@access.anyone_known(even_revoked=True)
@tus.speaks_tus
def create() -> Response:
    """Begin an upload, with its first bytes if the request carries any."""
    actor, announced = access.current_actor(), tus.creation()
    first = tus.chunk(limits(), offset=0).checked() if tus.has_body() else None
    upload = receiver().create(actor, announced)
    location = url_for("media.offset", upload_id=upload.id)
    tus.tell(Location=location)
    if first is not None and not upload.completed:
        upload = receiver().append(actor, upload.id, first)
    return tus.answer(201, **tus.progress(upload))


@blueprint.route("/media/<upload_id>", methods=["HEAD"])
@blueprint.doc(parameters=[TUS_RESUMABLE], responses={200: {"description": "Upload-Offset says how far it is"}})
@access.anyone_known(even_revoked=True)
@tus.speaks_tus
def offset(upload_id: str) -> Response:
    """How many bytes of an upload the server has."""
    tus.tell(Cache_Control="no-store")
    upload = receiver().state(access.current_actor(), upload_id)
    return tus.answer(
        200,
        Upload_Length=upload.length,
        Upload_Defer_Length="1" if upload.length is None else None,
        Upload_Metadata=upload.metadata_sent or None,
        **tus.progress(upload),
    )


@blueprint.route("/media/<upload_id>", methods=["PATCH"])
@blueprint.doc(
    parameters=[TUS_RESUMABLE, _header("Upload-Offset", "integer", required=True), _header("Upload-Checksum")],
    requestBody={"content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
    responses={204: {"description": "Kept; Upload-Offset says how far it is now"}},
)
@access.anyone_known(even_revoked=True)
@tus.speaks_tus
def append(upload_id: str) -> Response:
    """Add bytes to an upload at its offset."""
    actor = access.current_actor()
    try:
        upload = receiver().append(actor, upload_id, tus.chunk(limits()))
    except ServiceError:
        tus.tell(Upload_Expires=tus.expires(receiver().peek(actor, upload_id)))
        raise
    return tus.answer(204, **tus.progress(upload))


@blueprint.route("/media/<upload_id>", methods=["DELETE"])
@blueprint.doc(parameters=[TUS_RESUMABLE], responses={204: NO_BODY})
@access.anyone_known(even_revoked=True)
@tus.speaks_tus
def terminate(upload_id: str) -> Response:
    """Give up an upload; whole bytes that were kept stay."""
    receiver().terminate(access.current_actor(), upload_id)
    return tus.answer(204)


Sha256 = fields.String(validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="A hash is 64 lower-case hex digits."))


class StatusQuestionSchema(Schema):
    sha256 = fields.List(Sha256, required=True, validate=validate.Length(1, 500))


class StatusItemSchema(Schema):
    status = fields.String(required=True, validate=validate.OneOf(["stored", "missing", "refused"]))
    seq = fields.Integer(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)


class StatusAnswerSchema(Schema):
    epoch = fields.String(required=True, metadata={"description": "to which each `seq` belongs"})
    items = fields.Dict(keys=fields.String(), values=fields.Nested(StatusItemSchema), required=True)


@blueprint.route("/media/status", methods=["POST"])
@blueprint.arguments(StatusQuestionSchema)
@blueprint.response(200, StatusAnswerSchema)
@access.anyone_known(even_revoked=True)
def status(question: dict[str, list[str]]) -> dict[str, Any]:
    """Which photos are stored, refused or missing, as far as the caller may know."""
    with reading() as session:
        items = media.status(session, access.current_actor(), blobs(), question["sha256"])
        return {"epoch": SqlStore(session).epoch(), "items": items}


@blueprint.route("/blobs/<sha256>", methods=["GET"])
@blueprint.doc(responses={200: {"description": "The original bytes"}, 206: {"description": "A range of them"}})
@access.anyone_known()
def original(sha256: str) -> Response:
    """The original bytes, unchanged."""
    with reading() as session:
        blob = media.original(session, access.current_actor(), sha256)
        media_type, size = blob.media_type or "application/octet-stream", blob.size
    try:
        body = FileWrapper(blobs().open(sha256), READ_BYTES)
    except BlobMissing:
        raise NotFound("The bytes of this photo are not here.") from None
    response = Response(body, mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    _cached(response, sha256, sha256[:16], media_type)
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return response


class ThumbnailSchema(Schema):
    size = fields.Integer(load_default=400, validate=validate.Range(1, 1600))


@blueprint.route("/blobs/<sha256>/thumbnail", methods=["GET"])
@blueprint.arguments(ThumbnailSchema, location="query")
@blueprint.doc(responses={200: {"description": "A JPEG", "content": {"image/jpeg": {}}}})
@access.anyone_known()
def thumbnail(query: dict[str, int], sha256: str) -> Response:
    """A small upright JPEG of a photo."""
    with reading() as session:
        media_type = media.original(session, access.current_actor(), sha256).media_type
    response = Response(media.thumbnail(blobs(), sha256, media_type, query["size"]), mimetype="image/jpeg")
    _cached(response, f"{sha256}-{query['size']}", f"{sha256[:16]}-{query['size']}", "image/jpeg")
    response.make_conditional(request.environ)
    return response


def _cached(response: Response, etag: str, name: str, media_type: str) -> None:
    shown = "attachment" if media_type == "application/pdf" else "inline"
    response.set_etag(etag)
    response.headers["Cache-Control"] = FOREVER
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = (
        f'{shown}; filename="{name}.{media_types.EXTENSIONS.get(media_type, "bin")}"'
    )
