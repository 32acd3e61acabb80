"""The people and things of a story: a clock that a test moves, the server, its people, and their devices."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from flask import Flask
from PIL import Image
from sqlalchemy import select
from uuid_utils.compat import uuid7

from backend.clock import Clock
from backend.extensions import db
from backend.models import Finding, OpRecord, User
from backend.services import accounts, devices
from backend.transactions import writing
from sync.client import Device, SyncReport
from sync.device_ports import Answer, Json, MemoryStorage, TransportFailed

CHINA = timezone(timedelta(hours=8))
LIUJIANG = "450206"
IN_LIUJIANG = {"lon": 109.3300, "lat": 24.2550, "datum": "CGCS2000", "accuracy_m": 8.0}


class FakeTime:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


class DeviceTime:
    """A device's clock: the server's, off by as much as a test says."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.off = timedelta()
        self.boot = str(uuid4())

    def now(self) -> datetime:
        return (self.time.now() + self.off).astimezone(CHINA)

    def mono_ms(self) -> int:
        return int(self.time.now().timestamp() * 1000) % 10**9


class InProcess:
    """Transport to the app without a socket. `lose_answer` and `lose_request` drop the next exchange."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.online = True
        self.lose_request: Callable[[str, str], bool] = lambda method, path: False
        self.lose_answer: Callable[[str, str], bool] = lambda method, path: False
        self.sent: list[tuple[str, str]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not self.online or self.lose_request(method, path):
            raise TransportFailed("no network")
        self.sent.append((method, path))
        response = self.app.test_client().open(path, method=method, headers=dict(headers), data=body)
        answer = Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.get_data())
        if self.lose_answer(method, path):
            raise TransportFailed("the answer was lost")
        return answer


class Phone:
    """A device in an inspector's hand."""

    def __init__(self, server: Server, user: str, storage: MemoryStorage | None = None, **keys: Any) -> None:
        self.server = server
        self.user = user
        self.storage = storage or MemoryStorage()
        self.clock = DeviceTime(server.time)
        self.transport = InProcess(server.app)
        self.device = Device(self.transport, self.storage, self.clock, new_id, **keys)

    def report(self, description: str = "裸土未覆盖", **args: Any) -> str:
        """Record a finding; returns its id."""
        finding = new_id()
        wanted = {
            "topic": "dust",
            "item": None,
            "description": description,
            "severity": "moderate",
            "found_at": self.clock.now().isoformat(),
            "position": dict(IN_LIUJIANG),
            "photos": [],
            "site": None,
        }
        self.device.record("finding.report", finding, {**wanted, **args})
        return finding

    def sync(self) -> SyncReport:
        return self.device.sync()

    def results(self) -> list[Json]:
        """What the server said of this phone's acknowledged ops, in order."""
        return [record["result"] for record in self.device.outbox.retained()]

    def last_result(self) -> Json:
        return self.results()[-1]

    def raw(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A hand-made request with this phone's token."""
        token = (self.storage.get("meta", "token") or {})["token"]
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kept = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        return self.transport.send(method, path, kept, data)

    def push_bodies(self, *bodies: str) -> Answer:
        """Push op bodies as they are."""
        ops = [{"body": body, "sig": None} for body in bodies]
        return self.raw("POST", "/api/v1/sync/push", {"device_now": self.clock.now().isoformat(), "ops": ops})


class Server:
    """The server: whom it knows and what it holds."""

    def __init__(self, app: Flask, time: FakeTime) -> None:
        self.app = app
        self.time = time

    def person(
        self, name: str, role: str = "inspector", grants: tuple[str, ...] = (LIUJIANG,), password: str | None = None
    ) -> str:
        """Add a person; returns the id."""
        with self.app.app_context(), writing() as session:
            return accounts.create_user(
                session, id=new_id(), now=self.time.now(), name=name, role=role, grants=list(grants), password=password
            ).id

    def invite(self, name: str) -> str:
        with self.app.app_context(), writing() as session:
            return devices.invite(session, accounts.by_name(session, name), self.time.now(), 24)[0]

    def phone(
        self, name: str = "wei", role: str = "inspector", grants: tuple[str, ...] = (LIUJIANG,), **keys: Any
    ) -> Phone:
        """A new person with an enrolled phone (the person is made when not known)."""
        with self.app.app_context():
            known = db.session.scalar(select(User.id).where(User.name == name))
            db.session.remove()
        if known is None:
            self.person(name, role, grants)
        phone = Phone(self, name, **keys)
        phone.device.enrol(self.invite(name), f"{name}'s phone")
        return phone

    def token(self, name: str, role: str, grants: tuple[str, ...] = (LIUJIANG,)) -> dict[str, str]:
        """A signed-in person: the headers of a request."""
        self.person(name, role, grants)
        with self.app.app_context(), writing() as session:
            token, _ = accounts.open_login(session, accounts.by_name(session, name), self.time.now(), 12)
        return {"Authorization": f"Bearer {token}"}

    def finding(self, finding_id: str) -> Finding | None:
        with self.app.app_context():
            found = db.session.get(Finding, finding_id)
            if found is not None:
                _ = found.cells
                db.session.expunge_all()
            db.session.remove()
            return found

    def findings(self) -> list[str]:
        with self.app.app_context():
            found = list(db.session.scalars(select(Finding.id).order_by(Finding.number)))
            db.session.remove()
            return found

    def op_bodies(self) -> list[bytes]:
        """Every op's bytes, as stored."""
        with self.app.app_context():
            found = list(db.session.scalars(select(OpRecord.body).order_by(OpRecord.stream_id, OpRecord.n)))
            db.session.remove()
            return found


def new_id() -> str:
    return str(uuid7())


def jpeg(size: tuple[int, int] = (64, 48), colour: str = "brown", **save: Any) -> bytes:
    """A small real photo."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", **save)
    return buffer.getvalue()


__all__ = ["Clock", "FakeTime", "InProcess", "Phone", "Server", "jpeg", "new_id"]
