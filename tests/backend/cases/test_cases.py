"""From finding to close-out through the API: steps, photos, conflicts, merges, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend.models import CaseStep, Finding
from backend.services import lifecycle
from backend.transactions import writing
from tests.backend.cases.case_desks import Desk, photo, problem
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg

pytestmark = pytest.mark.both_databases


# the way to close-out ----------------------------------------------------------------------------------------------
def test_a_finding_goes_to_close_out_and_every_step_says_who_when_and_why(
    server: Server, finding: str, luo: Desk, handler: Desk, housing: str, wei: Phone, desk: Callable[..., Desk]
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    server.time.pass_by(hours=2)
    assert handler.step(finding, "dispatched", "rectifying").status_code == 200
    replied = handler.step(finding, "rectifying", "feedback", note="已覆盖防尘网")
    assert replied.json["case"]["rectified_by"] == handler.user_id
    luo.walk(finding, "feedback", "recheck", "closed")
    told = luo.detail(finding)
    assert [(step["action"], step["from"], step["to"], step["by"]["name"], step["role"]) for step in told["steps"]] == [
        ("verify", "submitted", "verified", "luo", "supervisor"),
        ("register", "verified", "registered", "luo", "supervisor"),
        ("dispatch", "registered", "dispatched", "luo", "supervisor"),
        ("sign-for", "dispatched", "rectifying", "qin", "handler"),
        ("reply", "rectifying", "feedback", "qin", "handler"),
        ("recheck", "feedback", "recheck", "luo", "supervisor"),
        ("close", "recheck", "closed", "luo", "supervisor"),
    ]
    assert told["steps"][4]["note"] == "已覆盖防尘网"
    (hop,) = told["hops"]
    assert (hop["office"]["name"], hop["outcome"], hop["signed_by"]["name"]) == ("柳江区住建局", "replied", "qin")
    assert wei.sync().quiet
    row = wei.device.mirror.row("finding", finding)
    assert row is not None
    assert (row["state"], row["case"]["closed_by"]) == ("closed", luo.user_id)


def test_the_rechecker_is_not_the_rectifier(finding: str, luo: Desk, housing: str, desk: Callable[..., Desk]) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", "rectifying", "feedback", office=housing)
    assert problem(luo.step(finding, "feedback", "recheck")) == (403, "rechecker-is-rectifier")
    other = desk("meng")
    assert other.step(finding, "feedback", "recheck").status_code == 200
    assert problem(luo.step(finding, "recheck", "closed")) == (403, "rechecker-is-rectifier")
    assert other.step(finding, "recheck", "closed").status_code == 200


def test_sent_back_it_gets_a_new_term_and_is_counted(finding: str, luo: Desk, handler: Desk, housing: str) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    for start, to in (("dispatched", "rectifying"), ("rectifying", "feedback")):
        assert handler.step(finding, start, to).status_code == 200
    assert luo.step(finding, "feedback", "recheck").status_code == 200
    assert problem(luo.step(finding, "recheck", "returned")) == (422, "note-missing")
    assert luo.step(finding, "recheck", "returned", note="北侧仍裸露").status_code == 200
    again = luo.step(finding, "returned", "rectifying")
    assert again.json["case"]["times_returned"] == 1
    assert again.json["case"]["office"]["id"] == housing
    assert [hop["n"] for hop in luo.detail(finding)["hops"]] == [1, 2]


def test_a_relapse_found_on_look_back_reopens_it_and_counts(
    finding: str, luo: Desk, handler: Desk, housing: str
) -> None:
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    for start, to in (("dispatched", "rectifying"), ("rectifying", "feedback")):
        assert handler.step(finding, start, to).status_code == 200
    luo.walk(finding, "feedback", "recheck", "closed", "look_back", "closed", "look_back")
    assert luo.step(finding, "look_back", "reopened", note="又裸露").json["case"]["times_reopened"] == 1
    assert luo.step(finding, "reopened", "dispatched", office=housing).json["case"]["closed_at"] is None


# on the spot -------------------------------------------------------------------------------------------------------
def test_put_right_on_the_spot_closes_in_one_step(server: Server, finding: str, wei: Phone, luo: Desk) -> None:
    server.time.pass_by(minutes=40)
    photo(wei, finding, "after")
    args = {"from": "submitted", "to": "closed", "note": None, "photos": [], "position": None}
    wei.device.record("finding.transition", finding, args, wei.device.mirror.rev("finding", finding))
    assert wei.sync().quiet
    assert wei.last_result()["status"] == "applied"
    told = luo.detail(finding)
    assert (told["state"], told["rectification_kind"], told["case"]["on_the_spot"]) == ("closed", "immediate", True)
    assert [step["action"] for step in told["steps"]] == ["close-at-once"]


@pytest.mark.parametrize(
    ("hours", "change", "reason"),
    [
        (3, {}, "too-late"),
        (0.5, {"position": {**IN_LIUJIANG, "lat": 24.2600}}, "elsewhere"),
        (0.5, {"position": None}, "no-position"),
    ],
)
def test_an_after_photo_that_does_not_show_it_is_no_close_out(
    server: Server, finding: str, wei: Phone, luo: Desk, hours: float, change: dict[str, Any], reason: str
) -> None:
    server.time.pass_by(hours=hours)
    photo(wei, finding, "after", **change)
    assert wei.sync().quiet
    answer = luo.step(finding, "submitted", "closed")
    assert problem(answer) == (422, "after-photo-missing")
    assert [each["reason"] for each in answer.json["photos"]] == [reason]


def test_a_phone_that_closes_without_an_after_photo_waits_for_a_supervisor_who_may_let_it_through(
    finding: str, wei: Phone, luo: Desk
) -> None:
    args = {"from": "submitted", "to": "closed", "note": "已清扫", "photos": [], "position": None}
    wei.device.record("finding.transition", finding, args, wei.device.mirror.rev("finding", finding))
    wei.sync()
    assert (wei.last_result()["status"], wei.last_result()["problem"]["code"]) == ("held", "after-photo-missing")
    (held,) = luo.get("/attention").json["held"]
    assert luo.send("POST", f"/attention/ops/{held['stream']}/{held['n']}/retry", approve=True).status_code == 200
    (step,) = luo.detail(finding)["steps"]
    assert (step["by"]["name"], step["approved_by"]["name"]) == ("wei", "luo")


# two at once, old states, evidence -----------------------------------------------------------------------------------
def test_the_second_of_two_supervisors_hears_what_the_first_has_done(
    finding: str, luo: Desk, desk: Callable[..., Desk]
) -> None:
    luo.walk(finding, "submitted", "verified")
    answer = desk("meng").step(finding, "submitted", "verified")
    assert problem(answer) == (409, "state-changed")
    assert (answer.json["state"], answer.json["last"]["action"], answer.json["last"]["by"]["name"]) == (
        "verified", "verify", "luo",
    )  # fmt: skip


def test_a_step_that_does_not_exist_is_refused_in_words(finding: str, luo: Desk) -> None:
    assert problem(luo.step(finding, "submitted", "recheck")) == (422, "step-unknown")
    assert problem(luo.step(finding, "submitted", "nowhere")) == (422, "input-invalid")
    assert problem(luo.step(finding, "submitted", "rejected")) == (422, "note-missing")


def test_a_lead_is_not_referred_for_a_penalty(finding: str, luo: Desk) -> None:
    luo.walk(finding, "submitted", "verified", "registered")
    answer = luo.step(finding, "registered", "penalty_transfer")
    assert problem(answer) == (409, "not-evidence")
    assert answer.json["lacks"] == ["no-administrative-inspection"]


def test_a_device_that_acts_on_an_old_state_conflicts_and_its_photos_stay(
    finding: str, luo: Desk, server: Server
) -> None:
    meng = server.phone("meng", "supervisor")
    meng.sync()
    luo.walk(finding, "submitted", "verified", "registered")
    sha256 = meng.device.capture(jpeg(colour="blue"))
    args = {"from": "submitted", "to": "rejected", "note": "不属实", "photos": [sha256], "position": None}
    meng.device.record("finding.transition", finding, args, meng.device.mirror.rev("finding", finding))
    meng.sync()
    assert meng.last_result()["status"] == "conflict"
    told = luo.detail(finding)
    assert told["state"] == "registered"
    assert sha256 in [each["sha256"] for each in told["photos"]]


def test_a_decided_conflict_of_states_is_a_step_and_its_hop_is_opened(
    finding: str, luo: Desk, server: Server, housing: str
) -> None:
    meng = server.phone("meng", "supervisor")
    meng.sync()
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    args = {"from": "submitted", "to": "rejected", "note": "不属实", "photos": [], "position": None}
    meng.device.record("finding.transition", finding, args, meng.device.mirror.rev("finding", finding))
    meng.sync()
    conflict = meng.last_result()["conflict"]
    path = f"/attention/conflicts/{conflict}/resolve"
    assert luo.send("POST", path, choice={"state": "incoming"}).status_code == 204
    told = luo.detail(finding)
    assert (told["state"], told["steps"][-1]["action"], told["hops"][-1]["outcome"]) == (
        "rejected",
        "decide",
        "withdrawn",
    )


# duplicates ----------------------------------------------------------------------------------------------------------
def test_a_duplicate_is_merged_both_keep_their_histories_and_it_can_be_undone(
    finding: str, wei: Phone, luo: Desk
) -> None:
    twin = wei.report("同一处")
    assert wei.sync().quiet
    luo.walk(twin, "submitted", "verified")
    merged = luo.send("POST", f"/findings/{twin}/merge", into=finding, note="同一处")
    assert (merged.json["state"], merged.json["merged_into"]) == ("rejected", finding)
    assert "merged-from" in [flag["code"] for flag in luo.detail(finding)["flags"]]
    assert [step["action"] for step in luo.detail(twin)["steps"]] == ["verify", "merge"]
    assert problem(luo.send("POST", f"/findings/{finding}/merge", into=twin)) == (422, "input-invalid")
    undone = luo.send("DELETE", f"/findings/{twin}/merge", note="不是同一处")
    assert (undone.json["state"], undone.json["merged_into"]) == ("verified", None)
    assert "merged-from" not in [flag["code"] for flag in luo.detail(finding)["flags"]]
    assert problem(luo.send("DELETE", f"/findings/{twin}/merge")) == (409, "state-changed")


def test_what_an_office_has_is_not_merged_away(finding: str, wei: Phone, luo: Desk, housing: str) -> None:
    twin = wei.report("同一处")
    assert wei.sync().quiet
    luo.walk(twin, "submitted", "verified", "registered", "dispatched", office=housing)
    assert problem(luo.send("POST", f"/findings/{twin}/merge", into=finding)) == (409, "state-changed")


# the table -----------------------------------------------------------------------------------------------------------
def test_no_role_takes_a_step_that_the_table_does_not_give_it(
    server: Server, desk: Callable[..., Desk], luo: Desk, housing: str, finding: str
) -> None:
    people = {
        "inspector": desk("an", "inspector"),
        "supervisor": desk("bo"),
        "handler": desk("cen", "handler", (), housing),
    }
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=housing)
    for step in lifecycle.STEPS:
        for role, person in people.items():
            if role in step.roles:
                continue
            with server.app.app_context(), writing() as session:
                session.get_one(Finding, finding).state = step.start
            answer = person.step(finding, step.start, step.to, note="n", office=housing)
            assert problem(answer) == (403, "step-not-yours"), (step, role)


def test_steps_cannot_be_rewritten(server: Server, finding: str, luo: Desk) -> None:
    luo.walk(finding, "submitted", "verified")
    with server.app.app_context(), pytest.raises(Exception, match="append-only"), writing() as session:
        session.query(CaseStep).update({"note": "anders"})
