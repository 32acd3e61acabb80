"""Patrols: reported offline, their track read once and kept only where it may be; coverage of places."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from backend.jobs import kinds
from backend.models import AuditEvent, OpRecord, PatrolTrack
from backend.services import accounts, campaigns, patrols, rosters
from backend.transactions import reading, writing
from tests.stories import CHINA, Phone, Server, jpeg, new_id

pytestmark = pytest.mark.both_databases
LABAO, COUNTY, FAR_TOWN = "450206100", "450206", "450206109"


class Walk:
    """Somebody's patrol northwards through Labao, a point every ten seconds."""

    def __init__(self, phone: Phone, points: int = 30, **changes: Any) -> None:
        self.phone, self.id = phone, new_id()
        self.begin = phone.clock.now()
        self.points: list[list[Any]] = [
            [(self.begin + timedelta(seconds=10 * i)).isoformat(), 109.33, round(24.25 + i * 0.0005, 6), 8.0]
            for i in range(points)
        ]
        self.changes = changes

    @property
    def body(self) -> bytes:
        return json.dumps({"datum": "CGCS2000", "points": self.points}).encode()

    def submit(self, **args: Any) -> None:
        end = self.begin + timedelta(seconds=10 * max(0, len(self.points) - 1))
        said = {
            "started_at": self.begin.isoformat(),
            "ended_at": end.isoformat(),
            "campaign": None,
            "cells": [],
            "note": "傍晚巡查",
            "photos": [],
            "track": hashlib.sha256(self.body).hexdigest(),
        }
        self.phone.device.record("patrol.submit", self.id, {**said, **args})
        self.phone.sync()

    def send(self, body: bytes | None = None) -> Any:
        return self.phone.raw("PUT", f"/api/v1/patrols/{self.id}/track", self.body if body is None else body)


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(COUNTY,))


def on_duty(server: Server, *, asks: bool = True) -> str:
    """A running campaign of the county with Wei on its roster now."""
    with server.app.app_context(), writing() as session:
        now = server.time.now()
        if session.scalar(select(func.count()).select_from(accounts.User).where(accounts.User.name == "li")) == 0:
            accounts.create_user(session, id=new_id(), now=now, name="li", role="admin", grants=["450000"])
        li = accounts.actor_of(accounts.by_name(session, "li"))
        today = now.astimezone(CHINA)
        fields = {
            "code": "QD", "name": "秋冬", "topic": "straw", "first_day": today.date(), "last_day": today.date(),
            "cells": [COUNTY], "seasons": [], "hours": [], "checklists": [], "asks_for_tracks": asks,
        }  # fmt: skip
        made = campaigns.create(session, li, fields, now, new_id())
        campaigns.start(session, li, made.id, now)
        day = today.date().isoformat()
        table = f"网格编码,日期,开始,结束,姓名,账号\n{COUNTY},{day},00:00,23:59,韦一,wei\n".encode()
        read = rosters.take_in(session, li, made.id, "r.csv", table, now, new_id, dry_run=False)
        assert read.new == 1, read.report()
        return made.id


def test_a_patrol_is_on_the_devices_of_its_cells_and_its_photos_hang_on_it(server: Server, wei: Phone) -> None:
    lan = server.phone("lan", grants=(LABAO,))
    sha256 = wei.device.capture(jpeg())
    walk = Walk(wei)
    walk.submit(cells=[LABAO], photos=[sha256], track=None)
    assert wei.last_result()["status"] == "applied"
    wei.sync(), lan.sync()
    row = lan.device.mirror.row("patrol", walk.id)
    assert row is not None
    assert (row["note"], row["track"], row["walked"], row["cells"]) == ("傍晚巡查", "none", [], [LABAO])
    assert [photo["stored"] for photo in row["photos"]] == [True]


def test_of_somebody_on_duty_where_it_is_asked_for_the_track_is_kept(
    server: Server, wei: Phone, client: FlaskClient
) -> None:
    walk = Walk(wei)
    walk.submit(campaign=on_duty(server))
    sent = walk.send()
    assert (sent.status, sent.json()["track"]) == (200, "kept")
    walked = sent.json()["walked"]
    assert [each["cell"] for each in walked] == [LABAO]
    assert 0 < walked[0]["share"] < 1
    assert sent.json()["metres"] == pytest.approx(1600, rel=0.05)
    boss = server.token("boss", "admin")
    shown = client.get(f"/api/v1/patrols/{walk.id}/track", headers=boss)
    assert shown.data == walk.body
    assert (
        client.get(
            f"/api/v1/patrols/{walk.id}/track", headers=server.token("far", "supervisor", ("450202",))
        ).status_code
        == 404
    )
    with server.app.app_context(), reading() as session:
        looks = session.scalar(select(func.count()).where(AuditEvent.action == "patrol.track-read"))
        assert looks == 1
        ops = b"".join(session.scalars(select(OpRecord.body)))
        assert b"24.2505" not in ops, "no op holds the way"


@pytest.mark.parametrize("asks", [None, False])
def test_any_other_track_is_read_for_its_cells_and_let_go(server: Server, wei: Phone, asks: bool | None) -> None:
    if asks is not None:
        on_duty(server, asks=asks)
    walk = Walk(wei)
    walk.submit()
    sent = walk.send().json()
    assert (sent["track"], [each["cell"] for each in sent["walked"]]) == ("not-kept", [LABAO])
    with server.app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(PatrolTrack)) == 0


def test_the_same_track_again_changes_nothing_and_another_one_is_refused(server: Server, wei: Phone) -> None:
    walk = Walk(wei)
    walk.submit()
    first = walk.send().json()
    assert walk.send().json() == first
    other = Walk(wei, points=3)
    answer = walk.send(other.body)
    assert (answer.status, answer.json()["code"]) == (422, "track-unknown")
    early = Walk(wei)
    assert (early.send().status, early.send().json()["code"]) == (404, "not-found")
    lan = server.phone("lan", grants=(COUNTY,))
    assert lan.raw("PUT", f"/api/v1/patrols/{walk.id}/track", walk.body).status == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no json", "input-invalid"),
        (b"[]", "input-invalid"),
        (b'{"points": []}', "datum-missing"),
        (b'{"datum": "WGS84", "points": [1]}', "input-invalid"),
        (b'{"datum": "WGS84", "points": [["gestern", 109, 24, 1]]}', "input-invalid"),
        (b'{"datum": "WGS84", "points": [["2026-11-25T18:00:00+08:00", 999, 24, 1]]}', "input-invalid"),
    ],
)
def test_what_is_no_track_is_refused_in_words(wei: Phone, body: bytes, code: str) -> None:
    walk = Walk(wei)
    walk.submit()
    answer = walk.send(body)
    assert (answer.status, answer.json()["code"]) == (422, code)


def test_gaps_simulated_points_and_points_outside_of_the_patrol_are_told(wei: Phone) -> None:
    walk = Walk(wei, points=40)
    begin = walk.begin
    walk.points = [point for i, point in enumerate(walk.points) if not 10 <= i < 33]
    walk.points[3].append(True)
    walk.points.append([(begin + timedelta(hours=3)).isoformat(), 109.33, 24.26, 8.0])
    walk.submit(ended_at=(begin + timedelta(seconds=400)).isoformat())
    sent = walk.send().json()
    assert {flag["code"] for flag in sent["flags"]} == {"track-mocked", "track-outside"}
    assert [gap["why"] for gap in sent["gaps"]] == ["silence"]


def test_of_the_cells_asked_for_those_not_walked_are_missed(wei: Phone) -> None:
    walk = Walk(wei)
    walk.submit(cells=[LABAO, FAR_TOWN, "999"])
    sent = walk.send().json()
    assert FAR_TOWN in sent["missed"]
    assert ("cell-unknown", "999") in [(flag["code"], flag["detail"]) for flag in sent["flags"]]


def test_coverage_is_of_places_and_never_of_persons(server: Server, wei: Phone, client: FlaskClient) -> None:
    walk = Walk(wei)
    walk.submit()
    walk.send()
    since, until = walk.begin - timedelta(hours=1), walk.begin + timedelta(hours=1)
    query = {"cell": COUNTY, "since": since.isoformat(), "until": until.isoformat()}
    boss = server.token("boss", "supervisor")
    answer = client.get("/api/v1/patrols/coverage", headers=boss, query_string=query)
    told = answer.json
    shares = {each["cell"]: each["share"] for each in told["cells"]}
    assert shares[LABAO] > 0
    assert shares[FAR_TOWN] == 0
    assert told["patrols"] == 1
    assert "wei" not in answer.text
    later = {**query, "since": until.isoformat(), "until": (until + timedelta(hours=1)).isoformat()}
    assert client.get("/api/v1/patrols/coverage", headers=boss, query_string=later).json["patrols"] == 0
    elsewhere = server.token("far", "supervisor", ("450202",))
    assert client.get("/api/v1/patrols/coverage", headers=elsewhere, query_string=query).status_code == 404
    turned = {**query, "until": since.isoformat()}
    assert client.get("/api/v1/patrols/coverage", headers=boss, query_string=turned).json["code"] == "input-invalid"


def test_a_tracks_time_ends_and_what_it_told_stays(server: Server, wei: Phone) -> None:
    walk = Walk(wei)
    walk.submit(campaign=on_duty(server))
    walk.send()
    server.time.pass_by(days=patrols.KEPT.days + 1)
    with server.app.app_context(), writing() as session:
        assert kinds.forget_tracks(session, None) == {"forgotten": 1}  # type: ignore[arg-type]
    wei.sync()
    row = wei.device.mirror.row("patrol", walk.id)
    assert row is not None
    assert (row["track"], len(row["walked"])) == ("expired", 1)
    assert wei.sync().resynced == []


def test_a_patrol_that_ends_before_it_begins_is_rejected_and_kept(wei: Phone) -> None:
    walk = Walk(wei)
    walk.submit(ended_at=datetime(2026, 1, 1, tzinfo=CHINA).isoformat())
    assert (wei.last_result()["status"], wei.last_result()["problem"]["code"]) == ("rejected", "args-invalid")
