"""`flask backup restore`: the server goes on from a backup in a new epoch, and nothing acknowledged stays missing.

Stories with the reference device; `office.reached_by` asserts that in the end no phone has anything left to send.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, create_engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend import create_app
from backend.backups import snapshot
from backend.cli.setup import prepare
from backend.clock import Clock
from backend.extensions import Base
from backend.jobs import intents
from backend.models import AuditEvent, Counter, Entry, Job, LogRecord, OpRecord, Upload
from backend.services import audit, finding_tally
from backend.transactions import reading, writing
from tests.backend.backup_office import REFUSED, SHA, Office, flip_a_byte
from tests.conftest import settings_for
from tests.postgresql import PostgresqlServer
from tests.stories import FakeTime, Phone, jpeg

GREEN = jpeg(colour="green")
GREEN_SHA = hashlib.sha256(GREEN).hexdigest()


@pytest.fixture
def office(app: Flask, time: FakeTime) -> Iterator[Office]:
    office = Office(app, time)
    yield office
    office.stop()


def photos_stored(phone: Phone) -> dict[str, bool]:
    """What a phone's mirror says of each photo, by hash."""
    rows = phone.device.mirror.rows("finding")
    return {photo["sha256"]: photo["stored"] for row in rows for photo in row["photos"]}


# stories ---------------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_after_a_restore_devices_send_again_what_came_after_the_backup_photos_too(office: Office) -> None:
    phone = office.server.phone()
    first = phone.report(photos=[phone.device.capture(jpeg())])
    assert phone.sync().quiet
    name = office.backup()
    second = phone.report(photos=[phone.device.capture(GREEN)])
    office.reached_by(phone)
    bodies = office.server.op_bodies()
    epoch = office.counter().epoch
    office.restore(name)
    office.lose_photos()
    office.restore(name)
    assert office.server.findings() == [first]
    assert office.photo_on_server(SHA).read_bytes() == jpeg(), "its phone had let go of it"
    office.reached_by(phone)
    assert office.server.findings() == [first, second]
    assert office.server.op_bodies() == bodies
    assert photos_stored(phone) == {SHA: True, GREEN_SHA: True}
    assert office.photo_on_server(GREEN_SHA).read_bytes() == GREEN
    assert office.counter().epoch != epoch
    assert "Nothing was changed" in office.does("evidence", "verify", "--blobs")


@pytest.mark.both_databases
def test_a_device_enrolled_after_the_backup_enrols_anew_and_sends_again_all_that_it_did(office: Office) -> None:
    office.server.person("wei")
    name = office.backup()
    phone = office.server.phone("wei")
    finding = phone.report(photos=[phone.device.capture(jpeg())])
    phone.device.record("finding.comment", finding, {"text": "门口", "photos": []})
    office.reached_by(phone)
    office.restore(name)
    office.lose_photos()
    office.restore(name)
    phone.server, phone.transport.app = office.server, office.app
    assert phone.sync().trouble == "401 token-invalid"
    phone.device.enrol(office.server.invite("wei"), "the same phone")
    office.reached_by(phone)
    assert office.server.findings() == [finding]
    assert [row["text"] for row in phone.device.mirror.rows("comment")] == ["门口"]
    assert photos_stored(phone) == {SHA: True}
    assert {result["status"] for result in phone.results()} == {"applied"}


@pytest.mark.both_databases
def test_what_a_device_let_go_of_on_the_word_of_a_backup_is_in_it(office: Office) -> None:
    phone = office.server.phone()
    finding = phone.report(photos=[phone.device.capture(jpeg())])
    office.reached_by(phone)
    name = office.backup()
    office.reached_by(phone)
    assert phone.device.outbox.all_ops() == []
    assert phone.storage.files == {}
    office.lose_photos()
    office.restore(name)
    office.reached_by(phone)
    assert office.server.findings() == [finding]
    assert photos_stored(phone) == {SHA: True}
    assert phone.raw("GET", f"/api/v1/blobs/{SHA}").body == jpeg()


@pytest.mark.both_databases
def test_what_hangs_on_anothers_finding_waits_for_it_after_a_restore_and_is_then_decided(office: Office) -> None:
    """Both came after the backup, and the comment's phone is the first to send again."""
    wei, luo = office.server.phone("wei"), office.server.phone("luo")
    name = office.backup()
    finding = wei.report()
    office.reached_by(wei, luo)
    luo.device.record("finding.comment", finding, {"text": "已通知", "photos": []})
    office.reached_by(wei, luo)
    office.restore(name)
    luo.transport.app = office.app
    assert luo.sync().quiet
    assert luo.last_result()["status"] == "held"
    office.reached_by(wei, luo)
    assert luo.last_result()["status"] == "applied"
    assert [row["text"] for row in wei.device.mirror.rows("comment")] == ["已通知"]


@pytest.mark.both_databases
def test_a_photo_that_was_refused_after_the_backup_is_sent_again_for_a_person_to_look_at(office: Office) -> None:
    phone = office.server.phone()
    name = office.backup()
    phone.device.capture(b"this is no photo")
    office.reached_by(phone)
    office.lose_photos()
    office.restore(name)
    office.reached_by(phone)
    assert (office.settings.data / "blobs" / "quarantine" / REFUSED[:2] / REFUSED[2:4] / REFUSED).exists()
    assert phone.storage.files == {REFUSED: b"this is no photo"}


@pytest.mark.both_databases
def test_an_upload_whose_staged_bytes_are_gone_starts_over(office: Office) -> None:
    phone = office.server.phone()
    phone.device.photos.chunk_bytes = 300
    phone.device.capture(jpeg())
    patches: list[str] = []

    def second_patch(method: str, path: str) -> bool:
        patches.extend([path] if method == "PATCH" else [])
        return len(patches) > 1

    phone.transport.lose_request = second_patch
    assert not phone.sync().quiet
    with office.app.app_context(), reading() as session:
        (received,) = session.scalars(select(Upload.received))
    assert received > 0
    name = office.backup()
    office.lose_photos()
    office.restore(name)
    phone.transport.lose_request = lambda method, path: False
    office.reached_by(phone)
    assert office.photo_on_server(SHA).read_bytes() == jpeg()


@pytest.mark.both_databases
def test_a_device_that_has_only_a_photo_to_send_does_not_let_go_of_it_on_the_word_of_the_old_epoch(
    office: Office,
) -> None:
    phone = office.server.phone()
    name = office.backup()
    for _ in range(20):
        phone.report()
    office.reached_by(phone)
    office.backup()
    office.reached_by(phone)
    assert phone.device.outbox.all_ops() == []
    phone.device.capture(jpeg())
    office.restore(name, "--older")
    office.reached_by(phone)
    assert SHA in phone.storage.files
    assert office.backup()
    office.reached_by(phone)
    assert SHA not in phone.storage.files


# the new epoch ---------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_restore_is_logged_and_audited_ends_sign_ins_and_puts_jobs_back(office: Office) -> None:
    signed_in = office.server.token("boss", "admin")
    with office.app.app_context(), writing() as session:
        intents.ask(session, "job", "sweep-uploads", {}, None, office.time.now())
    with office.app.app_context(), writing() as session:
        intents.take(session, "job", office.time.now())
    name = office.backup()
    before = office.counter()
    assert office.app.test_client().get("/api/v1/users", headers=signed_in).status_code == 200
    office.restore(name)
    after = office.counter()
    assert office.app.test_client().get("/api/v1/users", headers=signed_in).status_code == 401
    with office.app.app_context(), reading() as session:
        assert session.get_one(Job, "job").state == "asked"
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.n.desc()).limit(1)).one()
        assert (event.action, event.subject, event.details["was"]) == ("server.restored", name, before.epoch)
    assert after.backed_up_seq == office.manifest(name).head <= after.value
    said = office.does("evidence", "verify")
    assert f"restored: backup {name}" in said
    assert f"epoch {before.epoch} became {after.epoch}" in said


@pytest.mark.both_databases
def test_an_epoch_that_was_changed_behind_the_servers_back_is_named(office: Office) -> None:
    office.restore(office.backup())
    office.restore(office.backup())
    assert office.does("evidence", "verify").count("restored: ") == 2
    with office.app.app_context(), writing() as session:
        session.execute(update(Counter).values(epoch="another"))
    assert "BAD: table counter" in office.refuses("evidence", "verify")


GUARDED = {
    "an op is changed": update(OpRecord).values(body=b"{}"),
    "an op is removed": delete(OpRecord),
    "an audit event is changed": update(AuditEvent).values(action="nothing"),
    "an audit event is removed": delete(AuditEvent),
    "a log entry is changed": update(LogRecord).values(kind="op"),
    "a log entry is removed": delete(LogRecord),
    "a seq falls": update(Entry).values(seq=Entry.seq - 1),
    "a seq is beyond the counter": update(Entry).values(seq=Entry.seq + 10**9),
    "the counter falls": update(Counter).values(value=Counter.value - 1),
}


@pytest.mark.both_databases
def test_the_guards_stand_in_a_restored_database(office: Office) -> None:
    phone = office.server.phone()
    phone.report()
    assert phone.sync().quiet
    office.restore(office.backup())
    for what, statement in GUARDED.items():
        with office.app.app_context(), writing() as session:
            try:
                session.execute(statement.execution_options(synchronize_session=False))
            except DBAPIError:
                session.rollback()
                continue
            pytest.fail(f"let through: {what}")


@pytest.mark.both_databases
def test_audit_events_are_numbered_on(office: Office) -> None:
    office.restore(office.backup())
    with office.app.app_context():
        for _ in range(2):
            with writing() as session:
                audit.record(session, office.time.now(), None, "test", None)
        with reading() as session:
            numbers = list(session.scalars(select(AuditEvent.n).order_by(AuditEvent.n)))
    assert len(numbers) == len(set(numbers)) >= 3


# from one database to another ------------------------------------------------------------------------------------
def everything(connection: Connection | Session) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, in the order of their keys."""
    found = {}
    for table in snapshot.tables():
        rows = connection.execute(select(table).order_by(*table.primary_key.columns))
        found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.mark.both_databases
def test_a_backup_moves_an_installation_to_the_other_kind_of_database_row_by_row(
    office: Office, tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    phone = office.server.phone(grants=("450206",))
    finding = phone.report(photos=[phone.device.capture(jpeg())], description="裸土\n“未”覆盖 \\N \t é")
    phone.device.record("finding.edit", finding, {"severity": "serious"})
    phone.report(position=None)
    office.reached_by(phone)
    name = office.backup()
    with office.app.app_context(), reading() as session:
        before = everything(session)
    target = f"moved_{uuid4().hex}"
    postgresql_server.execute(f"CREATE DATABASE {target}")
    other = f"sqlite:///{tmp_path / 'moved.sqlite3'}"
    if office.settings.sqlite:
        other = postgresql_server.sqlalchemy_url(target)
    office.start(database_url=other)
    office.stop()
    assert "is kept as" not in office.does("backup", "restore", name)
    office.start()
    with office.app.app_context(), reading() as session:
        after = everything(session)
    changed = {"counter", "audit_event", "log_entry", "login_token", "job"}
    for table in before.keys() - changed:
        assert after[table] == before[table], table
    for table in ("audit_event", "log_entry"):
        assert after[table][:-1] == before[table], table
    office.reached_by(phone)
    assert "Nothing was changed" in office.does("evidence", "verify")
    office.stop()
    postgresql_server.execute(f"DROP DATABASE {target} WITH (FORCE)")


def test_a_backup_of_an_earlier_schema_is_brought_up_to_date_on_its_way(tmp_path: Path, time: FakeTime) -> None:
    settings = settings_for(tmp_path / "old", f"sqlite:///{tmp_path / 'old.sqlite3'}")
    office = Office(create_app(settings, Clock(now=time.now)), time)
    with office.app.app_context():
        upgrade(directory=snapshot.MIGRATIONS, revision="0002")
    name = office.backup()
    assert office.manifest(name).revision == "0002"
    assert office.does("backup", "verify")
    office.restore(name)
    with office.app.app_context():
        with reading() as session:
            revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        assert revision == snapshot.newest_revision()
        prepare(sample=True)
        with pytest.raises(DBAPIError), writing() as session:
            session.execute(delete(LogRecord))
    office.stop()


# photos and counts -----------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_photo_that_is_nowhere_whole_is_named_and_with_leave_sent_again_by_who_still_has_it(office: Office) -> None:
    phone, other = office.server.phone("wei"), office.server.phone("luo")
    finding = phone.report(photos=[phone.device.capture(jpeg()), phone.device.capture(GREEN)])
    office.reached_by(phone, other)
    name = office.backup()
    flip_a_byte(office.photo_in_backup(SHA))
    office.photo_in_backup(GREEN_SHA).unlink()
    office.lose_photos()
    office.stop()
    said = office.refuses("backup", "restore", name, "--replace")
    assert f"lost photo: {SHA}" in said
    assert f"lost photo: {GREEN_SHA}" in said
    assert office.server.findings() == [finding]
    assert "lost photo: " in office.restore(name, "--mark-lost")
    other.transport.app = office.app
    assert other.sync().quiet
    assert photos_stored(other) == {SHA: False, GREEN_SHA: False}
    assert set(phone.storage.files) == {SHA, GREEN_SHA}
    office.reached_by(phone, other)
    assert photos_stored(other) == {SHA: True, GREEN_SHA: True}
    assert office.photo_on_server(SHA).read_bytes() == jpeg()
    assert "Nothing was changed" in office.does("evidence", "verify", "--blobs")


def test_a_photo_that_went_bad_on_the_server_is_mended_from_the_backup(office: Office) -> None:
    phone = office.server.phone()
    phone.report(photos=[phone.device.capture(jpeg())])
    office.reached_by(phone)
    name = office.backup()
    flip_a_byte(office.photo_on_server(SHA))
    assert "photos put back: 1" in office.restore(name)
    assert office.photo_on_server(SHA).read_bytes() == jpeg()


def test_every_table_is_dumped_but_those_that_triggers_fill(office: Office) -> None:
    engine = create_engine(office.settings.database_url)
    with engine.connect() as connection:
        tables = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
    assert tables - {"alembic_version", "sqlite_sequence"} == set(Base.metadata.tables)
    assert {table.name for table in snapshot.tables()} == set(Base.metadata.tables) - {
        "figure_tally",
        "finding_standing",
        "finding_tally",
    }


@pytest.mark.both_databases
def test_a_restore_counts_the_findings_again(office: Office) -> None:
    phone = office.server.phone()
    phone.report()
    phone.sync()
    name = office.backup()
    office.restore(name)
    with office.app.app_context(), reading() as session:
        told = finding_tally.tallied(session)
        assert told == finding_tally.recounted(session)
        assert len(told) == 5  # three squares, the county, the township
