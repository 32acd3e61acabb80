"""`finding.report`: applied wherever it is, with flags for what a supervisor should know."""

from __future__ import annotations

import pytest

from sync.device_ports import Json
from tests.stories import Phone, Server

GUIGANG = {"lon": 109.60, "lat": 23.10, "datum": "WGS84", "accuracy_m": 5}


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


def reported(phone: Phone, **args: object) -> Json:
    finding = phone.report(**args)  # type: ignore[arg-type]
    assert phone.sync().quiet
    row = phone.device.mirror.row("finding", finding)
    assert row is not None, phone.last_result()
    return row


def flags(row: Json) -> set[str]:
    return {flag["code"] for flag in row["flags"]}


@pytest.mark.both_databases
def test_a_report_from_outside_the_grants_is_applied_flagged_and_shown_where_it_lies(
    phone: Phone, server: Server
) -> None:
    row = reported(phone, position=GUIGANG)
    assert phone.last_result()["status"] == "applied"
    assert "outside-grants" in flags(row)
    there = server.phone("there", grants=("450800",))
    there.sync()
    assert there.device.mirror.row("finding", row["id"]) == row


def test_a_report_from_within_the_grants_is_not_flagged(phone: Phone) -> None:
    assert flags(reported(phone)) <= {"cell-doubtful"}


def test_the_position_is_kept_as_sent_beside_the_canonical_one(phone: Phone) -> None:
    row = reported(phone, position={"lon": 109.3356, "lat": 24.2518, "datum": "GCJ02", "mock": True, "accuracy_m": 8})
    assert (row["position"]["lon"], row["position"]["datum"]) == (109.3356, "GCJ02")
    assert 0.002 < abs(row["location"]["lon"] - 109.3356) < 0.01
    assert "position-mocked" in flags(row)


def test_without_a_position_a_report_is_kept_flagged_and_in_no_cell(phone: Phone) -> None:
    row = reported(phone, position=None)
    assert (row["location"], row["cells"]) == (None, [])
    assert "position-missing" in flags(row)


def test_an_items_duty_is_written_onto_the_finding(phone: Phone) -> None:
    row = reported(phone, item="dust.lj6.cover")
    assert row["basis"]
    assert row["deadline_at"]
    assert row["checklist"]


def test_unknown_keys_are_ignored_and_kept_in_the_op(phone: Phone, server: Server) -> None:
    reported(phone, weather="晴")
    assert "晴".encode() in server.op_bodies()[0]


def test_numbers_run_by_city_and_day_without_gaps_over_rejected_ops(phone: Phone, server: Server) -> None:
    one = reported(phone)
    phone.report(severity="terrible")
    two = reported(phone)
    assert [row["number"] for row in (one, two)] == ["LZ-20261122-0001", "LZ-20261122-0002"]
    assert reported(phone, position=GUIGANG)["number"] == "GG-20261122-0001"


@pytest.mark.parametrize("device_now", [None, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "today", 5])
def test_no_clock_of_a_device_breaks_a_push(phone: Phone, device_now: object) -> None:
    (
        phone.report(),
        phone.report(found_at="0001-01-01T00:00:00+14:00"),
        phone.report(found_at="9999-12-31T23:59:59-14:00"),
    )
    ops = [{"body": record["body"], "sig": None} for record in phone.device.outbox.pending()]
    answer = phone.raw("POST", "/api/v1/sync/push", {"device_now": device_now, "ops": ops})
    assert [one["status"] for one in answer.json()["results"]] == ["applied"] * 3
