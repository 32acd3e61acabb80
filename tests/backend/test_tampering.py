"""`flask evidence verify` after somebody changed the database or a photo: what was changed is named."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.models import AuditEvent, LogRecord, ReceiptKey
from backend.services import evidence
from sync import log_chain
from tests.backend.evidence_office import Office, keys_of
from tests.stories import Server


@pytest.fixture
def office(server: Server, database: str) -> Office:
    """A history whose first day is sealed, with ops after it."""
    office = Office(server, database)
    server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-22"]
    office.signed.report("露天焚烧")
    assert office.signed.sync().quiet
    return office


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
