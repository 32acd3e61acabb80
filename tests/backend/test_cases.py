"""From finding to close-out through the API: steps, offices, terms, returns, merges, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.models import CaseStep, Finding
from backend.services import accounts, lifecycle
from backend.transactions import writing
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg, new_id

pytestmark = pytest.mark.both_databases


class Desk:
    """Somebody at the console."""

    def __init__(self, client: FlaskClient, token: dict[str, str], user_id: str) -> None:
        self.client, self.token, self.user_id = client, token, user_id

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.token)

    def send(self, method: str, path: str, **body: Any) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def step(self, finding: str, start: str, to: str, **more: Any) -> Any:
        return self.send("POST", f"/findings/{finding}/steps", **{"from": start, "to": to, **more})

    def waiting_for(self, asked: str) -> list[str]:
        return [each["id"] for each in self.get(f"/findings?waiting={asked}").json["items"]]

    def walk(self, finding: str, *states: str, **more: Any) -> None:
        """Take several steps in a row, all of which must go through."""
        for start, to in pairwise(states):
            answer = self.step(finding, start, to, **(more if to == "dispatched" else {}))
            assert answer.status_code == 200, answer.json

    def detail(self, finding: str) -> Any:
        return self.get(f"/findings/{finding}").json


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    def desk(
        name: str, role: str = "supervisor", grants: tuple[str, ...] = ("450206",), office: str | None = None
    ) -> Desk:
        with server.app.app_context(), writing() as session:
            user = accounts.create_user(
                session, id=new_id(), now=server.time.now(), name=name, role=role, grants=list(grants), office=office
            )
            token, _ = accounts.open_login(session, user, server.time.now(), 24 * 60)
            return Desk(client, {"Authorization": f"Bearer {token}"}, user.id)

    return desk


@pytest.fixture
def boss(desk: Callable[..., Desk]) -> Desk:
    return desk("boss", "admin")


@pytest.fixture
def luo(desk: Callable[..., Desk]) -> Desk:
    """The grid supervisor."""
    return desk("luo")


@pytest.fixture
def housing(boss: Desk) -> str:
    """The housing office; returns its id."""
    made = boss.send("POST", "/offices", code="LJ-ZJ", name="柳江区住建局", kind="department", cell="450206")
    assert made.status_code == 201, made.json
    return str(made.json["id"])


@pytest.fixture
def transport(boss: Desk) -> str:
    return str(boss.send("POST", "/offices", code="LJ-JT", name="柳江区交通局", kind="department").json["id"])


@pytest.fixture
def handler(desk: Callable[..., Desk], housing: str) -> Desk:
    """Somebody of the housing office."""
    return desk("qin", "handler", (), housing)


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei")


@pytest.fixture
def finding(wei: Phone) -> str:
    found = wei.report()
    assert wei.sync().quiet
    return found


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def photo(phone: Phone, finding: str, role: str, **more: Any) -> None:
    sha256 = phone.device.capture(jpeg(colour=role if role != "after" else "green"))
    args = {
        "sha256": sha256,
        "size": 1,
        "media_type": "image/jpeg",
        "source": "camera",
        "role": role,
        "subject": {"type": "finding", "id": finding},
        "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        **more,
    }
    phone.device.record("photo.add", new_id(), args)


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


# offices -----------------------------------------------------------------------------------------------------------
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
