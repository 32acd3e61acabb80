"""Tasks: given, taken by one of two, done, handed back, called off; re-inspections that open and end by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from backend.models import Task
from backend.services import accounts
from backend.transactions import writing
from tests.backend.inspections import answer, submit
from tests.stories import Phone, Server, new_id

pytestmark = pytest.mark.both_databases
LABAO, COUNTY = "450206100", "450206"


class Desk:
    def __init__(self, server: Server, client: FlaskClient, token: dict[str, str]) -> None:
        self.server, self.client, self.token = server, client, token

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def give(self, **more: Any) -> Any:
        due = (self.server.time.now() + timedelta(days=3)).isoformat()
        return self.send("POST", "/tasks", {"kind": "inspection", "title": "查工地扬尘", "due_at": due, **more})

    def pooled(self) -> str:
        made = self.give(pool=LABAO)
        assert made.status_code == 201, made.json
        return str(made.json["id"])

    def detail(self, task: str) -> Any:
        return self.send("GET", f"/tasks/{task}").json


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    return lambda name, *grants, role="supervisor": Desk(server, client, server.token(name, role, grants or (COUNTY,)))


@pytest.fixture
def luo(desk: Callable[..., Desk]) -> Desk:
    return desk("luo")


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(LABAO,))


@pytest.fixture
def lan(server: Server) -> Phone:
    return server.phone("lan", grants=(LABAO,))


def do(phone: Phone, command: str, task: str, **args: Any) -> None:
    phone.device.record(command, task, {"note": None, **args}, phone.device.mirror.rev("task", task))
    phone.sync()


def said(phone: Phone) -> tuple[str, str | None]:
    result = phone.last_result()
    return result["status"], (result["problem"] or {}).get("code")


def problem(answer_: Any) -> tuple[int, str]:
    return answer_.status_code, answer_.json["code"]


def test_an_open_one_is_with_everybody_of_its_area_and_a_taken_one_with_its_own(
    server: Server, luo: Desk, wei: Phone, lan: Phone
) -> None:
    far = server.phone("far", grants=("450202",))
    task = luo.pooled()
    for phone in (wei, lan, far):
        phone.sync()
    assert [phone.device.mirror.row("task", task) is not None for phone in (wei, lan, far)] == [True, True, False]
    do(wei, "task.take", task)
    for phone in (wei, lan):
        report = phone.sync()
        assert (report.quiet, report.resynced) == (True, [])
    row = wei.device.mirror.row("task", task)
    assert row is not None
    assert (row["state"], row["assignee"]["name"]) == ("taken", "wei")
    assert lan.device.mirror.row("task", task) is None


def test_of_two_who_take_it_apart_the_second_hears_who_has_it(luo: Desk, wei: Phone, lan: Phone) -> None:
    task = luo.pooled()
    wei.sync(), lan.sync()
    do(wei, "task.take", task)
    do(lan, "task.take", task)
    assert said(wei) == ("applied", None)
    assert said(lan) == ("rejected", "task-taken")
    assert lan.last_result()["problem"]["by"]["name"] == "wei"
    do(wei, "task.take", task)
    assert said(wei) == ("applied", None)


def test_what_somebody_else_did_waits_for_a_supervisor_who_may_let_it_count(luo: Desk, wei: Phone, lan: Phone) -> None:
    task = luo.pooled()
    wei.sync(), lan.sync()
    do(wei, "task.take", task)
    do(lan, "task.done", task, evidence=[{"type": "finding", "id": new_id()}])
    assert said(lan) == ("held", "right-lost")
    (held,) = luo.send("GET", "/attention").json["held"]
    luo.send("POST", f"/attention/ops/{held['stream']}/{held['n']}/retry", {"approve": True})
    assert luo.detail(task)["state"] == "done"
    do(wei, "task.done", task)
    assert said(wei) == ("rejected", "task-over")


def test_an_inspection_that_names_its_task_does_it(luo: Desk, wei: Phone) -> None:
    task = luo.pooled()
    wei.sync()
    do(wei, "task.take", task)
    inspection = submit(wei, answer("straw.zone.no-burning", "pass"), task=task)
    assert wei.sync().quiet
    told = luo.detail(task)
    assert told["state"] == "done"
    assert told["steps"][-1]["evidence"] == [{"type": "inspection", "id": inspection}]
    assert [step["action"] for step in told["steps"]] == ["create", "take", "done"]


@pytest.mark.parametrize("case", ["unknown", "not-yours", "over"])
def test_an_inspection_for_a_task_that_is_not_the_inspectors_is_taken_and_flagged(
    luo: Desk, wei: Phone, lan: Phone, case: str
) -> None:
    task = luo.pooled()
    wei.sync(), lan.sync()
    do(lan, "task.take", task)
    if case == "over":
        do(lan, "task.done", task)
    inspection = submit(wei, answer("straw.zone.no-burning", "pass"), task=new_id() if case == "unknown" else task)
    assert wei.sync().quiet
    row = wei.device.mirror.row("inspection", inspection)
    assert row is not None
    assert f"task-{case}" in [flag["code"] for flag in row["flags"]]


def test_handed_back_it_is_open_again_and_says_why(luo: Desk, wei: Phone, lan: Phone) -> None:
    task = luo.pooled()
    wei.sync()
    do(wei, "task.take", task)
    do(wei, "task.return", task, note="道路中断")
    lan.sync()
    row = lan.device.mirror.row("task", task)
    assert row is not None
    assert (row["state"], row["assignee"]) == ("open", None)
    assert luo.detail(task)["steps"][-1]["note"] == "道路中断"


def test_one_that_was_given_to_a_person_is_taken_at_once_reassigned_and_called_off(
    server: Server, luo: Desk, wei: Phone, lan: Phone
) -> None:
    with server.app.app_context(), writing() as session:
        ids = {name: accounts.by_name(session, name).id for name in ("wei", "lan")}
    made = luo.give(assignee=ids["wei"], cell=LABAO)
    assert (made.status_code, made.json["state"]) == (201, "taken")
    task = made.json["id"]
    wei.sync()
    assert wei.device.mirror.row("task", task) is not None
    assert problem(luo.send("PUT", f"/tasks/{task}/assignee", {"assignee": None})) == (422, "input-invalid")
    assert luo.send("PUT", f"/tasks/{task}/assignee", {"assignee": ids["lan"]}).status_code == 200
    wei.sync(), lan.sync()
    assert (wei.device.mirror.row("task", task), lan.device.mirror.row("task", task) is None) == (None, False)
    assert problem(luo.send("POST", f"/tasks/{task}/cancel", {"note": ""})) == (422, "input-invalid")
    assert luo.send("POST", f"/tasks/{task}/cancel", {"note": "重复"}).json["state"] == "cancelled"
    assert problem(luo.send("POST", f"/tasks/{task}/cancel", {"note": "重复"})) == (409, "task-over")


def test_who_goes_along_has_it_too_and_stays_when_the_other_hands_it_back(
    server: Server, luo: Desk, wei: Phone, lan: Phone
) -> None:
    with server.app.app_context(), writing() as session:
        ids = {name: accounts.by_name(session, name).id for name in ("wei", "lan", "luo")}
    third = server.person("mo", grants=(LABAO,))
    task = luo.give(assignee=ids["wei"], companions=[ids["lan"], ids["wei"]], cell=LABAO).json["id"]
    wei.sync(), lan.sync()
    row = lan.device.mirror.row("task", task)
    assert row is not None
    assert (row["assignee"]["id"], [each["id"] for each in row["companions"]]) == (ids["wei"], [ids["lan"]])
    assert [each["id"] for each in luo.send("GET", f"/tasks?assignee={ids['lan']}").json["items"]] == [task]
    do(lan, "task.return", task, note="生病")
    wei.sync()
    assert (lan.device.mirror.row("task", task), wei.device.mirror.row("task", task) is None) == (None, False)
    told = luo.detail(task)
    assert (told["assignee"]["id"], [each["id"] for each in told["companions"]]) == (ids["luo"], [ids["wei"]])
    luo.send("PUT", f"/tasks/{task}/assignee", {"assignee": third})
    do(wei, "task.done", task)
    assert said(wei) == ("applied", None)
    told = luo.detail(task)
    assert (told["state"], told["assignee"]["id"], told["companions"][0]["id"]) == ("done", third, ids["wei"])


def test_who_goes_along_is_somebody_and_goes_with_somebody(server: Server, luo: Desk) -> None:
    alone = luo.give(pool=LABAO, companions=[server.person("mo")])
    assert (problem(alone), alone.json["field"]) == ((422, "input-invalid"), "companions")
    unknown = luo.give(assignee=server.person("an"), cell=LABAO, companions=[new_id()])
    assert (problem(unknown), unknown.json["field"]) == ((422, "input-invalid"), "companions")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (422, "input-invalid")),
        ({"pool": "999"}, (422, "input-invalid")),
        ({"pool": "450202"}, (403, "not-allowed")),
        ({"assignee": new_id(), "cell": LABAO}, (422, "input-invalid")),
        ({"site": new_id(), "pool": LABAO}, (422, "input-invalid")),
        ({"pool": LABAO, "not_before": "2199-01-01T00:00:00+08:00"}, (422, "input-invalid")),
        ({"pool": LABAO, "kind": "dance"}, (422, "input-invalid")),
    ],
)
def test_what_makes_no_task_is_refused_in_words(luo: Desk, change: dict[str, Any], expected: tuple[int, str]) -> None:
    assert problem(luo.give(**change)) == expected


def test_lists_show_offices_their_area_and_inspectors_what_is_open_or_their_own(
    luo: Desk, desk: Callable[..., Desk], wei: Phone
) -> None:
    first, second = luo.pooled(), luo.pooled()
    wei.sync()
    do(wei, "task.take", first)
    inspector = desk("an", LABAO, role="inspector")

    def listed(who: Desk, query: str = "") -> set[str]:
        return {each["id"] for each in who.send("GET", f"/tasks{query}").json["items"]}

    assert listed(luo) == {first, second}
    assert listed(luo, "?state=open") == {second}
    assert listed(inspector) == {second}
    assert listed(desk("far", "450202")) == set()
    assert problem(inspector.send("GET", f"/tasks/{first}")) == (404, "not-found")
    assert problem(inspector.send("POST", f"/tasks/{second}/cancel", {"note": "x"})) == (403, "not-allowed")


def test_what_is_urgent_is_what_still_is_to_be_done_by_its_term_and_each_is_on_one_page(luo: Desk) -> None:
    def due_in(days: int) -> str:
        due = (luo.server.time.now() + timedelta(days=days)).isoformat()
        return str(luo.give(pool=LABAO, due_at=due).json["id"])

    over, next_week, tomorrow, called_off, later = (due_in(days) for days in (1, 7, 2, 3, 5))
    for task in (over, called_off):
        assert luo.send("POST", f"/tasks/{task}/cancel", {"note": "天气转雨"}).status_code == 200
    seen, cursor = [], ""
    while cursor is not None:
        page = luo.send("GET", f"/tasks?sort=urgent&limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [tomorrow, later, next_week, called_off, over]
    assert [each["id"] for each in luo.send("GET", "/tasks").json["items"]] == [
        *(next_week, later, called_off, tomorrow, over)
    ]
    assert luo.send("GET", "/tasks?sort=prettiest").status_code == 422


@pytest.fixture
def boss(desk: Callable[..., Desk]) -> Desk:
    return desk("boss", "450000", role="admin")


def dispatched(phone: Phone, luo: Desk, boss: Desk) -> str:
    """A finding that an office is putting right."""
    finding = phone.report()
    assert phone.sync().quiet
    office = boss.send("POST", "/offices", {"code": "ZJ", "name": "住建局", "kind": "department"}).json["id"]
    for start, to in pairwise(("submitted", "verified", "registered", "dispatched", "rectifying")):
        more = {"office": office} if to == "dispatched" else {}
        answer_ = luo.send("POST", f"/findings/{finding}/steps", {"from": start, "to": to, **more})
        assert answer_.status_code == 200, answer_.json
    return finding


def test_a_reply_opens_a_re_inspection_that_the_recheck_ends(
    luo: Desk, boss: Desk, wei: Phone, desk: Callable[..., Desk]
) -> None:
    finding = dispatched(wei, luo, boss)
    luo.send("POST", f"/findings/{finding}/steps", {"from": "rectifying", "to": "feedback"})
    (task,) = luo.send("GET", "/tasks?kind=re-inspection").json["items"]
    assert (task["source"], task["state"], task["pool"]) == ({"type": "finding", "id": finding}, "open", LABAO)
    wei.sync()
    assert wei.device.mirror.row("task", task["id"]) is not None
    other = desk("meng")
    assert other.send("POST", f"/findings/{finding}/steps", {"from": "feedback", "to": "recheck"}).status_code == 200
    assert luo.detail(task["id"])["state"] == "done"


def test_whoever_put_it_right_neither_takes_nor_does_nor_is_given_the_re_inspection(
    server: Server, luo: Desk, boss: Desk, wei: Phone, lan: Phone
) -> None:
    finding = dispatched(wei, luo, boss)
    wei.sync()
    step = {"from": "rectifying", "to": "feedback", "note": "已覆盖", "photos": [], "position": None, "office": None}
    wei.device.record("finding.transition", finding, step, wei.device.mirror.rev("finding", finding))
    wei.sync()
    assert said(wei) == ("applied", None)
    (task,) = luo.send("GET", "/tasks?kind=re-inspection").json["items"]
    wei.sync(), lan.sync()
    shown = {"type": "finding", "id": finding}
    do(wei, "task.take", task["id"])
    assert said(wei) == ("rejected", "rechecker-is-rectifier")
    do(wei, "task.done", task["id"], evidence=[shown])
    assert said(wei) == ("rejected", "rechecker-is-rectifier")
    inspection = submit(wei, answer("straw.zone.no-burning", "pass"), task=task["id"])
    assert wei.sync().quiet
    row = wei.device.mirror.row("inspection", inspection)
    assert row is not None
    assert "rechecker-is-rectifier" in [flag["code"] for flag in row["flags"]]
    with server.app.app_context(), writing() as session:
        rectifier = accounts.by_name(session, "wei").id
    given = luo.send("PUT", f"/tasks/{task['id']}/assignee", {"assignee": rectifier})
    assert problem(given) == (403, "rechecker-is-rectifier")
    assert luo.detail(task["id"])["state"] == "open"
    kept = [json.loads(body) for body in server.op_bodies()]
    assert [op["args"]["evidence"] for op in kept if op["cmd"] == "task.done"] == [[shown]]
    assert len(luo.send("GET", "/attention").json["rejected"]) == 2
    do(lan, "task.done", task["id"], evidence=[shown])
    assert said(lan) == ("applied", None)


def test_of_one_source_there_is_one_task_at_a_time(server: Server, luo: Desk) -> None:
    with server.app.app_context():
        with writing() as session:
            by = accounts.by_name(session, "luo").id
        same = {
            "kind": "other", "title": "x", "pool": LABAO, "source_type": "finding", "source_id": "f", "created_by": by,
            "created_at": server.time.now(), "due_at": server.time.now(),
        }  # fmt: skip
        with writing() as session:
            session.add(Task(id=new_id(), state="done", **same))
            session.add(Task(id=new_id(), state="open", **same))
        with pytest.raises(IntegrityError), writing() as session:
            session.add(Task(id=new_id(), state="open", **same))
