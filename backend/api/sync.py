"""Push and pull of devices."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from datetime import datetime
from typing import Any

import orjson
from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, fields, validate

from backend import clock, failpoints
from backend.api import access
from backend.config import Limits
from backend.receipt_key import server_key
from backend.services import sync as service
from backend.services.actor import Actor
from backend.transactions import reading, writing
from backend.write_behind import Hasty
from sync import pull as pulling
from sync.batch import Batch
from sync.errors import BatchInvalid, BatchTooLarge, OpUnreadable, PullSchemaUnsupported

blueprint = Blueprint("sync", __name__, url_prefix="/api/v1/sync", description="Ops up, rows down")
SCHEMA_MIN, SCHEMA_MAX = 1, 1
STATUSES = ("applied", "merged", "conflict", "rejected", "held")


class EnvelopeSchema(Schema):
    body = fields.String(required=True, metadata={"description": "the op as a JSON text; hash and signature cover it"})
    sig = fields.String(allow_none=True)


class PushSchema(Schema):
    app = fields.String()
    device_now = fields.String()
    ops = fields.List(fields.Nested(EnvelopeSchema), required=True)


class ResultSchema(Schema):
    id = fields.UUID(required=True)
    n = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf((*STATUSES, "retry")))
    replay = fields.Boolean(required=True)
    seq = fields.Integer(required=True)
    rev = fields.Integer(required=True, allow_none=True)
    conflict = fields.String(required=True, allow_none=True)
    problem = fields.Dict(required=True, allow_none=True)
    receipt = fields.String(
        required=True, allow_none=True, metadata={"description": "a compact JWS, signed with Ed25519"}
    )


class PushAnswerSchema(Schema):
    epoch = fields.String(required=True)
    server_now = fields.AwareDateTime(required=True)
    expected_n = fields.Integer(required=True)
    backed_up_seq = fields.Integer(required=True)
    results = fields.List(fields.Nested(ResultSchema), required=True)
    missing_media = fields.List(fields.String(), required=True)


@blueprint.post("/push")
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": PushSchema}}})
@blueprint.response(200, PushAnswerSchema)
@access.device(even_revoked=True)
def push() -> Response:
    """Hand in a batch of ops; each gets a verdict. A replay is answered with its stored result."""
    actor, received_at = access.current_actor(), clock.now()
    settings = current_app.extensions["bluegrid.settings"]
    envelope = _read_json(settings.limits)
    batch = _read_batch(actor, envelope, received_at, settings.limits)
    answer = _push(actor, batch, envelope.get("app"))
    failpoints.hit("push-after-commit")
    return _json(orjson.dumps(answer))


def _push(actor: Actor, batch: Batch, app: object) -> dict[str, Any]:
    """The answer to a batch, once it is stored: its rows written many at a time or, where that fails, op by op."""
    try:
        return _stored(actor, batch, app, in_hurry=True)
    except Hasty:
        return _stored(actor, batch, app, in_hurry=False)


def _stored(actor: Actor, batch: Batch, app: object, in_hurry: bool) -> dict[str, Any]:
    outside = current_app.extensions["bluegrid.settings"].backed_up_by_others
    with writing() as session:
        key = server_key()
        answer = service.push(session, actor, batch, app, outside, key.signing, in_hurry)
        key.register(session, batch.received_at)
        failpoints.hit("push-before-commit")
    return answer


def _read_batch(actor: Actor, envelope: dict[str, Any], received_at: datetime, limits: Limits) -> Batch:
    """The batch, read without a lock; a body that nobody can read is put in quarantine before the refusal."""
    try:
        with reading() as session:
            return service.read_push(session, actor, envelope, received_at, limits)
    except OpUnreadable as error:
        with writing() as session:
            service.quarantine(session, actor, error, received_at)
        raise


class ReceiptKeySchema(Schema):
    key = fields.Dict(metadata={"description": "the public JWK that this server signs with now"})
    keys = fields.List(fields.Dict(), metadata={"description": "every public JWK that a receipt may name"})


@blueprint.get("/receipt-key")
@blueprint.response(200, ReceiptKeySchema)
@access.public()
def receipt_key() -> dict[str, Any]:
    """The public keys that receipts are checked with, offline."""
    with reading() as session:
        return {"key": server_key().jwk, "keys": server_key().public_keys(session)}


class PullQuerySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=500)
    schema = fields.Integer(load_default=SCHEMA_MAX)
    again = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "scopes to send from the start, because their digest differs"},
    )


class EntrySchema(Schema):
    scope = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("put", "leave", "delete")))
    type = fields.String(required=True)
    id = fields.String(required=True)
    seq = fields.Integer(required=True)
    rev = fields.Integer(metadata={"description": "of a put"})
    row = fields.Dict(metadata={"description": "of a put"})


class ScopesSchema(Schema):
    added = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)


class DigestSchema(Schema):
    n = fields.Integer(required=True, metadata={"description": "live entries"})
    x = fields.String(required=True, metadata={"description": "XOR of their hashes, 32 hex digits"})


class PullAnswerSchema(Schema):
    cursor = fields.String(required=True)
    complete = fields.Boolean(required=True)
    epoch = fields.String(required=True)
    head = fields.Integer(required=True)
    scopes = fields.Nested(ScopesSchema, required=True)
    entries = fields.List(fields.Nested(EntrySchema), required=True)
    streams = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    digests = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(DigestSchema),
        required=True,
        allow_none=True,
        metadata={"description": "by scope; only on the last page"},
    )


@blueprint.get("/pull")
@blueprint.arguments(PullQuerySchema, location="query")
@blueprint.response(200, PullAnswerSchema)
@access.device()
def pull(query: dict[str, Any]) -> Response:
    """What changed in the device's scopes since its cursor."""
    if not SCHEMA_MIN <= query["schema"] <= SCHEMA_MAX:
        raise PullSchemaUnsupported("Update the app to go on receiving.", min=SCHEMA_MIN, max=SCHEMA_MAX)
    actor = access.current_actor()
    limits: Limits = current_app.extensions["bluegrid.settings"].limits
    with reading() as session:
        page = service.pull_page(session, actor, query["cursor"], query["limit"], limits.pull_bytes, query["again"])
        tips = service.tips(session, actor)
    if personal := service.personal_rows(page):  # no more often than such rows change: most pulls bring none
        with writing() as session:
            service.note_mirrored(session, actor, personal, clock.now())
    response = _json(_page_json(page, tips))
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return _compressed(response)


def _page_json(page: pulling.Page, tips: dict[str, int]) -> bytes:
    entries = []
    for key in page.entries:
        wire = pulling.entry_json(key, page.rows)
        if "row" in wire:
            wire["row"] = orjson.Fragment(wire["row"])  # rendered when it was written; not parsed again
        entries.append(wire)
    digests = None
    if page.digests is not None:
        digests = {scope: {"n": n, "x": x.hex()} for scope, (n, x) in page.digests.items()}
    return orjson.dumps(
        {
            "cursor": page.cursor,
            "complete": page.complete,
            "epoch": page.epoch,
            "head": page.head,
            "scopes": {"added": page.added, "removed": page.removed},
            "entries": entries,
            "streams": tips,
            "digests": digests,
        }
    )


def _json(body: bytes) -> Response:
    return Response(body, mimetype="application/json")


def _compressed(response: Response) -> Response:
    body = response.get_data()
    if response.status_code == 200 and len(body) > 1024 and "gzip" in request.accept_encodings:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _read_json(limits: Limits) -> dict[str, Any]:
    """The request's JSON object, decompressed within the limit; stdlib's reader, which takes lone surrogates."""
    raw = request.get_data(cache=False)
    ceiling = 4 * limits.op_bytes_kept  # the largest op that is kept, alone and escaped
    if request.content_encoding == "gzip":
        raw = _gunzip(raw, ceiling)
    if len(raw) > ceiling:
        raise _too_large(limits)
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        raise BatchInvalid("The request is no readable JSON; nothing was stored.") from None
    if not isinstance(parsed, dict):
        raise BatchInvalid("A push is a JSON object.")
    if len(raw) > limits.batch_bytes and not _one_op(parsed.get("ops"), limits.op_bytes_kept):
        raise _too_large(limits)
    return parsed


def _too_large(limits: Limits) -> BatchTooLarge:
    most = limits.batch_bytes
    return BatchTooLarge(f"A batch is at most {most} bytes; send fewer ops.", limit=most, unit="bytes")


def _one_op(ops: object, most: int) -> bool:
    """True for a single op that is kept though its escaped form makes the batch too large: it cannot be halved."""
    if not isinstance(ops, list) or len(ops) != 1 or not isinstance(ops[0], dict):
        return False
    body = ops[0].get("body")
    return isinstance(body, str) and len(body.encode("utf-8", "surrogatepass")) <= most


def _gunzip(raw: bytes, most: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            return file.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise BatchInvalid("The request's gzip is broken or cut off; nothing was stored.") from None
