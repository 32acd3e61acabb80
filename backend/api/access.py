"""Who may call a route: every view declares it, and a view that declares nothing is refused.

A test enumerates the routes against these declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, current_app, g, request

from backend import clock
from backend.api import credentials
from backend.api.credentials import Credential
from backend.services import accounts, audit, devices, sign_ins
from backend.services.actor import Actor
from backend.services.errors import NotAllowed, TokenRevoked, Unauthenticated
from backend.transactions import reading, writing

View = TypeVar("View", bound=Callable[..., Any])
MOST_NAMES, MOST_LETTERS = 30, 40


class SignInUnfinished(NotAllowed):
    """The sign-in holds for changing the password or setting up the second factor, and for nothing else yet."""

    code = "sign-in-unfinished"


@dataclass(frozen=True, slots=True)
class Access:
    """`public` needs no token; otherwise people with one of `roles`, and devices when `devices`.

    `unfinished` lets in whoever still owes a new password or a second factor. `personal` names the personal data that
    is read: each request leaves a row `read.<personal>` in the audit trail, before anything is read.
    """

    public: bool = False
    devices: bool = False
    roles: frozenset[str] = frozenset()
    even_revoked: bool = False
    unfinished: bool = False
    personal: str | None = None


def _declare(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.bluegrid_access = access  # type: ignore[attr-defined]
        return view

    return mark


ALL_ROLES = frozenset({"inspector", "supervisor", "admin", "handler"})


def public() -> Callable[[View], View]:
    """Anyone, without a token."""
    return _declare(Access(public=True))


def device(*, even_revoked: bool = False) -> Callable[[View], View]:
    """Enrolled devices; `even_revoked` lets a revoked one still hand in what it has."""
    return _declare(Access(devices=True, even_revoked=even_revoked))


def people(*roles: str, unfinished: bool = False, personal: str | None = None) -> Callable[[View], View]:
    """Signed-in people with one of the roles (all roles when none is named)."""
    return _declare(Access(roles=frozenset(roles) or ALL_ROLES, unfinished=unfinished, personal=personal))


def anyone_known(
    *, even_revoked: bool = False, unfinished: bool = False, personal: str | None = None
) -> Callable[[View], View]:
    """Signed-in people and enrolled devices."""
    return _declare(
        Access(devices=True, roles=ALL_ROLES, even_revoked=even_revoked, unfinished=unfinished, personal=personal)
    )


def declared(app: Flask, endpoint: str) -> Access | None:
    """What the view of an endpoint declares."""
    return getattr(app.view_functions[endpoint], "bluegrid_access", None)


def current_actor() -> Actor:
    """The actor of the request under way; only routes that need a token have one."""
    actor: Actor = g.actor
    return actor


def current_owes() -> str | None:
    """What the person of the request under way still owes; only `unfinished` routes see anything here."""
    owes: str | None = g.owes
    return owes


def authorise() -> None:
    """Before each request: find who calls and whether the view lets them."""
    if request.endpoint is None:
        return
    access = declared(current_app, request.endpoint)
    if access is None:
        raise NotAllowed("This route is not open.")
    if access.public:
        return
    credential = credentials.presented()
    credentials.require_proof(credential)
    actor, owes = _actor(credential)
    if owes is not None and not access.unfinished:
        raise SignInUnfinished("Before anything else: change your password, or set up your second factor.", owes=owes)
    if actor.device_id is None:
        if actor.role not in access.roles:
            raise NotAllowed("Your role may not do this.")
    elif not access.devices:
        raise NotAllowed("This needs a person's sign-in, not a device's token.")
    elif actor.device_revoked and not access.even_revoked:
        raise TokenRevoked("This device was revoked; it may still send what it has.")
    g.actor, g.owes = actor, owes
    if access.personal is not None:
        _note_read(actor, access.personal)


def _actor(credential: Credential) -> tuple[Actor, str | None]:
    """Who has a token, and what that one owes before anything else. A device shows its own in the header alone."""
    settings, now, token = current_app.extensions["bluegrid.settings"], clock.now(), credential.token
    grace = settings.revoked_grace_days
    with reading() as session:
        caller = None if credential.by_cookie else devices.device_behind(session, token, now, grace)
        person = None if caller else sign_ins.behind(session, token, settings.sign_in, now)
        actor = accounts.actor_of(person.user) if person else None
    if caller is not None:
        if caller.first_use:
            with writing() as session:
                devices.first_use(session, token, now)
        return caller.actor, None
    if person is None or actor is None:
        raise Unauthenticated("This token is not known.")
    if person.stale:
        with writing() as session:
            sign_ins.used(session, token, now)
    return actor, person.owes


def _note_read(actor: Actor, kind: str) -> None:
    """Leave a row of who asks for which personal data; of the question only the names of its parts."""
    subject = next((str(value) for value in (request.view_args or {}).values() if isinstance(value, UUID)), None)
    asked = sorted(name for name in request.args if name.isascii() and name.isidentifier())[:MOST_NAMES]
    details = {"asked": [name[:MOST_LETTERS] for name in asked]}
    if actor.device_id is not None:
        details["device"] = [actor.device_id]
    with writing() as session:
        audit.record(session, clock.now(), actor.user_id, f"read.{kind}", subject, **details)
