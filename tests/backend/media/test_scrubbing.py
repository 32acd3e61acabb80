"""Scrubbing: bytes that went bad are noticed, shown, asked for again, and count again once they are right (I8)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.folder_blobs import FolderBlobs
from backend.jobs import work
from backend.models import AuditEvent, Job
from backend.services.scrubbing import Scrubber
from backend.transactions import reading, writing
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256
from tests.stories import FakeTime, Server, jpeg
from tests.stories import Phone as Inspector

pytestmark = pytest.mark.both_databases
Scrub = Callable[..., dict[str, Any]]


@pytest.fixture
def scrub(app: Flask, blobs: FolderBlobs, time: FakeTime) -> Scrub:
    def scrub(after: str = "", **bounds: int) -> dict[str, Any]:
        with app.app_context():
            return Scrubber(blobs, reading, writing, time.now).run(after, **bounds)

    return scrub


def spoil(files: Path, of: str, how: str) -> bytes:
    """Let stored bytes go bad on the disk; returns what they were."""
    [path] = (one for one in files.rglob(of) if "derived" not in one.parts)
    before = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(before[:-1] if how == "cut" else before[:-1] + bytes([before[-1] ^ 1]))
    return before


def shown(phone: Inspector, finding: str) -> list[bool]:
    assert phone.sync().quiet
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    return [photo["stored"] for photo in row["photos"]]


@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_photo_that_went_bad_is_asked_for_again_and_counts_again(
    how: str, server: Server, scrub: Scrub, files: Path, client: FlaskClient, app: Flask
) -> None:
    wei = server.phone("wei")
    photo = wei.device.capture(jpeg((200, 150)))
    finding = wei.report(photos=[photo])
    assert wei.sync().quiet
    assert shown(wei, finding) == [True]
    first = wei.raw("POST", "/api/v1/media/status", {"sha256": [photo]}).json()["items"][photo]
    before = spoil(files, photo, how)
    assert scrub()["lost"] == [photo]
    assert scrub() == {"checked": 0, "lost": [], "found": [], "after": ""}

    boss = server.token("boss", "admin")
    (item,) = client.get("/api/v1/attention", headers=boss).get_json()["lost_media"]
    assert (item["sha256"], item["author"]) == (photo, wei.device.user_id)
    far = server.token("mo", "supervisor", ("450802",))
    assert client.get("/api/v1/attention", headers=far).get_json()["lost_media"] == []
    missing = wei.raw("POST", "/api/v1/media/status", {"sha256": [photo]}).json()["items"][photo]
    assert missing == {"status": "missing", "seq": None, "code": None}
    assert wei.raw("GET", f"/api/v1/blobs/{photo}").status == 404
    assert wei.push_bodies().json()["missing_media"] == [photo]

    assert wei.sync().quiet  # the phone still has its own, and sends it again
    assert shown(wei, finding) == [True]
    again = wei.raw("POST", "/api/v1/media/status", {"sha256": [photo]}).json()["items"][photo]
    assert again["status"] == "stored"
    assert again["seq"] > first["seq"]
    assert wei.raw("GET", f"/api/v1/blobs/{photo}").body == before
    assert client.get("/api/v1/attention", headers=boss).get_json()["lost_media"] == []
    assert scrub()["lost"] == []


def test_whoever_sees_the_finding_sees_that_its_photo_is_lost(server: Server, scrub: Scrub, files: Path) -> None:
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    photo = wei.device.capture(jpeg((200, 150)))
    finding = wei.report(photos=[photo])
    assert wei.sync().quiet
    assert shown(luo, finding) == [True]
    spoil(files, photo, "gone")
    scrub()
    assert shown(luo, finding) == [False]


def test_bytes_that_are_back_count_again_by_themselves(phone: Phone, scrub: Scrub, files: Path, app: Flask) -> None:
    """As after a disk that was not mounted."""
    data = image()
    phone.upload(data)
    before = phone.status(sha256(data))[sha256(data)]["seq"]
    [path] = files.rglob(sha256(data))
    path.rename(files / "elsewhere")
    scrub()
    assert phone.status(sha256(data))[sha256(data)]["status"] == "missing"
    (files / "elsewhere").rename(path)
    assert phone.status(sha256(data))[sha256(data)]["status"] == "missing"
    assert scrub()["found"] == [sha256(data)]
    item = phone.status(sha256(data))[sha256(data)]
    assert item["status"] == "stored"
    assert item["seq"] > before
    with app.app_context(), reading() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == sha256(data))).all()
    assert actions == ["media.lost", "media.found"]


def test_refused_bytes_in_quarantine_are_read_again_too(phone: Phone, scrub: Scrub, files: Path) -> None:
    data = b"this is a text file called IMG_1.jpg"
    phone.upload(data)
    assert scrub() == {"checked": 1, "lost": [], "found": [], "after": ""}
    spoil(files, sha256(data), "flipped")
    assert scrub()["lost"] == [sha256(data)]
    assert phone.status(sha256(data))[sha256(data)]["status"] == "missing"
    assert phone.upload(data).status_code == 204
    assert phone.status(sha256(data))[sha256(data)]["status"] == "refused"


def test_each_run_reads_a_bounded_piece_and_the_next_one_goes_on_from_there(phone: Phone, scrub: Scrub) -> None:
    photos = [image(seed=seed) for seed in range(5)]
    for photo in photos:
        phone.upload(photo)
    hashes, after, seen = sorted(map(sha256, photos)), "", []
    for _ in range(3):
        said = scrub(after, most_bytes=2 * max(map(len, photos)))
        seen.append((said["checked"], said["after"]))
        after = said["after"]
    assert seen == [(2, hashes[1]), (2, hashes[3]), (1, "")]
    assert scrub("", most_bytes=1)["checked"] == 1  # a photo larger than the bound is read all the same


def test_the_hourly_job_goes_through_everything_by_and_by(
    app: Flask, phone: Phone, files: Path, monkeypatch: pytest.MonkeyPatch, time: FakeTime
) -> None:
    monkeypatch.setattr("backend.services.scrubbing.A_RUN", 1)
    photos = [image(seed=seed) for seed in range(3)]
    for photo in photos:
        phone.upload(photo)
    last = max(map(sha256, photos))
    spoil(files, last, "flipped")
    for _ in range(3):
        with app.app_context():
            work.ask_hourly()
            for job_id in work.due():
                assert work.run(job_id)
        time.pass_by(hours=1)
    assert phone.status(last)[last]["status"] == "missing"
    with app.app_context(), reading() as session:
        results = session.scalars(select(Job.result).where(Job.kind == "scrub").order_by(Job.finished_at)).all()
    assert [result["lost"] for result in results if result] == [[], [], [last]]
