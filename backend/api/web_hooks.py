"""Web hooks and group robots: the register, and what was delivered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from backend import catalogue, clock
from backend.api import access
from backend.api.paging import PageArgs, page_asked, page_body, page_of, storable
from backend.jobs import intents
from backend.models.feed import DELIVERY_STATES, HOOK_FORMS, HOOK_STATES
from backend.services import hook_register
from backend.services.hook_register import HOOKABLE, PURPOSE, Register
from backend.services.sealed import Seal
from backend.transactions import reading, writing
from backend.web_hooks.addresses import MAX_URL

blueprint = Blueprint("web-hooks", __name__, url_prefix="/api/v1/web-hooks", description="Web hooks 推送")


class WebHookSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    form = fields.String(required=True, validate=validate.OneOf(HOOK_FORMS))
    url = fields.String(required=True, metadata={"description": "Without what is secret in it"})
    kinds = fields.List(fields.String(validate=validate.OneOf(HOOKABLE)), required=True)
    cells = fields.List(fields.String(), required=True)
    language = fields.String(required=True, validate=validate.OneOf(catalogue.LANGUAGES))
    state = fields.String(required=True, validate=validate.OneOf(HOOK_STATES))
    failing_since = fields.AwareDateTime(required=True, allow_none=True)
    paused_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    rev = fields.Integer(required=True)


class WebHookSecretSchema(WebHookSchema):
    secret = fields.String(
        required=True, allow_none=True, metadata={"description": "Shown this once; null for robots without one"}
    )


class HookChangeSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(validate=[validate.Length(1, 80), validate.Regexp(r".*\S", error="Name it.")])
    url = fields.String(validate=validate.Length(1, MAX_URL))
    secret = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "DingTalk's own (SEC…), where the robot has one"}
    )
    kinds = fields.List(fields.String(validate=validate.OneOf(HOOKABLE)), validate=validate.Length(1, len(HOOKABLE)))
    cells = fields.List(
        fields.String(validate=validate.Length(max=20)),
        validate=validate.Length(max=100),
        metadata={"description": "Told of these and all below them; empty: of everything"},
    )
    language = fields.String(validate=validate.OneOf(catalogue.LANGUAGES))
    state = fields.String(validate=validate.OneOf(("active", "off")))
    rev = fields.Integer(required=True, strict=True)


class NewHookSchema(HookChangeSchema):
    name = fields.String(required=True, validate=HookChangeSchema._declared_fields["name"].validate)
    url = fields.String(required=True, validate=validate.Length(1, MAX_URL))
    form = fields.String(load_default="standard", validate=validate.OneOf(HOOK_FORMS))
    kinds = fields.List(
        fields.String(validate=validate.OneOf(HOOKABLE)), required=True, validate=validate.Length(1, len(HOOKABLE))
    )
    cells = fields.List(
        fields.String(validate=validate.Length(max=20)), load_default=list, validate=validate.Length(max=100)
    )
    language = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))

    class Meta:
        unknown = RAISE
        exclude = ("state", "rev")


class DeliverySchema(Schema):
    id = fields.String(required=True, metadata={"description": "Sent as webhook-id, the same at each attempt"})
    kind = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(DELIVERY_STATES))
    attempts = fields.Integer(required=True)
    next_at = fields.AwareDateTime(required=True, allow_none=True)
    last_at = fields.AwareDateTime(required=True, allow_none=True)
    last_status = fields.Integer(required=True, allow_none=True)
    last_answer = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    content = fields.Dict(required=True)


DeliveryPageSchema = page_of(DeliverySchema, "DeliveryPage")


class DeliveriesArgs(PageArgs):
    state = fields.String(validate=validate.OneOf(DELIVERY_STATES))


@blueprint.get("")
@blueprint.response(200, WebHookSchema(many=True))
@access.people("admin")
def listing() -> Response:
    """All web hooks, by name."""
    with reading() as session:
        return jsonify(hook_register.listing(session))


@blueprint.post("")
@blueprint.arguments(NewHookSchema)
@blueprint.response(201, WebHookSecretSchema)
@access.people("admin")
def create(said: dict[str, Any]) -> tuple[Response, int]:
    """Tell somebody outside of events; the answer alone shows the secret."""
    with writing() as session:
        hook, secret = _register().create(session, access.current_actor(), storable(said), clock.now())
        return jsonify(hook_register.shown(hook) | {"secret": secret}), 201


@blueprint.patch("/<uuid:hook_id>")
@blueprint.arguments(HookChangeSchema)
@blueprint.response(200, WebHookSchema)
@access.people("admin")
def change(said: dict[str, Any], hook_id: UUID) -> Response:
    """Change a hook, turn it off, or on again; `rev` is the one that you read."""
    rev = said.pop("rev")
    with writing() as session:
        actor = access.current_actor()
        hook = _register().change(session, actor, str(hook_id), rev, storable(said), clock.now())
        return jsonify(hook_register.shown(hook))


@blueprint.post("/<uuid:hook_id>/secret")
@blueprint.response(200, WebHookSecretSchema)
@access.people("admin")
def renew_secret(hook_id: UUID) -> Response:
    """Give a signed hook another secret; the answer alone shows it."""
    with writing() as session:
        hook, secret = _register().renew_secret(session, access.current_actor(), str(hook_id), clock.now())
        return jsonify(hook_register.shown(hook) | {"secret": secret})


@blueprint.delete("/<uuid:hook_id>")
@blueprint.response(204)
@access.people("admin")
def remove(hook_id: UUID) -> tuple[str, int]:
    """Remove a hook with its deliveries; to stop it for a while, PATCH its state to off."""
    with writing() as session:
        hook_register.remove(session, access.current_actor(), str(hook_id), clock.now())
        return "", 204


@blueprint.post("/<uuid:hook_id>/test")
@blueprint.response(202, DeliverySchema)
@access.people("admin")
def send_test(hook_id: UUID) -> tuple[Response, int]:
    """Send a test message now; its deliveries say how that went."""
    with writing() as session:
        now = clock.now()
        made = hook_register.send_test(session, access.current_actor(), str(hook_id), now, clock.new_id())
        intents.ask(session, clock.new_id(), "tell-hooks", {}, None, now)
        return jsonify(hook_register.delivery_shown(made)), 202


@blueprint.get("/<uuid:hook_id>/deliveries")
@blueprint.arguments(DeliveriesArgs, location="query", unknown=RAISE)
@blueprint.response(200, DeliveryPageSchema)
@access.people("admin")
def deliveries(args: dict[str, Any], hook_id: UUID) -> Response:
    """What was and is to be sent, the newest first, with the last answer."""
    with reading() as session:
        page = hook_register.deliveries(session, str(hook_id), args.get("state"), page_asked(args))
        return jsonify(page_body(page, [hook_register.delivery_shown(each) for each in page.rows]))


@blueprint.post("/<uuid:hook_id>/deliveries/<uuid:delivery_id>/send")
@blueprint.response(202, DeliverySchema)
@access.people("admin")
def send_again(hook_id: UUID, delivery_id: UUID) -> tuple[Response, int]:
    """Send one once more; it keeps its id."""
    with writing() as session:
        actor = access.current_actor()
        found = hook_register.send_again(session, actor, str(hook_id), str(delivery_id), clock.now())
        return jsonify(hook_register.delivery_shown(found)), 202


def _register() -> Register:
    settings = current_app.extensions["bluegrid.settings"]
    return Register(Seal(settings.secret_key, PURPOSE), settings.hooks_private, clock.new_id)
