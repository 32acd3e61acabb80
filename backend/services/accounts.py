"""Accounts: people, their roles and grants, and what admins may change of them. None is ever deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from backend.models import Device, Grant, Invite, Office, User
from backend.models.people import ROLES
from backend.services import audit, cells, lockout, pages, passwords, second_factor, sign_ins, unit_register, units
from backend.services.actor import Actor
from backend.services.errors import AlreadyExists, InputInvalid, NotAllowed, NotFound, ServiceError
from backend.services.pages import Page, PageAsked
from backend.services.site_register import RevisionStale

open_login = sign_ins.open_login

MAX_GRANTS = 64  # a pull cursor that names them all stays under 2 KiB
RIGHTS = frozenset({"role", "grants", "office", "active"})
"""What a person may do; nobody changes it of oneself."""
_PERSON = (
    select(User.name, User.display_name, User.role, User.office_id, Grant.code)
    .outerjoin(Grant, Grant.user_id == User.id)
    .where(User.id == bindparam("wanted"))
)


class OwnRights(NotAllowed):
    """Nobody changes their own rights; another admin does."""

    code = "own-rights"


class LastAdmin(ServiceError):
    """Somebody must be left who can let others in."""

    code = "last-admin"


def create_user(
    session: Session,
    *,
    id: str,
    now: datetime,
    name: str,
    role: str,
    grants: list[str],
    password: str | None = None,
    display_name: str | None = None,
    phone: str | None = None,
    office: str | None = None,
    must_change_password: bool = False,
    by: str | None = None,
) -> User:
    """Add a person; raises AlreadyExists, InputInvalid, PasswordWeak."""
    if not name.strip() or len(name) > 80:
        raise InputInvalid("A user name has 1 to 80 characters.")
    _require_fitting(session, role, grants, office)
    if session.scalar(select(User.id).where(User.name == name)):
        raise AlreadyExists(f"There is already a user {name}.")
    if password is not None:
        passwords.require_good(password, name, display_name)
    user = User(
        id=id,
        name=name,
        display_name=display_name or name,
        phone=phone,
        role=role,
        office_id=office,
        password_hash=passwords.hashed(password) if password is not None else None,
        password_set_at=now if password is not None else None,
        must_change_password=must_change_password,
        created_at=now,
        grants=[Grant(code=code) for code in sorted(set(grants))],
    )
    session.add(user)
    audit.record(session, now, by, "user.create", id, role=role, grants=sorted(set(grants)))
    session.flush()
    return user


def change(session: Session, actor: Actor, user_id: str, rev: int, fields: Mapping[str, Any], now: datetime) -> User:
    """Change some fields of a person, from the revision that was read; `active` false closes the account.

    Raises NotFound, RevisionStale, OwnRights, LastAdmin, InputInvalid, and a cell's or unit's own errors.
    """
    if not RIGHTS.isdisjoint(fields):
        _hold_admins(session)
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("There is no such user.")
    if user.rev != rev:
        raise RevisionStale("Somebody changed this account meanwhile; look at it again.", rev=user.rev)
    if user.erased_at is not None:
        raise InputInvalid("What was personal of this account was erased; it stays as it is.")
    was = {"role": user.role, "grants": sorted(grant.code for grant in user.grants), "office": user.office_id}
    changed = {name: value for name, value in fields.items() if value != (was | _plain(user)).get(name)}
    if not changed:
        return user
    if actor.user_id == user_id and not RIGHTS.isdisjoint(changed):
        raise OwnRights("Nobody changes their own rights; another admin does.")
    if user.role == "admin" and user.active and (changed.get("role") or changed.get("active") is False):
        _require_another_admin(session, user_id)
    wanted = was | changed
    if not RIGHTS.isdisjoint(changed):
        _require_fitting(session, wanted["role"], wanted["grants"], wanted["office"])
    _set(user, changed)
    if changed.get("active") is False:
        _shut(session, actor.user_id, user, now)
    user.rev += 1
    told = {name: [was[name], wanted[name]] for name in was if was[name] != wanted[name]}
    audit.record(session, now, actor.user_id, "user.change", user_id, fields=sorted(changed), **told)
    session.flush()
    return user


def deactivate(session: Session, by: str | None, user: User, now: datetime) -> None:
    """Close an account from the command line. Raises LastAdmin."""
    _hold_admins(session)
    if user.role == "admin" and user.active:
        _require_another_admin(session, user.id)
    user.active = False
    user.rev += 1
    _shut(session, by, user, now)
    audit.record(session, now, by, "user.change", user.id, fields=["active"])


def _hold_admins(session: Session) -> None:
    """Two admins who change one another at once go one after the other."""
    session.execute(select(User.id).where(User.role == "admin").order_by(User.id).with_for_update())


def _require_another_admin(session: Session, user_id: str) -> None:
    others = select(User.id).where(User.role == "admin", User.active, User.id != user_id)
    if session.scalar(others.limit(1)) is None:
        raise LastAdmin("This is the last active admin; make another one first.")


def _require_fitting(session: Session, role: str, grants: list[str], office: str | None) -> None:
    """A role, grants and an office that go together, and that there are."""
    if role not in ROLES:
        raise InputInvalid(f"A role is one of {', '.join(ROLES)}.")
    if len(set(grants)) > MAX_GRANTS:
        raise InputInvalid(f"A person has at most {MAX_GRANTS} grants; grant the cell above instead.")
    if role == "handler" and office is None:
        raise InputInvalid("A handler belongs to an office.", field="office")
    if office is not None and session.get(Office, office) is None:
        raise InputInvalid("There is no such office.", field="office")


def require_known_grants(session: Session, codes: list[str]) -> None:
    """Raise for a grant on a cell or a unit that is not known."""
    cells.require_known(code for code in codes if not units.is_unit(code))
    unit_register.require_known(session, [code for code in codes if units.is_unit(code)])


def _plain(user: User) -> dict[str, Any]:
    return {"display_name": user.display_name, "phone": user.phone, "active": user.active}


def _set(user: User, changed: Mapping[str, Any]) -> None:
    for name, value in changed.items():
        match name:
            case "grants":
                kept = {grant.code: grant for grant in user.grants}
                user.grants = [kept.get(code) or Grant(code=code) for code in value]
            case "office":
                user.office_id = value
            case _:
                setattr(user, name, value)


def _shut(session: Session, by: str | None, user: User, now: datetime) -> None:
    """End sign-ins, unused invitations and devices: what a device still sends within the days of grace is held."""
    sign_ins.end_all(session, by, user.id, now)
    session.execute(delete(Invite).where(Invite.user_id == user.id, Invite.device_id.is_(None)))
    theirs = (Device.user_id == user.id, Device.revoked_at.is_(None))
    for device_id in session.scalars(select(Device.id).where(*theirs).order_by(Device.id)).all():
        audit.record(session, now, by, "device.revoke", device_id)
    session.execute(update(Device).where(*theirs).values(revoked_at=now))


def by_name(session: Session, name: str) -> User:
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise NotFound(f"There is no user {name}.")
    return user


def by_id(session: Session, user_id: str) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def listing(session: Session, wanted: Mapping[str, Any], asked: PageAsked) -> Page[User]:
    """People, newest first, narrowed by role, office, whether active, and the beginning of either name."""
    query = select(User)
    for name, column in (("role", User.role), ("office", User.office_id), ("active", User.active)):
        if wanted.get(name) is not None:
            query = query.where(column == wanted[name])
    if wanted.get("name"):
        begins = wanted["name"]
        query = query.where(
            User.name.startswith(begins, autoescape=True) | User.display_name.startswith(begins, autoescape=True)
        )
    return pages.fetch(session, query, User.created_at, User.id, asked)


def shown(user: User) -> dict[str, Any]:
    """A person as the API shows one."""
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "phone": user.phone,
        "role": user.role,
        "grants": [grant.code for grant in user.grants],
        "office": user.office_id,
        "active": user.active,
        "rev": user.rev,
    }


def signing_in_of(session: Session, user: User, now: datetime) -> dict[str, Any]:
    """What an admin sees of how a person signs in."""
    return {
        "has_password": user.password_hash is not None,
        "must_change_password": user.must_change_password,
        "second_factor": second_factor.is_set(session, user.id),
        "locked_until": lockout.locked_until(session, user.name, now),
        "erased_at": user.erased_at,
    }


def set_password(session: Session, user_id: str, password_hash: str, now: datetime, keep: str | None = None) -> None:
    """A person's own new password; their sign-ins end, all but the one whose token is `keep`."""
    user = by_id(session, user_id)
    user.password_hash, user.password_set_at, user.must_change_password = password_hash, now, False
    sign_ins.end_all(session, user_id, user_id, now, keep)
    audit.record(session, now, user_id, "password.change", user_id)


def reset_password(session: Session, by: str | None, user: User, password_hash: str, now: datetime) -> None:
    """Give a person a one-time password, which must be changed at the next sign-in; open sign-ins and a lock end."""
    if not user.active:
        raise InputInvalid("This account is closed.")
    user.password_hash, user.password_set_at, user.must_change_password = password_hash, now, True
    sign_ins.end_all(session, by, user.id, now)
    lockout.clear(session, user.name)
    audit.record(session, now, by, "password.reset", user.id)


def other(session: Session, actor: Actor, user_id: str) -> User:
    """Somebody else than who asks: nobody helps oneself past one's own locks. Raises NotFound, OwnRights."""
    if actor.user_id == user_id:
        raise OwnRights("Another admin does this for you.")
    return by_id(session, user_id)


def actor_and_name(session: Session, user_id: str) -> tuple[Actor, str]:
    """A person as an actor, and the name to show, by one statement. Raises NotFound."""
    rows = session.connection().execute(_PERSON, {"wanted": user_id}).all()
    if not rows:
        raise NotFound("There is no such user.")
    grants = frozenset(row.code for row in rows if row.code is not None)
    person = rows[0]
    return Actor(user_id, person.name, person.role, grants, office_id=person.office_id), person.display_name


def actor_of(user: User, device_id: str | None = None, device_revoked: bool = False) -> Actor:
    grants = frozenset(grant.code for grant in user.grants)
    return Actor(user.id, user.name, user.role, grants, device_id, device_revoked, user.office_id)
