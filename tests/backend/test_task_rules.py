"""Recurring tasks: made ahead of time, once, by whichever host; paused, resumed, ended; made up for in measure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backend.models import Task
from backend.services import accounts, task_occurrences
from backend.transactions import reading, writing
from tests.backend.desks import Desk, House
from tests.stories import Phone, Server, new_id

LABAO, COUNTY = "450206100", "450206"
MONDAYS = {"kind": "inspection", "title": "工地周检", "rule": "FREQ=WEEKLY;BYDAY=MO", "pool": LABAO}


@pytest.fixture
def house(server: Server, client: Any) -> House:
    """It is Sunday, 22 November 2026, 18:00 in China."""
    return House(server, client)


@pytest.fixture
def luo(house: House) -> Desk:
    return house.desk("luo")


@pytest.fixture
def boss(house: House) -> Desk:
    return house.desk("boss", "admin", ())


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(LABAO,))


def made(desk: Desk, **more: Any) -> Any:
    answer = desk.send("POST", "/task-rules", **{**MONDAYS, **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def tasks_of(server: Server, rule: str) -> list[tuple[str, str]]:
    """The days of a rule that have a task, and its state."""
    with server.app.app_context(), reading() as session:
        found = session.scalars(select(Task).where(Task.rule_id == rule).order_by(Task.occurrence))
        return [(f"{each.occurrence:%m-%d}", each.state) for each in found]


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_rule_makes_its_next_task_at_once_and_devices_get_it(server: Server, luo: Desk, wei: Phone) -> None:
    rule = made(luo)
    assert (rule["rule"], rule["state"], rule["hindrance"]) == ("FREQ=WEEKLY;BYDAY=MO", "active", None)
    assert [each["day"] for each in rule["next"][:2]] == ["2026-11-23", "2026-11-30"]
    wei.sync()
    (task,) = luo.get("/tasks").json["items"]
    row = wei.device.mirror.row("task", task["id"])
    assert row is not None
    assert (row["title"], row["source"]) == ("工地周检", {"type": "task_rule", "id": rule["id"]})
    assert (row["not_before"], row["due_at"]) == ("2026-11-23T00:00:00+00:00", "2026-11-23T10:00:00+00:00")


def test_the_clockwork_makes_each_day_once(server: Server, house: House, luo: Desk) -> None:
    rule = made(luo)["id"]
    assert house.run("make-tasks") == {"made": 0}
    house.later(days=7)
    assert house.run("make-tasks") == {"made": 1}
    assert house.run("make-tasks") == {"made": 0}
    assert tasks_of(server, rule) == [("11-23", "open"), ("11-30", "open")]


@pytest.mark.both_databases
def test_the_database_holds_that_a_day_of_a_rule_has_one_task(server: Server, luo: Desk) -> None:
    rule = made(luo)["id"]
    with server.app.app_context():
        with writing() as session:
            by = accounts.by_name(session, "luo").id
        with pytest.raises(IntegrityError), writing() as session:
            session.add(
                Task(
                    id=new_id(), kind="other", title="x", pool=LABAO, state="open", created_by=by, rule_id=rule,
                    occurrence=date(2026, 11, 23), created_at=server.time.now(), due_at=server.time.now(),
                )
            )  # fmt: skip


@pytest.mark.both_databases
def test_a_host_that_looked_at_the_same_time_adds_nothing(server: Server, house: House, luo: Desk) -> None:
    rule = made(luo)["id"]
    house.later(days=7)
    with server.app.app_context():
        with reading() as session:
            seen_by_both = task_occurrences.ready(session, server.time.now())
        counted = []
        for _ in range(2):
            with writing() as session:
                counted.append(task_occurrences.make_some(session, seen_by_both, server.time.now()))
    assert counted == [1, 0]
    assert len(tasks_of(server, rule)) == 2


def test_after_weeks_away_only_what_can_still_be_done_is_made(server: Server, house: House, luo: Desk) -> None:
    rule = made(luo, rule="FREQ=DAILY", days=1)["id"]
    assert len(tasks_of(server, rule)) == 8  # today until 18:00 tomorrow, and seven days ahead
    house.later(days=40)
    assert house.run("make-tasks") == {"made": 8}
    assert [day for day, _ in tasks_of(server, rule)[8:]] == [
        f"{date(2027, 1, 1) + timedelta(days=n):%m-%d}" for n in range(8)
    ]


def test_a_paused_rule_makes_nothing_and_goes_on_without_making_up(
    server: Server, house: House, luo: Desk, wei: Phone
) -> None:
    rule = made(luo)["id"]
    paused = luo.send("POST", f"/task-rules/{rule}/pause", note="停工")
    assert (paused.json["state"], paused.json["hindrance"], paused.json["next"]) == ("paused", "paused", [])
    assert tasks_of(server, rule) == [("11-23", "cancelled")]
    assert problem(luo.send("POST", f"/task-rules/{rule}/pause", note="停工")) == (409, "task-rule-not-ready")
    house.later(days=9)  # 1 December
    assert house.run("make-tasks") == {"made": 0}
    assert luo.send("POST", f"/task-rules/{rule}/resume").json["state"] == "active"
    assert tasks_of(server, rule) == [("11-23", "cancelled"), ("12-07", "open")]


@pytest.mark.both_databases
def test_what_a_pause_called_off_comes_back_when_the_rule_goes_on_before_its_day(
    server: Server, luo: Desk, wei: Phone
) -> None:
    rule = made(luo)["id"]
    luo.send("POST", f"/task-rules/{rule}/pause", note="停工")
    luo.send("POST", f"/task-rules/{rule}/resume")
    assert tasks_of(server, rule) == [("11-23", "open")]
    (task,) = luo.get("/tasks").json["items"]
    wei.sync()
    assert wei.device.mirror.row("task", task["id"]) is not None
    steps = luo.get(f"/tasks/{task['id']}").json["steps"]
    assert [each["action"] for each in steps] == ["create", "pause", "resume"]
    luo.send("POST", f"/tasks/{task['id']}/cancel", note="不必了")
    luo.send("POST", f"/task-rules/{rule}/pause", note="停工")
    luo.send("POST", f"/task-rules/{rule}/resume")
    assert tasks_of(server, rule) == [("11-23", "cancelled")]  # a person called that one off


def test_an_ended_rule_is_over_and_leaves_what_has_begun(server: Server, house: House, luo: Desk) -> None:
    rule = made(luo, days=3)["id"]
    house.later(days=1)
    house.run("make-tasks")
    luo.send("POST", f"/task-rules/{rule}/end", note="专项结束")
    house.later(days=20)
    assert house.run("make-tasks") == {"made": 0}
    assert tasks_of(server, rule) == [("11-23", "open"), ("11-30", "cancelled")]
    assert problem(luo.send("POST", f"/task-rules/{rule}/resume")) == (409, "task-rule-not-ready")


def test_a_campaign_bounds_its_rules(server: Server, house: House, boss: Desk) -> None:
    said = {"code": "Y", "name": "扬尘月", "topic": "dust", "cells": [COUNTY]}
    campaign = boss.send("POST", "/campaigns", **said, first_day="2026-11-24", last_day="2026-11-26").json["id"]
    rule = made(boss, rule="FREQ=DAILY", campaign=campaign)
    assert (rule["hindrance"], tasks_of(server, rule["id"])) == ("campaign-not-running", [])
    boss.send("POST", f"/campaigns/{campaign}/start")
    house.run("make-tasks")
    assert [day for day, _ in tasks_of(server, rule["id"])] == ["11-24", "11-25", "11-26"]
    late = boss.send("POST", "/task-rules", **MONDAYS, campaign=campaign, first_day="2026-11-27")
    assert problem(late) == (422, "recurrence-invalid")


def test_a_closed_account_leaves_the_task_to_the_pool_or_to_whoever_made_the_rule(
    server: Server, house: House, luo: Desk, boss: Desk
) -> None:
    lan = house.desk("lan", "inspector", (LABAO,))
    alone = made(luo, pool=None, assignee=lan.user_id, cell=LABAO)["id"]
    pooled = made(luo, assignee=lan.user_id)["id"]
    with server.app.app_context(), writing() as session:
        accounts.deactivate(session, None, accounts.by_name(session, "lan"), server.time.now())
    house.later(days=7)
    assert house.run("make-tasks") == {"made": 2}
    assert tasks_of(server, alone)[-1] == ("11-30", "taken")
    assert tasks_of(server, pooled)[-1] == ("11-30", "open")
    mine = luo.get(f"/tasks?assignee={luo.user_id}").json["items"]
    assert [each["source"]["id"] for each in mine] == [alone]


def test_rules_are_kept_and_seen_by_the_offices_of_their_area(house: House, luo: Desk) -> None:
    rule = made(luo)["id"]
    far, wei = house.desk("far", grants=("450202",)), house.desk("an", "inspector", (LABAO,))
    assert [each["id"] for each in luo.get("/task-rules?state=active").json["items"]] == [rule]
    assert (far.get("/task-rules").json["items"], far.get(f"/task-rules/{rule}").status_code) == ([], 404)
    assert problem(far.send("POST", "/task-rules", **MONDAYS)) == (403, "not-allowed")
    assert problem(wei.send("POST", "/task-rules", **MONDAYS)) == (403, "not-allowed")
    assert problem(far.send("POST", f"/task-rules/{rule}/end", note="x")) == (404, "not-found")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"rule": "FREQ=YEARLY"}, "recurrence-invalid", "rule"),
    ({"rule": "FREQ=WEEKLY;BYDAY=MO", "last_day": "2026-11-22"}, "recurrence-invalid", "rule"),
    ({"closes": "07:00"}, "recurrence-invalid", "closes"),
    ({"pool": None}, "input-invalid", "assignee"),
    ({"site": new_id()}, "input-invalid", "site"),
    ({"campaign": new_id()}, "input-invalid", "campaign"),
    ({"assignee": new_id()}, "input-invalid", "assignee"),
]
OUT_OF_BOUNDS = [{"days": 93}, {"opens": "25:00"}, {"holidays": "maybe"}, {"rule": ""}, {"last_day": "0001-01-01"}]


def test_what_makes_no_rule_is_refused_in_words(luo: Desk) -> None:
    for change, code, field in REFUSED:
        answer = luo.send("POST", "/task-rules", **{**MONDAYS, **change})
        assert (*problem(answer), answer.json["field"]) == (422, code, field)
    for wrong in OUT_OF_BOUNDS:
        answer = luo.send("POST", "/task-rules", **{**MONDAYS, **wrong})
        assert problem(answer) == (422, "input-invalid")
        assert set(answer.json["errors"]["json"]) == set(wrong)
    assert luo.get("/task-rules").json["items"] == []
