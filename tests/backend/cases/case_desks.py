"""A desk at which findings are taken through their steps, what a phone sends of them, and the unit that answers."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

from flask.testing import FlaskClient

from tests.stories import IN_LIUJIANG, Phone, jpeg, new_id

UNIT_URL = "/api/v1/unit-answer"
UNIT_SAID = {"done": "已用防尘网全部覆盖", "name": "张三"}


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

    def took(self, finding: str, start: str, to: str, **more: Any) -> Any:
        """A step that must go through; the finding's case after it."""
        answer = self.step(finding, start, to, **more)
        assert answer.status_code == 200, answer.json
        return answer.json

    def unit_link(self, finding: str, **body: Any) -> Any:
        answer = self.send("POST", f"/findings/{finding}/unit-link", **{"name": "某建筑公司", **body})
        assert answer.status_code == 201, answer.json
        return answer.json

    def waiting_for(self, asked: str) -> list[str]:
        return [each["id"] for each in self.get(f"/findings?waiting={asked}").json["items"]]

    def walk(self, finding: str, *states: str, **more: Any) -> None:
        """Take several steps in a row, all of which must go through."""
        for start, to in pairwise(states):
            self.took(finding, start, to, **(more if to == "dispatched" else {}))

    def detail(self, finding: str) -> Any:
        return self.get(f"/findings/{finding}").json


class Unit:
    """The responsible unit, which has nothing but a link."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.headers = client, {"X-Unit-Link": token}

    def look(self) -> Any:
        return self.client.get(UNIT_URL, headers=self.headers)

    def picture(self, sha256: str) -> Any:
        return self.client.get(f"{UNIT_URL}/photos/{sha256}", headers=self.headers)

    def photo(self, data: bytes, sha256: str | None = None) -> Any:
        stated = hashlib.sha256(data).hexdigest() if sha256 is None else sha256
        path = f"{UNIT_URL}/photos?sha256={stated}" if stated else f"{UNIT_URL}/photos"
        return self.client.post(path, data=data, headers=self.headers, content_type="application/octet-stream")

    def reply(self, *photos: str, **said: Any) -> Any:
        return self.client.post(UNIT_URL, json={**UNIT_SAID, "photos": photos, **said}, headers=self.headers)


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
