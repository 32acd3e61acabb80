"""A phone that speaks tus to the app, header by header."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BYTES = "application/offset+octet-stream"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


def checksum(algorithm: str, data: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@dataclass
class Phone:
    """Somebody's phone. `id` is the user's."""

    client: FlaskClient
    token: str
    id: str = ""

    def headers(self, **more: Any) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}
        own.update({name.replace("_", "-"): str(value) for name, value in more.items()})
        return {name: value for name, value in own.items() if value != "None"}

    def announce(self, data: bytes, stated: str | None = None, length: int | None = None, **more: Any) -> TestResponse:
        more.setdefault("Upload_Length", len(data) if length is None else length)
        named = metadata(sha256=stated or sha256(data), filename="IMG_1.jpg", filetype="image/jpeg")
        return self.client.post("/api/v1/media", headers=self.headers(Upload_Metadata=named, **more))

    def begin(self, data: bytes, stated: str | None = None, **more: Any) -> str:
        """Announce, and answer the upload's address."""
        answer = self.announce(data, stated, **more)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, url: str, data: bytes, offset: int = 0, **more: Any) -> TestResponse:
        more.setdefault("Content_Type", BYTES)
        return self.client.patch(url, data=data, headers=self.headers(Upload_Offset=offset, **more))

    def head(self, url: str, **more: Any) -> TestResponse:
        return self.client.head(url, headers=self.headers(**more))

    def upload(self, data: bytes, stated: str | None = None) -> TestResponse:
        """Announce and send all in one chunk."""
        return self.patch(self.begin(data, stated), data)

    def status(self, *hashes: str) -> dict[str, Any]:
        answer = self.client.post(
            "/api/v1/media/status", json={"sha256": list(hashes)}, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    def get(self, path: str, **headers: str) -> TestResponse:
        own = {"Authorization": f"Bearer {self.token}"}
        return self.client.get(
            f"/api/v1/blobs/{path}", headers=own | {k.replace("_", "-"): v for k, v in headers.items()}
        )
