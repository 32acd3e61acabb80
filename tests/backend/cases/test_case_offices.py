"""What offices do with a finding: seen by them alone, passed on, returned, given more time, parked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.backend.cases.case_desks import Desk, problem
from tests.stories import IN_LIUJIANG, Phone, Server, new_id

pytestmark = pytest.mark.both_databases


def test_a_handler_sees_what_the_office_was_given_and_nothing_else(
    finding: str, wei: Phone, luo: Desk, handler: Desk, housing: str
) -> None:
    other = wei.report("另一处")
    assert wei.sync().quiet
    assert handler.get("/findings").json["items"] == []
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    assert [each["id"] for each in handler.get("/findings").json["items"]] == [finding]
    assert handler.get(f"/findings/{other}").status_code == 404
    assert problem(handler.step(other, "submitted", "verified")) == (404, "not-found")


def test_a_handler_sees_the_site_of_what_the_office_was_given_and_no_other_site(
    wei: Phone, luo: Desk, handler: Desk, housing: str
) -> None:
    place = {"name": "一号工地", "kind": "construction", "position": dict(IN_LIUJIANG)}
    here, other = (luo.send("POST", "/sites", code=code, **place).json["id"] for code in ("GD-1", "GD-2"))
    found = wei.report(site=here)
    assert wei.sync().quiet
    assert handler.get(f"/sites/{here}").status_code == 404
    luo.walk(found, "submitted", "verified", "registered", "dispatched", office=housing)
    assert handler.get(f"/sites/{here}").json["name"] == "一号工地"
    assert [site["id"] for site in handler.get("/sites").json["items"]] == [here]
    assert handler.get(f"/sites/{other}").status_code == 404


def test_a_handler_takes_only_the_steps_of_handlers_and_only_while_the_office_has_it(
    finding: str, luo: Desk, handler: Desk, housing: str, transport: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    may = handler.get(f"/findings/{finding}/steps").json
    assert [each["action"] for each in may] == ["sign-for"]
    assert problem(handler.step(finding, "dispatched", "registered", note="不要")) == (403, "step-not-yours")
    assert handler.send("POST", f"/findings/{finding}/pass", office=transport, note="属交通").status_code == 200
    assert handler.get(f"/findings/{finding}/steps").json == []
    assert problem(handler.step(finding, "dispatched", "rectifying")) == (403, "step-not-yours")
    assert problem(handler.send("POST", f"/findings/{finding}/return", note="x")) == (403, "step-not-yours")


def test_passed_on_the_term_stays_and_each_stay_is_kept(
    server: Server, finding: str, luo: Desk, handler: Desk, housing: str, transport: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    due = luo.detail(finding)["case"]["due_at"]
    server.time.pass_by(days=30)
    handler.send("POST", f"/findings/{finding}/pass", office=transport, note="属交通")
    told = luo.detail(finding)
    assert told["case"]["due_at"] == due
    assert [(hop["office"]["code"], hop["outcome"]) for hop in told["hops"]] == [("LJ-ZJ", "passed"), ("LJ-JT", None)]
    assert [hop["late_days"] > 0 for hop in told["hops"]] == [True, True]


def test_a_return_is_decided_by_the_dispatcher_within_a_working_day(
    finding: str, luo: Desk, handler: Desk, housing: str, transport: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    assert problem(handler.send("POST", f"/findings/{finding}/return", note=" ")) == (422, "note-missing")
    assert handler.send("POST", f"/findings/{finding}/return", note="不属我局").status_code == 200
    asked = luo.detail(finding)["hops"][0]["return"]
    assert (asked["reason"], asked["by"]["name"], asked["due_at"]) == ("不属我局", "qin", "2026-11-23T15:59:59+00:00")
    assert problem(handler.send("POST", f"/findings/{finding}/return", note="再说")) == (409, "request-open")
    assert luo.waiting_for("return") == luo.waiting_for("extension,return") == [finding]
    assert luo.waiting_for("extension") == []
    assert luo.send("DELETE", f"/findings/{finding}/return", note="属你局").status_code == 200
    assert luo.detail(finding)["hops"][0]["return"] is None
    assert luo.waiting_for("return") == []
    handler.send("POST", f"/findings/{finding}/return", note="确不属我局")
    assert luo.step(finding, "dispatched", "registered", note="改派").status_code == 200
    luo.walk(finding, "registered", "dispatched", office=transport)
    told = luo.detail(finding)
    assert [hop["outcome"] for hop in told["hops"]] == ["returned", None]
    assert "refuse-return" in [step["action"] for step in told["steps"]]


def test_more_time_is_asked_for_with_a_reason_granted_by_another_and_counted(
    server: Server, finding: str, luo: Desk, handler: Desk, housing: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    until = (server.time.now() + timedelta(days=20)).isoformat()
    past = (server.time.now() - timedelta(days=1)).isoformat()
    assert problem(handler.send("POST", f"/findings/{finding}/extension", due_at=past, note="雨")) == (
        422,
        "input-invalid",
    )
    assert handler.send("POST", f"/findings/{finding}/extension", due_at=until, note="连日降雨").status_code == 200
    assert luo.waiting_for("extension") == [finding]
    assert problem(handler.send("PUT", f"/findings/{finding}/extension", due_at=until)) == (403, "not-allowed")
    assert luo.send("PUT", f"/findings/{finding}/extension", due_at=None, note="不同意").status_code == 200
    assert luo.waiting_for("extension") == []
    assert problem(luo.send("PUT", f"/findings/{finding}/extension", due_at=until)) == (409, "request-open")
    handler.send("POST", f"/findings/{finding}/extension", due_at=until, note="仍在下雨")
    granted = luo.send("PUT", f"/findings/{finding}/extension", due_at=until)
    assert granted.json["deadline_at"] == granted.json["case"]["due_at"] == until
    asked = luo.detail(finding)["hops"][0]["extensions"]
    assert [(each["n"], each["granted"], each["decided_by"]["name"]) for each in asked] == [
        (1, False, "luo"),
        (2, True, "luo"),
    ]


def test_more_time_that_nobody_has_answered_falls_away_with_the_reply(
    server: Server, finding: str, luo: Desk, handler: Desk, housing: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    handler.step(finding, "dispatched", "rectifying")
    until = (server.time.now() + timedelta(days=20)).isoformat()
    assert handler.send("POST", f"/findings/{finding}/extension", due_at=until, note="连日降雨").status_code == 200
    assert luo.detail(finding)["hops"][0]["extensions"][0]["state"] == "waiting"
    assert handler.step(finding, "rectifying", "feedback").status_code == 200
    (asked,) = luo.detail(finding)["hops"][0]["extensions"]
    assert (asked["state"], asked["withdrawn_at"]) == ("withdrawn", server.time.now().isoformat())
    assert (asked["granted"], asked["decided_by"], asked["decided_at"]) == (None, None, None)
    assert problem(luo.send("PUT", f"/findings/{finding}/extension", due_at=until)) == (409, "hop-closed")


def test_what_is_parked_is_not_late_until_then(
    server: Server, finding: str, luo: Desk, handler: Desk, housing: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    until = (server.time.now() + timedelta(days=40)).isoformat()
    handler.send("POST", f"/findings/{finding}/parking", due_at=until, note="等待拆迁")
    server.time.pass_by(days=39)
    assert luo.detail(finding)["hops"][0]["late_days"] == 0
    server.time.pass_by(days=3)
    assert luo.detail(finding)["hops"][0]["late_days"] == 2


def test_an_office_that_nobody_knows_or_that_is_closed_is_given_nothing(
    finding: str, luo: Desk, boss: Desk, housing: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered")
    assert problem(luo.step(finding, "registered", "dispatched")) == (422, "office-unknown")
    assert problem(luo.step(finding, "registered", "dispatched", office=new_id())) == (422, "office-unknown")
    assert boss.send("PATCH", f"/offices/{housing}", rev=1, active=False).status_code == 200
    assert problem(luo.step(finding, "registered", "dispatched", office=housing)) == (422, "office-unknown")
    assert problem(boss.send("PATCH", f"/offices/{housing}", rev=1, active=True)) == (409, "revision-stale")


def test_a_handler_needs_an_office(boss: Desk) -> None:
    body = {"name": "nobody", "role": "handler", "grants": []}
    assert problem(boss.send("POST", "/users", **body)) == (422, "input-invalid")
    assert problem(boss.send("POST", "/users", **body, office=new_id())) == (422, "input-invalid")
