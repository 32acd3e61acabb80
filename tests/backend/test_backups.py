"""`flask backup create | list`: a backup is whole and consistent, or there is none; what it keeps, and for how long."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from backend import failpoints
from backend.backups import running
from backend.backups.creating import REREAD_DAYS
from backend.backups.repository import DATABASE, LIST
from backend.blobs import Shelf
from backend.models import Counter
from backend.transactions import writing
from sync import digest
from sync.device_ports import Answer
from tests.backend.backup_office import REFUSED, SHA, Office, cut, flip_a_byte
from tests.stories import FakeTime, InProcess, Phone, jpeg


@pytest.fixture
def office(app: Flask, time: FakeTime) -> Iterator[Office]:
    office = Office(app, time)
    yield office
    failpoints.disarm()
    office.stop()


@pytest.fixture
def phone(office: Office) -> Phone:
    """One that has reported a finding with a photo, and a photo that the server refused."""
    phone = office.server.phone()
    phone.report(photos=[phone.device.capture(jpeg())])
    phone.device.capture(b"this is no photo")
    assert phone.sync().quiet
    return phone


@pytest.mark.both_databases
def test_a_backup_holds_database_photos_refused_photos_and_keys_and_verifies(office: Office, phone: Phone) -> None:
    name = office.backup()
    manifest = office.manifest(name)
    assert (manifest.rows["op"], manifest.blobs, manifest.lost) == (1, 2, [])
    assert (manifest.epoch, manifest.head) == (office.counter().epoch, office.counter().value)
    assert office.photo_in_backup(SHA).read_bytes() == jpeg()
    assert office.photo_in_backup(REFUSED, Shelf.QUARANTINE).read_bytes() == b"this is no photo"
    assert [kept.path for kept in manifest.keys] == ["keys/receipt-key.pem"]
    assert office.does("backup", "verify").endswith("  good\n")
    assert office.does("backup", "verify", name).startswith(name)
    assert office.does("backup", "list").startswith(name)


def test_the_photos_of_a_backup_can_be_checked_without_this_program(office: Office, phone: Phone) -> None:
    name = office.backup()
    command = ["sha256sum", "--check", "--strict", f"{name}/{LIST}"]
    checked = subprocess.run(command, cwd=office.repository.folder, capture_output=True, text=True, check=True)
    assert checked.stdout.count(": OK") == 2


def test_a_backup_is_for_its_owners_eyes_alone(office: Office) -> None:
    office.backup()
    assert office.repository.folder.stat().st_mode & 0o077 == 0


@pytest.mark.both_databases
def test_devices_are_told_how_far_a_backup_reaches_and_let_go_of_that_alone(office: Office, phone: Phone) -> None:
    assert office.counter().backed_up_seq == 0
    name = office.backup()
    assert office.counter().backed_up_seq == office.manifest(name).head
    later = phone.report(photos=[phone.device.capture(jpeg(colour="green"))])
    office.reached_by(phone)
    assert [json.loads(record["body"])["row"] for record in phone.device.outbox.retained()] == [later]
    assert set(phone.storage.files) == {hashlib.sha256(jpeg(colour="green")).hexdigest(), REFUSED}


@pytest.mark.parametrize("point", failpoints.BACKUP_NAMES[:3])
def test_nothing_is_said_to_devices_before_the_backup_is_whole_and_has_its_name(
    office: Office, phone: Phone, point: str
) -> None:
    seen: list[int] = []
    failpoints.arm(point, lambda: seen.append(office.counter().backed_up_seq))
    office.backup()
    assert seen == [0]


@pytest.mark.both_databases
def test_the_photos_are_copied_after_the_snapshot_that_names_them(office: Office, phone: Phone) -> None:
    """Whatever arrives between the two is in neither, or in both; never in the database alone."""
    green = jpeg(colour="green")

    def arrive() -> None:
        phone.report(photos=[phone.device.capture(green)])
        assert phone.sync().quiet

    failpoints.arm("backup-database-copied", arrive)
    name = office.backup()
    assert office.does("backup", "verify", name)
    assert office.manifest(name).rows["op"] == 1
    assert not office.photo_in_backup(hashlib.sha256(green).hexdigest()).exists()
    assert office.counter().backed_up_seq == office.manifest(name).head < office.counter().value


def test_a_backup_of_an_epoch_that_has_ended_says_nothing_to_devices(office: Office, phone: Phone) -> None:
    def restored_meanwhile() -> None:
        with office.app.app_context(), writing() as session:
            session.execute(update(Counter).values(epoch="another"))

    failpoints.arm("backup-placed", restored_meanwhile)
    office.backup()
    assert office.counter().backed_up_seq == 0


class Hearing(InProcess):
    """Remembers every result that the server gave."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.results: list[dict[str, Any]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = super().send(method, path, headers, body)
        if path.endswith("/sync/push") and answer.status == 200:
            self.results += answer.json()["results"]
        return answer


@pytest.mark.both_databases
def test_backups_made_while_devices_push_are_consistent_and_hold_all_that_they_say(office: Office) -> None:
    """Every acknowledged op with a `seq` up to a backup's head is in it; each scope's digest is that of its rows."""
    phones = [office.server.phone(name) for name in ("wei", "luo", "qin")]
    heard = [Hearing(office.app) for _ in phones]
    for phone, hearing in zip(phones, heard, strict=True):
        phone.transport = phone.device.transport = hearing
    over = threading.Event()
    failures: list[BaseException] = []

    def record_and_push(phone: Phone) -> None:
        try:
            while not over.is_set():
                phone.report(photos=[phone.device.capture(jpeg(comment=phone.clock.boot.encode()))])
                assert phone.sync().quiet
        except BaseException as error:  # told by the test's own thread
            failures.append(error)
            over.set()

    writers = [threading.Thread(target=record_and_push, args=(phone,)) for phone in phones]
    for writer in writers:
        writer.start()
    names = []
    try:
        for _ in range(4):
            office.time.pass_by(minutes=1)
            names.append(office.backup())
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert failures == []
    acknowledged = [result for hearing in heard for result in hearing.results]
    for name in names:
        assert office.does("backup", "verify", name)
        head = office.manifest(name).head
        with closing(sqlite3.connect(office.repository.path(name) / DATABASE)) as kept:
            held = {op_id for (op_id,) in kept.execute("SELECT op_id FROM op")}
            assert {result["id"] for result in acknowledged if result["seq"] <= head} <= held
            (over_head,) = kept.execute("SELECT count(*) FROM entry WHERE seq > ?", (head,)).fetchone()
            assert over_head == 0
            live: dict[str, list[tuple[str, str, int]]] = {}
            for scope, *entry in kept.execute("SELECT scope, type, row_id, seq FROM entry WHERE kind = 'put'"):
                live.setdefault(scope, []).append(tuple(entry))
            digests = {scope: (n, x) for scope, n, x in kept.execute("SELECT scope, n, x FROM scope_digest")}
            assert digests == {scope: digest.of_scope(entries) for scope, entries in live.items()}
    assert office.manifest(names[-1]).rows["op"] > 0


@pytest.mark.both_databases
def test_the_server_goes_on_writing_while_a_backup_copies_photos(office: Office, phone: Phone) -> None:
    pushed: list[str] = []

    def push() -> None:
        pushed.append(phone.report())
        assert phone.sync().quiet

    with office.app.app_context():
        running.make(alive=push)
    assert len(pushed) == 2


# lost photos -----------------------------------------------------------------------------------------------------
def test_a_photo_that_the_server_has_lost_keeps_a_backup_from_counting_until_somebody_says_so(
    office: Office, phone: Phone
) -> None:
    office.photo_on_server(SHA).unlink()
    assert f"lost photo: {SHA}" in office.refuses("backup", "create")
    assert office.counter().backed_up_seq == 0
    assert "1 photos LOST" in office.does("backup", "verify")
    office.does("backup", "create", "--mark-lost")
    assert office.counter().backed_up_seq > 0
    assert SHA in phone.storage.files
    office.reached_by(phone)
    assert office.photo_on_server(SHA).read_bytes() == jpeg()
    (row,) = phone.device.mirror.rows("finding")
    assert [photo["stored"] for photo in row["photos"]] == [True]


def test_a_photo_that_went_bad_on_the_server_is_not_lost_while_an_earlier_backup_has_it(
    office: Office, phone: Phone
) -> None:
    office.backup()
    flip_a_byte(office.photo_on_server(SHA))
    office.time.pass_by(days=1)
    name = office.backup()
    assert office.manifest(name).lost == []
    assert office.does("backup", "verify", name)


def test_a_photo_that_went_bad_in_the_backup_folder_is_brought_anew_on_its_day_of_the_month(
    office: Office, phone: Phone
) -> None:
    office.time.pass_by(days=(int(SHA[:8], 16) - office.time.now().toordinal() - 1) % REREAD_DAYS)
    office.backup()
    flip_a_byte(office.photo_in_backup(SHA))
    assert "were changed" in office.refuses("backup", "verify", office.backup())
    office.time.pass_by(days=1)
    assert office.does("backup", "verify", office.backup())


# what is kept ----------------------------------------------------------------------------------------------------
def test_the_newest_of_each_day_is_kept_for_so_many_days_and_the_newest_always(office: Office) -> None:
    office.start(backups_kept=3)
    made = []
    for _ in range(5):
        for _ in range(2):
            made.append(office.backup())
            office.time.pass_by(hours=1)
        office.time.pass_by(hours=22)
    assert office.repository.names() == [made[5], made[7], made[8], made[9]]
    office.time.pass_by(days=400)
    newest = office.backup()
    assert office.repository.names() == [made[7], made[9], newest]


def test_photos_go_with_the_last_backup_that_needed_them(office: Office, phone: Phone) -> None:
    office.start(backups_kept=1)
    office.backup()
    stray = hashlib.sha256(b"of a backup that was cut off").hexdigest()
    office.repository.blobs.put(stray, io.BytesIO(b"of a backup that was cut off"))
    office.photo_on_server(SHA).unlink()
    office.photo_in_backup(SHA).unlink()
    office.time.pass_by(days=2)
    office.does("backup", "create", "--mark-lost")
    assert not office.photo_in_backup(stray).exists()
    assert office.photo_in_backup(REFUSED, Shelf.QUARANTINE).exists()
    assert office.does("backup", "verify", "--all")


def test_no_photo_is_removed_while_a_backup_cannot_be_read(office: Office, phone: Phone) -> None:
    office.start(backups_kept=1)
    name = office.backup()
    cut(office.repository.path(name) / LIST)
    stray = hashlib.sha256(b"who knows").hexdigest()
    office.repository.blobs.put(stray, io.BytesIO(b"who knows"))
    office.time.pass_by(days=2)
    office.backup()
    assert name in office.repository.names()
    assert office.photo_in_backup(stray).exists()


def test_what_a_cut_off_backup_left_is_no_backup_and_goes_with_the_next(office: Office, phone: Phone) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    failpoints.arm("backup-blobs-copied", die)
    office.run("backup", "create")
    (office.repository.folder / ".passing-of-a-killed-one").mkdir()
    assert office.repository.names() == []
    name = office.backup()
    assert office.repository.names() == [name]
    assert sorted(path.name for path in office.repository.folder.iterdir()) == [".lock", name, "blobs"]


def test_two_at_once_are_not_made_in_one_folder(office: Office) -> None:
    with office.repository.changing():
        assert "another backup or restore is at work" in office.refuses("backup", "create")


def test_a_backup_can_be_made_and_checked_with_the_server_stopped(office: Office, phone: Phone) -> None:
    office.stop()
    office.backup()
    assert office.does("backup", "verify")


def test_a_folder_that_cannot_be_used_is_told(office: Office) -> None:
    (office.settings.data / "backups").write_text("a file")
    assert "cannot be used" in office.refuses("backup", "create")


def test_a_backup_is_checked_on_a_disk_that_is_mounted_for_reading_only(office: Office, phone: Phone) -> None:
    office.backup()
    place = str(office.repository.folder)
    if subprocess.run(["mount", "--bind", "-o", "ro", place, place], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        assert office.does("backup", "verify")
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_backup_is_due_a_day_after_the_newest(office: Office) -> None:
    office.start(demo=False)
    with office.app.app_context():
        assert running.is_due(office.time.now())
        running.make()
        assert not running.is_due(office.time.now() + timedelta(hours=23))
        assert running.is_due(office.time.now() + timedelta(hours=24))
        office.time.pass_by(days=-3650)
        assert running.is_due(office.time.now()), "it was dated by a wrong clock"
        running.make()
        assert not running.is_due(office.time.now())


@pytest.mark.parametrize("settings", [{"demo": True}, {"demo": False, "backed_up_by_others": True}])
def test_no_backup_is_due_in_a_demo_or_where_others_see_to_it(office: Office, settings: dict[str, bool]) -> None:
    office.start(**settings)
    with office.app.app_context():
        assert not running.is_due(office.time.now())
