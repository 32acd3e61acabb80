"""`fire_point.verify`: what the inspector found; the first answer stays, another is a conflict for a supervisor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import FieldWrite, User
from tests.backend.fires import POINTS, listed, north, reported, taken, viirs
from tests.backend.records import Records
from tests.stories import Phone, jpeg, new_id

ANSWER = {
    "outcome": "straw",
    "arrived_at": "2026-11-22T18:10:00+08:00",
    "extinguished_at": "2026-11-22T18:25:00+08:00",
    "crop": "甘蔗叶",
    "area_mu": 1.5,
    "handling": ["extinguished", "educated"],
    "penalty_yuan": None,
    "note": "已扑灭",
    "photos": [],
    "position": {"lon": 109.33, "lat": 24.25, "datum": "WGS84", "accuracy_m": 6},
}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def admin(records):
    return records.person("admin")


def answered(phone: Phone, point_id: str, **changes: Any) -> dict[str, Any]:
    phone.device.record("fire_point.verify", point_id, {**ANSWER, **changes})
    phone.sync()
    return phone.last_result()


@pytest.mark.both_databases
def test_an_answer_is_the_ledgers_and_comes_back_to_every_device(client, server, records, admin, time):
    wei, ming = server.phone("wei"), server.phone("ming")
    point = reported(client, admin, time.now())
    wei.sync()
    photo = wei.device.capture(jpeg())
    assert answered(wei, point["id"], photos=[photo])["status"] == "applied"
    ming.sync()
    row = next(iter(ming.device.mirror.rows("fire_point")))
    assert (row["state"], row["outcome"], row["answered_via"]) == ("answered", "straw", "app")
    assert (row["crop"], row["area_mu"], row["handling"]) == ("甘蔗叶", 1.5, ["educated", "extinguished"])
    assert row["extinguished_at"] == "2026-11-22T10:25:00+00:00"
    assert row["position"]["datum"] == "WGS84"
    assert [(one["sha256"], one["stored"]) for one in row["photos"]] == [(photo, True)]


@pytest.mark.both_databases
def test_of_two_answers_the_first_stays_and_a_supervisor_chooses(app, client, server, session, records, admin, time):
    wei, ming, supervisor = server.phone("wei"), server.phone("ming"), records.person("supervisor", "450206")
    point = reported(client, admin, time.now())
    for phone in (wei, ming):
        phone.sync()
    answered(wei, point["id"])
    second = answered(ming, point["id"], outcome="ruled_out", area_mu=None, note="未见火情")
    assert second["status"] == "conflict"
    assert listed(client, admin)[0]["outcome"] == "straw"
    queue = client.get("/api/v1/attention", headers=supervisor.headers).json["conflicts"]
    assert [(one["number"], one["row"]["type"]) for one in queue] == [(point["number"], "fire_point")]
    assert {field["name"]: field["incoming"] for field in queue[0]["fields"]} == {
        "outcome": "ruled_out",
        "note": "未见火情",
    }
    url = f"/api/v1/attention/conflicts/{queue[0]['id']}/resolve"
    choice = {"outcome": "incoming", "note": "current"}
    assert client.post(url, json={"choice": choice}, headers=supervisor.headers).status_code == 204
    wei.sync()
    row = next(iter(wei.device.mirror.rows("fire_point")))
    assert (row["outcome"], row["note"]) == ("ruled_out", "已扑灭")
    history = session.scalars(select(FieldWrite.value).where(FieldWrite.field == "outcome").order_by(FieldWrite.rev))
    assert [value["is"] for value in history] == ["straw", "ruled_out"]


def test_the_same_answer_from_another_merges_and_fills_what_was_left_open(client, server, admin, time):
    wei, ming = server.phone("wei"), server.phone("ming")
    point = reported(client, admin, time.now())
    for phone in (wei, ming):
        phone.sync()
    answered(wei, point["id"], crop=None)
    assert answered(ming, point["id"])["status"] == "merged"
    assert listed(client, admin)[0]["crop"] == "甘蔗叶"


def test_ones_own_second_answer_is_a_correction(client, server, admin, time):
    wei = server.phone("wei")
    point = reported(client, admin, time.now())
    wei.sync()
    answered(wei, point["id"])
    assert answered(wei, point["id"], area_mu=3.0)["status"] == "applied"
    assert listed(client, admin)[0]["area_mu"] == 3.0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"outcome": "perhaps"}, "rejected", "args-invalid"),
        ({"outcome": None}, "rejected", "args-invalid"),
        ({"handling": ["shouted"]}, "rejected", "args-invalid"),
        ({"area_mu": -1}, "rejected", "args-invalid"),
        ({"extinguished_at": "2026-11-22T18:00:00+08:00"}, "rejected", "args-invalid"),
        ({"arrived_at": "18:10"}, "rejected", "args-invalid"),
        ({"position": {"lon": 109.3, "lat": 24.2}}, "rejected", "datum-missing"),
    ],
)
def test_a_faulty_answer_is_told_and_the_fire_point_stays_open(client, server, admin, time, changes, status, code):
    wei = server.phone("wei")
    point = reported(client, admin, time.now())
    wei.sync()
    result = answered(wei, point["id"], **changes)
    assert (result["status"], result["problem"]["code"]) == (status, code)
    assert listed(client, admin)[0]["state"] == "open"


def test_an_answer_from_outside_the_area_waits_unless_one_was_sent(client, server, session, records, admin, time):
    guest = server.phone("guest", grants=("450202",))
    point = reported(client, admin, time.now())
    held = answered(guest, point["id"])
    assert (held["status"], held["problem"]["code"]) == ("held", "right-lost")
    other = server.phone("other", grants=("450202",))
    body = {"user": session.scalars(select(User.id).where(User.name == "other")).one()}
    assert client.put(f"{POINTS}/{point['id']}/assignee", json=body, headers=admin.headers).status_code == 200
    other.sync()
    assert [row["id"] for row in other.device.mirror.rows("fire_point")] == [point["id"]]
    assert answered(other, point["id"])["status"] == "applied"


def test_an_answer_to_a_fire_point_that_was_never_heard_of_is_kept(server):
    wei = server.phone("wei")
    held = answered(wei, new_id())
    assert (held["status"], held["problem"]["code"]) == ("held", "parent-missing")


def test_an_answer_to_one_that_was_merged_is_that_of_the_one_that_stands(app, client, server, admin):
    wei = server.phone("wei", grants=("450206",))
    day = "2026-11-22"
    taken(app, client, admin, viirs((north(0), day, "549")))
    taken(app, client, admin, viirs((north(1100), day, "549")))
    wei.sync()
    later = max(wei.device.mirror.rows("fire_point"), key=lambda row: row["number"])
    taken(app, client, admin, viirs((north(550), day, "620"), satellite="N"))
    assert answered(wei, later["id"])["status"] == "applied"
    (row,) = listed(client, admin)
    assert (row["state"], row["outcome"], row["id"] != later["id"]) == ("answered", "straw", True)


def test_a_fire_that_is_seen_after_it_was_out_is_pointed_out_and_keeps_its_answer(client, server, admin, time):
    wei = server.phone("wei")
    point = reported(client, admin, time.now())
    wei.sync()
    time.pass_by(hours=1)
    answered(wei, point["id"])
    again = reported(client, admin, time.now(), seen_at=(time.now() - timedelta(minutes=5)).isoformat())
    assert (again["id"], again["outcome"]) == (point["id"], "straw")
    assert [flag["code"] for flag in again["flags"]] == ["seen-again"]
