"""Makes an export: one snapshot, a file that is whole or not there, and word of how far it is.

Safe to be killed anywhere: what is half-written lies in a part that is swept, and the next attempt begins again in a
snapshot of its own, by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy.orm import Session

from backend import clock, failpoints
from backend.config import Settings
from backend.export_files import ExportFiles
from backend.jobs import intents
from backend.models import Export
from backend.services import exports
from backend.services.errors import ServiceError
from backend.services.export_kinds import KINDS, Making
from backend.storage import blobs
from backend.transactions import snapshot, writing

EVERY = timedelta(seconds=2)

log = structlog.get_logger()


class TakenBack(Exception):
    """Somebody deleted the export, or another attempt has begun: nobody wants this file."""


def files() -> ExportFiles:
    """The folder of the current app."""
    return ExportFiles(_settings().export_folder)


def run(alive: Callable[[], object], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make the export that the job names. A refusal is its end; anything else is tried again."""
    with writing() as session:
        export = exports.start(session, str(arguments["export"]))
        if export is None:
            return {"state": "nothing to do"}
        session.expunge(export)
    key = (export.id, export.attempt)
    try:
        return _make(export, alive)
    except TakenBack:
        return {"state": "taken back"}
    except ServiceError as error:
        _fail(key, error.code, str(error))
        return {"state": "failed", "code": error.code}
    except Exception:
        if export.attempt >= intents.MOST_ATTEMPTS:
            _fail(key, "internal-error", "It failed each time that it was tried; the log of the server says why.")
        raise


def _make(export: Export, alive: Callable[[], object]) -> dict[str, Any]:
    key, settings, store = (export.id, export.attempt), _settings(), files()
    with store.part(key) as folder:
        with snapshot() as session:
            actor, facts, total = exports.begin(session, export, settings.export_rows)
            kind = KINDS[export.kind]
            target = folder / "made"
            making = Making(
                session=session,
                blobs=blobs(),
                actor=actor,
                filters=kind.parse(export.filters),
                facts=facts,
                format=export.format,
                as_of=export.as_of,
                target=target,
                folder=folder,
                seen=_Progress(key, total, alive),
            )
            _, write = kind.formats[export.format]
            write(making)
        failpoints.hit("export-written")
        placed = store.place(target, key)
    failpoints.hit("export-placed")
    with writing() as session:
        kept = timedelta(days=settings.export_days)
        wanted = exports.finish(session, export, facts, placed.sha256, placed.bytes, clock.now(), kept)
    if not wanted:
        store.remove(key)
        raise TakenBack
    return {"state": "done", "seq": facts.seq, "rows": facts.rows, "sha256": placed.sha256}


def sweep() -> dict[str, Any]:
    """End the exports whose time is over, and remove the files that are nobody's."""
    store = files()
    present = store.keys()  # looked at first: a file that comes later belongs to a row that is there by then
    with writing() as session:
        ended = exports.sweep(session, clock.now())
        unwanted = exports.unwanted(session, present)
    for key in unwanted:
        store.remove(key)
    return {"ended": ended, "removed": len(unwanted)}


def _fail(key: tuple[str, int], code: str, detail: str) -> None:
    log.warning("export-failed", export=key[0], code=code)
    with writing() as session:
        exports.fail(session, key, code, detail, clock.now())


def _settings() -> Settings:
    settings: Settings = current_app.extensions["bluegrid.settings"]
    return settings


class _Progress:
    """Writes down how many rows are done, every few seconds; raises TakenBack when nobody wants them any more."""

    def __init__(self, key: tuple[str, int], total: int, alive: Callable[[], object]) -> None:
        self.key, self.total, self.alive = key, total, alive
        self._say(0)

    def __call__(self, done: int) -> None:
        if clock.now() - self.last >= EVERY:
            self._say(done)

    def _say(self, done: int) -> None:
        self.last = clock.now()
        self.alive()
        with writing() as session:
            if not self._noted(session, done):
                raise TakenBack

    def _noted(self, session: Session, done: int) -> bool:
        return exports.note_progress(session, self.key, done, self.total)
