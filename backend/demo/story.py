"""The day played: people and sites made, three devices enrolled, their records made offline and then synced.

Each step looks first whether it was done, so that a day cut off half-way goes on where it stopped and a played one is
not played again. Everything goes over HTTP; only the first admin comes from the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from backend.demo.desk import DemoFailed, Desk, expect
from backend.demo.network import ShakyNetwork
from backend.demo.recording import Recorder
from backend.services.working_time import CHINA
from sync.client import Device
from sync.device_io import FolderStorage, SystemClock, new_id
from sync.device_ports import DeviceClock, Json, Transport

ADMIN = "demo-admin"
Say = Callable[[str], None]


def read_plan(name: str = "day") -> Json:
    """A part of the story as data: `day`, or the `weeks` before it."""
    found: Json = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text("utf-8"))
    return found


class Day:
    """One play of the day against a running server, which `connect` leads to."""

    def __init__(self, connect: Callable[[], Transport], folder: Path, say: Say) -> None:
        self.connect = connect
        self.folder = folder
        self.say = say
        self.plan = read_plan()
        self.desk = Desk(connect(), self.plan["password"])
        self.sites: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.offices: dict[str, str] = {}

    # -- the office ---------------------------------------------------------------------------------------------
    def prepare(self, plan: Json | None = None) -> None:
        """Offices, people and sites of a plan (the day's own, unless it is said), where they are not there yet."""
        plan = plan or self.plan
        self.register_offices(plan["offices"])
        self.people(plan["people"])
        self.register_sites(plan["sites"])

    def register_offices(self, wanted: list[Json]) -> None:
        """Offices and the papers that they issue, where they are not there yet."""
        listed = self.desk.call(ADMIN, "GET", "/offices")
        known = {office["code"]: office["id"] for office in json.loads(listed.body)}
        for office in wanted:
            if office["code"] not in known:
                said = {name: value for name, value in office.items() if name not in ("key", "papers")}
                known[office["code"]] = self.desk.make(ADMIN, "/offices", said)["id"]
            self.offices[office["key"]] = known[office["code"]]
            papers = [{"kind": kind, "word": word} for kind, word in office.get("papers", {}).items()]
            path = f"/offices/{known[office['code']]}/papers"
            expect(self.desk.call(ADMIN, "PUT", path, {"papers": papers}), 200)

    def people(self, wanted: list[Json]) -> None:
        """Accounts, where they are not there yet."""
        known = {user["name"]: user["id"] for user in self.desk.items(ADMIN, "/users")}
        for person in wanted:
            if person["name"] not in known:
                said = {**person, "password": self.plan["password"], "must_change_password": False}
                if "office" in person:
                    said["office"] = self.offices[person["office"]]
                known[person["name"]] = self.desk.make(ADMIN, "/users", said)["id"]
        self.users = known

    def register_sites(self, wanted: list[Json]) -> None:
        """Sites of the register, where they are not there yet."""
        known = {site["code"]: site["id"] for site in self.desk.items(ADMIN, "/sites")}
        for site in wanted:
            if site["code"] not in known:
                said = {name: value for name, value in site.items() if name != "key"}
                known[site["code"]] = self.desk.make(ADMIN, "/sites", said)["id"]
            self.sites[site["key"]] = known[site["code"]]

    def version(self, checklist: str) -> str:
        """The newest version that the server offers."""
        offered = self.desk.items(ADMIN, "/checklists")
        versions = [one["version"] for one in offered if one["code"] == checklist]
        return max(versions, key=lambda version: [int(part) for part in version.split(".")])

    # -- the devices --------------------------------------------------------------------------------------------
    def device(self, plan: Json, http: Transport, clock: DeviceClock) -> tuple[Device, FolderStorage]:
        """A device of the plan, enrolled when it was not yet."""
        storage = FolderStorage(self.folder / "devices" / str(plan.get("folder") or plan["user"]))
        device = Device(http, storage, clock, new_id)
        if storage.get("meta", "token") is None:
            invitation = self.desk.make(ADMIN, "/devices/invitations", {"user": plan["user"]})
            device.enrol(invitation["code"], plan["name"], plan["platform"])
        return device, storage

    def play_device(self, plan: Json) -> Device:
        """One device: enrolled, records made without a network, then synced through its trouble."""
        device, storage = self.device(plan, ShakyNetwork(self.connect(), plan["trouble"]), SystemClock())
        device.photos.chunk_bytes = 16 * 1024  # several to a photo, so that a network can go in the middle of one
        recorder = Recorder(device, storage, self)
        for record in plan["records"]:
            self._record(recorder, record)
        pending = len(device.outbox.pending())
        report = device.sync()
        if not report.quiet:
            self.say(f"  {plan['name']}: {report.trouble}; trying again")
            report = device.sync()
        if not report.quiet:
            raise DemoFailed(f"{plan['name']}: {report.trouble}")
        self._tell(plan, device, pending)
        storage.close()
        return device

    def _tell(self, plan: Json, device: Device, pending: int) -> None:
        rows = sum(1 for _ in device.mirror.rows("finding"))
        stored = sum(1 for _, photo in device.storage.items("photo") if photo["state"] in ("stored", "done"))
        self.say(f"  {plan['name']}：离线记录 {pending} 条操作，已送达；照片 {stored} 张原图已存；可见问题 {rows} 个")

    def _record(self, recorder: Recorder, record: Json) -> None:
        start, end = (self._at(minutes) for minutes in record["minutes"])
        make: dict[str, Callable[[], None]] = {
            "inspection.submit": lambda: recorder.inspection(record, start, end),
            "finding.report": lambda: recorder.report(record, start),
            "finding.comment": lambda: recorder.comment(record),
        }
        recorder.once(record.get("key") or record["cmd"], make[record["cmd"]])

    def _at(self, minutes: int) -> datetime:
        """A time of the day played: minutes from midnight in China, on the day before the demo was first run."""
        midnight = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=1) + timedelta(minutes=minutes)

    # -- the evening ----------------------------------------------------------------------------------------------
    def export(self, path: Path) -> None:
        """The rectification list, as an admin downloads it."""
        part = path.with_suffix(".part")
        part.write_bytes(self.desk.file(ADMIN, "GET", "/exports/rectification-list.xlsx"))
        part.rename(path)
