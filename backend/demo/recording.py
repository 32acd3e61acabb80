"""What inspectors record on their devices, each thing once: a device that was cut off goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from backend.demo import pictures
from geo.datum import Datum, from_cgcs2000
from geo.position import parse_position
from sync.client import Device
from sync.device_ports import DeviceStorage, Json

NAMESPACE = UUID("5f0c1f5e-7f0b-4b7e-9a53-0b1f6f0a2026")
TRACK_STEP = timedelta(seconds=20)


def row_id(key: str) -> str:
    """The id of a thing in the story: the same at every play."""
    return str(uuid5(NAMESPACE, key))


class Known(Protocol):
    """What the server has given ids to: by the plan's keys."""

    sites: dict[str, str]
    users: dict[str, str]

    def version(self, checklist: str) -> str: ...


class Recorder:
    """One device's person at work; `known` says which ids the server gave."""

    def __init__(self, device: Device, storage: DeviceStorage, known: Known) -> None:
        self.device = device
        self.storage = storage
        self.known = known

    def once(self, key: str, make: Callable[[], object]) -> None:
        """Record what `make` records, unless it was recorded before."""
        if self.storage.get("played", key) is None:
            make()
            self.storage.write([("played", key, {"done": True})])

    def inspection(self, record: Json, start: datetime, end: datetime) -> None:
        """A checklist answered; each item that failed becomes a finding."""
        officers = [{**one, "user": self.known.users[one["user"]]} for one in record.get("officers", [])]
        answers = [self._answer(record, answer, end) for answer in record["answers"]]
        signature = None
        if record["mode"] == "administrative":
            signature = {"refused": True, "reason": "演示：负责人外出", "witness": "演示见证人"}
        args = {
            "checklist": record["checklist"],
            "checklist_version": self.known.version(record["checklist"]),
            "mode": record["mode"],
            "approval_no": record.get("approval_no"),
            "officers": officers,
            "site": self.known.sites[record["site"]],
            "cell": None,
            "task": record.get("task"),
            "started_at": start.isoformat(),
            "finished_at": end.isoformat(),
            "position": {**record["position"], "provider": "gps", "mock": False, "at": end.isoformat()},
            "answers": answers,
            "representative": record.get("representative"),
            "signature": signature,
        }
        self.device.record("inspection.submit", row_id(record["key"]), args)
        for answer in answers:
            for sha256 in answer["photos"]:
                self._photo(sha256, ("finding", answer["finding"]), record["position"], end)

    def _answer(self, record: Json, answer: Json, at: datetime) -> Json:
        photos = [self._capture(answer["photo"], record["position"], at)] if "photo" in answer else []
        return {
            "item": answer["item"],
            "result": answer["result"],
            "value": answer.get("value"),
            "note": answer.get("note"),
            "photos": photos,
            "position": None,
            "finding": row_id(f"{record['key']}/{answer['item']}") if answer["result"] == "fail" else None,
        }

    def report(self, record: Json, at: datetime) -> None:
        """A single finding, with a photo where the plan has one."""
        photos = [self._capture(record["photo"], record["position"], at)] if "photo" in record else []
        args = {name: record.get(name) for name in ("topic", "item", "severity", "description", "position")}
        site = self.known.sites[record["site"]] if record.get("site") else None
        args.update(found_at=at.isoformat(), photos=photos, site=site)
        self.device.record("finding.report", row_id(record["key"]), args)
        for sha256 in photos:
            self._photo(sha256, ("finding", row_id(record["key"])), record["position"], at)

    def comment(self, record: Json) -> None:
        """A word about a finding."""
        self.device.record("finding.comment", row_id(record["finding"]), {"text": record["text"], "photos": []})

    def edit(self, record: Json) -> None:
        """Another text for a finding, as this device knows it."""
        finding = row_id(record["finding"])
        rev = self.device.mirror.rev("finding", finding)
        self.device.record("finding.edit", finding, {"description": record["text"]}, rev)

    def transition(self, record: Json) -> None:
        """A step of a finding's way, taken in the field."""
        finding = row_id(record["finding"])
        args = {"from": record["from"], "to": record["to"], "note": record.get("note"), "photos": [], "position": None}
        self.device.record("finding.transition", finding, args, self.device.mirror.rev("finding", finding))

    def answer_fire(self, fire: str, record: Json, at: datetime) -> None:
        """What was found at a fire point."""
        photos = [self._capture(record["photo"], record["position"], at)] if "photo" in record else []
        args = {name: record.get(name) for name in ("outcome", "crop", "area_mu", "note")}
        arrived = at - timedelta(minutes=record.get("there_minutes", 10))
        args.update(arrived_at=arrived.isoformat(), handling=record.get("handling", []), photos=photos)
        args["extinguished_at"] = at.isoformat() if record.get("extinguished") else None
        args["position"] = record["position"]
        self.device.record("fire_point.verify", fire, args)
        for sha256 in photos:
            self._photo(sha256, ("fire_point", fire), record["position"], at)

    def propose_site(self, record: Json) -> None:
        """A site that the register lacks."""
        args = {name: record[name] for name in ("name", "kind", "position", "note")}
        self.device.record("site.propose", row_id(record["key"]), {**args, "photos": []})

    def finish_task(self, task: str, note: str) -> None:
        """A task is done."""
        self.device.record("task.done", task, {"note": note, "evidence": []})

    def patrol(self, record: Json, campaign: str, start: datetime) -> bytes:
        """A patrol along the plan's corners, a point every TRACK_STEP; returns the track's bytes."""
        points = list(walk(record["corners"], record["points"]))
        track = [[(start + TRACK_STEP * n).isoformat(), lon, lat, 9.0] for n, (lon, lat) in enumerate(points)]
        body = json.dumps({"datum": "WGS84", "points": track}).encode()
        args = {
            "started_at": start.isoformat(),
            "ended_at": (start + TRACK_STEP * (len(points) - 1)).isoformat(),
            "campaign": campaign,
            "cells": record["cells"],
            "note": record["note"],
            "photos": [],
            "track": hashlib.sha256(body).hexdigest(),
        }
        self.device.record("patrol.submit", row_id(record["key"]), args)
        return body

    def _capture(self, caption: str, position: Mapping[str, Any], at: datetime) -> str:
        lon, lat = from_cgcs2000(*parse_position(position).canonical(), Datum.WGS84)
        return self.device.capture(pictures.photo(caption, float(lon), float(lat), at), "image/jpeg", f"{caption}.jpg")

    def _photo(self, sha256: str, subject: tuple[str, str], position: Json, at: datetime) -> None:
        record = self.storage.get("photo", sha256)
        assert record is not None
        args = {
            "sha256": sha256,
            "size": record["size"],
            "media_type": "image/jpeg",
            "captured_at": at.isoformat(),
            "position": position,
            "source": "camera",
            "subject": {"type": subject[0], "id": subject[1]},
            "role": "before",
        }
        self.device.record("photo.add", row_id(f"photo/{sha256}"), args)


def walk(corners: list[list[float]], points: int) -> list[tuple[float, float]]:
    """So many places evenly along a line of corners (longitude, latitude)."""
    legs = len(corners) - 1
    way = []
    for n in range(points):
        leg, part = divmod(n * legs / (points - 1), 1) if n < points - 1 else (legs - 1, 1.0)
        (lon, lat), (to_lon, to_lat) = corners[int(leg)], corners[int(leg) + 1]
        way.append((round(lon + (to_lon - lon) * part, 6), round(lat + (to_lat - lat) * part, 6)))
    return way
