"""One-time links: one fire point, one answer, for a while, without an account."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import FireLink
from tests.backend.fires import POINTS, listed, reported
from tests.backend.records import Records
from tests.stories import jpeg

URL = "/api/v1/fire-answer"
ANSWER = {"outcome": "straw", "crop": "稻草", "area_mu": 0.5, "handling": ["extinguished"], "note": "已扑灭"}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def supervisor(records):
    return records.person("supervisor", "450206")


@pytest.fixture
def point(client, supervisor, time) -> dict[str, Any]:
    return reported(client, supervisor, time.now(), place="黄岭屯", phone="13800000000", note="有人在烧")


def link(client, person, point, **given: Any) -> dict[str, Any]:
    answer = client.post(f"{POINTS}/{point['id']}/links", json={"name": "村干部李四", **given}, headers=person.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


def shown(client, token: str) -> Any:
    return client.get(URL, headers={"X-Fire-Link": token})


def sent(client, token: str, answer: object = ANSWER, photos: tuple[bytes, ...] = ()) -> Any:
    said = answer if isinstance(answer, str) else json.dumps(answer)
    form = {"answer": said, "photos": [(io.BytesIO(data), "photo.jpg") for data in photos]}
    return client.post(URL, data=form, headers={"X-Fire-Link": token}, content_type="multipart/form-data")


@pytest.mark.both_databases
def test_a_link_shows_its_fire_point_and_takes_one_answer_with_photos(client, server, session, supervisor, point):
    phone = server.phone("wei")
    made = link(client, supervisor, point)
    assert made["url"].endswith(f"#{made['token']}")
    seen = shown(client, made["token"])
    assert (seen.json["number"], seen.json["name"]) == (point["number"], "村干部李四")
    assert "13800000000" not in seen.text
    answer = sent(client, made["token"], photos=(jpeg(), jpeg(colour="red")))
    assert (answer.status_code, answer.json) == (200, {"status": "applied", "number": point["number"]})
    phone.sync()
    (row,) = phone.device.mirror.rows("fire_point")
    assert (row["outcome"], row["answered_via"]) == ("straw", "link")
    assert row["answered_by"] == {"id": supervisor.id, "name": "村干部李四"}
    assert [photo["stored"] for photo in row["photos"]] == [True, True]
    assert session.scalars(select(FireLink.token_sha256)).one() != made["token"]
    for again in (shown(client, made["token"]), sent(client, made["token"])):
        assert (again.status_code, again.json["code"]) == (403, "link-invalid")


def test_an_answer_whose_reply_was_lost_gets_the_same_reply_and_is_given_once(client, server, supervisor, point):
    phone = server.phone("wei")
    token = link(client, supervisor, point)["token"]
    first = sent(client, token, photos=(jpeg(),))
    phone.sync()
    (before,) = phone.device.mirror.rows("fire_point")
    again = sent(client, token, photos=(jpeg(),))
    assert (again.status_code, again.json) == (200, first.json)
    phone.sync()
    assert list(phone.device.mirror.rows("fire_point")) == [before]
    assert sent(client, token, {**ANSWER, "note": "另一份"}, (jpeg(),)).json["code"] == "link-invalid"
    assert sent(client, token, photos=(jpeg(colour="red"),)).json["code"] == "link-invalid"


def test_a_link_is_void_past_its_time_or_when_another_is_made(client, supervisor, point, time):
    first = link(client, supervisor, point)
    second = link(client, supervisor, point, hours=1)
    assert shown(client, first["token"]).status_code == 403
    assert shown(client, second["token"]).status_code == 200
    time.pass_by(hours=1)
    assert sent(client, second["token"]).json["code"] == "link-invalid"
    assert listed(client, supervisor)[0]["state"] == "open"


def test_an_unknown_token_is_refused_before_the_form_is_looked_at(client):
    answer = client.post(URL, data=b"not a form", headers={"X-Fire-Link": "guess"}, content_type="text/plain")
    assert (answer.status_code, answer.json["code"]) == (403, "link-invalid")
    assert client.post(URL, data={"answer": "{}"}).json["code"] == "link-invalid"


FAULTY = [
    ("{", (), "input-invalid"),
    ([1], (), "input-invalid"),
    ({**ANSWER, "outcome": "perhaps"}, (), "input-invalid"),
    ({**ANSWER, "unheard": 1}, (), "input-invalid"),
    ({**ANSWER, "note": "a\x00"}, (), "text-invalid"),
    ({**ANSWER, "position": {"lon": 1, "lat": 1}}, (), "datum-missing"),
    (
        {**ANSWER, "arrived_at": "2026-11-22T18:10:00+08:00", "extinguished_at": "2026-11-22T18:00:00+08:00"},
        (),
        "input-invalid",
    ),
    ({**ANSWER, "arrived_at": "0001-01-01T00:00:00+08:00"}, (), "input-invalid"),
    (ANSWER, (b"<script>", jpeg()), "input-invalid"),
]


@pytest.mark.parametrize(("answer", "photos", "code"), FAULTY)
def test_a_faulty_answer_does_not_spend_the_link(client, supervisor, point, answer, photos, code):
    token = link(client, supervisor, point)["token"]
    refused = sent(client, token, answer, photos)
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert sent(client, token).json["status"] == "applied"


def test_too_many_photos_are_refused(client, supervisor, point):
    refused = sent(client, link(client, supervisor, point)["token"], photos=(jpeg(),) * 7)
    assert (refused.status_code, refused.json["code"]) == (413, "too-large")


def test_an_answer_that_differs_from_the_apps_is_a_conflict_under_the_links_name(client, server, supervisor, point):
    wei = server.phone("wei")
    wei.sync()
    token = link(client, supervisor, point)["token"]
    wei.device.record("fire_point.verify", point["id"], {"outcome": "ruled_out"})
    wei.sync()
    assert sent(client, token).json["status"] == "conflict"
    (conflict,) = client.get("/api/v1/attention", headers=supervisor.headers).json["conflicts"]
    assert (conflict["details"]["name"], conflict["details"]["via"]) == ("村干部李四", "link")
    assert listed(client, supervisor)[0]["outcome"] == "ruled_out"


def test_only_the_office_of_the_area_makes_links(client, records, point):
    for person, status in ((records.person("inspector", "450206"), 403), (records.person("supervisor", "450202"), 404)):
        answer = client.post(f"{POINTS}/{point['id']}/links", json={"name": "x"}, headers=person.headers)
        assert answer.status_code == status


def test_guessing_is_slowed_down(client):
    statuses = [shown(client, f"guess-{n}").status_code for n in range(40)]
    assert (statuses[0], statuses[-1]) == (403, 429)
