"""What the server-side benches share: an app on a fresh database of its own, with one enrolled device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from backend import create_app
from backend.cli.setup import prepare
from backend.clock import Clock
from backend.config import Settings
from backend.extensions import db
from tests.postgresql import running_server
from tests.stories import FakeTime, Phone, Server


@contextmanager
def served(database: str) -> Iterator[tuple[Flask, Server, str]]:
    """The app, its people and devices, and the database's URL; `database` is sqlite or postgresql."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        if database == "sqlite":
            yield _app(folder, f"sqlite:///{folder / 'bench.sqlite3'}")
            return
        with running_server(folder) as postgresql:
            postgresql.execute("CREATE DATABASE bench")
            yield _app(folder, postgresql.sqlalchemy_url("bench"))


def _app(folder: Path, url: str) -> tuple[Flask, Server, str]:
    settings = Settings(
        data=folder, database_url=url, blob_url=f"file://{folder / 'blobs'}", secret_key="bench", demo=True
    )
    time = FakeTime()
    app = create_app(settings, Clock(now=time.now))
    with app.app_context():
        prepare(sample=True)
        db.session.remove()
    return app, Server(app, time), url


def recorded(phone: Phone, how_many: int) -> list[dict[str, Any]]:
    """Ops of a plain field day, in the outbox and not yet sent."""
    for index in range(how_many):
        phone.report(f"第{index}处裸土未覆盖，约{index % 90 + 10}平方米")
    return phone.device.outbox.pending()


def push(phone: Phone, ops: list[dict[str, Any]]) -> None:
    """One batch; every op must be applied."""
    body = {"ops": [{"body": op["body"], "sig": op["sig"]} for op in ops]}
    answer = phone.raw("POST", "/api/v1/sync/push", body)
    results = answer.json()["results"]
    assert answer.status == 200
    assert {result["status"] for result in results} == {"applied"}, json.dumps(results[0])
