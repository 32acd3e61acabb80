"""The queue between the web processes and the job consumer: huey, on SQLite or on PostgreSQL.

It carries job ids only and may lose them: the intents are rows, and the consumer looks for what is not done.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, current_app, has_app_context
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session, SessionTransaction

from backend.config import Settings
from backend.jobs import intents, work
from backend.postgresql_link import CONNECT_ARGS

EXTENSION = "bluegrid.jobs"
ENOUGH_QUEUED = 100

log = structlog.get_logger()


def open_queue(settings: Settings, *, create_tables: bool = False) -> Huey:
    """The queue of an installation. Its messages are signed: whoever can write the file cannot run code through it.

    On PostgreSQL its tables are made by the set-up, one host at a time: made by each process when it first needs
    them, they fail for all but one.
    """
    common: dict[str, Any] = {
        "name": "bluegrid",
        "results": False,
        "serializer": SignedSerializer(secret=settings.secret_key, salt="bluegrid-jobs"),
    }
    if settings.sqlite:
        return SqliteHuey(filename=str(settings.data / "jobs.sqlite3"), timeout=10, **common)
    url = make_url(settings.database_url)
    _, where = url.get_dialect()().create_connect_args(url)  # as SQLAlchemy reads it: several servers are named its way
    return PostgresHuey(create_tables=create_tables, **{**where, **CONNECT_ARGS}, **common)


class JobQueue:
    """The queue with its tasks, each of which runs in a context of the application."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.huey = open_queue(app.extensions["bluegrid.settings"])
        self._work = self.huey.task(name="work")(self._run)
        self.huey.periodic_task(crontab(minute="*"), name="look")(self.look)
        self.huey.periodic_task(crontab(minute="7"), name="hourly")(self._hourly)

    def kick(self, job_ids: list[str]) -> None:
        """Tell the consumer of jobs; when that fails, it finds them by itself within a minute."""
        for job_id in job_ids:
            try:
                self._work(job_id)
            except Exception as error:  # the commit that asked for the job has succeeded and must not seem to fail
                log.warning("job-kick-failed", job=job_id, kind=type(error).__name__)

    def look(self) -> None:
        """Queue what is not done and not queued yet, and ask for what became due."""
        if self.huey.pending_count() < ENOUGH_QUEUED:
            with self.app.app_context():
                work.ask_when_due()
                self.kick(work.due())

    def _run(self, job_id: str) -> None:
        with self.app.app_context():
            work.run(job_id)

    def _hourly(self) -> None:
        with self.app.app_context():
            work.ask_hourly()
            work.finish_interrupted_uploads()  # of a host that is no more, too


def of(app: Flask) -> JobQueue:
    """The queue of an application, opened when it is first needed."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = JobQueue(app)
    queue: JobQueue = app.extensions[EXTENSION]
    return queue


@event.listens_for(Session, "after_transaction_end")
def _after_transaction(session: Session, transaction: SessionTransaction) -> None:
    """Tell the consumer once the outermost transaction is over; of one rolled back it finds no row, which is well."""
    if transaction.parent is not None or not session.info.get(intents.ASKED) or not has_app_context():
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    of(app).kick(session.info.pop(intents.ASKED))
