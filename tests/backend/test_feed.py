"""The in-app feed: who is told of what, what is unread, and what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from backend import catalogue
from backend.models import FeedEvent
from backend.services import accounts, event_kinds, feed
from backend.services.event_kinds import KINDS
from backend.transactions import writing
from tests.backend.desks import House
from tests.backend.fires import reported
from tests.stories import new_id


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    """The grid supervisor."""
    return house.desk("luo")


@pytest.fixture
def housing(house, boss):
    return house.office(boss)


@pytest.fixture
def qin(house, housing):
    """Somebody of the housing office."""
    return house.desk("qin", "handler", (), housing)


@pytest.fixture
def wei(server):
    return server.phone("wei")


@pytest.fixture
def finding(wei, luo, housing):
    found = wei.report()
    assert wei.sync().quiet
    luo.walk(found, "submitted", "verified", "registered", "dispatched", office=housing)
    return found


def test_an_office_and_its_dispatcher_hear_of_each_other(house, luo, qin, finding, time):
    (given,) = qin.told("hop-given")
    number = luo.get(f"/findings/{finding}").json["number"]
    assert given["subject"] == {"type": "finding", "id": finding}
    assert number in given["text"]["zh-CN"]
    assert "柳江区住建局" in given["text"]["en"]
    assert luo.told("hop-given") == []
    until = (time.now() + timedelta(days=9)).isoformat()
    for step, body in (
        (("POST", "return"), {"note": "不属本单位"}), (("DELETE", "return"), {}),
        (("POST", "extension"), {"note": "材料未到", "due_at": until}), (("PUT", "extension"), {"due_at": None}),
        (("POST", "extension"), {"note": "材料仍未到", "due_at": until}), (("PUT", "extension"), {"due_at": until}),
        (("POST", "return"), {"note": "不属本单位"}),
    ):  # fmt: skip
        who = qin if step[0] == "POST" else luo
        assert who.send(step[0], f"/findings/{finding}/{step[1]}", **body).status_code == 200, step
    back = {"from": "dispatched", "to": "registered", "note": "同意"}
    assert luo.send("POST", f"/findings/{finding}/steps", **back).status_code == 200
    asked = ["return-asked", "extension-asked", "extension-asked", "return-asked"]
    assert [each["kind"] for each in reversed(luo.told(*set(asked)))] == asked
    heard = ["hop-given", "return-refused", "extension-refused", "extension-granted", "return-granted"]
    assert [each["kind"] for each in reversed(qin.told())] == heard
    assert house.desk("liang", grants=("450202",)).told() == []


def test_what_was_undone_was_never_told(luo, qin, finding):
    before = qin.told()
    refused = {"from": "dispatched", "to": "registered"}  # no reason
    assert luo.send("POST", f"/findings/{finding}/steps", **refused).status_code == 422
    assert qin.told() == before


@pytest.mark.both_databases
def test_marks_and_pages_go_through_all_that_there_is(house, luo, qin, boss, finding):
    for _ in range(4):
        luo.send("POST", f"/findings/{finding}/pass", office=house.office(boss, new_id()))
    everything = luo.get("/feed").json
    assert luo.send("POST", f"/findings/{finding}/return", note="误派").status_code == 200
    for n in range(5):
        task = {"kind": "other", "title": f"任务{n}", "due_at": "2026-12-01T18:00:00+08:00", "assignee": luo.user_id}
        assert boss.send("POST", "/tasks", **task, pool="450206").status_code == 201
    first = luo.get("/feed?limit=2").json
    assert first["unread"] == everything["unread"] + 6
    seen, cursor = list(first["items"]), first["next_cursor"]
    while cursor is not None:
        page = luo.get(f"/feed?limit=2&cursor={cursor}").json
        seen, cursor = seen + page["items"], page["next_cursor"]
    numbers = [each["n"] for each in seen]
    assert numbers == sorted(set(numbers), reverse=True)
    assert seen == luo.get("/feed").json["items"]
    newest = numbers[0]
    assert luo.send("PUT", "/feed/read", up_to=numbers[2]).json == {"read_up_to": numbers[2]}
    assert [each["n"] for each in luo.get("/feed?unread=true").json["items"]] == numbers[:2]
    assert luo.send("PUT", "/feed/read", up_to=numbers[4]).json == {"read_up_to": numbers[2]}  # never back
    assert luo.send("PUT", "/feed/read", up_to=feed.LARGEST_N).json["read_up_to"] == newest  # nothing to come
    assert luo.get("/feed").json["unread"] == 0
    assert qin.get("/feed").json["unread"] == len(qin.told())


def test_a_strange_cursor_is_told_so(luo):
    for cursor in ["x", "-1", "9" * 30, "%C2%B2", ""]:
        answer = luo.get(f"/feed?cursor={cursor}")
        assert (answer.status_code, answer.json["code"]) == (422, "cursor-invalid"), cursor


def test_a_strange_mark_is_told_so(luo):
    for body in [{}, {"up_to": -1}, {"up_to": "3"}, {"up_to": 2**63}, {"up_to": 1, "more": 1}]:
        assert luo.send("PUT", "/feed/read", **body).json["code"] == "input-invalid", body


def test_held_ops_and_conflicts_reach_the_supervisor_once(server, luo, wei, boss):
    wei.device.record("finding.comment", new_id(), {"finding": new_id(), "text": "在等问题", "photos": []})
    wei.device.record("hologram.project", new_id(), {})
    wei.sync()
    (held,) = luo.told("op-held")
    assert held["facts"] == {"count": 1}  # the comment only waits for its finding
    server.time.pass_by(minutes=1)
    wei.sync()
    assert len(luo.told("op-held")) == len(boss.told("op-held")) == 1
    assert server.phone("mo", grants=("450202",)).raw("GET", "/api/v1/feed").json()["items"] == []


def test_the_loser_and_the_supervisor_hear_of_a_conflict(server, luo, housing, wei):
    finding = wei.report()
    assert wei.sync().quiet
    luo.walk(finding, "submitted", "verified")
    wei.device.record("finding.transition", finding, {"from": "submitted", "to": "rejected", "note": "重复"})
    wei.sync()
    kinds = [each["kind"] for each in luo.told("conflict-recorded", "op-held")]
    assert kinds == [each["kind"] for each in luo.told()]
    assert len(kinds) == 1


def test_a_doubtful_place_is_told_to_the_one_who_is_asked(server, luo, wei):
    wei.report(position={"lon": 109.33, "lat": 24.1902, "datum": "CGCS2000", "accuracy_m": 400.0})
    wei.report()
    assert wei.sync().quiet
    assert len(luo.told("place-doubtful")) == 1


def test_a_task_is_told_to_whoever_has_it_or_may_take_it(server, luo, wei, boss):
    given = {"kind": "other", "title": "张三家门口", "due_at": "2026-12-01T18:00:00+08:00"}
    own = {**given, "assignee": luo.user_id, "cell": "450206"}
    assert luo.send("POST", "/tasks", **own).status_code == 201  # nobody is told of what one gives oneself
    assert luo.told() == []
    assert boss.send("POST", "/tasks", **own).status_code == 201
    assert luo.send("POST", "/tasks", **given, pool="450206").status_code == 201
    assert [each["kind"] for each in luo.told()] == ["task-given"]
    (told,) = wei.raw("GET", "/api/v1/feed").json()["items"]
    assert "2026-12-01 18:00" in told["text"]["zh-CN"]
    assert "张三" not in str(told)


def test_a_fresh_fire_sends_somebody_out_and_an_old_one_nobody(server, luo, wei, client, time):
    signed = SimpleNamespace(headers=luo.token)
    reported(client, signed, time.now() - timedelta(days=3), place="旧火点")
    point = reported(client, signed, time.now(), place="黄岭屯", phone="13800000000")
    (told,) = wei.raw("GET", "/api/v1/feed").json()["items"]
    assert (told["kind"], told["facts"]["number"]) == ("fire-given", point["number"])
    assert "13800000000" not in str(told)


@pytest.mark.both_databases
def test_what_is_older_than_ninety_days_is_swept_and_numbers_go_on(house, qin, luo, boss, finding, session):
    last = qin.told()[0]["n"]
    house.later(days=90, minutes=1)
    assert house.run("sweep-feed")["removed"] >= 1
    assert session.scalar(select(func.count()).select_from(FeedEvent)) == 0
    luo.send("POST", f"/findings/{finding}/return", note="误派")
    assert luo.told()[0]["n"] > last


def test_a_lost_grant_shows_nothing_more(server, luo, qin, finding):
    assert qin.send("POST", f"/findings/{finding}/return", note="不属本单位").status_code == 200
    assert luo.told("return-asked") != []
    with server.app.app_context(), writing() as session:
        person = accounts.by_id(session, luo.user_id)
        person.grants.clear()
    assert luo.told("return-asked") == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_its_sentence_in_both_languages(kind):
    facts: dict[str, Any] = {name: f"<{name}>" for name in KINDS[kind].facts}
    facts |= dict.fromkeys(event_kinds.INSTANTS & KINDS[kind].facts, "2026-11-22T10:00:00+00:00")
    for language in catalogue.LANGUAGES:
        said = event_kinds.sentence(kind, facts, language)
        for name in KINDS[kind].facts - event_kinds.INSTANTS - set(event_kinds.LABELS) - {"office"}:
            assert f"<{name}>" in said, said
        assert event_kinds.title(kind, language) != kind
        assert event_kinds.sentence(kind, {}, language).count(event_kinds.NOTHING) >= 1
