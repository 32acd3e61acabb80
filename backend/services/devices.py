"""Devices: invitation, enrolment, token rotation, new streams, revocation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from backend.models import Device, DeviceToken, Grant, Invite, Stream, User
from backend.services import audit, tokens
from backend.services.actor import Actor
from backend.services.errors import InviteInvalid, NotFound, TokenRevoked, Unauthenticated
from sync import signing

_BEHIND = (
    select(
        DeviceToken.device_id,
        DeviceToken.retired_at,
        DeviceToken.first_used_at,
        Device.revoked_at,
        Device.user_id,
        User.name,
        User.role,
        User.active,
        User.office_id,
        Grant.code,
    )
    .join(Device, Device.id == DeviceToken.device_id)
    .join(User, User.id == Device.user_id)
    .outerjoin(Grant, Grant.user_id == User.id)
    .where(DeviceToken.token_sha256 == bindparam("wanted"))
)


def invite(session: Session, user: User, now: datetime, hours: int, by: str | None = None) -> tuple[str, datetime]:
    """A single-use enrolment code for a person's next device, and when it ends."""
    code = tokens.new_code()
    expires = now + timedelta(hours=hours)
    session.add(Invite(code_sha256=tokens.digest(code), user_id=user.id, created_at=now, expires_at=expires))
    audit.record(session, now, by, "device.invite", user.id)
    return code, expires


def enrol(
    session: Session, now: datetime, new_id: Callable[[], str], request: dict[str, Any]
) -> tuple[Stream, str, User]:
    """Take an invitation: the stream, a fresh token, the user.

    The same code and install within the code's time give the same stream again, so that a lost answer locks
    nobody out; not even an app that made another key meanwhile: it is refused by signature, and opens a new stream
    with that key. Raises InviteInvalid; SignatureKeyInvalid for a key that is no P-256 point.
    """
    code_sha256 = tokens.digest(request["code"].strip().upper())
    found = session.scalar(select(Invite).where(Invite.code_sha256 == code_sha256).with_for_update())
    if found is None:
        raise InviteInvalid("This code is not known; ask for a new one.")
    if found.expires_at <= now:
        raise InviteInvalid("This code has ended; ask for a new one.")
    user = session.get_one(User, found.user_id)
    if not user.active:
        raise InviteInvalid("This account is closed.")
    if found.device_id is not None:
        return _enrol_again(session, now, found, request, user)
    key = request.get("public_key")
    if key is not None:
        signing.read_key(key)
    device = Device(
        id=new_id(),
        user_id=user.id,
        install=request["install"],
        invite_sha256=code_sha256,
        name=request["name"],
        platform=request["platform"],
        app=request["app"],
        enrolled_at=now,
    )
    session.add(device)
    session.flush()
    found.device_id = device.id
    stream = Stream(id=new_id(), device_id=device.id, user_id=user.id, public_key=key, opened_at=now)
    session.add(stream)
    audit.record(session, now, user.id, "device.enrol", device.id, stream=stream.id)
    session.flush()
    return stream, _issue(session, device.id, now), user


def _enrol_again(
    session: Session, now: datetime, found: Invite, request: dict[str, Any], user: User
) -> tuple[Stream, str, User]:
    device = session.get_one(Device, found.device_id)
    stream = session.scalar(select(Stream).where(Stream.device_id == device.id, Stream.continues_id.is_(None)))
    if device.install != request["install"] or device.revoked_at is not None or stream is None:
        raise InviteInvalid("This code has been used; ask for a new one.")
    return stream, _issue(session, device.id, now), user


def _issue(session: Session, device_id: str, now: datetime) -> str:
    token = tokens.new_token()
    last = session.scalar(
        select(DeviceToken.generation)
        .where(DeviceToken.device_id == device_id)
        .order_by(DeviceToken.generation.desc())
        .limit(1)
    )
    session.add(
        DeviceToken(token_sha256=tokens.digest(token), device_id=device_id, generation=(last or 0) + 1, created_at=now)
    )
    return token


def lend_token(session: Session, stream_id: str, now: datetime) -> str:
    """A token beside the own ones of the device that writes a stream: its use retires none of them.

    For handing in what a phone cannot send any more; raises NotFound.
    """
    stream = session.get(Stream, stream_id)
    if stream is None:
        raise NotFound("There is no such stream.")
    token = _issue(session, stream.device_id, now)
    session.flush()
    session.get_one(DeviceToken, tokens.digest(token)).first_used_at = now
    audit.record(session, now, None, "device.hand-in", stream.device_id, stream=stream_id)
    return token


def take_back(session: Session, token: str, now: datetime) -> None:
    """End a lent token."""
    session.get_one(DeviceToken, tokens.digest(token)).retired_at = now


def rotate(session: Session, actor: Actor, now: datetime) -> str:
    """A fresh token; the old one works until this one is first used."""
    if actor.device_id is None:
        raise Unauthenticated("Only a device's token can be rotated.")
    audit.record(session, now, actor.user_id, "device.rotate", actor.device_id)
    return _issue(session, actor.device_id, now)


def open_stream(session: Session, actor: Actor, now: datetime, stream_id: str, request: dict[str, Any]) -> Stream:
    """A new stream for the same device, naming the one that cannot go on.

    A server restored from a backup may not know that one: then it continues the device's newest.
    """
    own = select(Stream).where(Stream.device_id == actor.device_id).order_by(Stream.opened_at.desc()).limit(1)
    old = session.get(Stream, request["continues"]) or session.scalars(own).first()
    if old is None or old.device_id != actor.device_id:
        raise NotFound("The stream to continue is not this device's.")
    key = request.get("public_key")
    if key is not None:
        signing.read_key(key)
    stream = Stream(
        id=stream_id,
        device_id=old.device_id,
        user_id=old.user_id,
        continues_id=old.id,
        public_key=key,
        opened_at=now,
    )
    session.add(stream)
    audit.record(session, now, actor.user_id, "device.stream", old.device_id, stream=stream_id, continues=old.id)
    session.flush()
    return stream


def revoke(session: Session, stream_id: str, now: datetime, by: str | None = None) -> Device:
    """Revoke the device that writes a stream: what it still sends within the days of grace is held."""
    stream = session.get(Stream, stream_id)
    if stream is None:
        raise NotFound("There is no such stream.")
    device = session.get_one(Device, stream.device_id)
    if device.revoked_at is None:
        device.revoked_at = now
        audit.record(session, now, by, "device.revoke", device.id, stream=stream_id)
    return device


class Caller(NamedTuple):
    """Who uses a device's token, and whether nobody has used it before."""

    actor: Actor
    first_use: bool


def device_behind(session: Session, token: str, now: datetime, grace_days: int) -> Caller | None:
    """Who is behind a device's token, None when it is not a device's; raises for one that has ended."""
    rows = session.connection().execute(_BEHIND, {"wanted": tokens.digest(token)}).all()
    if not rows:
        return None
    row = rows[0]
    if row.retired_at is not None:
        raise TokenRevoked("A newer token of this device is in use.")
    if row.revoked_at is not None and now > row.revoked_at + timedelta(days=grace_days):
        raise TokenRevoked("This device was revoked.")
    grants = frozenset(row.code for row in rows if row.code is not None)
    revoked = row.revoked_at is not None or not row.active
    actor = Actor(row.user_id, row.name, row.role, grants, row.device_id, revoked, row.office_id)
    return Caller(actor, first_use=row.first_used_at is None)


def first_use(session: Session, token: str, now: datetime) -> None:
    """Note a token's first use and retire the earlier ones of its device."""
    row = session.get(DeviceToken, tokens.digest(token))
    if row is None or row.first_used_at is not None:
        return
    row.first_used_at = now
    session.execute(
        update(DeviceToken)
        .where(
            DeviceToken.device_id == row.device_id,
            DeviceToken.generation < row.generation,
            DeviceToken.retired_at.is_(None),
        )
        .values(retired_at=now)
    )
