"""The day played: people and sites made, three devices enrolled, their records made offline and then synced.

Each step looks first whether it was done, so that a day cut off half-way goes on where it stopped and a played one is
not played again. Everything goes over HTTP; only invitations' QR and the first admin come from the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from backend.demo import pictures
from backend.demo.network import ShakyNetwork
from backend.services.working_time import CHINA
from geo.datum import Datum, from_cgcs2000
from geo.position import parse_position
from sync.client import Device
from sync.device_io import FolderStorage, SystemClock, new_id
from sync.device_ports import Answer, Json, Transport

NAMESPACE = UUID("5f0c1f5e-7f0b-4b7e-9a53-0b1f6f0a2026")
Say = Callable[[str], None]


class DemoFailed(Exception):
    """The server answered a step of the day with something else than the day needs."""


def read_plan() -> Json:
    """The day as data."""
    found: Json = yaml.safe_load((Path(__file__).parent / "day.yaml").read_text("utf-8"))
    return found


def row_id(key: str) -> str:
    """The id of a thing in the day: the same at every play."""
    return str(uuid5(NAMESPACE, key))


class Day:
    """One play of the day against a running server, which `connect` leads to."""

    def __init__(self, connect: Callable[[], Transport], folder: Path, say: Say) -> None:
        self.connect = connect
        self.folder = folder
        self.say = say
        self.plan = read_plan()
        self.http = connect()
        self.admin = self.sign_in("demo-admin")
        self.sites: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.offices: dict[str, str] = {}

    # -- the office ---------------------------------------------------------------------------------------------
    def _call(self, method: str, path: str, body: object = None, token: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.send(method, path, headers, b"" if body is None else json.dumps(body).encode())

    def sign_in(self, name: str) -> str:
        """A token of one of the plan's people."""
        answer = self._call("POST", "/api/v1/auth/login", {"username": name, "password": self.plan["password"]})
        return str(expect(answer, 200)["token"])

    def register_offices(self) -> None:
        """Offices and the papers that they issue, where they are not there yet."""
        known = {office["code"]: office["id"] for office in json.loads(self._get("/api/v1/offices").body)}
        for office in self.plan["offices"]:
            if office["code"] not in known:
                wanted = {name: value for name, value in office.items() if name not in ("key", "papers")}
                known[office["code"]] = expect(self._call("POST", "/api/v1/offices", wanted, self.admin), 201)["id"]
            self.offices[office["key"]] = known[office["code"]]
            papers = [{"kind": kind, "word": word} for kind, word in office.get("papers", {}).items()]
            path = f"/api/v1/offices/{known[office['code']]}/papers"
            expect(self._call("PUT", path, {"papers": papers}, self.admin), 200)

    def people(self) -> None:
        """Accounts, where they are not there yet."""
        known = {user["name"]: user["id"] for user in json.loads(self._get("/api/v1/users").body)["items"]}
        for person in self.plan["people"]:
            if person["name"] not in known:
                wanted = {**person, "password": self.plan["password"], "must_change_password": False}
                if "office" in person:
                    wanted["office"] = self.offices[person["office"]]
                made = expect(self._call("POST", "/api/v1/users", wanted, self.admin), 201)
                known[person["name"]] = made["id"]
        self.users = known

    def register_sites(self) -> None:
        known = {site["code"]: site["id"] for site in expect(self._get("/api/v1/sites"), 200)["items"]}
        for site in self.plan["sites"]:
            if site["code"] not in known:
                wanted = {name: value for name, value in site.items() if name != "key"}
                known[site["code"]] = expect(self._call("POST", "/api/v1/sites", wanted, self.admin), 201)["id"]
            self.sites[site["key"]] = known[site["code"]]

    def _get(self, path: str) -> Answer:
        return self._call("GET", path, None, self.admin)

    # -- the devices --------------------------------------------------------------------------------------------
    def play_device(self, plan: Json) -> Device:
        """One device: enrolled, records made without a network, then synced through its trouble."""
        network = ShakyNetwork(self.connect(), plan["trouble"])
        storage = FolderStorage(self.folder / "devices" / plan["user"])
        device = Device(network, storage, SystemClock(), new_id)
        device.photos.chunk_bytes = 64 * 1024
        if storage.get("meta", "token") is None:
            invitation = expect(
                self._call("POST", "/api/v1/devices/invitations", {"user": plan["user"]}, self.admin), 201
            )
            device.enrol(invitation["code"], plan["name"], plan["platform"])
        for record in plan["records"]:
            self._record(device, storage, record)
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

    def _record(self, device: Device, storage: FolderStorage, record: Json) -> None:
        """Record one thing that a person did, once."""
        done = storage.get("played", record.get("key") or record["cmd"])
        if done is not None:
            return
        make = {
            "inspection.submit": self._inspection,
            "finding.report": self._report,
            "finding.comment": self._comment,
        }[record["cmd"]]
        make(device, record)
        storage.write([("played", record.get("key") or record["cmd"], {"done": True})])

    def _at(self, minutes: int) -> datetime:
        """A time of the day played: minutes from midnight in China, on the day before the demo was first run."""
        midnight = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=1) + timedelta(minutes=minutes)

    def _inspection(self, device: Device, record: Json) -> None:
        start, end = (self._at(minutes) for minutes in record["minutes"])
        officers = [{**one, "user": self.users[one["user"]]} for one in record.get("officers", [])]
        answers = [self._answer(device, record, answer, end) for answer in record["answers"]]
        signature = None
        if record["mode"] == "administrative":
            signature = {"refused": True, "reason": "演示：负责人外出", "witness": "演示见证人"}
        args = {
            "checklist": record["checklist"],
            "checklist_version": self._version(record["checklist"]),
            "mode": record["mode"],
            "approval_no": record.get("approval_no"),
            "officers": officers,
            "site": self.sites[record["site"]],
            "cell": None,
            "task": None,
            "started_at": start.isoformat(),
            "finished_at": end.isoformat(),
            "position": {**record["position"], "provider": "gps", "mock": False, "at": end.isoformat()},
            "answers": answers,
            "representative": record.get("representative"),
            "signature": signature,
        }
        device.record("inspection.submit", row_id(record["key"]), args)
        for answer in answers:
            for sha256 in answer["photos"]:
                self._photo_record(device, sha256, ("finding", answer["finding"]), record["position"], end)

    def _answer(self, device: Device, record: Json, answer: Json, at: datetime) -> Json:
        photos = [self._capture(device, answer["photo"], record["position"], at)] if "photo" in answer else []
        return {
            "item": answer["item"],
            "result": answer["result"],
            "value": answer.get("value"),
            "note": answer.get("note"),
            "photos": photos,
            "position": None,
            "finding": row_id(f"{record['key']}/{answer['item']}") if answer["result"] == "fail" else None,
        }

    def _report(self, device: Device, record: Json) -> None:
        at = self._at(record["minutes"][0])
        sha256 = self._capture(device, record["photo"], record["position"], at)
        args = {name: record[name] for name in ("topic", "item", "severity", "description", "position")}
        args.update(found_at=at.isoformat(), photos=[sha256], site=None)
        device.record("finding.report", row_id(record["key"]), args)
        self._photo_record(device, sha256, ("finding", row_id(record["key"])), record["position"], at)

    def _comment(self, device: Device, record: Json) -> None:
        device.record("finding.comment", row_id(record["finding"]), {"text": record["text"], "photos": []})

    def _capture(self, device: Device, caption: str, position: Mapping[str, Any], at: datetime) -> str:
        lon, lat = from_cgcs2000(*parse_position(position).canonical(), Datum.WGS84)
        return device.capture(pictures.photo(caption, float(lon), float(lat), at), "image/jpeg", f"{caption}.jpg")

    def _photo_record(
        self, device: Device, sha256: str, subject: tuple[str, str], position: Json, at: datetime
    ) -> None:
        record = device.storage.get("photo", sha256)
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
        device.record("photo.add", row_id(f"photo/{sha256}"), args)

    def _version(self, checklist: str) -> str:
        """The newest version that the server offers."""
        offered = expect(self._get("/api/v1/checklists"), 200)
        versions = [one["version"] for one in offered["items"] if one["code"] == checklist]
        return max(versions, key=lambda version: [int(part) for part in version.split(".")])

    # -- the evening ----------------------------------------------------------------------------------------------
    def export(self, path: Path) -> None:
        """The rectification list, as an admin downloads it."""
        answer = self._get("/api/v1/exports/rectification-list.xlsx")
        if answer.status != 200:
            raise DemoFailed(f"the export answered {answer.status} {answer.code}")
        part = path.with_suffix(".part")
        part.write_bytes(answer.body)
        part.rename(path)


def expect(answer: Answer, status: int) -> Json:
    """What an answer says. Raises DemoFailed when it has another status."""
    if answer.status != status:
        said = answer.json()
        why = f"{said.get('detail', '')} {said.get('errors') or ''}".strip()
        raise DemoFailed(f"expected {status}, got {answer.status} {answer.code}: {why}")
    return answer.json()
