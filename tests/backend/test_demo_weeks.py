"""The weeks before the demo's day: in order whatever the weekday, played once however often they are cut off."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend import create_app
from backend.cli.demo import _first_admin
from backend.demo.office_deeds import OfficeDeeds
from backend.demo.recording import walk
from backend.demo.story import read_plan
from backend.demo.weeks import Calendar, Weeks, day_began_without, deeds_of
from backend.extensions import db
from backend.models import (
    Conflict,
    Finding,
    FirePoint,
    OpRecord,
    Paper,
    Patrol,
    PatrolTrack,
    Period,
    Supervision,
    Task,
)
from backend.services.working_time import CHINA
from tests.conftest import settings_for

MONDAY = date(2026, 11, 23)
WEEK = [MONDAY + timedelta(days=n) for n in range(7)]


@pytest.mark.parametrize("today", WEEK, ids=lambda day: f"{day:%a}")
def test_everything_lies_before_the_day_whatever_weekday_it_is(today: date) -> None:
    midnight = datetime.combine(today, datetime.min.time(), CHINA)
    at = [when for when, _ in deeds_of(read_plan("weeks"), Calendar(today))]
    assert at == sorted(at)
    assert at[-1] < midnight


@pytest.mark.parametrize("today", WEEK, ids=lambda day: f"{day:%a}")
def test_the_steps_of_a_finding_follow_one_another(today: date) -> None:
    stood: dict[str, str] = {}
    for _, deed in deeds_of(read_plan("weeks"), Calendar(today)):
        if deed["do"] == "report":
            stood[deed["key"]] = "submitted"
        for item in deed.get("fails", {}):
            stood[f"{deed['key']}/{item}"] = "submitted"
        if deed["do"] == "step":
            assert stood[deed["finding"]] == deed["from"]
            stood[deed["finding"]] = deed["to"]
    plan = read_plan("weeks")
    inspected = [deed["to"] for deed in plan["deeds"] for _ in deed.get("fails", {})]
    assert Counter(stood.values()) == Counter([*(each["to"] for each in plan["findings"]), *inspected])


def test_nobody_takes_a_step_on_a_weekend() -> None:
    steps = [at for at, deed in deeds_of(read_plan("weeks"), Calendar(MONDAY)) if deed["do"] == "step"]
    assert all(at.weekday() < 5 for at in steps)


def test_a_walk_begins_at_the_first_corner_and_ends_at_the_last() -> None:
    way = walk([[109.0, 24.0], [109.2, 24.0], [109.2, 24.1]], 5)
    assert way == [(109.0, 24.0), (109.1, 24.0), (109.2, 24.0), (109.2, 24.05), (109.2, 24.1)]


def test_the_weeks_do_not_follow_a_day_that_began_without_them(tmp_path: Path) -> None:
    (tmp_path / "devices" / "demo-wei").mkdir(parents=True)
    assert day_began_without(tmp_path)
    (tmp_path / "weeks.json").write_text("{}")
    assert not day_began_without(tmp_path)


@pytest.mark.slow
def test_weeks_that_are_cut_off_go_on_and_double_nothing(database: str, tmp_path: Path, monkeypatch) -> None:
    settings = settings_for(tmp_path / "data", database)
    app = create_app(settings)
    with app.app_context():
        _first_admin(read_plan())
    left = {"task": 0, "fire-file": 0, "paper": 1, "step": 40, "report_fire": 0}

    def cut_after(name: str, deed):
        def done_and_then_killed(self, said):
            deed(self, said)
            left[name] -= 1
            if left[name] == -1:
                raise ZeroDivisionError

        return done_and_then_killed

    for name, method in (("task", "task"), ("fire-file", "fire_file"), ("paper", "paper"), ("step", "step")):
        monkeypatch.setattr(OfficeDeeds, method, cut_after(name, getattr(OfficeDeeds, method)))
    monkeypatch.setattr(OfficeDeeds, "report_fire", cut_after("report_fire", OfficeDeeds.report_fire))
    for _ in left:
        with pytest.raises(ZeroDivisionError):
            Weeks(settings, lambda line: None).play()
    Weeks(settings, lambda line: None).play()
    Weeks(settings, lambda line: None).play()

    plan = read_plan("weeks")
    with app.app_context():
        session = db.session()

        def count(model, *conditions) -> int:
            return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

        failed = sum(len(deed["fails"]) for deed in plan["deeds"] if deed["do"] == "inspection")
        assert count(Finding) == len(plan["findings"]) + failed
        states = Counter(session.scalars(select(Finding.state)))
        assert {"submitted", "verified", "registered", "rectifying", "feedback", "returned", "reopened"} < states.keys()
        assert count(FirePoint) == 9
        assert count(FirePoint, FirePoint.state == "open") == 5
        assert count(Patrol) == count(PatrolTrack) == 2
        assert count(Period) == count(Period, Period.state == "frozen") == 2
        assert sorted(session.scalars(select(Paper.state))) == ["draft", "issued"]
        assert count(Conflict, Conflict.state == "open") == 1
        assert count(OpRecord, OpRecord.status == "held") == 1
        assert count(Task, Task.title == "汽修店喷漆房检查") == 1
        assert Counter(session.scalars(select(Supervision.state))) >= Counter(issued=3, dismissed=1, proposed=1)
        span = session.execute(select(func.min(Finding.found_at), func.max(Finding.found_at))).one()
        assert span[1] - span[0] > timedelta(weeks=4)
