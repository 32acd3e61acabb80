"""A desk at which findings are taken through their steps, and what a phone sends of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from flask.testing import FlaskClient

from tests.stories import IN_LIUJIANG, Phone, jpeg, new_id


class Desk:
    """Somebody at the console."""

    def __init__(self, client: FlaskClient, token: dict[str, str], user_id: str) -> None:
        self.client, self.token, self.user_id = client, token, user_id

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.token)

    def send(self, method: str, path: str, **body: Any) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.token, json=body)

    def step(self, finding: str, start: str, to: str, **more: Any) -> Any:
        return self.send("POST", f"/findings/{finding}/steps", **{"from": start, "to": to, **more})

    def waiting_for(self, asked: str) -> list[str]:
        return [each["id"] for each in self.get(f"/findings?waiting={asked}").json["items"]]

    def walk(self, finding: str, *states: str, **more: Any) -> None:
        """Take several steps in a row, all of which must go through."""
        for start, to in pairwise(states):
            answer = self.step(finding, start, to, **(more if to == "dispatched" else {}))
            assert answer.status_code == 200, answer.json

    def detail(self, finding: str) -> Any:
        return self.get(f"/findings/{finding}").json


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def photo(phone: Phone, finding: str, role: str, **more: Any) -> None:
    sha256 = phone.device.capture(jpeg(colour=role if role != "after" else "green"))
    args = {
        "sha256": sha256,
        "size": 1,
        "media_type": "image/jpeg",
        "source": "camera",
        "role": role,
        "subject": {"type": "finding", "id": finding},
        "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        **more,
    }
    phone.device.record("photo.add", new_id(), args)
