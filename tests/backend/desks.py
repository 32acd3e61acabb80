"""People at their desks, and a finding that an office has: what the tests of telling and supervision begin with."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from flask.testing import FlaskClient

from backend import clock
from backend.jobs import intents, work
from backend.models import Job
from backend.services import accounts
from backend.transactions import reading, writing
from tests.stories import Server, new_id


class Desk:
    """Somebody at the console."""

    def __init__(self, client: FlaskClient, token: dict[str, str], user_id: str) -> None:
        self.client, self.token, self.user_id = client, token, user_id

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.token)

    def send(self, method: str, path: str, **body: Any) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def walk(self, finding: str, *states: str, **more: Any) -> None:
        """Take several steps in a row, all of which must go through."""
        for start, to in pairwise(states):
            said = {"from": start, "to": to, **(more if to == "dispatched" else {})}
            answer = self.send("POST", f"/findings/{finding}/steps", **said)
            assert answer.status_code == 200, answer.json

    def told(self, *kinds: str) -> list[Any]:
        """What the feed says, the newest first; all kinds when none is named."""
        answer = self.get("/feed")
        assert answer.status_code == 200, answer.json
        return [each for each in answer.json["items"] if not kinds or each["kind"] in kinds]


class House:
    """The offices, the people and the jobs of a story."""

    def __init__(self, server: Server, client: FlaskClient) -> None:
        self.server, self.client = server, client

    def desk(
        self, name: str, role: str = "supervisor", grants: tuple[str, ...] = ("450206",), office: str | None = None
    ) -> Desk:
        with self.server.app.app_context(), writing() as session:
            now = self.server.time.now()
            user = accounts.create_user(
                session, id=new_id(), now=now, name=name, role=role, grants=list(grants), office=office
            )
            token, _ = accounts.open_login(session, user, now, 24 * 120)
            return Desk(self.client, {"Authorization": f"Bearer {token}"}, user.id)

    def office(self, boss: Desk, name: str = "柳江区住建局") -> str:
        made = boss.send("POST", "/offices", code=new_id(), name=name, kind="department", cell="450206")
        assert made.status_code == 201, made.json
        return str(made.json["id"])

    def run(self, kind: str) -> dict[str, Any]:
        """Do a job of a kind now; returns what it says."""
        with self.server.app.app_context():
            with writing() as session:
                job_id = intents.ask(session, clock.new_id(), kind, {}, None, clock.now()).id
            assert work.run(job_id)
            with reading() as session:
                result = session.get_one(Job, job_id).result
            assert result is not None
            return result

    def later(self, **span: float) -> None:
        self.server.time.at += timedelta(**span)
