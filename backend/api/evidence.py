"""Proofs out of the server's log, and evidence bundles, for whoever has to show that something was there on a day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend import bundle_making
from backend.api import access
from backend.api.attachments import ZIP, attachment, temporary
from backend.services import evidence
from backend.transactions import reading

blueprint = Blueprint("evidence", __name__, url_prefix="/api/v1/evidence", description="Proofs and evidence bundles")


class LogEntrySchema(Schema):
    n = fields.Integer(required=True)
    at = fields.String(required=True)
    kind = fields.String(required=True)
    payload = fields.String(required=True, metadata={"description": "JSON text as it was hashed: ids, hashes, codes"})
    prev = fields.String(required=True, allow_none=True)
    hash = fields.String(required=True)


class PathSchema(Schema):
    first_n = fields.Integer(required=True)
    last_n = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True, metadata={"description": "sister hashes, from the leaf up"})


class ProofSchema(Schema):
    entry = fields.Nested(LogEntrySchema, required=True)
    proof = fields.Nested(PathSchema, required=True)
    root = fields.String(required=True, metadata={"description": "the day's Merkle root, a compact JWS (EdDSA)"})


@blueprint.get("/proof/<int:n>")
@blueprint.response(200, ProofSchema)
@access.people("supervisor", "admin")
def proof(n: int) -> dict[str, Any]:
    """That entry `n` of the log (a receipt names it) is under the signed root of its day; checkable offline."""
    with reading() as session:
        return evidence.proof_document(session, n)


@blueprint.post("/bundles/<uuid:finding_id>")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=ZIP)
@access.people("supervisor", "admin")
def bundle(finding_id: UUID) -> Response:
    """All that a finding rests on as one sealed zip: original photos, records, ops, receipts, proofs. Audited.

    `X-Content-SHA256` is the hash of the zip, `X-Bluegrid-Missing` how many photos' originals are not in it.
    """
    file = temporary()
    made = bundle_making.make(access.current_actor(), str(finding_id), file)
    response = attachment(file, ZIP, f"{made.facts.number}.zip", digest=made.sha256)
    response.content_length = made.size
    response.headers["X-Bluegrid-Missing"] = str(len(made.facts.missing))
    return response
