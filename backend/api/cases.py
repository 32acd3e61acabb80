"""Steps of a finding's case, and the dealings with the office that has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema
from sqlalchemy.orm import Session

from backend import clock
from backend.api import access, documents, instants
from backend.api.paging import storable
from backend.models import Finding
from backend.services import cases, finding_queries, lifecycle
from backend.services.actor import Actor
from backend.services.cases import Wish
from backend.services.commands.arguments import MAX_PHOTOS, MAX_TEXT, Sha256
from backend.transactions import reading, writing

blueprint = Blueprint("cases", __name__, url_prefix="/api/v1/findings", description="From finding to close-out 办理")

Deal = Callable[[Session, Actor, str, Wish, datetime, str], Finding]


class WishSchema(Schema):
    class Meta:
        unknown = RAISE

    note = fields.String(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    photos = fields.List(Sha256(), validate=validate.Length(max=MAX_PHOTOS))
    documents = fields.List(
        Sha256(), validate=validate.Length(max=MAX_PHOTOS), metadata={"description": "Signed or stamped scans"}
    )

    @post_load
    def read(self, data: dict[str, Any], **_options: Any) -> Any:
        storable(data)
        return self.made(data)

    def made(self, data: dict[str, Any]) -> Any:
        return _wish(data)


class OfficeWishSchema(WishSchema):
    office = fields.UUID(required=True)


class TermWishSchema(WishSchema):
    due_at = instants.moment(required=True)


class ExtensionDecisionSchema(WishSchema):
    due_at = instants.moment(allow_none=True, required=True, metadata={"description": "Null: no more time"})


class MergeSchema(WishSchema):
    into = fields.UUID(required=True)

    def made(self, data: dict[str, Any]) -> Any:
        return str(data.pop("into")), _wish(data)


class TakeStepSchema(WishSchema):
    start = fields.String(required=True, data_key="from", validate=validate.OneOf(lifecycle.STATES))
    to = fields.String(required=True, validate=validate.OneOf(lifecycle.STATES))
    office = fields.UUID(allow_none=True, metadata={"description": "Whom it is given to, when it is dispatched"})
    due_at = instants.moment(allow_none=True, metadata={"description": "Instead of the term of the rule"})

    @validates_schema
    def due_in_future(self, data: dict[str, Any], **_options: Any) -> None:
        if data.get("due_at") is not None and data["due_at"] <= clock.now():
            raise ValidationError("This time is past.", "due_at")

    def made(self, data: dict[str, Any]) -> Any:
        return data.pop("start"), data.pop("to"), _wish(data)


class MayTakeSchema(Schema):
    action = fields.String(required=True)
    to = fields.String(required=True)
    needs = fields.List(fields.String(), required=True)


def _wish(data: dict[str, Any]) -> Wish:
    office = data.get("office")
    return Wish(
        data.get("note"),
        data.get("photos", ()),
        data.get("documents", ()),
        str(office) if office is not None else None,
        data.get("due_at"),
    )


def _after(finding: Finding, session: Session) -> Response:
    return jsonify(finding_queries.documents(session, [finding])[0])


@blueprint.get("/<uuid:finding_id>/steps")
@blueprint.response(200, MayTakeSchema(many=True))
@access.people()
def may_take(finding_id: UUID) -> Response:
    """The steps that you may take now, and what each needs."""
    with reading() as session:
        actor = access.current_actor()
        return jsonify(cases.may_take(actor, finding_queries.one(session, actor, str(finding_id))))


@blueprint.post("/<uuid:finding_id>/steps")
@blueprint.arguments(TakeStepSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people()
def step(said: tuple[str, str, Wish], finding_id: UUID) -> Response:
    """Take a step of the life cycle; `from` is the state that you saw."""
    start, to, wish = said
    with writing() as session:
        actor, at, id = access.current_actor(), clock.now(), clock.new_id()
        return _after(cases.step(session, actor, str(finding_id), start, to, wish, at, id), session)


@blueprint.post("/<uuid:finding_id>/pass")
@blueprint.arguments(OfficeWishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("handler", "supervisor", "admin")
def pass_on(wish: Wish, finding_id: UUID) -> Response:
    """Give it on to another office, which keeps the term (转办)."""
    return _dealt(cases.pass_on, wish, finding_id)


@blueprint.post("/<uuid:finding_id>/return")
@blueprint.arguments(WishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("handler", "supervisor", "admin")
def ask_return(wish: Wish, finding_id: UUID) -> Response:
    """Ask to be rid of it, with a reason (退回); the step to `registered` grants it."""
    return _dealt(cases.ask_return, wish, finding_id)


@blueprint.delete("/<uuid:finding_id>/return")
@blueprint.arguments(WishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("supervisor", "admin")
def refuse_return(wish: Wish, finding_id: UUID) -> Response:
    """Refuse a return that was asked for."""
    return _dealt(cases.refuse_return, wish, finding_id)


@blueprint.post("/<uuid:finding_id>/extension")
@blueprint.arguments(TermWishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("handler", "supervisor", "admin")
def ask_extension(wish: Wish, finding_id: UUID) -> Response:
    """Ask for more time, with a reason (申请延期)."""
    return _dealt(cases.ask_extension, wish, finding_id)


@blueprint.put("/<uuid:finding_id>/extension")
@blueprint.arguments(ExtensionDecisionSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("supervisor", "admin")
def decide_extension(wish: Wish, finding_id: UUID) -> Response:
    """Grant more time until an instant, or refuse it."""
    return _dealt(cases.decide_extension, wish, finding_id)


@blueprint.post("/<uuid:finding_id>/parking")
@blueprint.arguments(TermWishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("handler", "supervisor", "admin")
def park(wish: Wish, finding_id: UUID) -> Response:
    """Put it aside until an instant, with a reason (挂账)."""
    return _dealt(cases.park, wish, finding_id)


@blueprint.post("/<uuid:finding_id>/merge")
@blueprint.arguments(MergeSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("supervisor", "admin")
def merge(said: tuple[str, Wish], finding_id: UUID) -> Response:
    """Merge a duplicate into the finding that stays; both keep their histories."""
    into, wish = said
    with writing() as session:
        actor, at, id = access.current_actor(), clock.now(), clock.new_id()
        return _after(cases.merge(session, actor, str(finding_id), into, wish, at, id), session)


@blueprint.delete("/<uuid:finding_id>/merge")
@blueprint.arguments(WishSchema)
@blueprint.response(200, documents.FindingSchema)
@access.people("supervisor", "admin")
def unmerge(wish: Wish, finding_id: UUID) -> Response:
    """Take a merge back."""
    return _dealt(cases.unmerge, wish, finding_id)


def _dealt(deal: Deal, wish: Wish, finding_id: UUID) -> Response:
    with writing() as session:
        found = deal(session, access.current_actor(), str(finding_id), wish, clock.now(), clock.new_id())
        return _after(found, session)
