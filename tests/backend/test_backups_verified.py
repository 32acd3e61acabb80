"""`flask backup verify`: the first thing that is wrong with a backup is named, and none that is bad is restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from backend import failpoints
from backend.backups.repository import DATABASE, LIST, MANIFEST, hash_of
from backend.blobs import Shelf
from tests.backend.backup_office import REFUSED, SHA, Office, change, cut, flip_a_byte
from tests.stories import FakeTime, Phone, jpeg


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


WRONG = {
    "a byte of a photo": (lambda office, name: flip_a_byte(office.photo_in_backup(SHA)), f"photo {SHA} were changed"),
    "a photo is gone": (lambda office, name: office.photo_in_backup(SHA).unlink(), f"photo {SHA} are missing"),
    "a refused photo is gone": (
        lambda office, name: office.photo_in_backup(REFUSED, Shelf.QUARANTINE).unlink(),
        f"refused photo {REFUSED} are missing",
    ),
    "a byte of the database": (
        lambda office, name: flip_a_byte(office.repository.path(name) / DATABASE),
        "its database.sqlite3 was changed",
    ),
    "the database is gone": (
        lambda office, name: (office.repository.path(name) / DATABASE).unlink(),
        "its database.sqlite3 is missing",
    ),
    "a line of the list": (
        lambda office, name: cut(office.repository.path(name) / LIST),
        "its blobs.sha256 was changed",
    ),
    "the manifest is cut off": (lambda office, name: cut(office.repository.path(name) / MANIFEST), "cut off"),
    "a byte of the manifest": (
        lambda office, name: change(office.repository.path(name) / MANIFEST, '"head": ', '"head": 9'),
        "its manifest.json was changed",
    ),
    "a key": (
        lambda office, name: flip_a_byte(office.repository.path(name) / "keys" / "receipt-key.pem"),
        "its keys/receipt-key.pem was changed",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_verify_names_the_first_thing_that_is_wrong_and_restore_takes_no_bad_database(
    office: Office, phone: Phone, what: str
) -> None:
    name = office.backup()
    damage, said = WRONG[what]
    damage(office, name)
    assert said in office.refuses("backup", "verify", name)
    if "photo" not in what:
        before = office.counter()
        office.stop()
        assert "BAD: " in office.refuses("backup", "restore", name, "--replace")
        assert (office.counter().epoch, office.server.findings() != []) == (before.epoch, True)


def test_verify_says_when_a_manifest_speaks_of_another_schema_or_another_database(office: Office, phone: Phone) -> None:
    name = office.backup()
    path = office.repository.path(name)
    manifest = office.manifest(name)
    for words, said in (
        ({"revision": "9999"}, "needs the newer version"),
        ({"head": manifest.head + 1}, "not the one that its manifest speaks of"),
    ):
        (path / MANIFEST).write_text(replace(manifest, **words).text(), "utf-8")
        assert said in office.refuses("backup", "verify", name)


def test_verify_reads_what_the_database_names_not_only_what_is_listed(office: Office, phone: Phone) -> None:
    """A list that lacks a photo, with a manifest that fits the list."""
    name = office.backup()
    path = office.repository.path(name)
    kept = [line for line in (path / LIST).read_text().splitlines(keepends=True) if SHA not in line]
    (path / LIST).write_text("".join(kept))
    manifest = replace(office.manifest(name), blob_list=hash_of(path / LIST))
    (path / MANIFEST).write_text(manifest.text(), "utf-8")
    assert f"do not agree about photo {SHA}" in office.refuses("backup", "verify", name)


def test_a_name_that_is_none_is_told(office: Office) -> None:
    assert "there is no backup folder" in office.refuses("backup", "verify")
    office.backup()
    for name in ("20200101-000000", "../etc", "blobs"):
        assert "there is no backup" in office.refuses("backup", "verify", name)
        assert "there is no backup" in office.refuses("backup", "restore", name)
