"""The world of one story: a server, its people, their phones, and the hand of fate."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy.orm import Session

from backend import clock, failpoints
from backend.extensions import db
from backend.models import Device, DeviceToken, Stream
from backend.services import accounts, devices, tokens
from backend.transactions import reading, writing
from sync import client, signing
from sync.client import EnrolmentRefused, SyncReport
from sync.device_ports import TransportFailed
from tests.stories import DeviceTime, FakeTime
from tests.sync.devices import Crash, CrashingStorage
from tests.torture.faults import Fault, Network, ServerDied, Tally, die
from tests.torture.homes import Home
from tests.torture.witness import Violation, Witness, ids_held

MOST_PHONES = 5
ROUNDS = 12
CHUNK = 400


class Ids:
    """UUIDv7 in order, the same for the same story."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> str:
        self.n += 1
        return f"01900000-{self.n >> 16:04x}-7000-8000-{self.n & 0xFFFF:012x}"


class TorturedPhone:
    """A phone with a storage that may crash; whatever is only in memory goes with the crash."""

    def __init__(self, world: World, number: int, user: str, storage: CrashingStorage | None = None) -> None:
        self.world, self.number, self.user = world, number, user
        self.storage = storage or CrashingStorage()
        self.clock = DeviceTime(world.time)
        self.clock.boot = world.new_id()
        self.network = Network(world.app, world.tally, world.witness.hears)
        self.key = ec.derive_private_key(number + 1000, ec.SECP256R1()) if number % 3 == 1 else None
        self.start()

    def start(self) -> None:
        signer = None
        if (key := self.key) is not None:

            def signer(data: bytes) -> str:
                return signing.sign(key, data)

        public = signing.jwk_of(self.key.public_key()) if self.key is not None else None
        self.device = client.Device(
            self.network, self.storage, self.clock, self.world.new_id, signer=signer, public_key=public
        )
        self.device.photos.chunk_bytes = CHUNK

    @contextmanager
    def under(self, faults: Sequence[Fault]) -> Iterator[None]:
        """Let the faults befall whatever is done inside; a crash ends it, and the phone starts again."""
        self.network.arm(faults)
        for fault in faults:
            if fault.kind.startswith("die:"):
                name = fault.kind.removeprefix("die:")
                failpoints.arm(name, die(name), fault.at)
            elif fault.kind.startswith("crash-"):
                self.storage.arm(fault.at, after=fault.kind == "crash-after")
        try:
            yield
        except Crash:
            self.world.tally.fault("crash-device")
            self.start()
        except TransportFailed:
            pass
        finally:
            failpoints.disarm()
            self.storage.left = None
            self.network.arm(())
            self.world.witness.look_at(self.number, self.storage)

    def sync(self, faults: Sequence[Fault] = ()) -> SyncReport | None:
        reports: list[SyncReport] = []
        with self.under(faults):
            reports.append(self.device.sync())
        return reports[0] if reports else None

    @property
    def enrolled(self) -> bool:
        return self.storage.get("meta", "stream") is not None


class World:
    def __init__(self, home: Home, tally: Tally) -> None:
        home.fresh()
        self.home, self.tally = home, tally
        self.app: Flask = home.app
        self.time = FakeTime()
        self.new_id = Ids()
        self.app.extensions["bluegrid.clock"] = clock.Clock(self.time.now, self.new_id)
        self.witness = Witness()
        self.phones: list[TorturedPhone] = []
        self._numbers = 0
        self.backed_up = False
        self.findings: list[str] = []  # all that anybody recorded
        for user in ("wei", "luo", "qin"):
            self.add_phone(user)

    # people and phones ----------------------------------------------------------------------------------------
    def add_phone(self, user: str, storage: CrashingStorage | None = None) -> TorturedPhone:
        phone = TorturedPhone(self, self._numbers, user, storage)
        self._numbers += 1
        self.phones.append(phone)
        if storage is None:
            self.enrol(phone)
        self.witness.look_at(phone.number, phone.storage)
        return phone

    def enrol(self, phone: TorturedPhone, faults: Sequence[Fault] = ()) -> None:
        """Invite and enrol; a lost answer or a crash is tried again with the same code."""
        with self.writing() as session:
            code, _ = devices.invite(session, accounts.by_name(session, phone.user), self.time.now(), 24)
        for attempt in range(3):
            done = False
            with phone.under(faults if attempt == 0 else ()):
                try:
                    phone.device.enrol(code, f"{phone.user}'s phone {phone.number}")
                    done = True
                except EnrolmentRefused as refused:
                    if refused.code != "injected":
                        raise
            if done:
                return
        raise Violation(f"I9: phone {phone.number} cannot enrol")

    def clone(self, phone: TorturedPhone) -> None:
        storage = CrashingStorage()
        storage.tables, storage.files = copy.deepcopy(phone.storage.tables), dict(phone.storage.files)
        twin = self.add_phone(phone.user, storage)
        twin.key = phone.key
        twin.start()

    def lose(self, phone: TorturedPhone) -> None:
        """The owner loses a phone, or its app's data: what was only there is gone, and nobody's fault."""
        self.phones.remove(phone)
        self.witness.lost(phone.number, phone.storage, [one.storage for one in self.phones])

    def knows(self, phone: TorturedPhone) -> bool:
        """False after a restore to before the phone's present stream."""
        with self.app.app_context():
            return db.session.get(Stream, phone.device.outbox.stream()["id"]) is not None

    def revoked(self, phone: TorturedPhone) -> bool:
        """Whether the server took this phone's right away, as its own tables say."""
        with self.reading() as session:
            stream = session.get(Stream, phone.device.outbox.stream()["id"])
            return stream is not None and session.get_one(Device, stream.device_id).revoked_at is not None

    def token_alive(self, phone: TorturedPhone) -> bool:
        token = (phone.storage.get("meta", "token") or {"token": ""})["token"]
        with self.reading() as session:
            row = session.get(DeviceToken, tokens.digest(token))
            return row is not None and row.retired_at is None

    # the server -----------------------------------------------------------------------------------------------
    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.app.app_context(), writing() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.app.app_context(), reading() as session:
            yield session
            session.expunge_all()

    def _dying(self, point: str | None, act: Callable[[], None]) -> bool:
        """Do something that may die at a failpoint; whether it did."""
        if point is not None:
            failpoints.arm(point, die(point))
        try:
            act()
        except ServerDied as death:
            self.tally.fault(f"die:{death}")
            return True
        finally:
            failpoints.disarm()
        return False

    def back_up(self, point: str | None = None) -> None:
        self._dying(point, self.home.back_up)
        self.backed_up = self.home.repository.newest() is not None

    def restore(self, point: str | None = None) -> None:
        """The server as it was at the last backup, in a new epoch; cut off at a point, it is run again."""
        if not self.backed_up:
            return
        if self._dying(point, self.home.restore):
            self.home.restore()
        self._excuse_what_nobody_has()

    def _excuse_what_nobody_has(self) -> None:
        """What the restored server lacks must be on some phone, unless its owner lost that phone."""
        held = ids_held(phone.storage for phone in self.phones) | self.ids_stored()
        for op in self.witness.acknowledged.values():
            if held.isdisjoint(op.roots) and self.witness.excused.isdisjoint(op.roots):
                raise Violation(f"I7: op {op.n} of {op.stream} was let go by its phone and is in no backup")

    def ids_stored(self) -> set[str]:
        from tests.torture.ledger import stored_ops

        with self.reading() as session:
            return {root for op in stored_ops(session) for root in op.roots}

    def in_session(self, act: Callable[[Session], Any]) -> Any:
        with self.reading() as session:
            return act(session)

    # quiet ----------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Faults off, sync until nothing moves any more: I9 says that this takes a bounded number of rounds."""
        for phone in self.phones:
            phone.network.deliver_late()
        for _ in range(ROUNDS):
            if not self._round():
                return
        raise Violation(f"I9: still something to do after {ROUNDS} rounds")

    def _round(self) -> bool:
        moved = False
        for phone in list(self.phones):
            report = phone.sync()
            assert report is not None
            if report.trouble is not None and report.trouble.startswith("401") and not self.revoked(phone):
                if self.token_alive(phone):
                    raise Violation(f"I9: phone {phone.number} is refused without a reason: {report.trouble}")
                self.enrol(phone)
                moved = True
            elif report.trouble is not None and not report.trouble.startswith("401"):
                moved = True
            moved = moved or bool(report.acknowledged or report.uploaded or report.pulled)
        return moved

    def close(self) -> None:
        failpoints.disarm()
        with self.app.app_context():
            db.session.remove()
