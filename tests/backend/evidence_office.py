"""An office whose evidence is sealed and verified, and who changes it behind the server."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.jobs import work
from backend.models import Job
from backend.services import accounts, attention
from backend.transactions import reading, writing
from sync import receipts, signing
from tests.stories import Phone, Server, jpeg, new_id


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


def keys_of(client: FlaskClient) -> dict[str, receipts.Jwk]:
    return receipts.by_kid(client.get("/api/v1/sync/receipt-key").get_json()["keys"])
