"""现场确权: doubtful places claimed and declined, at the console and by phone, by one or by two at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.backend.redrawn import BAIPENG, COUNTY, LABAO
from tests.stories import Phone, Server

pytestmark = pytest.mark.both_databases
ON_THE_BORDER = {"lon": 109.33, "lat": 24.1902, "datum": "CGCS2000", "accuracy_m": 400.0}
NOWHERE = {"lon": 116.40, "lat": 39.90, "datum": "CGCS2000", "accuracy_m": 8.0}


class Desk:
    """A supervisor at the console."""

    def __init__(self, client: FlaskClient, token: dict[str, str]) -> None:
        self.client, self.token = client, token

    def queue(self) -> list[Any]:
        found: list[Any] = self.client.get("/api/v1/doubtful-places", headers=self.token).json["items"]
        return found

    def say(self, finding: str, cell: str | None, note: str | None = None, rev: int = 1) -> Any:
        body = {"cell": cell, "note": note, "rev": rev}
        return self.client.post(f"/api/v1/findings/{finding}/place", headers=self.token, json=body)

    def detail(self, finding: str) -> Any:
        return self.client.get(f"/api/v1/findings/{finding}", headers=self.token).json


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    return lambda name, *grants, role="supervisor": Desk(client, server.token(name, role, grants))


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(COUNTY,))


@pytest.fixture
def finding(wei: Phone) -> str:
    """Somewhere on the border, a little more of its circle to the north."""
    found = wei.report(position=dict(ON_THE_BORDER))
    assert wei.sync().quiet
    return found


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_the_one_with_the_largest_share_is_asked_and_sees_the_shares(desk: Callable[..., Desk], finding: str) -> None:
    north, south = desk("bei", LABAO), desk("nan", BAIPENG)
    (waiting,) = north.queue()
    assert (waiting["finding"], waiting["asked"]["code"], waiting["cell"]["name"]) == (finding, LABAO, "拉堡镇")
    assert [each["code"] for each in waiting["candidates"]] == [LABAO, BAIPENG]
    assert 0.5 < waiting["candidates"][0]["share"] < 0.6
    assert south.queue() == []


def test_a_sure_place_asks_nobody(desk: Callable[..., Desk], wei: Phone) -> None:
    wei.report()
    assert wei.sync().quiet
    assert desk("bei", LABAO).queue() == []


def test_a_claim_settles_it_and_devices_hear(server: Server, desk: Callable[..., Desk], finding: str) -> None:
    phone = server.phone("tan", grants=(BAIPENG,))
    phone.sync()
    south, above = desk("nan", BAIPENG), desk("boss", COUNTY)
    claimed = south.say(finding, BAIPENG)
    assert (claimed.status_code, claimed.json["cell"]) == (200, BAIPENG)
    assert above.queue() == []
    detail = above.detail(finding)
    admin = detail["cells"][0]
    assert (admin["code"], admin["method"], admin["name"]) == (BAIPENG, "decided", "百朋镇")
    assert 0.4 < admin["confidence"] < 0.5
    assert [(one["action"], one["asked"]["code"], one["by"]["name"]) for one in detail["place_said"]] == [
        ("claim", LABAO, "nan"),
    ]  # fmt: skip
    assert "cell-doubtful" not in [flag["code"] for flag in detail["flags"]]
    report = phone.sync()
    assert (report.quiet, report.resynced) == (True, [])
    assert phone.device.mirror.row("finding", finding) is not None


def test_who_declines_passes_it_on_and_after_the_last_the_one_above_all_is_asked(
    desk: Callable[..., Desk], finding: str
) -> None:
    north, south, county = desk("bei", LABAO), desk("nan", BAIPENG), desk("boss", COUNTY)
    assert problem(north.say(finding, None)) == (422, "place-reason-missing")
    assert north.say(finding, None, "界桩以南").status_code == 200
    assert problem(north.say(finding, None, "还是不要")) == (403, "place-not-yours")
    (waiting,) = south.queue()
    assert waiting["asked"]["code"] == BAIPENG
    assert [one["note"] for one in waiting["said"]] == ["界桩以南"]
    assert south.say(finding, None, "界桩以北").status_code == 200
    assert (north.queue(), south.queue()) == ([], [])
    (waiting,) = county.queue()
    assert waiting["asked"]["code"] == COUNTY
    assert county.say(finding, BAIPENG, "以2025年勘界图为准").status_code == 200
    assert [one["action"] for one in county.detail(finding)["place_said"]] == ["decline", "decline", "claim"]


def test_nobody_claims_for_another_or_takes_back_what_another_was_given(
    desk: Callable[..., Desk], finding: str
) -> None:
    north, south, county = desk("bei", LABAO), desk("nan", BAIPENG), desk("boss", COUNTY)
    assert problem(south.say(finding, LABAO)) == (403, "place-not-yours")
    assert north.say(finding, LABAO).status_code == 200
    assert problem(south.say(finding, BAIPENG, "我们的", rev=2)) == (403, "place-not-yours")
    assert county.say(finding, BAIPENG, "勘界", rev=2).status_code == 200


def test_a_sure_finding_of_another_area_is_nobodys_to_claim(
    server: Server, desk: Callable[..., Desk], wei: Phone
) -> None:
    sure = wei.report()
    assert wei.sync().quiet
    stranger, phone = desk("stranger", "450203"), server.phone("lin", "supervisor", ("450203",))
    assert problem(stranger.say(sure, "450203", "我要")) == (404, "not-found")
    phone.device.record("finding.place", sure, {"cell": "450203", "note": "我要"}, 1)
    phone.sync()
    assert (phone.last_result()["status"], phone.last_result()["problem"]["code"]) == ("held", "right-lost")
    assert problem(desk("nan", BAIPENG).say(sure, BAIPENG, "我要")) == (404, "not-found")
    found = server.finding(sure)
    assert found is not None
    assert found.cell_code == LABAO


def test_what_was_decided_is_refused_by_nobody_and_the_history_says_what_was_before(
    server: Server, desk: Callable[..., Desk], finding: str
) -> None:
    county, south, north = desk("boss", COUNTY), desk("nan", BAIPENG), server.phone("bei", "supervisor", (LABAO,))
    north.sync()
    assert county.say(finding, BAIPENG, "勘界").status_code == 200
    assert problem(south.say(finding, None, "不要", rev=2)) == (409, "place-taken")
    north.device.record("finding.place", finding, {"cell": None, "note": "不是我们的"}, 1)
    north.sync()
    assert (north.last_result()["status"], north.last_result()["problem"]["code"]) == ("held", "right-lost")
    (said,) = county.detail(finding)["place_said"]
    assert (said["before"]["code"], said["before"]["method"]) == (LABAO, "inside")


def test_after_a_corrected_position_those_who_declined_are_asked_anew(
    desk: Callable[..., Desk], wei: Phone, finding: str
) -> None:
    north = desk("bei", LABAO)
    assert north.say(finding, None, "界桩以南").status_code == 200
    assert north.queue() == []
    wei.server.time.pass_by(minutes=5)
    wei.sync()
    moved = {**ON_THE_BORDER, "lat": 24.1904}
    wei.device.record("finding.edit", finding, {"position": moved}, wei.device.mirror.rev("finding", finding))
    assert wei.sync().quiet
    assert [each["asked"]["code"] for each in north.queue()] == [LABAO]


def test_a_finding_without_any_position_is_asked_of_the_city(desk: Callable[..., Desk], wei: Phone) -> None:
    finding = wei.report(position=None)
    assert wei.sync().quiet
    assert [each["finding"] for each in desk("shi", "450200").queue()] == [finding]


def test_a_cell_off_the_circle_needs_a_reason_and_one_that_nobody_knows_is_refused(
    desk: Callable[..., Desk], finding: str
) -> None:
    county = desk("boss", COUNTY)
    assert problem(county.say(finding, "450206110")) == (422, "place-reason-missing")
    assert county.say(finding, "450206110", "飞地").status_code == 200
    assert problem(county.say(finding, "999", "x", rev=2)) == (422, "input-invalid")


def test_what_lies_nowhere_is_asked_of_the_city(server: Server, desk: Callable[..., Desk], wei: Phone) -> None:
    finding = wei.report(position=dict(NOWHERE))
    assert wei.sync().quiet
    city, admin = desk("shi", "450200"), desk("boss", "450000", role="admin")
    assert [each["finding"] for each in admin.queue()] == [finding]
    assert [each["asked"] for each in city.queue()] == [None]
    assert city.say(finding, LABAO, "坐标填错，照片为拉堡镇").status_code == 200
    found = server.finding(finding)
    assert found is not None
    assert found.cell_code == LABAO


def test_the_second_of_two_hears_of_the_first(desk: Callable[..., Desk], finding: str) -> None:
    north, south = desk("bei", LABAO), desk("nan", BAIPENG)
    assert north.say(finding, LABAO).status_code == 200
    answer = south.say(finding, BAIPENG)
    assert problem(answer) == (409, "place-taken")
    assert answer.json["cell"]["code"] == LABAO


def test_two_phones_that_claim_it_apart_make_a_conflict_that_is_decided(
    server: Server, desk: Callable[..., Desk], finding: str
) -> None:
    north, south = server.phone("bei", "supervisor", (COUNTY,)), server.phone("nan", "supervisor", (COUNTY,))
    for phone in (north, south):
        phone.sync()
    for phone, cell in ((north, LABAO), (south, BAIPENG)):
        phone.device.record("finding.place", finding, {"cell": cell, "note": None}, 1)
    north.sync(), south.sync()
    assert (north.last_result()["status"], south.last_result()["status"]) == ("applied", "conflict")
    (conflict,) = south.device.mirror.rows("conflict")
    assert [(each["name"], each["current"], each["incoming"]) for each in conflict["fields"]] == [
        ("cell", LABAO, BAIPENG)
    ]
    south.device.record("conflict.resolve", str(conflict["id"]), {"choice": {"cell": "incoming"}})
    south.sync()
    assert south.last_result()["status"] == "applied"
    found = server.finding(finding)
    assert found is not None
    assert (found.cell_code, found.cells[0].method) == (BAIPENG, "decided")
    assert [one["cell"]["code"] for one in desk("boss", COUNTY).detail(finding)["place_said"]] == [LABAO, BAIPENG]


def test_an_inspectors_word_waits_for_a_supervisor(server: Server, wei: Phone, finding: str) -> None:
    wei.device.record("finding.place", finding, {"cell": BAIPENG, "note": "村民指认"}, 1)
    wei.sync()
    assert (wei.last_result()["status"], wei.last_result()["problem"]["code"]) == ("held", "right-lost")


@pytest.mark.parametrize(("lat", "stays"), [(24.1905, True), (24.2550, False)])
def test_a_decided_cell_stands_while_the_circle_touches_it(
    server: Server, desk: Callable[..., Desk], wei: Phone, finding: str, lat: float, stays: bool
) -> None:
    assert desk("nan", BAIPENG).say(finding, BAIPENG).status_code == 200
    wei.sync()
    moved = {**ON_THE_BORDER, "lat": lat}
    wei.device.record("finding.edit", finding, {"position": moved}, wei.device.mirror.rev("finding", finding))
    assert wei.sync().quiet
    found = server.finding(finding)
    assert found is not None
    assert (found.cell_code, found.cells[0].method) == ((BAIPENG, "decided") if stays else (LABAO, "inside"))
