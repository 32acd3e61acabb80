"""A fleet of inspectors' phones with a finished day in their outboxes: real accounts, enrolments, signed ops, photos.

Each phone enrols over the API itself, in process and before the server starts, because the route takes 30 enrolments
a minute from one address. Ops are recorded by the reference device, so that chain, signatures and sizes are a real
phone's. Knows nothing of sockets: `bench/load.py` carries what is made here to a server.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from PIL import Image

from backend import clock
from backend.extensions import limiter
from backend.services import accounts, devices
from backend.transactions import writing
from checklists import library
from geo.reference import sample_grid
from sync import signing
from sync.client import Device
from sync.device_io import SystemClock, new_id
from sync.device_ports import MemoryStorage
from tests.stories import InProcess

CHECKLIST, VERSION = "dust-liujiang", "2024.1"
DISTRICT = "450206"
FAILED = 2  # of the duties that an inspection answers
PHOTO_BYTES = 300 * 1024
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Picture:
    """One photo as its distinct last bytes; the rest is the same for all."""

    sha256: str
    tail: bytes


class Camera:
    """Photos of 300 KiB that differ: a real JPEG, filled up behind its end and numbered there.

    The hash of the common part is taken once, so that the load generator pays for what differs only.
    """

    def __init__(self) -> None:
        noise = np.random.default_rng(SEED).integers(0, 255, (480, 640, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(noise).save(out, "JPEG", quality=60)
        jpeg = out.getvalue()
        self.common = jpeg + bytes(PHOTO_BYTES - len(jpeg) - 16)
        self._hashed = hashlib.sha256(self.common)
        self._taken = 0

    def take(self) -> Picture:
        self._taken += 1
        tail = self._taken.to_bytes(16, "big")
        whole = self._hashed.copy()
        whole.update(tail)
        return Picture(whole.hexdigest(), tail)

    def bytes_of(self, picture: Picture) -> bytes:
        return self.common + picture.tail


@dataclass(slots=True)
class Kit:
    """What a phone has in hand when it meets a network."""

    name: str
    token: str
    ops: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def bodies(self, most_ops: int = 200) -> list[bytes]:
        """Pushes of all its ops within the limits of a batch, as the reference device cuts them."""
        return list(_bodies(self.ops, most_ops))


def people(app: Flask, how_many: int) -> list[str]:
    """Inspectors, spread over the sample district's townships; returns their names."""
    codes = [code for code, _, _ in townships()]
    names = [f"inspector-{index + 1:05}" for index in range(how_many)]
    with app.app_context():
        for start in range(0, how_many, 500):
            with writing() as session:
                for index, name in list(enumerate(names))[start : start + 500]:
                    accounts.create_user(
                        session,
                        id=clock.new_id(),
                        now=clock.now(),
                        name=name,
                        role="inspector",
                        grants=[codes[index % len(codes)]],
                    )
    return names


def equipped(app: Flask, how_many: int, inspections: int, photos: int, camera: Camera) -> Iterator[Kit]:
    """Phones with `inspections` and `photos` each in their outbox, all signed."""
    places = townships()
    for index, name in enumerate(people(app, how_many)):
        key = ec.generate_private_key(ec.SECP256R1())
        device = Device(
            InProcess(app),
            MemoryStorage(),
            SystemClock(),
            new_id,
            signer=lambda body, key=key: signing.sign(key, body),
            public_key=signing.jwk_of(key.public_key()),
        )
        with app.app_context(), writing() as session:
            code, _ = devices.invite(session, accounts.by_name(session, name), clock.now(), 24)
        limiter.enabled = False  # in this process, which serves nobody
        try:
            device.enrol(code, f"{name}'s phone")
        finally:
            limiter.enabled = True
        pictures = [camera.take() for _ in range(photos)]
        _, lon, lat = places[index % len(places)]
        _record_day(device, inspections, pictures, np.random.default_rng((SEED, index)), (lon, lat))
        ops = [{"body": op["body"], "sig": op["sig"]} for op in device.outbox.pending()]
        token = (device.storage.get("meta", "token") or {})["token"]
        yield Kit(name, token, ops, pictures)


def townships() -> list[tuple[str, float, float]]:
    """Code and an inner point of each township of the sample district."""
    found = [cell for cell in sample_grid() if cell.parent == DISTRICT and cell.geometry is not None]
    points = [cell.geometry.representative_point() for cell in found if cell.geometry is not None]
    return [(cell.code, point.x, point.y) for cell, point in zip(found, points, strict=True)]


def _record_day(
    device: Device, inspections: int, pictures: list[Picture], random: np.random.Generator, where: tuple[float, float]
) -> None:
    """A day's inspections, each with two failed duties, and the photos of these, dealt out in turn."""
    items = [item.code for item in library.get(CHECKLIST, VERSION).pack.items if item.answer.kind == "pass_fail"]
    left = list(pictures)
    for number in range(inspections):
        last = number == inspections - 1
        mine = [left.pop() for _ in range(len(left) if last else min(len(left), round(len(pictures) / inspections)))]
        _inspect(device, items, mine, random, where)


def _inspect(
    device: Device, items: list[str], pictures: list[Picture], random: np.random.Generator, where: tuple[float, float]
) -> None:
    at = datetime.now(UTC).isoformat()
    position = _position(random, where)
    failed = {code: new_id() for code in items[:FAILED]}
    shown = {code: [each.sha256 for each in pictures[index::FAILED]] for index, code in enumerate(failed)}
    answers = [
        {
            "item": code,
            "result": "fail" if code in failed else "pass",
            "value": None,
            "note": "裸土未覆盖，约一百平方米" if code in failed else None,
            "photos": shown.get(code, []),
            "position": None,
            "finding": failed.get(code),
        }
        for code in items
    ]
    args = {
        "checklist": CHECKLIST,
        "checklist_version": VERSION,
        "mode": "patrol",
        "approval_no": None,
        "officers": None,
        "site": None,
        "cell": None,
        "task": None,
        "started_at": (datetime.now(UTC) - timedelta(minutes=20)).isoformat(),
        "finished_at": at,
        "position": position,
        "answers": answers,
        "representative": None,
        "signature": None,
    }
    device.record("inspection.submit", new_id(), args)
    for code, finding in failed.items():
        for sha256 in shown[code]:
            device.record(
                "photo.add",
                new_id(),
                {
                    "sha256": sha256,
                    "size": PHOTO_BYTES,
                    "media_type": "image/jpeg",
                    "captured_at": at,
                    "position": position,
                    "source": "camera",
                    "subject": {"type": "finding", "id": finding},
                    "role": "before",
                },
            )


def _position(random: np.random.Generator, where: tuple[float, float]) -> dict[str, Any]:
    """A place within some 500 m of a point."""
    east, north = random.uniform(-0.005, 0.005, 2)
    lon, lat = round(where[0] + float(east), 6), round(where[1] + float(north), 6)
    return {"lon": lon, "lat": lat, "datum": "CGCS2000", "accuracy_m": 8.0}


def _bodies(ops: list[dict[str, Any]], most_ops: int, most_bytes: int = 1024 * 1024) -> Iterator[bytes]:
    taken: list[dict[str, Any]] = []
    size = 1024
    for op in ops:
        own = len(json.dumps(op["body"])) + 200
        if taken and (len(taken) == most_ops or size + own > most_bytes):
            yield _push_body(taken)
            taken, size = [], 1024
        taken.append(op)
        size += own
    if taken:
        yield _push_body(taken)


def _push_body(ops: list[dict[str, Any]]) -> bytes:
    return json.dumps({"app": "1.0.0", "device_now": datetime.now(UTC).isoformat(), "ops": ops}).encode()
