"""People at their desks: requests in somebody's name, files taken in and out. Knows HTTP and who signs in, no story."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from sync.device_ports import Answer, Json, Transport

TUS = {"Tus-Resumable": "1.0.0"}


class DemoFailed(Exception):
    """The server answered a step of the story with something else than the story needs."""


class Desk:
    """The API as the plan's people use it; each signs in when first needed, and again when that is over."""

    def __init__(self, http: Transport, password: str) -> None:
        self.http = http
        self.password = password
        self._tokens: dict[str, str] = {}

    def sign_in(self, who: str) -> str:
        """A fresh token of one of the plan's people."""
        body = json.dumps({"username": who, "password": self.password}).encode()
        answer = self.http.send("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
        self._tokens[who] = str(expect(answer, 200)["token"])
        return self._tokens[who]

    def send(self, who: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request; `path` follows /api/v1."""
        token = self._tokens.get(who) or self.sign_in(who)
        answer = self._once(token, method, path, body, headers)
        return answer if answer.status != 401 else self._once(self.sign_in(who), method, path, body, headers)

    def _once(self, token: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self.http.send(method, f"/api/v1{path}", {**headers, "Authorization": f"Bearer {token}"}, body)

    def call(self, who: str, method: str, path: str, body: object = None) -> Answer:
        """One request whose body is JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(who, method, path, data, {"Content-Type": "application/json"})

    def get(self, who: str, path: str) -> Json:
        """What there is. Raises DemoFailed."""
        return expect(self.call(who, "GET", path), 200)

    def items(self, who: str, path: str) -> list[Json]:
        """The first page of a list. Raises DemoFailed."""
        found: list[Json] = self.get(who, path)["items"]
        return found

    def make(self, who: str, path: str, body: object, status: int = 201) -> Json:
        """What was made. Raises DemoFailed."""
        return expect(self.call(who, "POST", path, body), status)

    def file(self, who: str, method: str, path: str) -> bytes:
        """The bytes of a file. Raises DemoFailed."""
        answer = self.send(who, method, path, b"", {})
        if answer.status != 200:
            raise DemoFailed(f"{path} answered {answer.status} {answer.code}")
        return answer.body

    def fill_in(
        self, who: str, path: str, said: Mapping[str, str], file: tuple[str, bytes] | None = None, status: int = 201
    ) -> Json:
        """A form, with a file (its name and bytes) where there is one. Raises DemoFailed."""
        files = {} if file is None else {"file": FileStorage(io.BytesIO(file[1]), file[0])}
        boundary, body = encode_multipart({**said, **files})
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return expect(self.send(who, "POST", path, body, kind), status)

    def upload(self, who: str, name: str, media_type: str, data: bytes) -> str:
        """Bytes brought by tus, as from a desk; returns their hash. Raises DemoFailed."""
        sha256 = hashlib.sha256(data).hexdigest()
        named = (("sha256", sha256), ("filename", name), ("filetype", media_type))
        said = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named)
        announced = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": said}
        made = self.send(who, "POST", "/media", b"", announced)
        if made.status != 201:
            raise DemoFailed(f"the upload answered {made.status} {made.code}")
        upload = made.headers["location"].rsplit("/", 1)[1]
        chunk = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        sent = self.send(who, "PATCH", f"/media/{upload}", data, chunk)
        if sent.status != 204:
            raise DemoFailed(f"the upload answered {sent.status} {sent.code}")
        return sha256


def expect(answer: Answer, status: int) -> Json:
    """What an answer says. Raises DemoFailed when it has another status."""
    if answer.status != status:
        said = answer.json()
        why = f"{said.get('detail', '')} {said.get('errors') or ''}".strip()
        raise DemoFailed(f"expected {status}, got {answer.status} {answer.code}: {why}")
    return answer.json()
