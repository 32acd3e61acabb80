"""Management units by cells or an outline: their rows seen, mirrored and handled by who has a grant on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.jobs import kinds
from tests.stories import IN_LIUJIANG, Phone, Server

pytestmark = pytest.mark.both_databases
LABAO, COUNTY, PARK = "450206100", "450206", "M-PARK"
SQUARE = [[109.32, 24.25], [109.34, 24.25], [109.34, 24.26], [109.32, 24.26], [109.32, 24.25]]
OUTSIDE = {**IN_LIUJIANG, "lon": 109.36}


class Desk:
    def __init__(self, server: Server, client: FlaskClient, token: dict[str, str]) -> None:
        self.server, self.client, self.token = server, client, token

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def enter(self, **more: Any) -> Any:
        return self.send("POST", "/units", {"code": PARK, "name": "试验园区", "kind": "industrial_park", **more})

    def drawn(self, **more: Any) -> Any:
        return self.enter(outline={"type": "Polygon", "coordinates": [SQUARE]}, datum="CGCS2000", **more)

    def settle(self) -> dict[str, Any]:
        """What the job does."""
        with self.server.app.app_context():
            return kinds.replace_cells(lambda: None)

    def finds(self, query: str = "") -> list[str]:
        return [each["id"] for each in self.send("GET", f"/findings{query}").json["items"]]


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    return lambda name, role, *grants: Desk(server, client, server.token(name, role, grants))


@pytest.fixture
def boss(desk: Callable[..., Desk]) -> Desk:
    return desk("boss", "admin", "450000")


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(COUNTY,))


def reported(phone: Phone, **args: Any) -> str:
    finding = phone.report(**args)
    assert phone.sync().quiet
    return finding


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize("how", ["cells", "outline"])
def test_what_lies_in_a_unit_is_seen_and_mirrored_by_who_has_a_grant_on_it(
    server: Server, boss: Desk, wei: Phone, desk: Callable[..., Desk], how: str
) -> None:
    made = boss.enter(cells=[LABAO]) if how == "cells" else boss.drawn()
    assert made.status_code == 201, made.json
    inside = reported(wei)
    elsewhere = reported(wei, position={**OUTSIDE, "lat": 24.10})
    keeper, phone = desk("keeper", "supervisor", PARK), server.phone("tan", grants=(PARK,))
    assert keeper.finds() == [inside]
    assert keeper.send("GET", f"/findings/{elsewhere}").status_code == 404
    assert phone.sync().resynced == []
    assert phone.device.mirror.row("finding", inside) is not None
    assert phone.device.mirror.row("finding", elsewhere) is None
    assert keeper.send("POST", f"/findings/{inside}/steps", {"from": "submitted", "to": "verified"}).status_code == 200
    phone.sync()
    row = phone.device.mirror.row("finding", inside)
    assert row is not None
    assert row["state"] == "verified"


def test_the_unit_narrows_list_and_map(boss: Desk, wei: Phone) -> None:
    boss.drawn()
    inside = reported(wei)
    reported(wei, position=OUTSIDE)
    assert boss.finds(f"?unit={PARK}") == [inside]
    assert boss.finds("?unit=M-NOTHING") == []


def test_a_unit_that_is_entered_later_takes_in_what_was_there_and_lets_go_what_it_loses(
    server: Server, boss: Desk, wei: Phone
) -> None:
    inside, border = reported(wei), reported(wei, position={**IN_LIUJIANG, "lat": 24.2595})
    phone = server.phone("tan", grants=(COUNTY,))
    boss.drawn()
    assert boss.settle()["moved"] == 2
    keeper = server.phone("keeper", "supervisor", (PARK,))
    keeper.sync()
    assert {row["id"] for row in keeper.device.mirror.rows("finding")} == {inside, border}
    smaller = [[lon, min(lat, 24.257)] for lon, lat in SQUARE]
    outline = {"type": "Polygon", "coordinates": [smaller]}
    changed = boss.send("PATCH", f"/units/{PARK}", {"rev": 1, "outline": outline, "datum": "CGCS2000"})
    assert (changed.status_code, changed.json["rev"]) == (200, 2)
    assert boss.settle()["moved"] == 1
    report = keeper.sync()
    assert (report.quiet, report.resynced) == (True, [])
    assert {row["id"] for row in keeper.device.mirror.rows("finding")} == {inside}
    phone.sync()
    assert {row["id"] for row in phone.device.mirror.rows("finding")} == {inside, border}  # the county keeps both
    assert boss.finds(f"?unit={PARK}") == [inside]
    assert [each["rev"] for each in boss.send("GET", f"/units/{PARK}/history").json] == [1, 2]


def test_what_hangs_on_a_finding_is_in_the_unit_too(server: Server, boss: Desk, wei: Phone) -> None:
    boss.drawn()
    inside = reported(wei)
    wei.device.record("finding.comment", inside, {"text": "见", "photos": []})
    assert wei.sync().quiet
    keeper = server.phone("keeper", grants=(PARK,))
    keeper.sync()
    assert [row["text"] for row in keeper.device.mirror.rows("comment")] == ["见"]


def test_a_finding_is_in_a_unit_by_the_day_it_was_found(server: Server, boss: Desk, wei: Phone) -> None:
    today = server.time.now().date()
    boss.drawn(valid_from=today.isoformat())
    inside = reported(wei)
    reported(wei, found_at=(server.time.now() - timedelta(days=3)).isoformat())
    assert boss.finds(f"?unit={PARK}") == [inside]


def test_a_finding_that_is_moved_out_leaves_the_unit(server: Server, boss: Desk, wei: Phone) -> None:
    boss.drawn()
    inside = reported(wei)
    keeper = server.phone("keeper", grants=(PARK,))
    keeper.sync()
    wei.device.record("finding.edit", inside, {"position": dict(OUTSIDE)}, wei.device.mirror.rev("finding", inside))
    assert wei.sync().quiet
    assert keeper.sync().resynced == []
    assert keeper.device.mirror.row("finding", inside) is None
    assert boss.finds(f"?unit={PARK}") == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code": "PARK"}, (422, "input-invalid")),
        ({"cells": ["999"]}, (422, "input-invalid")),
        ({"outline": {"type": "Polygon", "coordinates": [SQUARE]}}, (422, "datum-missing")),
        ({"outline": {"type": "Point", "coordinates": [1, 2]}, "datum": "WGS84"}, (422, "input-invalid")),
        ({"outline": {"type": "Polygon"}, "datum": "WGS84"}, (422, "input-invalid")),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, (422, "input-invalid")),
    ],
)
def test_what_makes_no_unit_is_refused_in_words(boss: Desk, change: dict[str, Any], expected: tuple[int, str]) -> None:
    assert problem(boss.enter(**change)) == expected


def test_an_outline_that_crosses_itself_is_not_mended(boss: Desk) -> None:
    bow = [[109.32, 24.25], [109.34, 24.26], [109.34, 24.25], [109.32, 24.26], [109.32, 24.25]]
    answer = boss.enter(outline={"type": "Polygon", "coordinates": [bow]}, datum="CGCS2000")
    assert problem(answer) == (422, "input-invalid")
    assert "Self-intersection" in answer.json["detail"]


def test_a_grant_on_a_unit_that_nobody_entered_is_refused(boss: Desk) -> None:
    body = {"name": "x", "role": "supervisor", "grants": [PARK]}
    assert problem(boss.send("POST", "/users", body)) == (422, "input-invalid")
    boss.drawn()
    assert boss.send("POST", "/users", body).status_code == 201


def test_of_two_who_change_a_unit_the_second_looks_again(boss: Desk) -> None:
    boss.drawn()
    assert problem(boss.drawn()) == (409, "already-exists")
    assert boss.send("PATCH", f"/units/{PARK}", {"rev": 1, "name": "甲"}).status_code == 200
    assert problem(boss.send("PATCH", f"/units/{PARK}", {"rev": 1, "name": "乙"})) == (409, "revision-stale")
    assert problem(boss.send("PATCH", "/units/M-X", {"rev": 1, "name": "乙"})) == (404, "not-found")
