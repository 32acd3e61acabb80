"""Checklists for those who keep them: drafts in, versions published, compared, exported and retired."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from backend import catalogue, clock
from backend.api import access, documents
from backend.api.attachments import XLSX
from backend.services import checklist_life, rows
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from checklists import pack_yaml, xlsform, xlsform_import

MAX_TEXT = 2_000_000
YAML = "application/yaml"
LANGUAGES = {"zh-CN": "zh", "en": "en"}
_PIN = validate.Length(3, 100)

blueprint = Blueprint(
    "checklists", __name__, url_prefix="/api/v1/checklists", description="Checklists: drafts, versions, comparison"
)


def _base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError("This is not base64.") from error


class DraftSource(Schema):
    yaml = fields.String(validate=validate.Length(1, MAX_TEXT), metadata={"description": "A pack as YAML"})
    workbook = fields.String(
        validate=[validate.Length(1, 4 * xlsform_import.MAX_BYTES // 3 + 4), _base64],
        metadata={"description": "An XLSForm exported from here and edited, base64"},
    )

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_options: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Send either yaml or workbook.")


class DraftSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    version = fields.String(required=True)
    changed_at = fields.AwareDateTime(required=True)
    author = fields.String(required=True, allow_none=True, metadata={"description": "None: by a command"})


class DraftsSchema(Schema):
    items = fields.List(fields.Nested(DraftSchema), required=True)


class CompareArgs(Schema):
    old = fields.String(required=True, validate=_PIN, metadata={"description": "code@version"})
    new = fields.String(required=True, validate=_PIN, metadata={"description": "code@version; may be a draft"})
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


class ChangeSchema(Schema):
    section = fields.String(required=True, metadata={"description": "Item code without its last part; empty: the pack"})
    item = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(("added", "removed", "changed")))
    field = fields.String(required=True, allow_none=True)
    old = fields.String(required=True, allow_none=True)
    new = fields.String(required=True, allow_none=True)
    sentence = fields.String(required=True)


class ChangesSchema(Schema):
    items = fields.List(fields.Nested(ChangeSchema), required=True)


@blueprint.post("/drafts")
@blueprint.arguments(DraftSource)
@blueprint.response(201, DraftSchema)
@access.people("admin")
def save_draft(source: dict[str, str]) -> dict[str, Any]:
    """Import a pack as a draft, in place of an earlier draft of this version; every fault is named with its place."""
    text, workbook = source.get("yaml"), source.get("workbook", "")
    pack = xlsform_import.read(base64.b64decode(workbook)) if text is None else pack_yaml.load(text)
    with writing() as session:
        by = access.current_actor().user_id
        return shown(checklist_life.save_draft(session, pack, clock.now(), clock.new_id, by))


@blueprint.get("/drafts")
@blueprint.response(200, DraftsSchema)
@access.people("admin")
def list_drafts() -> dict[str, Any]:
    """All drafts."""
    with reading() as session:
        return {"items": [shown(draft) for draft in checklist_life.drafts(session)]}


@blueprint.delete("/drafts/<code>/<version>")
@blueprint.response(204)
@access.people("admin")
def discard(code: str, version: str) -> None:
    """Forget a draft."""
    with writing() as session:
        checklist_life.discard(session, code, version, clock.now(), access.current_actor().user_id)


@blueprint.post("/drafts/<code>/<version>/publish")
@blueprint.response(200, documents.ChecklistSchema)
@access.people("admin")
def publish(code: str, version: str) -> Response:
    """Publish a draft: from now on it never changes, and devices receive it."""
    with writing() as session:
        store = SqlStore(session, clock.now())
        store.lock_counter()
        by = access.current_actor().user_id
        published = checklist_life.publish(session, store, code, version, clock.now(), by)
        return jsonify(rows.checklist_document(published))


@blueprint.post("/<code>/<version>/retire")
@blueprint.response(200, documents.ChecklistSchema)
@access.people("admin")
def retire(code: str, version: str) -> Response:
    """Offer a version for no new inspection; what was recorded with it is read for ever."""
    with writing() as session:
        store = SqlStore(session, clock.now())
        store.lock_counter()
        by = access.current_actor().user_id
        retired = checklist_life.retire(session, store, code, version, clock.now(), by)
        return jsonify(rows.checklist_document(retired))


@blueprint.get("/diff")
@blueprint.arguments(CompareArgs, location="query", unknown=RAISE)
@blueprint.response(200, ChangesSchema)
@access.people("supervisor", "admin")
def compare(args: dict[str, str]) -> dict[str, Any]:
    """What changed between two versions, in words: the pack's own changes first, then by section."""
    old, new = checklist_life.pinned(args["old"]), checklist_life.pinned(args["new"])
    with reading() as session:
        return {"items": checklist_life.difference(session, old, new, LANGUAGES[args["lang"]])}


@blueprint.get("/<code>/<version>/pack.yaml")
@blueprint.response(200, {"type": "string"}, content_type=YAML)
@access.people("supervisor", "admin")
def as_yaml(code: str, version: str) -> Response:
    """A version or draft as YAML, to be edited and imported under a higher version."""
    with reading() as session:
        pack = checklist_life.whole(session, code, version)
    return _attachment(pack_yaml.dump(pack).encode(), YAML, f"{code}-{version}.yaml")


@blueprint.get("/<code>/<version>/form.xlsx")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
@access.people("supervisor", "admin")
def as_form(code: str, version: str) -> Response:
    """A version or draft as an XLSForm."""
    with reading() as session:
        pack = checklist_life.whole(session, code, version)
    return _attachment(xlsform.write(pack), XLSX, f"{code}-{version}.xlsx")


def _attachment(body: bytes, media_type: str, name: str) -> Response:
    response = Response(body, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def shown(draft: Any) -> dict[str, Any]:
    """A draft as the API shows one."""
    return {
        "id": draft.id,
        "code": draft.code,
        "version": draft.version,
        "changed_at": draft.changed_at,
        "author": draft.author_id,
    }
