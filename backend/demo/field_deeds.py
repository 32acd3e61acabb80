"""What inspectors do in the weeks: on their devices, each synced right away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from backend.demo.desk import DemoFailed
from backend.demo.office_deeds import OfficeDeeds
from backend.demo.recording import Recorder, row_id
from backend.demo.story import ADMIN, Day
from backend.services.working_time import CHINA
from sync.client import Device
from sync.device_io import FolderStorage
from sync.device_ports import DeviceClock, Json

HUNDREDS = ("hoarding", "earthwork-wet", "cover", "road-hardening", "vehicle-wash", "muck-sealed")
INSPECTED = timedelta(minutes=35)


class FieldDeeds:
    """The plan's devices, opened when first used."""

    def __init__(self, day: Day, plan: Json, clock: DeviceClock, office: OfficeDeeds) -> None:
        self.day = day
        self.plan = plan
        self.clock = clock
        self.office = office
        self._open: dict[str, tuple[Device, FolderStorage]] = {}

    def known(self) -> dict[str, Callable[[Json], None]]:
        """The deeds by the plan's words."""
        return {
            "report": self.report,
            "inspection": self.inspection,
            "fire-answer": self.fire_answer,
            "task-done": self.task_done,
            "patrol": self.patrol,
            "propose-site": self.propose_site,
            "conflict": self.conflict,
            "hold": self.hold,
            "comment": self.comment,
        }

    def close(self) -> None:
        for _, storage in self._open.values():
            storage.close()

    def report(self, deed: Json) -> None:
        recorder = self._recorder(deed["device"] if "device" in deed else deed["by"])
        at = self.clock.now().astimezone(CHINA)
        recorder.once(deed["key"], lambda: recorder.report(deed, at))
        self._sync(recorder)

    def inspection(self, deed: Json) -> None:
        """The six of a building site, with what of them failed."""
        recorder = self._recorder(deed["device"])
        end = self.clock.now().astimezone(CHINA)
        answers: list[Json] = []
        for name in HUNDREDS:
            item = f"dust.lj6.{name}"
            failed = deed["fails"].get(item)
            answers.append({"item": item, "result": "fail" if failed else "pass", "value": 60 if failed else 100})
            if failed:
                answers[-1] |= {"note": failed, "photo": f"{deed['key']}-{name}"}
        record = {**deed, "mode": "patrol", "position": self.plan["places"][deed["place"]], "answers": answers}
        recorder.once(deed["key"], lambda: recorder.inspection(record, end - INSPECTED, end))
        self._sync(recorder)

    def fire_answer(self, deed: Json) -> None:
        recorder = self._recorder(deed["device"])
        fire = self.office.fire(deed)
        record = {**deed, "position": self.plan["places"][deed["place"]]}
        at = self.clock.now().astimezone(CHINA)
        recorder.once(f"fire/{deed['photo']}", lambda: recorder.answer_fire(fire, record, at))
        self._sync(recorder)

    def task_done(self, deed: Json) -> None:
        recorder = self._recorder(deed["device"])
        (task,) = [one for one in self.day.desk.items(ADMIN, "/tasks?limit=100") if one["title"] == deed["title"]]
        recorder.once(f"task/{deed['title']}", lambda: recorder.finish_task(task["id"], deed["note"]))
        self._sync(recorder)

    def patrol(self, deed: Json) -> None:
        """A walk on duty; its track follows once the patrol has arrived."""
        recorder = self._recorder(deed["device"])
        start = self._begun(deed)
        campaign = self.office.campaign_id(deed["campaign"])
        tracks: list[bytes] = []
        recorder.once(deed["key"], lambda: tracks.append(recorder.patrol(deed, campaign, start)))
        self._sync(recorder)
        for body in tracks:
            token = (recorder.storage.get("meta", "token") or {})["token"]
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            path = f"/api/v1/patrols/{row_id(deed['key'])}/track"
            answer = self.day.desk.http.send("PUT", path, headers, body)
            if answer.status >= 300:
                raise DemoFailed(f"the track answered {answer.status} {answer.code}")

    def _begun(self, deed: Json) -> datetime:
        """The patrol's start: its deed is told at its end."""
        return self.clock.now().astimezone(CHINA) - timedelta(seconds=20 * deed["points"])

    def propose_site(self, deed: Json) -> None:
        recorder = self._recorder(deed["device"])
        record = {**deed["said"], "key": deed["key"], "position": self.plan["places"][deed["place"]]}
        recorder.once(deed["key"], lambda: recorder.propose_site(record))
        self._sync(recorder)

    def conflict(self, deed: Json) -> None:
        """Two who were apart write over the same text; the second to be heard is in conflict."""
        recorders = [self._recorder(name) for name in deed["devices"]]
        for recorder in recorders:
            self._sync(recorder)
        for recorder, text in zip(recorders, deed["texts"], strict=True):
            record = {"finding": deed["finding"], "text": text}
            recorder.once(f"edit/{text}", lambda recorder=recorder, record=record: recorder.edit(record))  # type: ignore[misc]
        for recorder in recorders:
            self._sync(recorder)

    def hold(self, deed: Json) -> None:
        """Closed on the spot without the photo that this needs: a supervisor decides."""
        recorder = self._recorder(deed["device"])
        self._sync(recorder)
        record = {"finding": deed["finding"], "from": "submitted", "to": "closed", "note": deed["note"]}
        recorder.once(f"close/{deed['finding']}", lambda: recorder.transition(record))
        self._sync(recorder)

    def comment(self, deed: Json) -> None:
        recorder = self._recorder(deed["device"])
        recorder.once(f"comment/{deed['key']}", lambda: recorder.comment(deed))
        self._sync(recorder)

    def _recorder(self, folder: str) -> Recorder:
        if folder not in self._open:
            (plan,) = [one for one in self.plan["devices"] if one.get("folder", one["user"]) == folder]
            self._open[folder] = self.day.device(plan, self.day.desk.http, self.clock)
        device, storage = self._open[folder]
        return Recorder(device, storage, self.day)

    def _sync(self, recorder: Recorder) -> None:
        report = recorder.device.sync()
        if not report.quiet:
            raise DemoFailed(f"a device did not sync: {report.trouble}")
