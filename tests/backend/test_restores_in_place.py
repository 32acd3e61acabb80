"""`flask backup restore` over what is there: refused, put aside, or left as it was, and nothing of it lost unasked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from backend import create_app, in_use
from backend.backups.repository import DATABASE, MANIFEST
from backend.extensions import db
from backend.models import Counter
from backend.transactions import reading
from tests.backend.backup_office import Office, change
from tests.stories import FakeTime


@pytest.fixture
def office(app: Flask, time: FakeTime) -> Iterator[Office]:
    office = Office(app, time)
    yield office
    office.stop()


@pytest.mark.both_databases
def test_a_restore_is_refused_while_somebody_has_the_database_open(office: Office) -> None:
    name = office.backup()
    epoch = office.counter().epoch
    other = create_app(office.settings)  # as in another process
    with other.app_context(), reading() as session:
        session.scalar(select(Counter.epoch))
    office.stop()
    assert "database is in use" in office.refuses("backup", "restore", name, "--replace")
    with other.app_context():
        db.session.remove()
        db.engine.dispose()
    assert office.counter().epoch == epoch
    office.restore(name)


@pytest.mark.both_databases
def test_nobody_opens_a_database_that_is_being_restored(office: Office) -> None:
    office.stop()
    with in_use.alone(office.settings.database_url):
        assert office.app.test_client().get("/readyz").status_code == 503
        with pytest.raises(in_use.InUse), in_use.alone(office.settings.database_url):
            pytest.fail("two had it alone")
    assert office.app.test_client().get("/readyz").status_code == 200


@pytest.mark.both_databases
def test_a_database_that_is_there_is_put_aside_only_on_demand(office: Office) -> None:
    phone = office.server.phone()
    name = office.backup()
    phone.report()
    assert phone.sync().quiet
    office.stop()
    assert "say --replace" in office.refuses("backup", "restore", name)
    assert len(office.server.findings()) == 1
    said = office.restore(name)
    kept = said.split("is kept as ")[1].splitlines()[0]
    assert office.server.findings() == []
    if office.settings.sqlite:
        with closing(sqlite3.connect(kept)) as before:
            assert before.execute("SELECT count(*) FROM finding").fetchone() == (1,)
    else:
        schema = kept.removeprefix("schema ")
        with office.app.app_context(), reading() as session:
            assert session.scalar(text(f"SELECT count(*) FROM {schema}.finding")) == 1
    again = office.restore(name)
    assert kept not in again.splitlines(), "the one kept before stays"


def test_an_older_backup_is_restored_only_on_demand(office: Office) -> None:
    older = office.backup()
    office.time.pass_by(days=1)
    office.backup()
    office.stop()
    assert "say --older" in office.refuses("backup", "restore", older, "--replace")
    office.restore(older, "--older")


def test_a_backup_of_a_newer_version_is_refused(office: Office) -> None:
    name = office.backup()
    change(office.repository.path(name) / MANIFEST, '"format": 1', '"format": 2')
    office.stop()
    assert "this version reads format 1" in office.refuses("backup", "restore", name, "--replace")


def test_a_new_machine_gets_the_keys_back_and_one_with_keys_of_its_own_keeps_them(office: Office) -> None:
    phone = office.server.phone()
    phone.report()
    assert phone.sync().quiet
    key = office.settings.data / "receipt-key.pem"
    authority = office.settings.data / "tls" / "authority.crt"
    authority.parent.mkdir()
    authority.write_text("a certificate")
    before = key.read_bytes()
    name = office.backup()
    key.unlink()
    authority.write_text("another certificate")
    said = office.restore(name)
    assert "put back: receipt-key.pem" in said
    assert "differ from the backup's: tls/authority.crt" in said
    assert (key.read_bytes(), key.stat().st_mode & 0o077) == (before, 0)
    assert authority.read_text() == "another certificate"


def test_a_database_so_damaged_that_nothing_can_be_read_is_put_aside_whole(office: Office) -> None:
    phone = office.server.phone()
    name = office.backup()
    office.stop()
    database = Path(office.settings.database_url.removeprefix("sqlite:///"))
    database.write_bytes(b"rubbish" * 1000)
    log = Path(f"{database}-wal")
    log.write_bytes(b"a log of the old database")
    said = office.restore(name)
    kept = Path(said.split("is kept as ")[1].splitlines()[0])
    assert (kept.read_bytes(), Path(f"{kept}-wal").read_bytes()) == (b"rubbish" * 1000, b"a log of the old database")
    office.reached_by(phone)


def test_the_file_of_a_backup_is_not_touched_by_a_restore(office: Office) -> None:
    name = office.backup()
    before = (office.repository.path(name) / DATABASE).read_bytes()
    office.restore(name)
    assert (office.repository.path(name) / DATABASE).read_bytes() == before
    assert office.does("backup", "verify")
    left = [path.name for path in Path(office.settings.database_url.removeprefix("sqlite:///")).parent.iterdir()]
    assert not [one for one in left if one.startswith(".restoring")]
