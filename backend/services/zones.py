"""Zones: sets looked at, put into force and told to devices; which rule holds where and when.

A file is looked at as a whole first and put into force by a second step. What a zone means is `geo.zones`, reading a
file `zone_files`, the words of an answer `zone_words`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import until_lock
from backend.extensions import db
from backend.models import ZoneSet
from backend.services import audit, cells, import_maps, zone_files
from backend.services.actor import Actor
from backend.services.errors import NotFound, ServiceError
from backend.sync_store import SqlStore
from geo.errors import ZoneInvalid
from geo.names import DATA
from geo.position import Position
from geo.zones.kinds import Subject
from geo.zones.reading import read_zones
from geo.zones.rules import Verdict, ZoneIndex
from geo.zones.zone import Zone
from sync.store import Row

SHOWN = 500
SAMPLES = ("liuzhou",)
_KEY = "zones-in-force"
_ACTIVE = select(ZoneSet.city, ZoneSet.sha256).where(ZoneSet.state == "active").order_by(ZoneSet.city)


class ZoneSetNotReady(ServiceError):
    """The set has faults, or was in force before."""

    code = "zone-set-not-ready"


def check(session: Session, actor: Actor | None, set_id: str, now: datetime, name: str, data: bytes) -> ZoneSet:
    """Look at a file and keep it with a report; no rule changes yet. A refused file is kept too.

    The actor is null for what the project ships. The session is one that may write.
    """
    by = actor.user_id if actor else None
    found = ZoneSet(
        id=set_id,
        city="",
        name=name[:200] or "zones",
        source=data,
        source_sha256=hashlib.sha256(data).hexdigest(),
        by_id=by,
        at=now,
    )
    try:
        read = zone_files.resolve(data, cells.grid(session))
    except ZoneInvalid as error:
        faults: list[Any] = list(error.extras["faults"])  # type: ignore[call-overload]
        drawn = import_maps.collection(_drawn("sent", error.sound), (str(each["where"]) for each in faults))
        found.state, found.report = "refused", {"faults": len(faults), "fault_list": faults[:SHOWN], "map": drawn}
    else:
        found.state, found.city, found.body = "checked", read.city, read.body
        found.sha256 = hashlib.sha256(read.body).hexdigest()
        found.report = _report(session, read)
    session.add(found)
    session.flush()
    audit.record(session, now, by, "zone-set.check", set_id, state=found.state, sha256=found.source_sha256)
    return found


def _report(session: Session, read: zone_files.Resolved) -> dict[str, Any]:
    active = session.scalar(select(ZoneSet).where(ZoneSet.city == read.city, ZoneSet.state == "active"))
    before = {zone.id: zone for zone in _zones(active)} if active else {}
    after = {zone.id: zone for zone in read.zones.zones}
    same = {key for key in before.keys() & after.keys() if summary(before[key]) == summary(after[key])}
    return {
        "faults": 0,
        "fault_list": [],
        "zones": len(after),
        "new": sorted(after.keys() - before.keys()),
        "gone": sorted(before.keys() - after.keys()),
        "changed": sorted(before.keys() & after.keys() - same),
        "map": import_maps.collection(
            [
                *_drawn("removed", (before[key] for key in before.keys() - after.keys())),
                *_drawn("changed", (after[key] for key in before.keys() & after.keys() - same)),
                *_drawn("added", (after[key] for key in after.keys() - before.keys())),
            ]
        ),
        "warnings": len(read.zones.warnings),
        "warning_list": [fault.as_dict() for fault in read.zones.warnings[:SHOWN]],
    }


def _drawn(change: str, zones: Iterable[Zone]) -> list[import_maps.Drawn]:
    in_order = sorted(zones, key=lambda each: each.id)
    return [import_maps.Drawn(change, each.id, each.name, each.shape) for each in in_order if each.shape is not None]


def activate(session: Session, actor: Actor | None, set_id: str, now: datetime) -> ZoneSet:
    """Put a checked set into force for its city and retire the one before; devices are told of both.

    Raises NotFound, ZoneSetNotReady.
    """
    store = SqlStore(session, now)
    store.lock_counter()
    found = get(session, set_id)
    if found.state != "checked":
        reasons = {"refused": "it has faults; mend them and send it again", "active": "it is in force already"}
        raise ZoneSetNotReady(f"These zones are not put into force: {reasons.get(found.state, 'they were before')}.")
    before = session.scalar(select(ZoneSet).where(ZoneSet.city == found.city, ZoneSet.state == "active"))
    if before is not None:
        before.state, before.retired_at = "retired", now
        before.rev += 1
        session.flush()  # a city has one active set at any moment
        _tell(store, before)
    found.state, found.activated_at = "active", now
    session.flush()
    until_lock.forget(session)
    _tell(store, found)
    audit.record(session, now, actor.user_id if actor else None, "zone-set.activate", set_id, sha256=found.sha256)
    return found


def redraw(session: Session, actor: Actor, now: datetime, new_id: Callable[[], str]) -> dict[str, list[str]]:
    """Draw the zones in force anew on the grid that holds now; the counter must be locked.

    A set whose units are no longer there stays as it is, and is told under `zones_left`.
    """
    told: dict[str, list[str]] = {"zones_redrawn": [], "zones_left": []}
    for found in active(session):
        try:
            body = zone_files.resolve(found.source, cells.grid(session)).body
        except ZoneInvalid:
            told["zones_left"].append(found.id)
            continue
        if body != found.body:
            again = check(session, actor, new_id(), now, found.name, found.source)
            told["zones_redrawn"].append(activate(session, actor, again.id, now).id)
    return told


def load_sample(session: Session, now: datetime, new_id: Callable[[], str], name: str = "liuzhou") -> ZoneSet | None:
    """Put the zones that the project ships into force where the city has none; None where it has."""
    data = (DATA / "zones" / f"{name}.yaml").read_bytes()
    city = str(zone_files.loaded(data)["city"])
    if session.scalar(select(ZoneSet.id).where(ZoneSet.city == city, ZoneSet.state == "active")) is not None:
        return None
    return activate(session, None, check(session, None, new_id(), now, f"{name}.yaml", data).id, now)


def _tell(store: SqlStore, found: ZoneSet) -> None:
    store.publish(Row("zone_set", found.id, found.rev, row_document(found), frozenset({"global"})))


def get(session: Session, set_id: str) -> ZoneSet:
    """One set. Raises NotFound."""
    found = session.get(ZoneSet, set_id)
    if found is None:
        raise NotFound("There is no such set of zones.")
    return found


def active(session: Session) -> Sequence[ZoneSet]:
    """The sets in force, by city."""
    return session.scalars(select(ZoneSet).where(ZoneSet.state == "active").order_by(ZoneSet.city)).all()


def body(session: Session, sha256: str) -> bytes | None:
    """The bytes of a set's file, None for a hash that names none."""
    return session.scalar(select(ZoneSet.body).where(ZoneSet.sha256 == sha256).limit(1))


def index(session: Session) -> ZoneIndex:
    """All zones in force, ready to be asked."""
    return _index(hashes(session))


def hashes(session: Session) -> tuple[str, ...]:
    """The hashes of the files in force, by city."""
    return tuple(_in_force(session).values())


def index_of(hashes: tuple[str, ...]) -> ZoneIndex:
    """The zones of some files, ready to be asked."""
    return _index(hashes)


def cities(session: Session) -> frozenset[str]:
    """The cities that have zones in force."""
    return frozenset(_in_force(session))


def _in_force(session: Session) -> dict[str, str]:
    """The hash of the file in force by city, asked once while nobody can change it."""
    facts = until_lock.facts(session)
    found: dict[str, str] | None = facts.get(_KEY)
    if found is None:
        rows = session.connection().execute(_ACTIVE)
        found = facts[_KEY] = {row.city: row.sha256 for row in rows}
    return found


@lru_cache(maxsize=4)
def _index(hashes: tuple[str, ...]) -> ZoneIndex:
    sets = {found.sha256: found for found in db.session.scalars(select(ZoneSet).where(ZoneSet.sha256.in_(hashes)))}
    return ZoneIndex(zone for sha256 in hashes for zone in _zones(sets[sha256]))


def rules_at(session: Session, position: Position, instant: datetime) -> dict[Subject, Verdict]:
    """The verdict on each subject at a place and an instant. Raises CoordinateInvalid, OutsideFrame."""
    return index(session).rules_at(*position.canonical(), instant, position.accuracy_m or 0.0)


def _zones(found: ZoneSet) -> tuple[Zone, ...]:
    return read_zones(orjson.loads(found.body or b"{}"), cells.grid()).zones


def document(found: ZoneSet) -> dict[str, Any]:
    """A set as the office sees it, with its report."""
    return {
        "id": found.id,
        "city": found.city or None,
        "name": found.name,
        "state": found.state,
        "sha256": found.sha256,
        "source_sha256": found.source_sha256,
        "at": found.at.isoformat(),
        "activated_at": found.activated_at.isoformat() if found.activated_at else None,
        "retired_at": found.retired_at.isoformat() if found.retired_at else None,
        "report": found.report,
    }


def row_document(found: ZoneSet) -> dict[str, Any]:
    """The `zone_set` row; `file` is the SHA-256 under which `GET /api/v1/packs/<sha256>` gives the exact bytes."""
    return {
        "id": found.id,
        "city": found.city,
        "name": found.name,
        "file": found.sha256,
        "bytes": len(found.body or b""),
        "activated_at": found.activated_at.isoformat() if found.activated_at else None,
        "retired_at": found.retired_at.isoformat() if found.retired_at else None,
        "rev": found.rev,
    }


def in_force(session: Session) -> list[dict[str, Any]]:
    """The sets in force with their zones in a few words, those without a place too."""
    return [row_document(found) | {"zones": [summary(zone) for zone in _zones(found)]} for found in active(session)]


def shapes(session: Session) -> list[tuple[str, BaseGeometry, dict[str, Any]]]:
    """The zones in force that have a shape (CGCS2000 degrees), each with its id and `summary`."""
    found = index(session).zones
    return [(zone.id, zone.shape, summary(zone)) for zone in found if zone.shape is not None]


def summary(zone: Zone) -> dict[str, Any]:
    """A zone without its shape."""
    paper, valid = zone.document, zone.schedule
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind.value,
        "subject": zone.kind.subject.value,
        "category": zone.category.value,
        "document": {
            "number": paper.number,
            "title": paper.title,
            "issued": paper.issued.isoformat() if paper.issued else None,
            "origin": paper.origin,
            "confidence": paper.confidence,
        },
        "basis": zone.basis,
        "confidence": zone.confidence,
        "extent": zone.extent,
        "default": zone.default,
        "valid_from": valid.valid_from.isoformat(),
        "valid_to": valid.valid_to.isoformat() if valid.valid_to else None,
        "windows": [str(window) for window in valid.windows],
        "lifted": [str(window) for window in valid.lifted],
        "bounds": list(zone.shape.bounds) if zone.shape is not None else None,
    }
