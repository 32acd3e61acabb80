"""What offices do in the weeks, at their desks. Each deed looks first whether it was done."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from backend.demo import pictures
from backend.demo.desk import DemoFailed, expect
from backend.demo.recording import row_id
from backend.demo.story import ADMIN, Day
from backend.services.working_time import CHINA
from sync.device_ports import Json

LUO, MO = "demo-luo", "demo-mo"
VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,daynight"
)
ROSTER = "网格编码,日期,开始,结束,姓名,电话,职责,账号"
ROSTER_DAYS = 60


class Now(Protocol):
    def now(self) -> datetime: ...


class When(Protocol):
    def when(self, text: str) -> datetime: ...


class OfficeDeeds:
    """The offices' side of the weeks; `work` lets the jobs run that a deed has asked for."""

    def __init__(self, day: Day, plan: Json, clock: Now, calendar: When, work: Callable[[], None]) -> None:
        self.day = day
        self.desk = day.desk
        self.plan = plan
        self.clock = clock
        self.calendar = calendar
        self.work = work

    def known(self) -> dict[str, Callable[[Json], None]]:
        """The deeds by the plan's words."""
        return {
            "prepare": self.prepare,
            "close-account": self.close_account,
            "certificate": self.certificate,
            "unit": self.unit,
            "campaign": self.campaign,
            "roster": self.roster,
            "task": self.task,
            "task-rule": self.task_rule,
            "checklist": self.checklist,
            "draw": self.draw,
            "step": self.step,
            "look-back": self.look_back,
            "ask-return": self.ask_return,
            "ask-extension": self.ask_extension,
            "parking": self.parking,
            "unit-link": self.unit_link,
            "supervise": self.supervise,
            "paper": self.paper,
            "period": self.period,
            "export": self.export,
            "fire": self.report_fire,
            "fire-text": self.fire_text,
            "fire-file": self.fire_file,
            "fire-link": self.fire_link,
            "revoke-device": self.revoke_device,
        }

    def _days_from_now(self, days: int) -> datetime:
        return (self.clock.now() + timedelta(days=days)).astimezone(CHINA).replace(hour=18, minute=0, second=0)

    def _day(self, days: int) -> str:
        return self._days_from_now(days).date().isoformat()

    # -- the house ------------------------------------------------------------------------------------------------
    def prepare(self, _deed: Json) -> None:
        """Offices, people and sites: those of the day and those of the weeks."""
        day = self.day.plan
        plan = {name: [*day[name], *self.plan[name]] for name in ("offices", "people", "sites")}
        self.day.prepare(plan)

    def close_account(self, deed: Json) -> None:
        user = self.desk.get(ADMIN, f"/users/{self.day.users[deed['user']]}")
        if user["active"]:
            expect(self.desk.call(ADMIN, "PATCH", f"/users/{user['id']}", {"rev": user["rev"], "active": False}), 200)

    def certificate(self, deed: Json) -> None:
        if not any(one["number"] == deed["number"] for one in self.desk.items(ADMIN, "/certificates?limit=100")):
            valid = {"valid_from": self._day(deed["days"][0]), "valid_to": self._day(deed["days"][1])}
            said = {"number": deed["number"], "user": self.day.users[deed["user"]], "issuer": "演示市司法局（虚构）"}
            self.desk.make(ADMIN, "/certificates", {**said, **valid})

    def unit(self, deed: Json) -> None:
        if not any(one["code"] == deed["said"]["code"] for one in self._all("/units")):
            self.desk.make(ADMIN, "/units", deed["said"])

    def revoke_device(self, deed: Json) -> None:
        for one in self._all("/devices"):
            if one["name"] == deed["name"] and one["revoked_at"] is None:
                path = f"/devices/streams/{one['streams'][0]['id']}/revoke"
                answer = self.desk.call(ADMIN, "POST", path)
                if answer.status >= 300:
                    raise DemoFailed(f"revoking answered {answer.status} {answer.code}")

    def checklist(self, deed: Json) -> None:
        """A new version of a published checklist, with one question asked in other words."""
        code, version = deed["code"], deed["version"]
        if any(one["version"] == version for one in self._all("/checklists") if one["code"] == code):
            return
        text = self.desk.file(ADMIN, "GET", f"/checklists/{code}/{deed['from']}/pack.yaml").decode()
        old, new = deed["change"]
        if old not in text:
            raise DemoFailed(f"{code}@{deed['from']} does not say {old}")
        told = text.replace(f"'{deed['from']}'", f"'{version}'").replace(old, new)
        self.desk.call(ADMIN, "DELETE", f"/checklists/drafts/{code}/{version}")
        self.desk.make(ADMIN, "/checklists/drafts", {"yaml": told})
        expect(self.desk.call(ADMIN, "POST", f"/checklists/drafts/{code}/{version}/publish"), 200)

    def _all(self, path: str) -> list[Json]:
        found: Any = json.loads(self.desk.call(ADMIN, "GET", path).body)
        items: list[Json] = found if isinstance(found, list) else found["items"]
        return items

    # -- campaigns, tasks, draws ------------------------------------------------------------------------------------
    def campaign(self, deed: Json) -> None:
        found = self._campaign(deed["code"])
        if found is None:
            span = {"first_day": self._day(0), "last_day": self._day(deed["last_day"])}
            found = self.desk.make(ADMIN, "/campaigns", {"code": deed["code"], **span, **deed["said"]})
        wanted = "start" if deed.get("start") else "end" if deed.get("end") else None
        if wanted and found["state"] == {"start": "draft", "end": "running"}[wanted]:
            expect(self.desk.call(ADMIN, "POST", f"/campaigns/{found['id']}/{wanted}"), 200)

    def _campaign(self, code: str) -> Json | None:
        return next((one for one in self._all("/campaigns") if one["code"] == code), None)

    def campaign_id(self, code: str) -> str:
        """The id of a campaign that there is."""
        found = self._campaign(code)
        if found is None:
            raise DemoFailed(f"there is no campaign {code}")
        return str(found["id"])

    def roster(self, deed: Json) -> None:
        """Who is on duty for two months: a leader by day and night, patrols towards evening."""
        rows = [ROSTER]
        start = self.clock.now().astimezone(CHINA).date()
        for day in (start + timedelta(days=n) for n in range(ROSTER_DAYS)):
            rows.append(f"450206,{day},00:00,23:59,罗芳,0772-0000011,带班,{LUO}")
            for cell, name, account in (("450206107", "覃强", "demo-qin"), ("450206103", "梁健", "demo-liang")):
                rows.append(f"{cell},{day},17:00,23:00,{name},0772-0000012,巡查,{account}")
        path = f"/campaigns/{self.campaign_id(deed['campaign'])}/roster"
        self.desk.fill_in(ADMIN, path, {"dry_run": "false"}, ("值班表.csv", "\n".join(rows).encode()), 200)

    def task(self, deed: Json) -> None:
        said = self._with_ids(deed["said"])
        due = deed["due"]
        said["due_at"] = (self._days_from_now(due) if isinstance(due, int) else self.calendar.when(due)).isoformat()
        if not any(one["title"] == said["title"] for one in self._all("/tasks?limit=100")):
            self.desk.make(LUO, "/tasks", said)

    def task_rule(self, deed: Json) -> None:
        said = {**self._with_ids(deed["said"]), "first_day": self._day(0)}
        if not any(one["title"] == said["title"] for one in self._all("/task-rules")):
            self.desk.make(LUO, "/task-rules", said)

    def _with_ids(self, said: Json) -> Json:
        ids = {"site": self.day.sites, "assignee": self.day.users}
        return {name: ids[name][value] if name in ids else value for name, value in said.items()}

    def draw(self, deed: Json) -> None:
        """The quarter's draw, and its visits as tasks."""
        listed = self._all("/draws")
        made = listed[0] if listed else self.desk.make(ADMIN, "/draws", {"area": deed["area"], "officers_per_site": 2})
        expect(self.desk.call(ADMIN, "POST", f"/draws/{made['id']}/publish", {}), 202)

    # -- findings ---------------------------------------------------------------------------------------------------
    def _finding(self, key: str) -> Json:
        return self.desk.get(MO, f"/findings/{row_id(key)}")

    def step(self, deed: Json) -> None:
        """One step of a finding's way, by whom the plan names."""
        if self._finding(deed["finding"])["state"] != deed["from"]:
            return
        who = self.plan["steps"][deed["to"]]
        if who == "office":
            who = self.plan["handlers"][deed["office"]]
        elif who == LUO:
            who = self.plan["supervisors"].get(deed["by"], LUO)
        said: Json = {"from": deed["from"], "to": deed["to"]}
        if deed["to"] == "dispatched":
            said["office"] = self.day.offices[deed["office"]]
        if deed["to"] == "feedback":
            words = self.plan["done_words"]
            said |= {
                "note": words[sum(deed["finding"].encode()) % len(words)],
                "photos": [self._after_photo(who, deed)],
            }
        if deed["to"] in ("returned", "rejected"):
            said["note"] = deed["note"]
        self._step(who, deed["finding"], said)

    def _step(self, who: str, key: str, said: Json) -> None:
        expect(self.desk.call(who, "POST", f"/findings/{row_id(key)}/steps", said), 200)

    def _after_photo(self, who: str, deed: Json) -> str:
        place = self.plan["places"][deed["place"]]
        caption = f"{deed['finding'].replace('/', '-')}-after"
        taken = self.clock.now().astimezone(CHINA).replace(microsecond=0)
        data = pictures.photo(caption, place["lon"], place["lat"], taken)
        return self.desk.upload(who, f"{caption}.jpg", "image/jpeg", data)

    def look_back(self, deed: Json) -> None:
        """A closed finding looked at again: it holds, or the plan says how it does not."""
        finding = self._finding(deed["finding"])
        looked = any(one["ended_at"] is not None for one in finding["look_backs"])
        if finding["state"] == "closed" and not looked:
            self._step(LUO, deed["finding"], {"from": "closed", "to": "look_back"})
        if self._finding(deed["finding"])["state"] == "look_back":
            to = "reopened" if "relapse" in deed else "closed"
            said = {"from": "look_back", "to": to, "note": deed.get("relapse", "现场回看，保持良好")}
            self._step(LUO, deed["finding"], said)

    def _handler(self, key: str) -> str:
        (finding,) = [one for one in self.plan["findings"] if one["key"] == key]
        return str(self.plan["handlers"][finding["office"]])

    def _hop(self, key: str) -> Json:
        found: Json = self._finding(key)["hops"][-1]
        return found

    def ask_return(self, deed: Json) -> None:
        if self._hop(deed["finding"]).get("return") is None:
            path = f"/findings/{row_id(deed['finding'])}/return"
            expect(self.desk.call(self._handler(deed["finding"]), "POST", path, {"note": deed["note"]}), 200)

    def ask_extension(self, deed: Json) -> None:
        if not self._hop(deed["finding"]).get("extensions"):
            path = f"/findings/{row_id(deed['finding'])}/extension"
            said = {"note": deed["note"], "due_at": self._days_from_now(deed["days"]).isoformat()}
            expect(self.desk.call(self._handler(deed["finding"]), "POST", path, said), 200)

    def parking(self, deed: Json) -> None:
        if self._hop(deed["finding"]).get("parked") is None:
            path = f"/findings/{row_id(deed['finding'])}/parking"
            said = {"note": deed["note"], "due_at": self._days_from_now(deed["days"]).isoformat()}
            expect(self.desk.call(self._handler(deed["finding"]), "POST", path, said), 200)

    def unit_link(self, deed: Json) -> None:
        path = f"/findings/{row_id(deed['finding'])}/unit-link"
        if not self._all(path):
            self.desk.make(self._handler(deed["finding"]), path, {"name": deed["name"]})

    def supervise(self, deed: Json) -> None:
        """Decide the proposal of a rung, where the clockwork has made it by now (holidays put it off)."""
        listed = self.desk.items(LUO, f"/supervision?finding={row_id(deed['finding'])}&level={deed['level']}")
        for one in listed:
            if one["state"] == "proposed":
                path = f"/supervision/{one['id']}/"
                if "issue" in deed:
                    answer = self.desk.call(LUO, "POST", f"{path}issue", {"signer": deed["issue"]})
                else:
                    answer = self.desk.call(LUO, "POST", f"{path}dismiss", {"reason": deed["dismiss"]})
                expect(answer, 200)

    # -- papers, periods, exports -----------------------------------------------------------------------------------
    def paper(self, deed: Json) -> None:
        finding = row_id(deed["finding"])
        kind = deed["said"]["kind"]
        listed = [one for one in self.desk.items(MO, f"/papers?finding={finding}") if one["kind"] == kind]
        paper = listed[0] if listed else self.desk.make(MO, "/papers", {**deed["said"], "findings": [finding]})
        if deed["issue"] and paper["state"] == "draft":
            said = {"rev": paper["rev"], "signer": "韦主任（演示）"}
            expect(self.desk.call(MO, "POST", f"/papers/{paper['id']}/issue", said), 200)

    def period(self, deed: Json) -> None:
        """A period that ended half an hour ago, and its list in force."""
        cut_off = self.clock.now().replace(second=0, microsecond=0) - timedelta(minutes=30)
        said = {"cell": "450206", "document_no": deed["document_no"], "signer": "韦主任（演示）"}
        listed = [one for one in self._all("/periods?cell=450206") if one["document_no"] == deed["document_no"]]
        if listed:
            found = listed[0]
        else:
            if "starts" in deed:
                said["starts_at"] = (cut_off - timedelta(days=deed["starts"])).isoformat()
            found = self.desk.make(ADMIN, "/periods", {**said, "cut_off": cut_off.isoformat()})
        expect(self.desk.call(ADMIN, "POST", f"/periods/{found['id']}/freeze", {}), 200)

    def export(self, deed: Json) -> None:
        said = {name: deed[name] for name in ("kind", "format")}
        if not self.desk.items(deed["who"], "/exports"):
            self.desk.make(deed["who"], "/exports", {**said, "filters": {}}, 202)

    # -- fire points ------------------------------------------------------------------------------------------------
    def fire(self, deed: Json) -> str:
        """The id of a fire point, by the words for its place or by where it is."""
        for one in self.desk.items(MO, "/fire-points?limit=100"):
            if "fire" in deed and one["place"] == deed["fire"]:
                return str(one["id"])
            if "fire_at" in deed:
                lon, lat = deed["fire_at"]
                place = one["location"]
                if abs(place["lon"] - lon) < 0.002 and abs(place["lat"] - lat) < 0.002:
                    return str(one["id"])
        raise DemoFailed(f"there is no fire point at {deed.get('fire') or deed['fire_at']}")

    def report_fire(self, deed: Json) -> None:
        listed = [one for one in self.desk.items(MO, "/fire-points?limit=100") if one["place"] == deed["place_name"]]
        said: Json = {name: deed[name] for name in ("source", "position", "phone") if name in deed}
        seen = self.clock.now() - timedelta(minutes=deed["seen"])
        said |= {"place": deed["place_name"], "seen_at": seen.isoformat()}
        point = listed[0] if listed else self.desk.make(LUO, "/fire-points", said)
        if "assign" in deed:
            path = f"/fire-points/{point['id']}/assignee"
            expect(self.desk.call(LUO, "PUT", path, {"user": self.day.users[deed["assign"]]}), 200)

    def fire_text(self, deed: Json) -> None:
        said = {"form": "pasted", "datum": deed["datum"], "source": deed["source"], "text": deed["text"]}
        self._take_in(self.desk.fill_in(LUO, "/fire-imports", said))

    def fire_file(self, deed: Json) -> None:
        """A satellite's file: each row's place, and how many minutes ago it was seen."""
        rows = [VIIRS]
        for lat, lon, minutes in deed["rows"]:
            seen = self.clock.now() + timedelta(minutes=minutes)
            rows.append(f"{lat},{lon},331.2,0.39,0.36,{seen:%Y-%m-%d},{seen:%H%M},N,nominal,2.0NRT,291.0,4.1,N")
        file = deed["name"], "\n".join(rows).encode()
        self._take_in(self.desk.fill_in(LUO, "/fire-imports", {"form": "firms"}, file))

    def _take_in(self, checked: Json) -> None:
        if checked["state"] != "checked":
            raise DemoFailed(f"the file of fire points is {checked['state']}: {checked['report']}")
        expect(self.desk.call(LUO, "POST", f"/fire-imports/{checked['id']}/apply"), 202)
        self.work()

    def fire_link(self, deed: Json) -> None:
        self.desk.make(LUO, f"/fire-points/{self.fire(deed)}/links", {"name": deed["name"], "hours": 72})
