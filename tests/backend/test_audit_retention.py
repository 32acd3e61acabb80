"""The audit trail shortened: after 185 days and no sooner, under a signature, and never behind the server's back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.jobs import intents, work
from backend.models import AuditCheckpoint, AuditEvent, Job
from backend.receipt_key import server_key
from backend.services import audit_retention
from backend.transactions import reading, writing
from sync import receipts
from tests.backend.evidence_office import BackDoor
from tests.stories import Server


class Archive:
    """A server with some days of trail, and its hourly jobs."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.app, self.door = server, server.app, BackDoor(database)
        for day in range(3):
            server.person(f"day-{day}")
            server.time.pass_by(hours=1)
            self.does("daily-root")
            server.time.pass_by(hours=23)

    def does(self, kind: str) -> dict[str, Any]:
        """Run a job, and what it asks for again; the results of all, summed where they count."""
        with self.app.app_context():
            now = self.server.time.now()
            with writing() as session:
                intents.ask(session, f"{kind}-{now.timestamp()}", kind, {}, None, now)
            for job_id in work.due():
                assert work.run(job_id)
            with reading() as session:
                done: dict[str, Any] = session.scalars(
                    select(Job.result).where(Job.kind == kind).order_by(Job.asked_at.desc()).limit(1)
                ).one()
                return done

    def events(self) -> list[datetime]:
        with self.app.app_context(), reading() as session:
            return list(session.scalars(select(AuditEvent.at).order_by(AuditEvent.n)))

    def verify(self) -> tuple[int, str]:
        answer = self.app.test_cli_runner().invoke(args=["evidence", "verify"])
        return answer.exit_code, answer.output


@pytest.fixture
def archive(server: Server, database: str) -> Archive:
    return Archive(server, database)


@pytest.mark.both_databases
def test_events_go_after_185_days_under_a_checkpoint_that_verifies(archive: Archive, session: Session) -> None:
    archive.server.time.pass_by(days=182)
    assert archive.does("shorten-audit")["removed"] == 0
    before = len(archive.events())
    archive.server.time.pass_by(days=1)
    done = archive.does("shorten-audit")
    assert (done["removed"], len(archive.events())) == (1, before)  # what was done is an event itself
    code, said = archive.verify()
    assert code == 0, said
    assert "audit trail: whole from 2026-11-22T10:50:00+00:00 on" in said
    archive.server.time.pass_by(days=1)
    archive.does("shorten-audit")
    second, first = session.scalars(select(AuditCheckpoint.said).order_by(AuditCheckpoint.until.desc())).all()
    assert (second["from"], second["removed"]) == (first["until"], first["removed"] + second["count"])
    assert archive.verify()[0] == 0


def test_a_checkpoint_is_signed_with_the_servers_key(archive: Archive, client: FlaskClient, session: Session) -> None:
    archive.server.time.pass_by(days=183)
    archive.does("shorten-audit")
    keys = receipts.by_kid(client.get("/api/v1/sync/receipt-key").get_json()["keys"])
    row = session.scalars(select(AuditCheckpoint)).one()
    assert receipts.open_sealed(receipts.CHECKPOINT, row.signature, keys) == row.said


def test_the_trail_says_from_when_on_it_is_whole(archive: Archive, client: FlaskClient) -> None:
    archive.server.time.pass_by(days=183)
    archive.does("shorten-audit")
    boss = archive.server.token("boss", "admin")
    answer = client.get("/api/v1/audit?action=user.create", headers=boss).get_json()
    assert answer["complete_since"] == "2026-11-22T10:50:00+00:00"
    assert len(answer["items"]) == 3  # the second and third day's, and the admin


def test_what_is_not_sealed_stays_however_old(server: Server, database: str) -> None:
    archive = Archive.__new__(Archive)
    archive.server, archive.app = server, server.app
    server.person("wei")
    server.time.pass_by(days=400)
    assert archive.does("shorten-audit") == {"removed": 0, "more": False}
    assert len(archive.events()) == 1


def test_many_events_go_in_several_commits(archive: Archive, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.setattr(audit_retention, "A_RUN", 1)
    archive.server.time.pass_by(days=400)
    archive.does("daily-root")
    assert archive.does("shorten-audit")["more"] is True
    with archive.app.app_context():
        while due := work.due():
            for job_id in due:
                work.run(job_id)
    assert len(session.scalars(select(AuditCheckpoint.until)).all()) == 3
    assert archive.verify()[0] == 0


@pytest.mark.both_databases
def test_without_a_checkpoint_no_event_can_be_deleted_and_no_checkpoint_ever(
    archive: Archive, session: Session
) -> None:
    archive.server.time.pass_by(days=183)
    archive.does("shorten-audit")
    session.rollback()
    for statement in (
        delete(AuditEvent),
        text("UPDATE audit_event SET action = 'x'"),
        delete(AuditCheckpoint),
        text("UPDATE audit_checkpoint SET signature = ''"),
    ):
        session.connection(execution_options={"write": True})
        with pytest.raises(DBAPIError):
            session.execute(statement)
        session.rollback()


def test_a_trail_that_was_changed_is_not_shortened(archive: Archive, app: Flask, session: Session) -> None:
    archive.door.execute("DELETE FROM audit_event WHERE n = (SELECT MIN(n) FROM audit_event)")
    archive.server.time.pass_by(days=183)
    with app.app_context():
        key, now = server_key(), archive.server.time.now()
        with writing() as other, pytest.raises(audit_retention.TrailDiffers):
            audit_retention.shorten(other, key.signing, now, 185, key.register)
    assert session.scalar(select(func.count()).select_from(AuditCheckpoint)) == 0


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM audit_checkpoint", "audit_checkpoint"),
        ("UPDATE audit_checkpoint SET said = json_set(said, '$.count', 2)", "audit_checkpoint"),
        ("UPDATE audit_checkpoint SET signature = replace(signature, '.', 'x')", "audit_checkpoint"),
        ("UPDATE audit_event SET at = '2026-11-22 10:00:00.000000' WHERE n = 2", "audit_event"),
    ],
)
def test_whoever_changes_what_was_signed_is_found(archive: Archive, statement: str, named: str) -> None:
    archive.server.time.pass_by(days=183)
    archive.does("shorten-audit")
    assert archive.door.execute(statement) == 1
    code, said = archive.verify()
    assert (code, f"BAD: table {named}, row " in said) == (1, True)
