"""The world of one story: a server, its people, their phones, and the hand of fate."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock, failpoints
from backend.extensions import db
from backend.models import Counter, Device, DeviceToken, Stream
from backend.services import accounts, devices, tokens
from backend.transactions import reading, writing
from sync import client, signing
from sync.client import EnrolmentRefused, SyncReport
from sync.device_ports import Answer, TransportFailed
from tests.stories import DeviceTime, FakeTime
from tests.sync.devices import Crash, CrashingStorage
from tests.torture.faults import Fault, Network, Sent, ServerDied, Tally, die
from tests.torture.homes import Home
from tests.torture.office_records import OfficeRecords
from tests.torture.witness import Violation, Witness, ops_held

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
        self.network = Network(world.app, world.tally, self._hears, self._before, gzipped=number % 2 == 1)
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
        self._syncing, self._must_unsend = False, set[str]()

    def _hears(self, sent: Sent, answer: Answer) -> None:
        """Show an answer to the witness; one of another epoch asks something of the phone before anything else."""
        self.world.witness.hears(sent, answer)
        if self._syncing and answer.status == 200 and sent.path.endswith("/sync/push"):
            known = (self.storage.get("meta", "server") or {}).get("epoch")
            if answer.json()["epoch"] != known:
                self._must_unsend = {key for key, _ in self.storage.items("retained")}

    def _before(self, _sent: Sent) -> None:
        due, self._must_unsend = self._must_unsend, set()
        if any(self.storage.get("retained", key) is not None for key in due):
            raise Violation(f"I7: phone {self.number} goes on in a new epoch before it marked its ops as unsent")

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
            self._syncing, self._must_unsend = True, set()
            reports.append(self.device.sync())
        self._syncing = False
        for report in reports:
            agrees(self, report)
        return reports[0] if reports else None

    @property
    def enrolled(self) -> bool:
        return self.storage.get("meta", "stream") is not None


def agrees(phone: TorturedPhone, report: SyncReport) -> None:
    """A digest that differs is mended by the phone; but with this server and this phone it never may differ."""
    scopes = [one for one in report.resynced if one == "global" or ":" in one]
    if scopes:
        raise Violation(f"I3: the mirror of phone {phone.number} did not agree in {', '.join(scopes)}")


def troubled(report: SyncReport) -> bool:
    """True for a trouble other than a device that is not known any more, or was revoked."""
    return report.trouble is not None and not report.trouble.startswith("401")


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
        self.office = OfficeRecords()
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

    def clone(self, phone: TorturedPhone) -> TorturedPhone:
        storage = CrashingStorage()
        storage.tables, storage.files = copy.deepcopy(phone.storage.tables), dict(phone.storage.files)
        twin = self.add_phone(phone.user, storage)
        twin.key = phone.key
        twin.start()
        return twin

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

    def _dying(self, point: str | None, act: Callable[[], object]) -> bool:
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

    def head(self) -> int:
        with self.reading() as session:
            return int(session.scalar(select(Counter.value)) or 0)

    def back_up(self, point: str | None = None) -> None:
        """A backup by the product, which says so itself: `backed_up_seq` is the head of what was kept."""
        before, stored = self.home.repository.newest(), (self.ops_stored(), self.photos_stored())
        self._dying(point, self.home.back_up)
        newest = self.home.repository.newest()
        if newest is not None and newest != before:
            self.office.backed_up(newest, *stored)

    def restore(self, older: bool = False, point: str | None = None) -> None:
        """The server as it was at the last backup, or the one before it, in a new epoch; cut off, it is run again."""
        backup = self.office.backup(older)
        if backup is None:
            return
        name = backup.name
        if self._dying(point, lambda: self.home.restore(name)):
            self.home.restore(name)
        self._excuse_what_nobody_has(self.office.restored(backup))
        self.witness.unreadable.clear()  # what was put in quarantine since; its phone keeps it aside

    def _excuse_what_nobody_has(self, trusted: Sequence[tuple[set[str], set[str]]]) -> None:
        """What the restored server lacks must be on some phone, unless its owner lost that phone, or it was let go
        on the word of a newer backup than the one restored: `trusted` has the ops and photos of those.
        """
        held = ops_held(phone.storage for phone in self.phones) | self.ops_stored()
        in_newer = {one for ops, _ in trusted for one in ops}
        for op in self.witness.acknowledged.values():
            if held.isdisjoint(op.roots) and self.witness.excused.isdisjoint(op.roots):
                if in_newer.isdisjoint(op.roots):
                    raise Violation(f"I7: op {op.n} of {op.stream} was let go by its phone and is in no backup")
                self.witness.excused |= op.roots
        here = self.photos_stored() | {sha256 for phone in self.phones for sha256 in phone.storage.files}
        for sha256 in {one for _, photos in trusted for one in photos} - here:
            self.witness.captured.pop(sha256, None)
            self.witness.stored.discard(sha256)

    def ops_stored(self) -> set[str]:
        """The hashes of all ops that the server has, and of those that they re-issue."""
        from tests.torture.ledger import stored_ops

        with self.reading() as session:
            return {root for op in stored_ops(session) for root in op.roots}

    def photos_stored(self) -> set[str]:
        return {path.name for path in self.home.blobs.glob("??/??/*")}

    def in_session(self, act: Callable[[Session], Any]) -> Any:
        with self.reading() as session:
            return act(session)

    # quiet ----------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Faults off, sync until nothing moves any more: I9 says that this takes a bounded number of rounds."""
        for phone in self.phones:
            phone.network.deliver_late()
        still: dict[int, int] = {}
        for _ in range(ROUNDS):
            if not self._round(still):
                return
        raise Violation(f"I9: still something to do after {ROUNDS} rounds")

    def _round(self, still: dict[int, int]) -> bool:
        """Sync every phone that may have something to do; `still` has the head at which each had nothing."""
        moved = False
        for phone in list(self.phones):
            if still.get(phone.number) == self.head():
                continue
            report = phone.sync()
            assert report is not None
            if report.trouble is not None and report.trouble.startswith("401") and not self.revoked(phone):
                if self.token_alive(phone):
                    raise Violation(f"I9: phone {phone.number} is refused without a reason: {report.trouble}")
                self.enrol(phone)
                moved = True
            elif troubled(report) or report.acknowledged or report.uploaded or report.pulled:
                moved = True
            else:
                still[phone.number] = self.head()
        return moved

    def close(self) -> None:
        failpoints.disarm()
        with self.app.app_context():
            db.session.remove()
