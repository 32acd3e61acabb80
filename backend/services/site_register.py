"""The register of sites: every change of one, with who, when and why, told to the devices of its area.

The one way to write a site. The counter must be locked before; reading is `sites`, tables are `site_imports`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Site, SiteChange
from backend.services import audit, cells, publishing
from backend.services.errors import AlreadyExists, ServiceError
from backend.sync_store import SqlStore
from geo.position import Position, parse_position

LABEL_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that a person reads as another
LABEL_LENGTH = 8
PLAIN = (
    "code",
    "name",
    "kind",
    "status",
    "address",
    "responsible_unit",
    "responsible_person",
    "phone",
    "supervising_department",
)


class RevisionStale(ServiceError):
    """The record has changed since the caller read it; nothing was written."""

    code = "revision-stale"


def enter(
    session: Session, store: SqlStore, site_id: str, now: datetime, fields: Mapping[str, Any], actor_id: str | None
) -> Site:
    """A new site from its fields (those of PLAIN, `attributes`, `position`, `origin`, `author_id`, `cell`).

    `cell` stands in where no position is known. Raises AlreadyExists for a code that is taken.
    """
    if session.scalar(select(Site.id).where(Site.code == fields["code"])) is not None:
        raise AlreadyExists("There is already a site with this code.", field="code")
    site = add(session, site_id, now, fields)
    session.flush()
    note_added(session, site, now, actor_id)
    publishing.site(session, store, site)
    return site


def add(session: Session, site_id: str, now: datetime, fields: Mapping[str, Any]) -> Site:
    """A new site whose code is known to be free; neither noted nor told to devices yet."""
    site = Site(id=site_id, created_at=now, rev=1, label=new_label(), attributes={}, status="active")
    _set(site, fields)
    if site.position is None:
        site.cell_code = fields.get("cell")
    site.origin = fields.get("origin", "console")
    site.author_id = fields.get("author_id")
    session.add(site)
    return site


def note_added(session: Session, site: Site, now: datetime, actor_id: str | None) -> None:
    """The first line of the history of a site that is in the table by now."""
    session.add(SiteChange(site_id=site.id, rev=1, at=now, actor_id=actor_id, changes={}, reason=site.origin))
    audit.record(session, now, actor_id, "site.add", site.id, code=site.code)


def change(
    session: Session,
    store: SqlStore,
    site: Site,
    now: datetime,
    fields: Mapping[str, Any],
    actor_id: str | None,
    reason: str | None = None,
    rev: int | None = None,
) -> bool:
    """Change some fields; True when anything differs, which devices are told. With `rev`, only from that revision.

    Attributes named in `fields["attributes"]` are set, null takes one away, the others stay. Raises RevisionStale,
    AlreadyExists.
    """
    if rev is not None and rev != site.rev:
        raise RevisionStale("Somebody changed this site meanwhile; look at it again.", rev=site.rev)
    code = fields.get("code", site.code)
    if code != site.code and session.scalar(select(Site.id).where(Site.code == code)) is not None:
        raise AlreadyExists("There is already a site with this code.", field="code")
    if not rewrite(session, site, now, fields, actor_id, reason):
        return False
    publishing.site(session, store, site)
    return True


def rewrite(
    session: Session, site: Site, now: datetime, fields: Mapping[str, Any], actor_id: str | None, reason: str | None
) -> bool:
    """The same whatever the revision, and not told to devices yet."""
    before = facts(site)
    _set(site, fields)
    changes = differences(before, facts(site))
    if not changes:
        return False
    if "position" in changes:
        site.doubt = None
    site.rev += 1
    session.add(SiteChange(site_id=site.id, rev=site.rev, at=now, actor_id=actor_id, changes=changes, reason=reason))
    audit.record(session, now, actor_id, "site.change", site.id, rev=site.rev, fields=sorted(changes))
    return True


def facts(site: Site) -> dict[str, Any]:
    """What people write of a site, as plain values."""
    return {name: getattr(site, name) for name in PLAIN} | {
        "attributes": dict(site.attributes),
        "position": site.position,
        "cell": site.cell_code,
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → [before, after] for what differs; attributes each by its own name."""
    flat_before, flat_after = _flat(before), _flat(after)
    return {
        name: [flat_before.get(name), flat_after.get(name)]
        for name in sorted(flat_before.keys() | flat_after.keys())
        if flat_before.get(name) != flat_after.get(name)
    }


def _flat(said: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in said.items() if name != "attributes"}
    return plain | {f"attributes.{name}": value for name, value in said.get("attributes", {}).items()}


def _set(site: Site, fields: Mapping[str, Any]) -> None:
    for name in PLAIN:
        if name in fields:
            setattr(site, name, fields[name])
    if "attributes" in fields:
        merged = {**site.attributes, **(fields["attributes"] or {})}
        site.attributes = {name: value for name, value in merged.items() if value is not None}
    if "position" in fields:
        _place(site, fields["position"])


def _place(site: Site, position: Position | Mapping[str, Any] | None) -> None:
    """Where it is; a position that is taken away leaves the site in its cell."""
    if position is None:
        site.position, site.lon, site.lat = None, None, None
        return
    stated = position if isinstance(position, Position) else parse_position(position)
    site.position = stated.to_wire()
    site.lon, site.lat = stated.canonical()
    site.cell_code = cells.locate(site.lon, site.lat, stated.accuracy_m).code
    site.placed_n = cells.activation()


def new_label() -> str:
    """A fresh label: 40 random bits, so that nobody reads the next site's out of this one's."""
    return "".join(secrets.choice(LABEL_LETTERS) for _ in range(LABEL_LENGTH))
