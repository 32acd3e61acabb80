"""Receipts: every stored op has one that holds offline, by a key that everybody can learn."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend import create_app
from backend.clock import Clock
from backend.models import LogRecord
from backend.receipt_key import ServerKey
from sync import log_chain, receipts
from tests.backend.evidence_office import Office, dismiss, keys_of
from tests.conftest import settings_for
from tests.stories import FakeTime, Server, new_id


@pytest.fixture
def office(server: Server, database: str) -> Office:
    """A history whose first day is sealed, with ops after it."""
    office = Office(server, database)
    server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-22"]
    office.signed.report("露天焚烧")
    assert office.signed.sync().quiet
    return office


@pytest.mark.both_databases
def test_every_stored_op_has_a_receipt_that_holds_offline(server: Server, client: FlaskClient) -> None:
    phone = server.phone()
    phone.report()
    phone.device.record("finding.teleport", new_id(), {})
    assert phone.sync().doubtful == []
    keys = keys_of(client)
    kept = phone.device.outbox.retained()
    assert [record["result"]["status"] for record in kept] == ["applied", "held"]
    for record in kept:
        receipt = receipts.verify(record["result"]["receipt"], keys)
        assert receipt.covers(record["id"], record["stream"], record["n"], record["sha256"])
        assert (receipt.status, receipt.seq) == (record["result"]["status"], record["result"]["seq"])
        assert receipt.received_at == log_chain.moment(server.time.now())
        assert record["receipt"] == "verified"


@pytest.mark.both_databases
def test_a_receipt_names_the_log_entry_that_says_the_same(server: Server, session: Session) -> None:
    phone = server.phone()
    phone.report()
    phone.sync()
    receipt = receipts.verify(phone.last_result()["receipt"], phone.device.receipts.keys())
    assert receipt.log is not None
    entry = session.get_one(LogRecord, receipt.log.n)
    said = json.loads(entry.payload)
    assert entry.hash == receipt.log.hash
    assert (said["op"], said["sha256"], said["status"]) == (receipt.op, receipt.sha256, receipt.status)


@pytest.mark.both_databases
def test_a_replay_is_answered_with_the_receipt_of_the_present_result(server: Server) -> None:
    phone = server.phone()
    body = phone.device.record("finding.teleport", new_id(), {})["body"]
    first = phone.push_bodies(body).json()["results"][0]
    server.time.pass_by(minutes=5)
    again = phone.push_bodies(body).json()["results"][0]
    assert again["receipt"] == first["receipt"]
    dismiss(server, phone, 1)
    later = phone.push_bodies(body).json()["results"][0]
    receipt = receipts.verify(later["receipt"], phone.device.receipts.keys())
    assert (receipt.status, receipt.seq) == ("rejected", later["seq"])
    assert receipt.received_at == log_chain.moment(server.time.now() - timedelta(minutes=5))


def test_the_key_is_told_at_enrolment_and_to_everyone(server: Server, client: FlaskClient) -> None:
    phone = server.phone()
    told = client.get("/api/v1/sync/receipt-key").get_json()
    assert phone.device.receipts.keys() == {told["key"]["kid"]: told["key"]}
    assert told["keys"] == [told["key"]]
    assert "d" not in told["key"]


def test_the_key_file_is_its_owners_alone_and_made_once(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "receipt-key.pem"
    first = ServerKey(path).jwk
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ServerKey(path).jwk == first
    assert [name for name in os.listdir(tmp_path) if "receipt-key" in name] == ["receipt-key.pem"]


def test_after_a_rotation_old_receipts_still_hold_and_devices_learn_the_new_key(
    server: Server, database: str, tmp_path: Path, time: FakeTime
) -> None:
    phone = server.phone()
    phone.report()
    phone.sync()
    before = phone.last_result()["receipt"]
    (tmp_path / "data" / "receipt-key.pem").rename(tmp_path / "data" / "receipt-key-2026.pem")
    time.pass_by(hours=1)
    phone.transport.app = create_app(settings_for(tmp_path / "data", database), Clock(now=time.now))
    phone.report()
    assert phone.sync().doubtful == []
    after = phone.last_result()["receipt"]
    keys = keys_of(phone.transport.app.test_client())
    assert len(keys) == 2
    for compact in (before, after):
        receipts.verify(compact, keys)
    assert server.app.test_cli_runner().invoke(args=["evidence", "verify"]).exit_code == 0


def test_a_device_takes_a_doubtful_receipt_and_flags_it(server: Server, session: Session) -> None:
    phone = server.phone()
    wrong = receipts.jwk_of(receipts.Ed25519PrivateKey.generate().public_key())
    phone.storage.write([("meta", "receipt_keys", {"keys": [wrong]})])
    phone.transport.lose_request = lambda method, path: path.endswith("receipt-key")
    phone.report()
    report = phone.sync()
    assert report.quiet
    assert len(report.doubtful) == report.acknowledged == 1
    assert phone.device.outbox.retained()[0]["receipt"] == "unknown-key"
