"""Photos with something doubtful about them: each is kept, flagged with its reason, and refused nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from backend import catalogue
from backend.extensions import db
from backend.jobs import work
from backend.models import Finding, PhotoDue, PhotoFlag, PhotoPrint, SyncedRow
from backend.transactions import writing
from sync import signing
from tests.backend.media.media_files import exif_of
from tests.pictures import jpeg, part, scene
from tests.stories import IN_LIUJIANG, Phone, Server, new_id

IN_TIME = exif_of(taken="2026:11:22 18:00:00", offset="+08:00", lon=109.33, lat=24.255)
LIUZHOU = {**IN_LIUJIANG, "lon": 109.41, "lat": 24.32}
GUILIN = {**IN_LIUJIANG, "lon": 110.29, "lat": 25.27}


def record(phone: Phone, data: bytes, finding: str | None = None, **said: Any) -> tuple[str, str]:
    """A finding (a new one, or one that is there) with a photo; returns both their names."""
    sha256 = phone.device.capture(data)
    finding = finding or phone.report(photos=[sha256])
    args = {
        "sha256": sha256,
        "size": len(data),
        "media_type": "image/jpeg",
        "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        "source": "camera",
        "subject": {"type": "finding", "id": finding},
        "role": "before",
    }
    phone.device.record("photo.add", new_id(), {**args, **said})
    return finding, sha256


def look(server: Server) -> None:
    """What the consumer does within a minute."""
    with server.app.app_context():
        work.ask_when_due()
        for job in work.due():
            assert work.run(job)
        db.session.remove()


def flags(server: Server, finding: str) -> dict[str, dict[str, Any]]:
    with server.app.app_context():
        found = {
            flag.code: flag.details
            for flag in db.session.scalars(select(PhotoFlag).where(PhotoFlag.subject_id == finding))
        }
        db.session.remove()
        return found


def sent(server: Server, phone: Phone, data: bytes, **said: Any) -> dict[str, dict[str, Any]]:
    """The flags of one photo, sent and looked at."""
    finding, _ = record(phone, data, **said)
    assert phone.sync().quiet
    look(server)
    return flags(server, finding)


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


@pytest.mark.both_databases
def test_an_honest_photo_has_no_flag(server: Server, phone: Phone) -> None:
    assert sent(server, phone, jpeg(scene(1), exif=IN_TIME)) == {}


# what the file and the device say -----------------------------------------------------------------------------------
def test_exif_of_another_place_and_time_is_flagged_with_how_far_off(server: Server, phone: Phone) -> None:
    off = exif_of(taken="2026:11:22 15:30:00", offset="+08:00", lon=109.36, lat=24.255)
    found = sent(server, phone, jpeg(scene(1), exif=off))
    assert set(found) == {"exif-position-differs", "exif-time-differs"}
    assert found["exif-time-differs"]["minutes"] == 150
    assert round(found["exif-position-differs"]["metres"], -2) == 3000


def test_a_photo_from_the_gallery_and_a_simulated_position_are_flagged(server: Server, phone: Phone) -> None:
    mocked = {**IN_LIUJIANG, "mock": True, "provider": "gps"}
    found = sent(server, phone, jpeg(scene(1)), source="gallery", position=mocked)
    assert set(found) == {"from-gallery", "position-mocked"}


def test_a_clock_that_is_off_is_flagged_from_five_minutes_on(server: Server, phone: Phone) -> None:
    phone.clock.off = timedelta(seconds=299)
    assert "device-clock-off" not in sent(server, phone, jpeg(scene(1)))
    phone.clock.off = timedelta(seconds=-301)
    assert sent(server, phone, jpeg(scene(2)))["device-clock-off"]["seconds"] == 301


@pytest.mark.parametrize("software", ["Adobe Photoshop 25.0", "Snapseed 2.0", "美图秀秀"])
def test_a_file_that_an_editor_has_signed_is_flagged(server: Server, phone: Phone, software: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "HUAWEI", software.encode()
    assert set(sent(server, phone, jpeg(scene(1), exif=exif.tobytes()))) == {"edited-by-software"}


def test_a_file_changed_an_hour_after_it_was_taken_is_flagged(server: Server, phone: Phone) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = "HUAWEI", "2026:11:22 19:00:00"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 18:00:00"
    assert sent(server, phone, jpeg(scene(1), exif=exif.tobytes())) == {"edited-later": {"minutes": 60}}


def test_a_camera_that_always_names_itself_and_once_does_not_is_flagged(server: Server, phone: Phone) -> None:
    for seed in range(3):
        assert sent(server, phone, jpeg(scene(seed), exif=IN_TIME)) == {}
        server.time.pass_by(minutes=1)
    assert sent(server, phone, jpeg(scene(4))) == {"exif-missing": {"others": 3}}


def test_a_camera_that_never_names_itself_is_believed(server: Server, phone: Phone) -> None:
    for seed in range(5):
        assert sent(server, phone, jpeg(scene(seed))) == {}
        server.time.pass_by(minutes=1)


# used before --------------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_the_same_bytes_for_another_finding_are_flagged_on_the_later_one(server: Server, phone: Phone) -> None:
    data = jpeg(scene(1))
    first, sha256 = record(phone, data)
    phone.sync()
    server.time.pass_by(days=3)
    second, _ = record(phone, data)
    phone.sync()
    look(server)
    assert flags(server, first) == {}
    found = flags(server, second)
    assert set(found) == {"bytes-used-before"}
    assert found["bytes-used-before"]["other"] == {"type": "finding", "id": first, "sha256": sha256}


CHANGED: dict[str, Callable[[], bytes]] = {
    "picture-used-before": lambda: jpeg(scene(1).resize((400, 300)), quality=50),
    "picture-cropped": lambda: jpeg(part(scene(1), 0.75, np.random.default_rng(3)), quality=75),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("code", CHANGED)
def test_the_same_picture_in_other_bytes_is_flagged_across_sites_and_people(
    server: Server, phone: Phone, code: str
) -> None:
    first, sha256 = record(phone, jpeg(scene(1)))
    phone.sync()
    look(server)
    server.time.pass_by(minutes=2)
    other = server.phone("lan")
    found = sent(server, other, CHANGED[code]())
    assert set(found) == {code}
    assert found[code]["other"] == {"type": "finding", "id": first, "sha256": sha256}


def test_two_shots_of_one_visit_may_look_alike(server: Server, phone: Phone) -> None:
    sent(server, phone, jpeg(scene(1)))
    server.time.pass_by(minutes=9)
    assert sent(server, phone, jpeg(scene(1), quality=70)) == {}
    server.time.pass_by(minutes=11)
    assert set(sent(server, phone, jpeg(scene(1), quality=60))) == {"picture-used-before"}


def test_one_photo_may_serve_a_finding_its_comments_and_its_inspection(server: Server, phone: Phone) -> None:
    data = jpeg(scene(1))
    first, sha256 = record(phone, data)
    second = phone.report(photos=[sha256])
    phone.sync()
    inspection = new_id()
    with server.app.app_context(), writing() as session:  # both of one inspection, as its failed duties are
        for each in (first, second):
            session.get_one(Finding, each).inspection_id = inspection
    phone.device.record("finding.comment", first, {"text": "见照片", "photos": [sha256]})
    phone.sync()
    look(server)
    assert flags(server, first) == flags(server, second) == {}


def test_a_photo_of_afterwards_that_is_the_one_of_before_is_flagged(server: Server, phone: Phone) -> None:
    finding, _ = record(phone, jpeg(scene(1)))
    phone.sync()
    server.time.pass_by(days=1)
    record(phone, jpeg(scene(1), quality=60), finding, role="after")
    phone.sync()
    look(server)
    assert set(flags(server, finding)) == {"after-is-before"}
    another, _ = record(phone, jpeg(scene(2)))
    record(phone, jpeg(scene(2)), another, role="after")
    phone.sync()
    look(server)
    assert set(flags(server, another)) == {"after-is-before"}


# travel -------------------------------------------------------------------------------------------------------------
def test_a_hundred_kilometres_in_ten_minutes_are_flagged_and_in_two_hours_are_not(server: Server, phone: Phone) -> None:
    assert sent(server, phone, jpeg(scene(1))) == {}
    server.time.pass_by(minutes=10)
    there = sent(server, phone, jpeg(scene(2)), position=GUILIN)
    assert set(there) == {"impossible-travel"}
    assert 140 < there["impossible-travel"]["km"] < 160
    server.time.pass_by(hours=2)
    assert sent(server, phone, jpeg(scene(3))) == {}


def test_a_way_within_what_the_positions_are_unsure_of_is_none(server: Server, phone: Phone) -> None:
    sent(server, phone, jpeg(scene(1)))
    server.time.pass_by(minutes=1)
    assert sent(server, phone, jpeg(scene(2)), position={**LIUZHOU, "accuracy_m": 10_000.0}) == {}
    sure = server.phone("lan")
    sent(server, sure, jpeg(scene(3)))
    server.time.pass_by(minutes=1)
    assert set(sent(server, sure, jpeg(scene(4)), position=LIUZHOU)) == {"impossible-travel"}


# whenever things come -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_in_which_bytes_come_makes_no_difference(server: Server, order: tuple[int, ...]) -> None:
    pictures = [jpeg(scene(1)), jpeg(scene(1), quality=40), jpeg(part(scene(1), 0.8, np.random.default_rng(5)))]
    people = [server.phone(name) for name in ("wei", "lan", "mo")]
    findings = []
    for person, data in zip(people, pictures, strict=True):
        person.transport.lose_request = lambda method, path: "/media" in path
        findings.append(record(person, data)[0])
        person.sync()
        server.time.pass_by(minutes=1)
    for index in order:
        people[index].transport.lose_request = lambda method, path: False
        server.time.pass_by(hours=1)
        people[index].sync()
        look(server)
    found = [set(flags(server, finding)) for finding in findings]
    assert found == [set(), {"picture-used-before"}, {"picture-cropped"}]


def test_a_second_look_changes_nothing_and_none_is_due(server: Server, phone: Phone) -> None:
    finding, sha256 = record(phone, jpeg(scene(1)), source="gallery")
    phone.sync()
    look(server)
    with server.app.app_context():
        before = [(each.code, each.found_at) for each in db.session.scalars(select(PhotoFlag))]
        prints = db.session.scalar(select(func.count()).select_from(PhotoPrint))
        assert db.session.scalar(select(func.count()).select_from(PhotoDue)) == 0
        with writing() as session:
            session.add(PhotoDue(sha256=sha256, since=server.time.now()))
        db.session.remove()
    server.time.pass_by(hours=1)
    look(server)
    with server.app.app_context():
        assert [(each.code, each.found_at) for each in db.session.scalars(select(PhotoFlag))] == before
        assert db.session.scalar(select(func.count()).select_from(PhotoPrint)) == prints
        db.session.remove()
    assert set(flags(server, finding)) == {"from-gallery"}


def test_devices_mirror_the_same_rows_after_a_look_as_before(server: Server, phone: Phone) -> None:
    record(phone, jpeg(scene(1)), source="gallery")
    phone.sync()

    def rows() -> list[tuple[str, int, str | None]]:
        with server.app.app_context():
            found = [(row.row_id, row.seq, row.content) for row in db.session.scalars(select(SyncedRow))]
            db.session.remove()
            return found

    before = rows()
    look(server)
    assert rows() == before


def test_bytes_that_are_no_picture_are_looked_at_too(server: Server, phone: Phone) -> None:
    data = b"%PDF-1.7\n" + b"x" * 200 + b"\n%%EOF"
    found = sent(server, phone, data, media_type="application/pdf", source="gallery", role="document")
    assert set(found) == {"from-gallery"}


# as a person reads them ---------------------------------------------------------------------------------------------
def test_the_finding_shows_the_flags_of_its_photos_in_both_languages(
    server: Server, phone: Phone, client: FlaskClient
) -> None:
    data = jpeg(scene(1))
    first, _ = record(phone, data)
    phone.sync()
    server.time.pass_by(days=1)
    second, sha256 = record(phone, data)
    phone.sync()
    look(server)
    number = server.finding(first).number  # type: ignore[union-attr]
    boss = server.token("boss", "admin")
    [flag] = client.get(f"/api/v1/findings/{second}", headers=boss).get_json()["photo_flags"]
    assert (flag["code"], flag["sha256"]) == ("bytes-used-before", sha256)
    assert flag["text"]["zh"] == f"同一照片文件此前已用于问题 {number}"
    assert flag["text"]["en"] == f"The same file was used before: finding {number}"


def test_a_record_elsewhere_is_not_named_to_those_who_may_not_see_it(server: Server, client: FlaskClient) -> None:
    data = jpeg(scene(1))
    far = server.phone("lan", grants=("450305",))
    record(far, data, position=dict(GUILIN))
    far.sync()
    server.time.pass_by(days=1)
    near = server.phone("wei")
    finding, _ = record(near, data)
    near.sync()
    look(server)
    chief = server.token("luo", "supervisor")
    [flag] = client.get(f"/api/v1/findings/{finding}", headers=chief).get_json()["photo_flags"]
    assert flag["details"]["other"] is not None  # its finding lies in Liujiang, only its photo far away
    stranger = server.token("mo", "supervisor", ("450305",))
    assert client.get(f"/api/v1/findings/{finding}", headers=stranger).status_code == 404


def test_both_languages_give_the_same_numbers() -> None:
    for code in catalogue.codes("photo_flag"):
        chinese, english = (catalogue.label(language, "photo_flag", code) for language in catalogue.LANGUAGES)
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english))


# the record of facts ------------------------------------------------------------------------------------------------
def test_a_photo_has_one_record_of_all_that_vouches_for_it(server: Server, client: FlaskClient) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    phone = server.phone(
        "wei", signer=lambda body: signing.sign(key, body), public_key=signing.jwk_of(key.public_key())
    )
    phone.clock.off = timedelta(minutes=7)
    data = jpeg(scene(1), exif=IN_TIME)
    position = {**IN_LIUJIANG, "provider": "gps", "mock": False}
    finding, sha256 = record(phone, data, position=position)
    phone.sync()
    look(server)
    answer = client.get(f"/api/v1/photos/{sha256}/evidence", headers=server.token("luo", "supervisor"))
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["sha256"], said["size"], said["exif"]["make"]) == (sha256, len(data), "HUAWEI")
    assert said["exif"]["taken_at"] == "2026-11-22T18:00:00+08:00"
    [use] = said["uses"]
    assert use["subject"] == {"type": "finding", "id": finding}
    [one] = use["records"]
    assert one["clock_offset_s"] == -420
    assert datetime.fromisoformat(one["captured_at_sent"]) - datetime.fromisoformat(one["captured_at"]) == timedelta(
        minutes=7
    )
    assert (one["position"]["provider"], one["position"]["mock"], one["position"]["accuracy_m"]) == ("gps", False, 8.0)
    assert (one["op"]["signature"], one["op"]["chain"], one["op"]["status"]) == ("valid", "continues", "applied")
    assert one["op"]["log"]["n"] >= 1
    assert [flag["code"] for flag in use["flags"]] == ["device-clock-off"]


def test_a_phone_without_a_key_is_said_to_be_unsigned(server: Server, phone: Phone, client: FlaskClient) -> None:
    _, sha256 = record(phone, jpeg(scene(1)))
    phone.sync()
    said = client.get(f"/api/v1/photos/{sha256}/evidence", headers=server.token("luo", "supervisor")).get_json()
    assert said["uses"][0]["records"][0]["op"]["signature"] == "unsigned"


def test_who_may_not_see_a_photo_hears_nothing_of_it(server: Server, phone: Phone, client: FlaskClient) -> None:
    _, sha256 = record(phone, jpeg(scene(1)))
    phone.sync()
    stranger = server.token("mo", "supervisor", ("450305",))
    for path in (sha256, "0" * 64):
        answer = client.get(f"/api/v1/photos/{path}/evidence", headers=stranger)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")
