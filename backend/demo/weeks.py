"""The weeks before the day: played in one process on a clock of their own, before the server serves.

Everything goes through the API as on any other day; only what time it is is told. Each deed is done once: a journal in
the data folder says how far the weeks have come, and the deed that a kill interrupted looks first whether it was done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask

from backend import create_app
from backend.clock import Clock
from backend.config import Settings
from backend.demo.field_deeds import FieldDeeds
from backend.demo.office_deeds import OfficeDeeds
from backend.demo.story import Day, Say, read_plan
from backend.jobs import work
from backend.services.working_time import CHINA
from sync.device_ports import Answer, Json

JOURNAL = "weeks.json"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WAY = ("submitted", "verified", "registered", "dispatched", "rectifying", "feedback", "recheck", "closed")
ENDS = {"returned": ("recheck", "returned"), "rejected": ("submitted", "rejected")}
"""States beside the straight way: from which one each is reached."""
MORNING = ("daily-root", "judge-plates", "propose-supervision", "daily-digest", "make-tasks")
"""What the clockwork does each hour and the weeks once a day; a demo has no backups, and nothing to sweep."""
STEP = timedelta(seconds=1)


class PlayedTime:
    """What time it is in the weeks: told by the story, and a second later after each request."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.boot = str(uuid4())

    def now(self) -> datetime:
        """The server's clock, and every device's."""
        return self.at

    def mono_ms(self) -> int:
        return int(self.at.timestamp() * 1000)


class InApp:
    """A transport to an app in this process; each request takes a second of the played time."""

    def __init__(self, app: Flask, clock: PlayedTime) -> None:
        self.client = app.test_client(use_cookies=False)
        self.clock = clock

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.clock.at += STEP
        response = self.client.open(path, method=method, headers=dict(headers), data=body)
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, told, response.get_data())


@dataclass(frozen=True, slots=True)
class Calendar:
    """The weeks' times, counted back from the day on which the demo was first run."""

    today: date

    def when(self, text: str) -> datetime:
        """`-3 tue 09:30`: of the third week before this one; or `yesterday 06:30`. Chinese time."""
        *day, hour = text.split()
        if day == ["yesterday"]:
            return self._at(self.today - timedelta(days=1), hour)
        monday = self.today - timedelta(days=self.today.weekday())
        return self._at(monday + timedelta(weeks=int(day[0]), days=WEEKDAYS.index(day[1])), hour)

    def paced(self, start: datetime, pace: str) -> datetime:
        """`2 15:30`: on the second weekday (Monday to Friday) after the start."""
        days, hour = pace.split()
        day = start.date()
        for _ in range(int(days)):
            day += timedelta(days=1 if day.weekday() < 4 else 7 - day.weekday())
        return self._at(day, hour)

    def _at(self, day: date, hour: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(hour), CHINA)


def deeds_of(plan: Json, calendar: Calendar) -> list[tuple[datetime, Json]]:
    """All that is done in the weeks, in the order of time: reports and the steps after them, and the plan's deeds."""
    told = [(calendar.when(deed["when"]), deed) for deed in plan["deeds"]]
    for finding in plan["findings"]:
        told += _way(plan, calendar, finding)
    for deed in plan["deeds"]:
        for item in deed.get("fails", {}):
            found = {**deed, "key": f"{deed['key']}/{item}", "by": deed["device"], "at": deed["when"]}
            told += list(_way(plan, calendar, found))[1:]  # the inspection itself has reported it
    return sorted(told, key=lambda each: each[0])


def _way(plan: Json, calendar: Calendar, finding: Json) -> Iterator[tuple[datetime, Json]]:
    """The report of a finding, and each step after it at its pace."""
    found = calendar.when(finding["at"])
    yield found, {"do": "report", **finding, "position": plan["places"][finding["place"]]}
    pace = plan["paces"].get(finding.get("pace"), {})
    start = found
    if pace and calendar.paced(found, pace["verified"]) <= found:  # found when the office had gone home
        start = calendar.paced(found, "1 00:00")
    before, last = ENDS.get(finding["to"], (None, finding["to"]))
    way = [*WAY[: WAY.index(before) + 1], last] if before else list(WAY[: WAY.index(last) + 1])
    for state, step in pairwise(way):
        said = {"do": "step", "finding": finding["key"], "by": finding["by"], "from": state, "to": step}
        said |= {name: finding[name] for name in ("office", "note", "place") if name in finding}
        yield calendar.paced(start, pace[step]), said


class Weeks:
    """One play of the weeks on a data folder on which nothing serves."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.folder = settings.data
        self.say = say
        self.plan = read_plan("weeks")
        self.clock = PlayedTime()
        self.app = create_app(_for_one_desk(settings), Clock(now=self.clock.now))
        self.journal: Json = self._read_journal()
        self.calendar = Calendar(date.fromisoformat(self.journal["today"]))

    def play(self) -> None:
        """Do what is not done yet, day by day."""
        deeds = deeds_of(self.plan, self.calendar)
        if self.journal["done"] == len(deeds):
            return
        self.say(f"  此前五周：{len(deeds)} 件事 …")
        self._write_journal()
        self.clock.at = deeds[self.journal["done"]][0].astimezone(UTC)
        day = Day(lambda: InApp(self.app, self.clock), self.folder, self.say)
        office = OfficeDeeds(day, self.plan, self.clock, self.calendar, self._work)
        field = FieldDeeds(day, self.plan, self.clock, office)
        known = {**office.known(), **field.known()}
        if self.journal["done"]:
            office.prepare({})
        for at, deed in deeds[self.journal["done"] :]:
            self._morning(at)
            self.clock.at = max(at.astimezone(UTC), self.clock.at)
            known[deed["do"]](deed)
            self._work()
            self.journal["done"] += 1
            self._write_journal()
        field.close()

    def _morning(self, at: datetime) -> None:
        """What the clockwork does, on each day on which something is done."""
        day = at.astimezone(CHINA).date()
        if self.journal["morning"] == day.isoformat():
            return
        morning = datetime.combine(day, time(6), CHINA).astimezone(UTC)
        self.clock.at = max(morning, self.clock.at)
        with self.app.app_context():
            work.ask(MORNING)
        self._work()
        self.journal["morning"] = day.isoformat()

    def _work(self) -> None:
        """What the job consumer does beside a server."""
        with self.app.app_context():
            work.ask_when_due()
            for job in work.due():
                work.run(job)

    def _read_journal(self) -> dict[str, Any]:
        file = self.folder / JOURNAL
        if file.exists():
            found: dict[str, Any] = json.loads(file.read_text())
            return found
        return {"today": datetime.now(CHINA).date().isoformat(), "done": 0, "morning": None}

    def _write_journal(self) -> None:
        part = self.folder / f"{JOURNAL}.part"
        part.write_text(json.dumps(self.journal))
        part.replace(self.folder / JOURNAL)


def _for_one_desk(settings: Settings) -> Settings:
    """Everybody of the weeks sits at one address, and signs in once a week: passwords are made to be slow to check."""
    rules = replace(settings.sign_in, idle_minutes=0, hours=6 * 24)
    return replace(settings, login_attempts="1000 per minute", sign_in=rules)


def weeks_began(data: Path) -> bool:
    """Whether the weeks are in this data folder, whole or in part."""
    return (data / JOURNAL).exists()


def day_began_without(data: Path) -> bool:
    """Whether the day began in this data folder without the weeks, which can then not come before it any more."""
    return any((data / "devices").glob("*")) and not weeks_began(data)
