"""What happens to a device in its life: lost, reinstalled, cloned, long away, with or without a key."""

from __future__ import annotations

import copy
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.extensions import db
from backend.models import Device, Finding
from backend.services import devices
from backend.transactions import writing
from sync import signing
from sync.device_ports import MemoryStorage
from tests.stories import Phone, Server

pytestmark = pytest.mark.both_databases


def revoke(server: Server, phone: Phone) -> None:
    with server.app.app_context(), writing() as session:
        devices.revoke(session, phone.device.outbox.stream()["id"], server.time.now())


def test_what_a_revoked_device_still_sends_is_held_and_it_pulls_nothing(server: Server) -> None:
    phone = server.phone()
    phone.report("停用前")
    phone.sync()
    phone.report("停用后")
    revoke(server, phone)
    report = phone.sync()
    assert report.acknowledged == 1
    assert phone.last_result()["problem"]["code"] == "stream-revoked"
    assert report.trouble == "401 token-revoked"
    assert len(server.findings()) == 1
    assert len(server.op_bodies()) == 2


def test_after_thirty_days_a_revoked_device_is_refused_and_keeps_everything(server: Server) -> None:
    phone = server.phone()
    phone.report()
    revoke(server, phone)
    server.time.pass_by(days=31)
    report = phone.sync()
    assert report.trouble == "401 token-revoked"
    assert len(phone.device.outbox.pending()) == 1


def test_a_reinstalled_app_sends_again_and_the_near_equal_record_is_flagged(server: Server) -> None:
    phone = server.phone("wei")
    first = phone.report()
    phone.sync()
    again = server.phone("wei")  # the same person, an empty device
    second = again.report()
    again.sync()
    assert set(server.findings()) == {first, second}
    row = again.device.mirror.row("finding", second)
    assert row is not None
    assert [flag["finding"] for flag in row["flags"] if flag["code"] == "possible-duplicate"] == [first]


def test_two_findings_of_one_stream_are_no_duplicates(server: Server) -> None:
    phone = server.phone()
    phone.report()
    second = phone.report()
    phone.sync()
    row = phone.device.mirror.row("finding", second)
    assert row is not None
    assert "possible-duplicate" not in {flag["code"] for flag in row["flags"]}


def test_a_device_cloned_from_a_backup_forks_and_both_go_on_without_loss(server: Server) -> None:
    phone = server.phone("wei")
    phone.report("共同")
    phone.sync()
    storage = MemoryStorage()
    storage.tables = copy.deepcopy(phone.storage.tables)
    clone = Phone(server, "wei", storage)
    ours, theirs = phone.report("原机", severity="minor"), clone.report("克隆", severity="serious")
    assert phone.sync().quiet
    assert clone.sync().quiet
    assert {ours, theirs} <= set(server.findings())
    assert clone.device.outbox.stream()["id"] != phone.device.outbox.stream()["id"]


def test_a_lost_answer_to_a_new_stream_costs_nothing(server: Server) -> None:
    phone = server.phone()
    phone.report("一")
    phone.sync()
    storage = MemoryStorage()
    storage.tables = copy.deepcopy(phone.storage.tables)
    clone = Phone(server, phone.user, storage)
    phone.report("二"), phone.sync()
    finding = clone.report("三", severity="serious")
    lost = iter([True])
    clone.transport.lose_answer = lambda method, path: path.endswith("/streams") and next(lost, False)
    assert not clone.sync().quiet
    assert clone.sync().quiet
    assert server.findings().count(finding) == 1


def test_a_lost_answer_to_enrolment_locks_nobody_out(server: Server) -> None:
    server.person("wei")
    phone = Phone(server, "wei")
    code = server.invite("wei")
    phone.transport.lose_answer = lambda method, path: path.endswith("/enrol")
    with pytest.raises(Exception, match="lost"):
        phone.device.enrol(code, "wei's phone")
    phone.transport.lose_answer = lambda method, path: False
    phone.device.enrol(code, "wei's phone")
    phone.report()
    assert phone.sync().quiet
    with server.app.app_context():
        assert db.session.query(Device).count() == 1


def test_a_lost_answer_to_a_rotation_locks_nobody_out(server: Server) -> None:
    phone = server.phone()
    phone.transport.lose_answer = lambda method, path: path.endswith("/token")
    with pytest.raises(Exception, match="lost"):
        phone.device.rotate_token()
    phone.transport.lose_answer = lambda method, path: False
    assert phone.device.rotate_token()
    phone.report()
    assert phone.sync().quiet


def test_a_device_that_returns_after_500_days_loses_nothing(server: Server) -> None:
    phone = server.phone()
    phone.report()
    phone.sync()
    server.time.pass_by(days=500)
    finding = phone.report("五百天后")
    assert phone.sync().quiet
    assert phone.device.mirror.row("finding", finding) is not None


def test_signed_ops_are_taken_and_a_changed_byte_is_not(server: Server) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    phone = server.phone(signer=lambda data: signing.sign(key, data), public_key=signing.jwk_of(key.public_key()))
    phone.report()
    record = phone.device.outbox.pending()[0]
    changed = record["body"].replace("裸土", "净土")
    ops = {"ops": [{"body": changed, "sig": record["sig"]}]}
    answer = phone.raw("POST", "/api/v1/sync/push", ops)
    assert (answer.status, answer.code, answer.json()["index"]) == (409, "signature-invalid", 0)
    unsigned = phone.raw("POST", "/api/v1/sync/push", {"ops": [{"body": record["body"], "sig": None}]})
    assert unsigned.code == "signature-invalid"
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"


def test_a_device_with_bad_signatures_gets_out_by_a_new_stream(server: Server) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    phone = server.phone(signer=lambda data: signing.sign(key, data), public_key=signing.jwk_of(key.public_key()))
    finding = phone.report()
    (stored,) = phone.device.outbox.pending()
    spoilt = {**stored, "sig": signing.sign(key, b"something else")}
    phone.storage.write([("outbox", f"{stored['stream']}|{stored['n']:012d}", spoilt)])
    assert phone.sync().quiet
    assert server.findings() == [finding]


def test_the_reissued_op_names_what_it_was_and_has_one_effect(server: Server) -> None:
    phone = server.phone()
    phone.report("一")
    lost = iter([True])
    phone.transport.lose_answer = lambda method, path: path.endswith("/push") and next(lost, False)
    phone.sync()  # stored, but the device does not know
    said = phone.raw("POST", "/api/v1/devices/streams", {"continues": phone.device.outbox.stream()["id"]}).json()
    phone.storage.write(phone.device.outbox.reissue(said["stream"], phone.device.outbox.pending()))
    (pending,) = phone.device.outbox.pending()
    assert set(json.loads(pending["body"])["was"]) >= {"stream", "id", "sha256"}
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"
    with server.app.app_context():
        assert db.session.query(Finding).count() == 1
