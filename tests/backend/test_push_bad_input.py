"""Bad ops: each one gets a clear verdict or problem, nothing is lost, and none blocks the ones behind it."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from backend.demo import pictures
from backend.extensions import db
from backend.models import Finding, OpRecord, Photo, QuarantinedBody
from tests.backend.op_bodies import body, report_args, sha
from tests.stories import CHINA, IN_LIUJIANG, Phone, Server, jpeg, new_id


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


@pytest.mark.parametrize(
    ("position", "code"),
    [
        ({"lon": 109.3, "lat": 24.2}, "datum-missing"),
        ({"lon": 109.3, "lat": 24.2, "datum": "EPSG:4326"}, "datum-unknown"),
        ({"lon": 109.3, "lat": 91, "datum": "WGS84"}, "coordinate-invalid"),
        ({"lon": "109.3", "lat": 24.2, "datum": "WGS84"}, "coordinate-invalid"),
        ({"lon": True, "lat": 24.2, "datum": "WGS84"}, "coordinate-invalid"),
        ([109.3, 24.2], "position-invalid"),
    ],
)
def test_a_position_that_makes_no_sense_is_rejected_and_kept(
    phone: Phone, server: Server, position: object, code: str
) -> None:
    phone.report(position=position)
    good = phone.report()
    assert phone.sync().quiet
    assert [result["status"] for result in phone.results()] == ["rejected", "applied"]
    assert phone.results()[0]["problem"]["code"] == code
    assert server.findings() == [good]
    assert len(server.op_bodies()) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"severity": "terrible"}, "args-invalid"),
        ({"description": ""}, "args-invalid"),
        ({"description": "长" * 4001}, "args-invalid"),
        ({"topic": "Dust!"}, "args-invalid"),
        ({"found_at": "yesterday"}, "args-invalid"),
        ({"found_at": "2026-11-22T10:00:00"}, "args-invalid"),
        ({"photos": ["abc"]}, "args-invalid"),
        ({"photos": "ab" * 32}, "args-invalid"),
        ({"item": "no.such-item"}, "unknown-item"),
    ],
)
def test_arguments_that_make_no_sense_are_rejected(phone: Phone, changes: dict[str, Any], code: str) -> None:
    phone.report(**changes)
    phone.sync()
    assert (phone.last_result()["status"], phone.last_result()["problem"]["code"]) == ("rejected", code)


@pytest.mark.both_databases
def test_a_position_outside_guangxi_is_kept_flagged_and_unassigned(phone: Phone, server: Server) -> None:
    finding = phone.report(position={"lon": 116.4, "lat": 39.9, "datum": "WGS84", "accuracy_m": 5})
    phone.sync()
    stored = server.finding(finding)
    assert stored is not None
    assert stored.cell_code is None
    assert {flag["code"] for flag in stored.flags} >= {"cell-unassigned", "outside-grants"}
    assert phone.device.mirror.row("finding", finding) is not None  # its author sees it all the same


@pytest.mark.both_databases
def test_nul_and_lone_surrogates_are_kept_in_the_op_and_cleaned_in_the_row(phone: Phone, server: Server) -> None:
    text = body(phone, 1, None, args=report_args(phone, description="土\x00堆\ud800\udfff\ud83d"))
    assert "\\u0000" in text
    answer = phone.push_bodies(text)
    assert [result["status"] for result in answer.json()["results"]] == ["applied"]
    assert server.op_bodies() == [text.encode()]
    stored = server.finding(json.loads(text)["row"])
    assert stored is not None
    assert stored.description == "土\ufffd堆\U000103ff\ufffd"


def test_the_reference_client_can_send_a_lone_surrogate(phone: Phone, server: Server) -> None:
    phone.report("坏\ud83d字")
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"


@pytest.mark.both_databases
def test_a_body_that_is_no_json_is_quarantined_and_named(phone: Phone, server: Server) -> None:
    good = body(phone, 1, None)
    answer = phone.push_bodies(good, '{"id": ')
    assert (answer.status, answer.code, answer.json()["index"]) == (422, "op-unreadable", 1)
    assert server.findings() == []
    with server.app.app_context():
        assert [one.body for one in db.session.query(QuarantinedBody)] == [b'{"id": ']


@pytest.mark.parametrize("broken", ["[]", "null", "NaN", '{"id": 5}', "[" * 100_000, '{"n": 1e999}'])
def test_whatever_is_no_op_is_unreadable_and_never_an_error_of_ours(phone: Phone, broken: str) -> None:
    assert (phone.push_bodies(broken).status, phone.push_bodies(broken).code) == (422, "op-unreadable")


@pytest.mark.parametrize(
    "changes",
    [
        {"cmd": None},
        {"cmd": "DROP TABLE"},
        {"v": 0},
        {"v": True},
        {"row": "not-a-uuid"},
        {"base_rev": -1},
        {"args": []},
        {"t": {"wall": "today"}},
        {"t": None},
        {"was": {"id": "x"}},
        {"group": {"id": "01900000-0000-7000-8000-000000000000", "i": 3, "of": 2}},
        {"group": {"id": "01900000-0000-7000-8000-000000000000", "i": 1, "of": 51}},
    ],
)
def test_an_op_not_of_the_contracts_form_is_stored_and_rejected(phone: Phone, changes: dict[str, Any]) -> None:
    first = body(phone, 1, None, **changes)
    second = body(phone, 2, sha(first))
    results = phone.push_bodies(first, second).json()["results"]
    assert [result["status"] for result in results] == ["rejected", "applied"]
    assert results[0]["problem"]["code"] == "op-malformed"


def test_an_unknown_command_and_an_unknown_version_are_held(phone: Phone) -> None:
    first = body(phone, 1, None, cmd="drone.fly")
    second = body(phone, 2, sha(first), v=9)
    results = phone.push_bodies(first, second).json()["results"]
    assert [(one["status"], one["problem"]["code"]) for one in results] == [
        ("held", "command-unknown"),
        ("held", "version-unknown"),
    ]


@pytest.mark.both_databases
def test_a_device_whose_clock_says_2035_is_believed_as_far_as_its_offset(phone: Phone, server: Server) -> None:
    phone.clock.off = timedelta(days=9 * 365)
    finding = phone.report()
    phone.sync()
    stored = server.finding(finding)
    assert stored is not None
    assert stored.found_at == server.time.now()
    assert stored.found_at_sent.startswith("2035")
    assert "device-clock-off" in {flag["code"] for flag in stored.flags}


def test_a_record_made_before_the_clock_was_put_right_is_flagged(phone: Phone, server: Server) -> None:
    phone.clock.off = timedelta(days=9 * 365)
    finding = phone.report()
    phone.clock.off = timedelta()
    phone.sync()
    stored = server.finding(finding)
    assert stored is not None
    assert "time-in-future" in {flag["code"] for flag in stored.flags}


@pytest.mark.both_databases
def test_a_photo_taken_three_kilometres_away_is_kept_and_flagged(phone: Phone, server: Server) -> None:
    taken = datetime(2026, 11, 22, 18, 0, tzinfo=CHINA)
    data = pictures.photo("far", 109.33 + 0.03, 24.255, taken)
    sha256 = phone.device.capture(data)
    finding = phone.report(photos=[sha256])
    photo = new_id()
    phone.device.record(
        "photo.add",
        photo,
        {
            "sha256": sha256,
            "size": len(data),
            "media_type": "image/jpeg",
            "captured_at": taken.isoformat(),
            "position": dict(IN_LIUJIANG),
            "source": "camera",
            "subject": {"type": "finding", "id": finding},
            "role": "before",
        },
    )
    assert phone.sync().quiet
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert row["photos"] == [{"id": photo, "sha256": sha256, "role": "before", "stored": True}]
    flags = [flag for flag in row["flags"] if flag["code"] == "exif-position-differs"]
    assert [round(flag["metres"], -2) for flag in flags] == [3000]
    with server.app.app_context():
        assert [flag["code"] for flag in db.session.get_one(Photo, photo).flags] == ["exif-position-differs"]


def test_a_picture_that_is_none_is_refused_and_its_bytes_stay_on_the_phone(phone: Phone) -> None:
    sha256 = phone.device.capture(b"this is no picture" * 100)
    phone.report(photos=[sha256])
    phone.sync()
    record = phone.storage.get("photo", sha256)
    assert record is not None
    assert record["state"] == "refused"
    assert phone.storage.files[sha256].startswith(b"this is no")


def test_an_unknown_checklist_version_is_held_and_an_unknown_item_rejected(phone: Phone) -> None:
    def submit(version: str, item: str) -> None:
        at = phone.clock.now().isoformat()
        phone.device.record(
            "inspection.submit",
            new_id(),
            {
                "checklist": "dust-liujiang",
                "checklist_version": version,
                "mode": "patrol",
                "started_at": at,
                "finished_at": at,
                "position": dict(IN_LIUJIANG),
                "answers": [{"item": item, "result": "pass", "photos": []}],
            },
        )

    submit("2099.1", "dust.lj6.cover")
    submit("2024.1", "dust.no-such-item")
    phone.sync()
    assert [(one["status"], one["problem"]["code"]) for one in phone.results()] == [
        ("held", "checklist-version-unknown"),
        ("rejected", "unknown-item"),
    ]


@pytest.mark.both_databases
def test_an_error_of_ours_holds_the_op_and_lets_the_next_through(
    phone: Phone, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.services import numbering

    real = numbering.finding_number

    def fails_once(*args: Any) -> str:
        monkeypatch.setattr(numbering, "finding_number", real)
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(numbering, "finding_number", fails_once)
    phone.report()
    good = phone.report()
    phone.sync()
    assert [result["status"] for result in phone.results()] == ["held", "applied"]
    assert phone.results()[0]["problem"]["code"] == "internal-error"
    assert server.findings() == [good]


def test_an_unknown_hash_of_somebody_else_gives_no_sight(server: Server) -> None:
    wei, mo = server.phone("wei"), server.phone("mo", grants=("450802",))
    sha256 = wei.device.capture(jpeg())
    wei.report(photos=[sha256])
    wei.sync()
    thief = mo.report(photos=[sha256], position={"lon": 109.6, "lat": 23.1, "datum": "WGS84", "accuracy_m": 5})
    mo.device.push(report := mo.sync())
    assert report.quiet
    row = mo.device.mirror.row("finding", thief)
    assert row is not None
    assert [photo["stored"] for photo in row["photos"]] == [False]
    assert mo.raw("GET", f"/api/v1/blobs/{sha256}").status == 404
    assert mo.raw("POST", "/api/v1/media/status", {"sha256": [sha256]}).json()["items"][sha256]["status"] == "missing"


def test_a_photo_record_may_come_before_its_finding_and_its_bytes_after_both(phone: Phone) -> None:
    data = jpeg(colour="green")
    sha256 = hashlib.sha256(data).hexdigest()
    finding, photo = new_id(), new_id()
    phone.device.record(
        "photo.add",
        photo,
        {
            "sha256": sha256,
            "size": len(data),
            "media_type": "image/jpeg",
            "captured_at": phone.clock.now().isoformat(),
            "position": None,
            "source": "gallery",
            "subject": {"type": "finding", "id": finding},
            "role": "before",
        },
    )
    phone.device.record("finding.report", finding, report_args(phone, photos=[sha256]))
    phone.sync()
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert row["photos"] == [{"id": photo, "sha256": sha256, "role": "before", "stored": False}]
    answer = phone.push_bodies()
    assert answer.json()["missing_media"] == [sha256]
    phone.device.capture(data)
    phone.sync()
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert row["photos"][0]["stored"]
    assert phone.push_bodies().json()["missing_media"] == []


def test_every_stored_op_is_still_the_bytes_that_were_sent(phone: Phone, server: Server) -> None:
    for index in range(5):
        phone.report(f"第{index}处", severity="terrible" if index == 2 else "minor")
    bodies = [record["body"].encode() for record in phone.device.outbox.pending()]
    phone.sync()
    assert server.op_bodies() == bodies
    with server.app.app_context():
        assert db.session.query(OpRecord).count() == 5
        assert db.session.query(Finding).count() == 4


def test_an_image_header_of_ten_gigapixels_is_refused_unread(phone: Phone) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = (100_000).to_bytes(4) * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    sha256 = phone.device.capture(bytes(data), "image/png", "bomb.png")
    phone.sync()
    record = phone.storage.get("photo", sha256)
    assert record is not None
    assert (record["state"], record["problem"]) == ("refused", "image-too-large")
