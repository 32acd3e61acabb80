"""Proofs out of the server's log, for whoever has to show that something was there on a day."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from backend.api import access
from backend.services import evidence
from backend.transactions import reading

blueprint = Blueprint("evidence", __name__, url_prefix="/api/v1/evidence", description="Proofs out of the server's log")


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
