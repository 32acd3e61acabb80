"""`photo.add`: records, bytes and subjects arrive in any order, and a hash by itself opens nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from sync.device_ports import Json
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg, new_id

pytestmark = pytest.mark.both_databases


def add(phone: Phone, sha256: str, finding: str, /, **more: object) -> str:
    """Record what a person says of a photo; returns the record's id."""
    photo = new_id()
    args = {
        "sha256": sha256,
        "size": 1000,
        "media_type": "image/jpeg",
        "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        "source": "camera",
        "subject": {"type": "finding", "id": finding},
        "role": "before",
    }
    phone.device.record("photo.add", photo, {**args, **more})
    return photo


def photos(phone: Phone, finding: str) -> list[Json]:
    assert phone.sync().quiet
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    return list(row["photos"])


def hold_bytes(phone: Phone, sha256: str) -> bytes:
    """Take bytes off the phone for a while."""
    record, data = phone.storage.get("photo", sha256), phone.storage.files.pop(sha256)
    assert record is not None
    phone.storage.write([("photo", sha256, None)])
    return data


@pytest.mark.parametrize("order", list(permutations(["finding", "record", "bytes"])), ids="-".join)
def test_finding_record_and_bytes_come_together_in_any_order(server: Server, order: tuple[str, ...]) -> None:
    wei, mo = server.phone("wei"), server.phone("mo")
    sha256 = wei.device.capture(jpeg())
    data, finding, photo = hold_bytes(wei, sha256), new_id(), ""
    for step in order:
        if step == "finding":
            report_as(wei, finding)
        elif step == "record":
            photo = add(wei, sha256, finding)
        else:
            wei.device.capture(data)
        assert wei.sync().quiet
    assert wei.sync().quiet
    for phone in (wei, mo):
        assert photos(phone, finding) == [{"id": photo, "sha256": sha256, "role": "before", "stored": True}]


def report_as(phone: Phone, finding: str, photos: tuple[str, ...] = ()) -> None:
    args = {
        "topic": "dust",
        "item": None,
        "description": "裸土未覆盖",
        "severity": "moderate",
        "found_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        "photos": list(photos),
        "site": None,
    }
    phone.device.record("finding.report", finding, args)


def test_a_hash_named_before_its_record_shows_without_an_id_as_a_scene(server: Server) -> None:
    phone = server.phone()
    sha256 = phone.device.capture(jpeg())
    finding = phone.report(photos=[sha256])
    assert photos(phone, finding) == [{"id": None, "sha256": sha256, "role": "scene", "stored": True}]
    photo = add(phone, sha256, finding)
    assert photos(phone, finding) == [{"id": photo, "sha256": sha256, "role": "before", "stored": True}]


def test_one_hash_may_have_several_records(server: Server) -> None:
    phone = server.phone()
    sha256, finding = phone.device.capture(jpeg()), phone.report()
    ids = {add(phone, sha256, finding), add(phone, sha256, finding, role="after")}
    assert {one["id"] for one in photos(phone, finding)} == ids


def test_missing_media_names_what_this_stream_named_until_it_is_here(server: Server) -> None:
    phone, other = server.phone("wei"), server.phone("mo")
    sha256 = phone.device.capture(jpeg())
    phone.report(photos=[sha256])
    (record,) = phone.device.outbox.pending()
    assert phone.push_bodies(record["body"]).json()["missing_media"] == [sha256]
    assert other.push_bodies().json()["missing_media"] == []
    phone.sync()
    assert phone.push_bodies().json()["missing_media"] == []


def test_a_hash_that_somebody_else_brought_shows_nothing_until_one_brings_it_oneself(server: Server) -> None:
    """A hash is no key: neither the thief nor those who see the thief's finding get sight of the bytes."""
    wei = server.phone("wei")
    far = {"lon": 109.60, "lat": 23.10, "datum": "WGS84", "accuracy_m": 5}
    thief = server.phone("thief", grants=("450802",))
    friend = server.phone("friend", grants=("450802",))
    data = jpeg(colour="navy")
    sha256 = wei.device.capture(data)
    wei.report(photos=[sha256])
    assert wei.sync().quiet
    finding = thief.report(position=far, photos=[sha256])
    photo = add(thief, sha256, finding)
    for phone in (thief, friend):
        assert phone.sync().quiet
        assert phone.raw("GET", f"/api/v1/blobs/{sha256}").status == 404
    assert [one["stored"] for one in photos(thief, finding)] == [False]
    assert thief.push_bodies().json()["missing_media"] == [sha256]
    thief.device.capture(data)
    assert thief.sync().quiet
    assert photos(thief, finding) == [{"id": photo, "sha256": sha256, "role": "before", "stored": True}]
    assert friend.raw("GET", f"/api/v1/blobs/{sha256}").body == data


def test_a_photo_id_counts_once_and_senseless_records_are_rejected(server: Server) -> None:
    phone = server.phone()
    finding = phone.report()
    for wrong in (
        {"sha256": "x"},
        {"size": -1},
        {"source": "drone"},
        {"role": "portrait"},
        {"subject": {"type": "finding", "id": "x"}},
        {"subject": None},
        {"position": {"lon": 109.3, "lat": 24.2}},
    ):
        add(phone, "ab" * 32, finding, **wrong)
    assert phone.sync().quiet
    assert [one["status"] for one in phone.results()] == ["applied"] + ["rejected"] * 7
