"""`inspection.submit`: read by the pinned version; failed duties become findings, missed encouragements advice."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from backend.extensions import db
from backend.models import Inspection, Mention
from backend.services.working_time import CHINA
from sync.device_ports import Json
from tests.backend.inspections import answer, submit
from tests.stories import Phone, Server, new_id

BURNING, ALERT = "straw.zone.no-burning", "straw.alert.no-burning"
COVER, ENCOURAGED = "dust.lj6.cover", "dust.tech.fog-cannon"


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


def mirrored(phone: Phone, type: str, id: str) -> Json:
    row = phone.device.mirror.row(type, id)
    assert row is not None
    return row


@pytest.mark.both_databases
def test_failed_duties_become_findings_with_the_given_id_or_one_derived(phone: Phone, server: Server) -> None:
    given = new_id()
    inspection = submit(phone, answer(BURNING, finding=given), answer(ALERT), answer("straw.restricted.slot", "pass"))
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"
    derived = str(uuid5(UUID(inspection), ALERT))
    assert set(server.findings()) == {given, derived}
    assert set(mirrored(phone, "inspection", inspection)["findings"]) == {given, derived}
    row = mirrored(phone, "finding", derived)
    assert (row["item"], row["inspection"], row["topic"], row["severity"]) == (ALERT, inspection, "straw", "serious")
    assert (row["checklist"], row["checklist_version"]) == ("straw-liujiang", "2024.1")


def test_a_missed_encouragement_is_advice_and_no_finding(phone: Phone, server: Server) -> None:
    inspection = submit(phone, answer(ENCOURAGED), checklist="dust-liujiang")
    phone.sync()
    assert server.findings() == []
    assert [one["item"] for one in mirrored(phone, "inspection", inspection)["advice"]] == [ENCOURAGED]


def test_a_value_over_its_limit_fails_in_spite_of_a_stated_pass(phone: Phone, server: Server) -> None:
    inspection = submit(phone, answer(COVER, "pass", value=60), checklist="dust-liujiang")
    phone.sync()
    assert server.findings() == [str(uuid5(UUID(inspection), COVER))]


def test_the_deadline_is_the_items_counted_from_the_inspection(phone: Phone, server: Server) -> None:
    """2026-11-22 is a Sunday: one working day after it ends on Monday, two working hours at ten in the morning."""
    dust = submit(phone, answer(COVER, value=60), checklist="dust-liujiang")
    straw = submit(phone, answer(BURNING))
    phone.sync()
    ends = []
    for inspection, item in ((dust, COVER), (straw, BURNING)):
        at = mirrored(phone, "finding", str(uuid5(UUID(inspection), item)))["deadline_at"]
        ends.append(datetime.fromisoformat(at).astimezone(CHINA).isoformat())
    assert ends == ["2026-11-23T23:59:59+08:00", "2026-11-23T10:00:00+08:00"]


ADMINISTRATIVE: dict[str, Any] = {
    "mode": "administrative",
    "approval_no": "柳环检〔2026〕1号",
    "officers": [{"user": new_id(), "certificate_no": "A1"}, {"user": new_id(), "certificate_no": "A2"}],
    "representative": {"name": "李某", "phone": None, "post": None},
    "signature": {"sha256": "ab" * 32},
}


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({}, "evidence"),
        ({"signature": {"refused": True, "reason": "外出", "witness": "王某"}}, "evidence"),
        ({"mode": "patrol"}, "lead"),
        ({"approval_no": None}, "lead"),
        ({"officers": ADMINISTRATIVE["officers"][:1]}, "lead"),
        ({"signature": None}, "lead"),
        ({"signature": {"refused": True, "reason": "外出", "witness": None}}, "lead"),
    ],
)
def test_only_a_whole_administrative_inspection_gives_evidence(phone: Phone, changes: Json, grade: str) -> None:
    inspection = submit(phone, answer(BURNING), **{**ADMINISTRATIVE, **changes})
    phone.sync()
    assert mirrored(phone, "inspection", inspection)["grade"] == grade
    assert mirrored(phone, "finding", str(uuid5(UUID(inspection), BURNING)))["grade"] == grade


def test_an_answer_without_its_item_is_rejected_with_the_place_of_the_fault(phone: Phone) -> None:
    """The fault is named by a number, which no JSON key is: this once broke the whole push."""
    submit(phone, answer(BURNING), {"result": "pass"})
    good = submit(phone, answer(BURNING, "pass"))
    assert phone.sync().quiet
    assert [one["status"] for one in phone.results()] == ["rejected", "applied"]
    assert "1" in phone.results()[0]["problem"]["errors"]["answers"]
    assert mirrored(phone, "inspection", good)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([answer("no.such-item")], "unknown-item"),
        ([answer(BURNING), answer(BURNING)], "answer-invalid"),
        ([answer(COVER, value="viel")], "unknown-item"),
        ([answer(BURNING, "maybe")], "answer-invalid"),
        ([answer(BURNING, position={"lon": 1, "lat": 2})], "datum-missing"),
        ([answer(BURNING, photos=["x"])], "args-invalid"),
        ([answer(BURNING, finding="x")], "args-invalid"),
    ],
)
def test_answers_that_make_no_sense_are_rejected_and_leave_nothing(
    phone: Phone, server: Server, answers: list[Json], code: str
) -> None:
    submit(phone, *answers)
    phone.sync()
    assert (phone.last_result()["status"], phone.last_result()["problem"]["code"]) == ("rejected", code)
    with server.app.app_context():
        assert db.session.query(Inspection).count() == 0
        assert db.session.query(Mention).count() == 0
        db.session.remove()


def test_a_finding_id_that_is_taken_rejects_the_inspection_whole(phone: Phone, server: Server) -> None:
    finding = phone.report()
    submit(phone, answer(ALERT), answer(BURNING, finding=finding))
    phone.sync()
    assert phone.last_result()["problem"]["code"] == "row-exists"
    assert server.findings() == [finding]


def test_an_inspection_id_counts_once(phone: Phone) -> None:
    inspection = submit(phone, answer(BURNING, "pass"))
    args = json.loads(phone.device.outbox.pending()[0]["body"])["args"]
    phone.device.record("inspection.submit", inspection, args)
    phone.sync()
    assert [one["status"] for one in phone.results()] == ["applied", "rejected"]
    assert phone.last_result()["problem"]["code"] == "row-exists"


def test_photos_of_answers_and_the_signature_are_missed_until_they_come(phone: Phone, server: Server) -> None:
    submit(phone, answer(BURNING, photos=["cd" * 32]), **ADMINISTRATIVE)
    bodies = [record["body"] for record in phone.device.outbox.pending()]
    assert phone.push_bodies(*bodies).json()["missing_media"] == ["ab" * 32, "cd" * 32]


def test_without_any_position_an_inspection_is_kept_flagged_and_unassigned(phone: Phone) -> None:
    inspection = submit(phone, answer(BURNING), position=None)
    phone.sync()
    row = mirrored(phone, "inspection", inspection)
    assert row["cell"] is None
    assert "position-missing" in {flag["code"] for flag in row["flags"]}
