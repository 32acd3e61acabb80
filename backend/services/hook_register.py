"""The register of web hooks: who outside is told of what. Kept by admins.

Addresses and secrets are sealed (`sealed`) and never shown again; a robot's address is itself a secret.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.models import WebHook, WebHookDelivery
from backend.services import audit, cells, hook_queue, numbering, pages, rows
from backend.services.actor import Actor
from backend.services.errors import InputInvalid, NotFound
from backend.services.event_kinds import KINDS
from backend.services.pages import Page, PageAsked
from backend.services.sealed import Seal, Unreadable
from backend.services.site_register import RevisionStale
from backend.web_hooks import addresses
from backend.web_hooks.addresses import AddressRefused
from backend.web_hooks.messages import SECRET_PREFIX

HOOKABLE = tuple(kind for kind in KINDS if kind not in ("hook-paused", hook_queue.TEST))
"""What hooks can be told of; that one of them was paused is for the admins here."""
PURPOSE = "bluegrid web hooks"


class HookAddressRefused(InputInvalid):
    """A web hook may not lead there."""

    code = "hook-address-refused"


class Register:
    """`seal` keeps what is secret, `private` lets hooks lead into private networks."""

    def __init__(self, seal: Seal, private: bool, new_id: Callable[[], str]) -> None:
        self.seal, self.private, self.new_id = seal, private, new_id

    def create(
        self, session: Session, actor: Actor, said: Mapping[str, Any], now: datetime
    ) -> tuple[WebHook, str | None]:
        """Add a hook; with it the secret, this one time. Raises HookAddressRefused, InputInvalid."""
        actor.require_role("admin")
        secret = self._secret(said["form"], said.get("secret"))
        hook = WebHook(
            id=self.new_id(),
            form=said["form"],
            state="active",
            seen_n=numbering.last_event(session),
            created_by=actor.user_id,
            created_at=now,
            rev=1,
        )
        self._put(session, hook, said)
        self._lead(hook, said["url"], secret)
        session.add(hook)
        audit.record(session, now, actor.user_id, "web-hook.create", hook.id, form=hook.form, kinds=hook.kinds)
        session.flush()
        return hook, secret

    def change(
        self, session: Session, actor: Actor, hook_id: str, rev: int, said: Mapping[str, Any], now: datetime
    ) -> WebHook:
        """Change a hook, turn it off or on again. Raises NotFound, RevisionStale, HookAddressRefused, InputInvalid."""
        hook = _locked(session, actor, hook_id)
        if hook.rev != rev:
            raise RevisionStale("Somebody changed this web hook meanwhile; look at it again.", rev=hook.rev)
        self._put(session, hook, said)
        if "url" in said:
            self._lead(hook, said["url"], self._kept_secret(hook, said.get("secret")))
        elif "secret" in said:
            raise InputInvalid("Send the address together with its secret.", field="url")
        if "state" in said and said["state"] != hook.state:
            _turn(session, hook, said["state"], now)
        hook.rev += 1
        audit.record(session, now, actor.user_id, "web-hook.change", hook.id, fields=sorted(said))
        return hook

    def renew_secret(self, session: Session, actor: Actor, hook_id: str, now: datetime) -> tuple[WebHook, str]:
        """Give a signed hook another secret, shown this one time. Raises NotFound, InputInvalid."""
        hook = _locked(session, actor, hook_id)
        if hook.form != "standard":
            raise InputInvalid("A robot's secret is given by its maker; change the address and the secret.")
        secret = _new_secret()
        self._lead(hook, str(self._opened(hook)["url"]), secret)
        hook.rev += 1
        audit.record(session, now, actor.user_id, "web-hook.secret", hook.id)
        return hook, secret

    def _put(self, session: Session, hook: WebHook, said: Mapping[str, Any]) -> None:
        cells.require_known(said.get("cells", ()))
        for name in ("name", "language", "kinds", "cells"):
            if name in said:
                value = said[name]
                setattr(hook, name, sorted(set(value)) if isinstance(value, list) else value)

    def _lead(self, hook: WebHook, url: str, secret: str | None) -> None:
        try:
            parts = addresses.split(url, private=self.private)
        except AddressRefused as error:
            raise HookAddressRefused(str(error), field="url") from None
        hook.sealed = self.seal.close({"url": url, "secret": secret})
        hidden = "/…" if parts.query or parts.path not in ("", "/") else parts.path
        hook.shown_url = f"{parts.scheme}://{parts.netloc}{hidden}"[:300]

    def _kept_secret(self, hook: WebHook, given: str | None) -> str | None:
        """The secret for a new address: the one sent, or the one there is."""
        if given is not None or hook.form == "wecom":
            return self._secret(hook.form, given)
        return self._opened(hook)["secret"]

    def _opened(self, hook: WebHook) -> dict[str, str | None]:
        try:
            return self.seal.open(hook.sealed)
        except Unreadable as error:
            raise InputInvalid(f"{error} Turn this web hook off and make another.") from None

    def _secret(self, form: str, given: str | None) -> str | None:
        if form == "dingtalk":
            return given
        if given is not None:
            raise InputInvalid("The server makes this secret; only DingTalk's is given.", field="secret")
        return _new_secret() if form == "standard" else None


def _locked(session: Session, actor: Actor, hook_id: str) -> WebHook:
    actor.require_role("admin")
    hook = session.get(WebHook, hook_id, with_for_update=True)
    if hook is None:
        raise NotFound("There is no such web hook.")
    return hook


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _turn(session: Session, hook: WebHook, state: str, now: datetime) -> None:
    """On again: one that was paused goes on where it stopped, one that was off begins with what comes now."""
    if state == "active":
        if hook.state == "off":
            hook.seen_n = numbering.last_event(session)
        waiting = (WebHookDelivery.hook_id == hook.id, WebHookDelivery.state == "waiting")
        session.execute(update(WebHookDelivery).where(*waiting).values(next_at=now))
        hook.failing_since = hook.paused_at = None
    hook.state = state


def listing(session: Session) -> list[dict[str, Any]]:
    """All hooks, by name."""
    return [shown(hook) for hook in session.scalars(select(WebHook).order_by(WebHook.name, WebHook.id))]


def shown(hook: WebHook) -> dict[str, Any]:
    """A hook as the API shows one."""
    return {
        "id": hook.id,
        "name": hook.name,
        "form": hook.form,
        "url": hook.shown_url,
        "kinds": hook.kinds,
        "cells": hook.cells,
        "language": hook.language,
        "state": hook.state,
        "failing_since": rows.instant(hook.failing_since),
        "paused_at": rows.instant(hook.paused_at),
        "created_at": rows.instant(hook.created_at),
        "rev": hook.rev,
    }


def deliveries(session: Session, hook_id: str, state: str | None, asked: PageAsked) -> Page[WebHookDelivery]:
    """What was and is to be sent to a hook, the newest first. Raises NotFound, PageCursorInvalid."""
    if session.get(WebHook, hook_id) is None:
        raise NotFound("There is no such web hook.")
    query = select(WebHookDelivery).where(WebHookDelivery.hook_id == hook_id)
    if state is not None:
        query = query.where(WebHookDelivery.state == state)
    return pages.fetch(session, query, WebHookDelivery.created_at, WebHookDelivery.id, asked)


def send_again(session: Session, actor: Actor, hook_id: str, delivery_id: str, now: datetime) -> WebHookDelivery:
    """Send one once more, whatever became of it. Raises NotFound."""
    found = session.get(WebHookDelivery, delivery_id, with_for_update=True)
    if found is None or found.hook_id != hook_id:
        raise NotFound("There is no such delivery.")
    found.state, found.next_at = "waiting", now
    audit.record(session, now, actor.user_id, "web-hook.send-again", found.id)
    return found


def send_test(session: Session, actor: Actor, hook_id: str, now: datetime, id: str) -> WebHookDelivery:
    """Queue a message that says nothing but the hook's name; tried once. Raises NotFound, InputInvalid."""
    hook = _locked(session, actor, hook_id)
    if hook.state != "active":
        raise InputInvalid("This web hook is not active; turn it on first.", field="state")
    said = hook_queue.content_of(hook_queue.TEST, now, {"name": hook.name})
    made = hook_queue.delivery(hook, id, f"{hook_queue.TEST}:{id}", said, now)
    session.add(made)
    session.flush()
    audit.record(session, now, actor.user_id, "web-hook.test", hook.id)
    return made


def remove(session: Session, actor: Actor, hook_id: str, now: datetime) -> None:
    """Remove a hook with all that was and is to be sent to it. Raises NotFound."""
    hook = _locked(session, actor, hook_id)
    session.execute(delete(WebHookDelivery).where(WebHookDelivery.hook_id == hook.id))
    session.delete(hook)
    audit.record(session, now, actor.user_id, "web-hook.remove", hook.id, name=hook.name)
    session.flush()


def delivery_shown(each: WebHookDelivery) -> dict[str, Any]:
    """A delivery as the API shows one."""
    return {
        "id": each.id,
        "kind": each.kind,
        "state": each.state,
        "attempts": each.attempts,
        "next_at": rows.instant(each.next_at) if each.state == "waiting" else None,
        "last_at": rows.instant(each.last_at),
        "last_status": each.last_status,
        "last_answer": each.last_answer,
        "created_at": rows.instant(each.created_at),
        "content": each.content,
    }
