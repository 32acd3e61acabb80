"""Evidence: receipts that hold offline, a log that is sealed daily, and a byte changed behind the server's back."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend import create_app
from backend.clock import Clock
from backend.jobs import work
from backend.models import AuditEvent, DailyRoot, Job, LogRecord, ReceiptKey
from backend.receipt_key import ServerKey
from backend.services import accounts, attention, evidence
from backend.transactions import reading, writing
from sync import log_chain, proof_check, receipts, signing
from sync.errors import SyncError
from tests.conftest import settings_for
from tests.stories import FakeTime, Phone, Server, jpeg, new_id


class BackDoor:
    """The database behind the server's back: no triggers, no constraints of its code."""

    def __init__(self, url: str) -> None:
        self.url = url

    def execute(self, statement: str, *values: Any) -> int:
        """Change something; returns how many rows."""
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for (name,) in names:
                    connection.execute(f"DROP TRIGGER {name}")
                changed = connection.execute(statement, values).rowcount
            connection.close()
            return changed
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            connection.execute("SET session_replication_role = replica")
            return connection.execute(statement.replace("?", "%s").encode(), values).rowcount


def dismiss(server: Server, phone: Phone, n: int) -> None:
    """A supervisor rejects a held op."""
    chief = server.person(f"chief-{new_id()[-6:]}", "admin")
    with server.app.app_context(), writing() as session:
        actor = accounts.actor_of(accounts.by_id(session, chief))
        stream = phone.device.outbox.stream()["id"]
        attention.dismiss(session, actor, stream, n, server.time.now(), "not a command")


class Office:
    """A server with a history of some days: two phones, a held op decided later, a photo, something unreadable."""

    def __init__(self, server: Server, database: str) -> None:
        self.server = server
        self.app = server.app
        self.door = BackDoor(database)
        key = ec.generate_private_key(ec.SECP256R1())
        self.signed = server.phone(
            "wei", signer=lambda body: signing.sign(key, body), public_key=signing.jwk_of(key.public_key())
        )
        self.finding = self.signed.report(photos=[self.signed.device.capture(jpeg())])
        self.signed.report("渣土车未密闭")
        assert self.signed.sync().quiet
        self.plain = server.phone("lan")
        self.plain.device.record("finding.comment", new_id(), {"finding": new_id(), "text": "?", "photos": []})
        self.plain.device.record("finding.teleport", new_id(), {})
        self.plain.report("工地出入口未冲洗")
        assert self.plain.sync().quiet
        dismiss(server, self.plain, 2)
        assert self.plain.push_bodies("{no json").status == 422

    def seal(self) -> dict[str, Any]:
        """The hourly job, by way of the job table."""
        with self.app.app_context():
            work.ask_hourly()
            for job_id in work.due():
                assert work.run(job_id)
            with reading() as session:
                newest = select(Job.result).where(Job.kind == "daily-root").order_by(Job.asked_at.desc(), Job.id.desc())
                done: dict[str, Any] = session.scalars(newest.limit(1)).one()
                return done

    def verify(self) -> tuple[int, str]:
        """Exit status and output of `flask evidence verify --blobs`."""
        answer = self.app.test_cli_runner().invoke(args=["evidence", "verify", "--blobs"])
        return answer.exit_code, answer.output

    def found_bad(self) -> str:
        code, output = self.verify()
        assert code == 1, output
        return output.splitlines()[-1]


@pytest.fixture
def office(server: Server, database: str) -> Office:
    """A history whose first day is sealed, with ops after it."""
    office = Office(server, database)
    server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-22"]
    office.signed.report("露天焚烧")
    assert office.signed.sync().quiet
    return office


def keys_of(client: FlaskClient) -> dict[str, receipts.Jwk]:
    return receipts.by_kid(client.get("/api/v1/sync/receipt-key").get_json()["keys"])


# receipts ------------------------------------------------------------------------------------------------------
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


# the log -------------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_day_of_work_verifies(office: Office) -> None:
    code, output = office.verify()
    assert code == 0, output
    assert "op: 6 good" in output
    assert "daily_root: 1 good" in output
    assert "blob: 1 good" in output


@pytest.mark.both_databases
def test_sealing_again_adds_nothing(office: Office, session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(LogRecord))
    assert office.seal()["days"] == []
    session.rollback()
    assert session.scalar(select(func.count()).select_from(LogRecord)) == before


def test_days_follow_one_another_and_the_day_under_way_waits(office: Office, session: Session) -> None:
    office.server.time.pass_by(days=3)
    assert office.seal()["days"] == ["2026-11-23"]
    office.signed.report()
    office.signed.sync()
    office.server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-26"]
    roots = session.scalars(select(DailyRoot).order_by(DailyRoot.day)).all()
    assert [root.first_n for root in roots] == [1, *(root.last_n + 1 for root in roots[:-1])]
    assert office.verify()[0] == 0


def test_a_clock_that_jumped_leaves_no_gap(office: Office, session: Session) -> None:
    time = office.server.time
    now = time.at
    time.at = now + timedelta(days=4000)
    office.signed.report()
    office.signed.sync()
    time.at = now
    office.signed.report()
    office.signed.sync()
    time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-23"]
    assert office.verify()[0] == 0


def test_an_entry_is_proven_to_be_under_its_days_root(office: Office, session: Session) -> None:
    proof, signed = evidence.proof(session, 3)
    root = receipts.open_sealed(receipts.ROOT, signed, keys_of(office.app.test_client()))
    entry = session.get_one(LogRecord, 3)
    assert log_chain.verify_proof(entry.hash, proof, root["root"])
    assert root["first_n"] == proof.first_n
    assert root["last_n"] == proof.last_n


@pytest.mark.both_databases
def test_a_proof_is_handed_out_and_checked_without_the_server(office: Office, client: FlaskClient) -> None:
    record = office.signed.device.outbox.retained()[0]
    keys = keys_of(client)
    n = receipts.verify(record["result"]["receipt"], keys).log.n
    luo = office.server.token("luo", "supervisor")
    answer = client.get(f"/api/v1/evidence/proof/{n}", headers=luo)
    assert answer.status_code == 200
    printed = office.app.test_cli_runner().invoke(args=["evidence", "proof", str(n)]).output
    said = json.loads(printed)
    assert said == answer.get_json()
    assert proof_check.check(said, keys)["day"] == "2026-11-22"
    assert json.loads(said["entry"]["payload"])["sha256"] == record["sha256"]

    changed: list[dict[str, Any]] = [
        {**said, "entry": {**said["entry"], "payload": said["entry"]["payload"].replace("applied", "rejected")}},
        {**said, "entry": {**said["entry"], "n": n + 1}},
        {**said, "proof": {**said["proof"], "path": said["proof"]["path"][1:]}},
        {**said, "proof": {**said["proof"], "last_n": said["proof"]["last_n"] + 1}},
        {**said, "proof": {**said["proof"], "path": "zz"}},
        {"entry": said["entry"]},
    ]
    for forged in changed:
        with pytest.raises(proof_check.ProofInvalid):
            proof_check.check(forged, keys)
    with pytest.raises(SyncError):
        proof_check.check(said, {})


def test_an_entry_of_today_or_of_no_log_has_no_proof(office: Office, client: FlaskClient) -> None:
    luo = office.server.token("luo", "supervisor")
    for n in (0, 10**6, 2**63 - 1, 2**63, 2**200):
        answer = client.get(f"/api/v1/evidence/proof/{n}", headers=luo)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found"), n
    today = receipts.verify(office.signed.device.outbox.retained()[-1]["result"]["receipt"], keys_of(client)).log.n
    assert client.get(f"/api/v1/evidence/proof/{today}", headers=luo).status_code == 404
    refused = office.app.test_cli_runner().invoke(args=["evidence", "proof", str(today)])
    assert (refused.exit_code, "under no daily root yet" in refused.output) == (1, True)


@pytest.mark.both_databases
@pytest.mark.parametrize("table", ["log_entry", "daily_root", "receipt_key"])
def test_evidence_is_append_only(office: Office, session: Session, table: str) -> None:
    column = {"log_entry": "payload", "daily_root": "root", "receipt_key": "kid"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), writing() as writer:
            writer.connection().exec_driver_sql(statement)


def test_what_a_savepoint_undid_is_not_logged(server: Server, session: Session) -> None:
    """The first of the group is applied and logged, then undone with the second, which waits for its finding."""
    phone = server.phone()
    outbox, group = phone.device.outbox, new_id()
    phone.report()
    report = json.loads(outbox.pending()[0]["body"])["args"]
    outbox.record("finding.report", new_id(), report, group={"id": group, "i": 1, "of": 2})
    comment = {"finding": new_id(), "text": "?", "photos": []}
    outbox.record("finding.comment", new_id(), comment, group={"id": group, "i": 2, "of": 2})
    assert phone.sync().quiet
    assert [result["status"] for result in phone.results()] == ["applied", "held", "held"]
    said = [json.loads(payload) for payload in session.scalars(select(LogRecord.payload).order_by(LogRecord.n))]
    assert {(one["n"], one["status"]) for one in said} == {(1, "applied"), (2, "held"), (3, "held")}
    assert server.app.test_cli_runner().invoke(args=["evidence", "verify"]).exit_code == 0


# tampering -----------------------------------------------------------------------------------------------------
def test_a_flipped_byte_in_an_ops_body_is_named(office: Office) -> None:
    stream = office.signed.device.outbox.stream()["id"]
    body = office.signed.device.outbox.retained()[1]["body"].encode()
    flipped = bytes([body[0], body[1] ^ 1]) + body[2:]
    assert office.door.execute("UPDATE op SET body = ? WHERE stream_id = ? AND n = 2", flipped, stream) == 1
    assert office.found_bad() == f"BAD: table op, row {stream}/2: the bytes of its body are not those of its sha256"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE op SET status = 'conflict' WHERE stream_id = ? AND n = 1", "table op, row {s}/1: its status"),
        ("UPDATE log_entry SET payload = '{{}}' WHERE stream_id = ? AND op_n = 1", "table log_entry, row 1: its hash"),
        ("UPDATE daily_root SET last_n = last_n - 1 WHERE ? <> ''", "table daily_root, row 2026-11-22: "),
        ("UPDATE audit_event SET subject = 'somebody' WHERE n = 3 AND ? <> ''", "table audit_event, row 3: its hash"),
    ],
)
def test_a_changed_row_is_named(office: Office, statement: str, named: str) -> None:
    stream = office.signed.device.outbox.stream()["id"]
    assert office.door.execute(statement.replace("{{}}", "{}"), stream) == 1
    assert office.found_bad().startswith("BAD: " + named.format(s=stream))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE op SET sig = ''", "table op, row {s}/1: its signature"),
        ("UPDATE op SET received_at = '2026-11-21 00:00:00.000000'", "table op, row {s}/1: its received_at"),
        ("UPDATE op SET received_at = 'never'", "table op, row after the beginning: the row cannot be read"),
        ("UPDATE op SET skew_s = 900.5", "table op, row {s}/1: its skew_s"),
        ("UPDATE op SET seq = seq + 1", "table op, row {s}/1: its seq"),
        ("UPDATE op SET rev = 7", "table op, row {s}/1: its rev"),
        ('UPDATE op SET problem = \'{{"code":"dismissed"}}\'', "table op, row {s}/1: its problem"),
        ("UPDATE op SET problem = '{{'", "table op, row {s}/1: its problem cannot"),
        ("UPDATE op SET cmd = 'site.propose'", "table op, row {s}/1: it is filed under another name"),
        ("UPDATE op SET n = 9", "table op, row {s}/1: it is missing; the log has it"),
        ("DELETE FROM op", "table op, row {s}/1: it is missing; the log has it"),
    ],
)
def test_any_column_of_an_op_is_guarded(office: Office, statement: str, named: str) -> None:
    stream = office.signed.device.outbox.stream()["id"]
    where = f" WHERE stream_id = '{stream}' AND n = 1"
    assert office.door.execute(statement.replace("{{", "{").replace("}}", "}") + where) == 1
    assert office.found_bad().startswith("BAD: " + named.format(s=stream))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE stream SET last_n = 2 WHERE id = ?", "table stream, row {s}: "),
        ('UPDATE stream SET public_key = \'{{"kty":"EC"}}\' WHERE id = ?', "table stream, row {s}: The public key"),
        (
            "UPDATE stream SET user_id = (SELECT MAX(id) FROM user_account) WHERE id = ?",
            "table op, row {s}/1: its author",
        ),
        ("DELETE FROM log_entry WHERE n = 2 AND ? <> ''", "table log_entry, row 2: it is missing"),
        ("UPDATE log_entry SET op_n = 3 WHERE n = 1 AND ? <> ''", "table log_entry, row 1: it is filed"),
        (
            "DELETE FROM log_entry WHERE n = (SELECT MAX(n) FROM log_entry) AND ? <> ''",
            "table log_entry, row of op {s}/3",
        ),
        (
            "UPDATE daily_root SET root = replace(root, substr(root, 1, 1), 'x') WHERE ? <> ''",
            "table daily_root, row 2026-11-22",
        ),
        ("UPDATE daily_root SET signature = signature || 'A' WHERE ? <> ''", "table daily_root, row 2026-11-22"),
        ("DELETE FROM daily_root WHERE ? <> ''", "table daily_root, row 2026-11-22: it is missing"),
        ("UPDATE receipt_key SET jwk = replace(jwk, 'OKP', 'EC') WHERE ? <> ''", "table receipt_key, row "),
        ("DELETE FROM receipt_key WHERE ? <> ''", "table daily_root, row 2026-11-22: the key"),
        ("DELETE FROM audit_event WHERE n = 2 AND ? <> ''", "table audit_event, row 1 to "),
        ("UPDATE audit_event SET details = '{{' WHERE n = 2 AND ? <> ''", "table audit_event, row 2: "),
        ("UPDATE quarantined_body SET body = x'00' WHERE ? <> ''", "table quarantined_body, row "),
        ("DELETE FROM quarantined_body WHERE ? <> ''", "table quarantined_body, row "),
        (
            "UPDATE synced_row SET content = replace(content, 'applied', 'rejected') "
            "WHERE row_id = (SELECT MIN(op_id) FROM op WHERE stream_id = ?)",
            "table synced_row, row op_result ",
        ),
        (
            "DELETE FROM synced_row WHERE row_id = (SELECT MIN(op_id) FROM op WHERE stream_id = ?)",
            "table synced_row, row op_result ",
        ),
        ("DELETE FROM finding WHERE id = (SELECT MIN(id) FROM finding WHERE stream_id = ?)", "table finding, row "),
        (
            "UPDATE finding SET id = 'slipped-in' WHERE id = (SELECT MIN(id) FROM finding WHERE stream_id = ?)",
            "table finding, row slipped-in: no op made it",
        ),
        ("UPDATE blob SET size = size + 1 WHERE ? <> ''", "table blob, row "),
    ],
)
def test_any_table_of_evidence_is_guarded(office: Office, statement: str, named: str) -> None:
    stream = office.signed.device.outbox.stream()["id"]
    assert office.door.execute(statement.replace("{{", "{").replace("}}", "}"), stream) == 1
    assert office.found_bad().startswith("BAD: " + named.format(s=stream))


def test_an_event_put_among_the_sealed_ones_is_found(office: Office) -> None:
    assert office.door.execute(
        "INSERT INTO audit_event (at, actor_id, action, subject, details, sha256) "
        "SELECT at, actor_id, action, subject, details, sha256 FROM audit_event WHERE n = 1"
    )
    assert "these are not the events that were sealed" in office.found_bad()


def test_a_forger_of_the_whole_log_cannot_sign_the_root(office: Office, session: Session) -> None:
    """Somebody rewrites a decision and every hash after it; what they lack is the key."""
    entries = session.scalars(select(LogRecord).order_by(LogRecord.n)).all()
    last: str | None = None
    for entry in entries:
        said = json.loads(entry.payload)
        if entry.n == 1:
            said["status"] = "rejected"
        forged = log_chain.link(entry.n, entry.at, entry.kind, said, last)
        last = forged.hash
        assert office.door.execute(
            "UPDATE log_entry SET payload = ?, prev = ?, hash = ? WHERE n = ?",
            forged.payload,
            forged.prev,
            forged.hash,
            entry.n,
        )
    stream = office.signed.device.outbox.stream()["id"]
    office.door.execute("UPDATE op SET status = 'rejected' WHERE stream_id = ? AND n = 1", stream)
    assert office.found_bad() == "BAD: table daily_root, row 2026-11-22: its root is not that of the log"


def test_a_flipped_byte_in_a_photo_is_named_when_blobs_are_read(office: Office, tmp_path: Path) -> None:
    sha256 = office.signed.device.outbox.retained()[0]["body"].split('"photos":["')[1][:64]
    path = tmp_path / "data" / "blobs" / sha256[:2] / sha256[2:4] / sha256
    data = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert office.found_bad() == f"BAD: table blob, row {sha256}: the bytes are not those of its sha256"
    assert office.app.test_cli_runner().invoke(args=["evidence", "verify"]).exit_code == 0
    path.unlink()
    assert office.found_bad() == f"BAD: table blob, row {sha256}: its bytes are missing"


def test_every_audit_event_and_key_is_there_to_check(office: Office, session: Session) -> None:
    assert session.scalars(select(ReceiptKey.kid)).all() == list(keys_of(office.app.test_client()))
    assert session.scalar(select(func.min(func.length(AuditEvent.sha256)))) == 64
    assert evidence.day_end(date(2026, 11, 22)).isoformat() == "2026-11-22T16:00:00+00:00"
