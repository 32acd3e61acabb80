"""Look-backs: planned by rule at close-out, given as tasks, begun and ended by steps, listed by what became of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from backend import catalogue
from backend.models import LookBack
from backend.services import look_back_rules
from backend.transactions import writing
from tests.stories import Phone, Server, new_id

DOCS = Path(__file__).parents[2] / "docs"
COUNTY, LABAO = "450206", "450206100"
TO_RECHECK = ("submitted", "verified", "registered", "dispatched", "rectifying", "feedback")


class Desk:
    """Somebody at the console."""

    def __init__(self, client: FlaskClient, token: dict[str, str]) -> None:
        self.client, self.token = client, token

    def get(self, path: str) -> Any:
        answer = self.client.get(f"/api/v1{path}", headers=self.token)
        assert answer.status_code == 200, answer.json
        return answer.json

    def step(self, finding: str, start: str, to: str, **more: Any) -> Any:
        body = {"from": start, "to": to, **more}
        answer = self.client.post(f"/api/v1/findings/{finding}/steps", headers=self.token, json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    def listed(self, query: str = "") -> list[tuple[str, str]]:
        """Finding and rule of each look-back."""
        return [(each["finding"]["id"], each["rule"]) for each in self.get(f"/look-backs{query}")["items"]]


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    return lambda name, *grants, role="supervisor": Desk(client, server.token(name, role, grants or (COUNTY,)))


@pytest.fixture
def luo(desk: Callable[..., Desk]) -> Desk:
    return desk("luo")


@pytest.fixture
def meng(desk: Callable[..., Desk]) -> Desk:
    """Another supervisor, who rechecks."""
    return desk("meng")


@pytest.fixture
def housing(client: FlaskClient, desk: Callable[..., Desk]) -> str:
    body = {"code": "ZJ", "name": "住建局", "kind": "department"}
    boss = desk("boss", "450000", role="admin")
    return str(client.post("/api/v1/offices", headers=boss.token, json=body).json["id"])


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(LABAO,))


@pytest.fixture
def close(wei: Phone, luo: Desk, meng: Desk, housing: str) -> Callable[..., str]:
    """Report a finding and bring it to close-out; returns its id."""

    def close(**args: Any) -> str:
        finding = wei.report(**{"severity": "serious", **args})
        assert wei.sync().quiet
        for start, to in pairwise(TO_RECHECK):
            luo.step(finding, start, to, **({"office": housing} if to == "dispatched" else {}))
        meng.step(finding, "feedback", "recheck")
        meng.step(finding, "recheck", "closed")
        return finding

    return close


@pytest.mark.both_databases
def test_a_close_out_plans_a_look_back_as_a_task_of_the_area_that_ends_with_it(
    server: Server, close: Callable[..., str], wei: Phone, luo: Desk
) -> None:
    finding = close()
    (plan,) = luo.get(f"/findings/{finding}")["look_backs"]
    # closed on Sunday 22 November: ten working days on is Friday 4 December, five more Friday 11 December
    assert (plan["rule"], plan["not_before"], plan["due_at"]) == (
        "serious", "2026-12-04T15:59:59+00:00", "2026-12-11T15:59:59+00:00",
    )  # fmt: skip
    wei.sync()
    task = wei.device.mirror.row("task", plan["task"])
    assert task is not None
    assert (task["kind"], task["pool"], task["due_at"]) == ("look-back", LABAO, plan["due_at"])
    assert task["source"] == {"type": "finding", "id": finding}
    for start, to in (("closed", "look_back"), ("look_back", "closed")):
        args = {"from": start, "to": to, "note": "仍覆盖良好", "photos": [], "position": None}
        wei.device.record("finding.transition", finding, args, wei.device.mirror.rev("finding", finding))
        assert wei.sync().quiet
        assert wei.last_result()["status"] == "applied"
    (done,) = luo.get(f"/findings/{finding}")["look_backs"]
    assert (done["outcome"], done["begun_at"], done["overdue"]) == ("holds", server.time.now().isoformat(), False)
    assert luo.get(f"/tasks/{plan['task']}")["state"] == "done"
    assert (luo.listed("?state=planned"), luo.listed("?state=done")) == ([], [(finding, "serious")])


@pytest.mark.both_databases
def test_a_relapse_counts_ends_the_task_and_the_next_close_out_is_looked_at_anew(
    close: Callable[..., str], luo: Desk, meng: Desk, housing: str
) -> None:
    finding = close(severity="minor")
    luo.step(finding, "closed", "look_back")
    (plan,) = luo.get(f"/findings/{finding}")["look_backs"]
    assert luo.get(f"/tasks/{plan['task']}")["state"] == "open"
    assert luo.step(finding, "look_back", "reopened", note="又裸露")["case"]["times_reopened"] == 1
    assert luo.get(f"/tasks/{plan['task']}")["state"] == "done"
    for start, to in pairwise(("reopened", "dispatched", "rectifying", "feedback")):
        luo.step(finding, start, to, **({"office": housing} if to == "dispatched" else {}))
    meng.step(finding, "feedback", "recheck")
    meng.step(finding, "recheck", "closed")
    told = luo.get(f"/findings/{finding}")["look_backs"]
    assert [(each["n"], each["outcome"]) for each in told] == [(1, "relapse"), (2, None)]
    assert told[1]["rule"] == "mended-again"
    assert luo.listed("?outcome=relapse") == [(finding, plan["rule"])]


def test_what_no_rule_chose_can_be_looked_at_by_hand(server: Server, close: Callable[..., str], luo: Desk) -> None:
    rule = look_back_rules.rule_for("minor", "dust", again=False)
    finding = close(severity="minor")
    found = server.finding(finding)
    assert rule is not None
    assert found is not None
    assert not rule.chooses(found.number)
    assert luo.listed() == []
    luo.step(finding, "closed", "look_back")
    assert luo.listed("?state=planned") == [(finding, look_back_rules.BY_HAND)]


def test_one_that_is_not_done_by_its_day_is_listed_as_overdue(
    server: Server, close: Callable[..., str], desk: Callable[..., Desk]
) -> None:
    finding = close()
    server.time.pass_by(days=19)
    assert desk("in time").listed("?state=overdue") == []
    server.time.pass_by(days=1)
    later = desk("later")
    assert later.listed("?state=overdue") == later.listed("?state=planned") == [(finding, "serious")]
    assert later.get("/look-backs")["items"][0]["overdue"] is True


def test_a_list_is_of_findings_that_one_sees(close: Callable[..., str], luo: Desk, desk: Callable[..., Desk]) -> None:
    finding = close()
    assert desk("far", "450202").listed() == []
    assert luo.listed(f"?cell={LABAO}") == [(finding, "serious")]
    assert luo.listed("?cell=450202") == []
    refused = luo.client.get("/api/v1/look-backs?state=perhaps", headers=luo.token)
    assert (refused.status_code, refused.json["code"]) == (422, "input-invalid")


def test_a_duplicate_merged_into_a_closed_finding_leaves_its_plan_alone_and_has_none(
    close: Callable[..., str], wei: Phone, luo: Desk
) -> None:
    finding, twin = close(), wei.report("同一处", severity="serious")
    assert wei.sync().quiet
    merge = f"/api/v1/findings/{twin}/merge"
    assert luo.client.post(merge, headers=luo.token, json={"into": finding}).status_code == 200
    assert luo.listed() == [(finding, "serious")]
    assert luo.client.delete(merge, headers=luo.token, json={}).status_code == 200
    assert luo.listed("?state=planned") == [(finding, "serious")]


def test_a_decided_conflict_that_undoes_a_close_out_calls_its_look_back_off(
    close: Callable[..., str], luo: Desk, server: Server
) -> None:
    finding = close()
    (plan,) = luo.get(f"/findings/{finding}")["look_backs"]
    boss = server.phone("yan", "supervisor")
    boss.sync()
    args = {"from": "submitted", "to": "rejected", "note": "不属实", "photos": [], "position": None}
    boss.device.record("finding.transition", finding, args, boss.device.mirror.rev("finding", finding))
    boss.sync()
    path = f"/api/v1/attention/conflicts/{boss.last_result()['conflict']}/resolve"
    assert luo.client.post(path, headers=luo.token, json={"choice": {"state": "incoming"}}).status_code == 204
    assert luo.get(f"/findings/{finding}")["look_backs"][0]["outcome"] == "cancelled"
    assert luo.get(f"/tasks/{plan['task']}")["state"] == "cancelled"


@pytest.mark.both_databases
def test_no_finding_has_two_open_look_backs(server: Server, close: Callable[..., str]) -> None:
    finding, now = close(), server.time.now()
    times = {"planned_at": now, "not_before": now, "due_at": now}
    second = LookBack(id=new_id(), finding_id=finding, n=2, rule="serious", **times)
    with server.app.app_context(), pytest.raises(IntegrityError), writing() as session:
        session.add(second)


def test_every_severity_of_every_topic_has_a_rule_and_what_failed_before_is_always_looked_at() -> None:
    for severity in catalogue.codes("severity"):
        for topic in catalogue.codes("topic"):
            first, again = (look_back_rules.rule_for(severity, topic, again) for again in (False, True))
            assert first is not None
            assert again is not None
            assert again.share == 100
            assert again.code != first.code
    assert all(0 <= rule.share <= 100 and rule.after >= 0 < rule.within for rule in look_back_rules.table())


def test_the_documentation_has_the_rules_as_they_are() -> None:
    told = [line for line in (DOCS / "cases.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    rows = [re.sub(r" \(.*?\)", "", line).strip("| ").split(" | ") for line in told]
    assert [row for row in rows if len(row) == 6] == [
        [
            f"`{rule.code}`", ", ".join(rule.severity) or "all", ", ".join(rule.topic) or "all",
            str(rule.after), str(rule.after + rule.within), f"{rule.share} %",
        ]
        for rule in look_back_rules.table()
    ]  # fmt: skip


def test_the_share_is_chosen_by_the_number_alone() -> None:
    numbers = [f"LZ-20261122-{n:04d}" for n in range(5000)]
    for share in (0, 10, 50, 100):
        rule = look_back_rules.Rule("x", 1, 1, share)
        chosen = [number for number in numbers if rule.chooses(number)]
        assert abs(len(chosen) / len(numbers) - share / 100) < 0.02
        assert chosen == [number for number in numbers if rule.chooses(number)]


def test_the_rules_are_there_to_be_read(luo: Desk) -> None:
    told = luo.get("/look-backs/rules")["items"]
    assert [each["code"] for each in told] == [rule.code for rule in look_back_rules.table()]
    assert told[1] == {
        "code": "serious", "severity": ["serious"], "topic": [], "again": False, "after": 10, "within": 5, "share": 100
    }  # fmt: skip
