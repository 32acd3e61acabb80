"""Who may call a route: every view declares it, and a view that declares nothing is refused.

A test enumerates the routes against these declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from backend import clock
from backend.services import accounts, devices
from backend.services.actor import Actor
from backend.services.errors import NotAllowed, TokenRevoked, Unauthenticated
from backend.transactions import reading, writing

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """`public` needs no token; otherwise people with one of `roles`, and devices when `devices`."""

    public: bool = False
    devices: bool = False
    roles: frozenset[str] = frozenset()
    even_revoked: bool = False


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


def people(*roles: str) -> Callable[[View], View]:
    """Signed-in people with one of the roles (all roles when none is named)."""
    return _declare(Access(roles=frozenset(roles) or ALL_ROLES))


def anyone_known(*, even_revoked: bool = False) -> Callable[[View], View]:
    """Signed-in people and enrolled devices."""
    return _declare(Access(devices=True, roles=ALL_ROLES, even_revoked=even_revoked))


def declared(app: Flask, endpoint: str) -> Access | None:
    """What the view of an endpoint declares."""
    return getattr(app.view_functions[endpoint], "bluegrid_access", None)


def current_actor() -> Actor:
    """The actor of the request under way; only routes that need a token have one."""
    actor: Actor = g.actor
    return actor


def bearer_token() -> str:
    """The token of the request; raises Unauthenticated without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send 'Authorization: Bearer …' with the token of your device or sign-in.")
    return token.strip()


def authorise() -> None:
    """Before each request: find who calls and whether the view lets them."""
    if request.endpoint is None:
        return
    access = declared(current_app, request.endpoint)
    if access is None:
        raise NotAllowed("This route is not open.")
    if access.public:
        return
    actor = _actor(bearer_token())
    if actor.device_id is None:
        if actor.role not in access.roles:
            raise NotAllowed("Your role may not do this.")
    elif not access.devices:
        raise NotAllowed("This needs a person's sign-in, not a device's token.")
    elif actor.device_revoked and not access.even_revoked:
        raise TokenRevoked("This device was revoked; it may still send what it has.")
    g.actor = actor


def _actor(token: str) -> Actor:
    settings = current_app.extensions["bluegrid.settings"]
    with reading() as session:
        caller = devices.device_behind(session, token, clock.now(), settings.revoked_grace_days)
        actor = caller.actor if caller else accounts.person_behind(session, token, clock.now())
    if actor is None:
        raise Unauthenticated("This token is not known.")
    if caller and caller.first_use:
        with writing() as session:
            devices.first_use(session, token, clock.now())
    return actor
