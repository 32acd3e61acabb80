"""What the code ships is stored once; what was retired in it since is retired on the server too."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from backend import clock
from backend.models import ChecklistVersion
from backend.services import checklists
from backend.services.working_time import CHINA
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from checklists import library

pytestmark = pytest.mark.both_databases
OLD = ("straw-liuzhou", "2024.1")


def install(packs: library.Library | None = None) -> list[str]:
    with writing() as session:
        store = SqlStore(session, clock.now())
        store.lock_counter()
        return checklists.install(session, store, clock.now(), clock.new_id, packs)


def retired() -> dict[str, date]:
    with reading() as session:
        found = session.scalars(select(ChecklistVersion).where(ChecklistVersion.retired_at.is_not(None)))
        return {
            f"{each.code}@{each.version}": each.retired_at.astimezone(CHINA).date() for each in found if each.retired_at
        }


def test_what_is_there_already_is_not_stored_again(app: Flask) -> None:
    with app.app_context():
        assert install() == []
        assert retired() == {}


def test_a_shipped_retirement_reaches_a_server_that_had_the_version_before(app: Flask) -> None:
    shipped = library.shipped()
    later = {**shipped, OLD: dataclasses.replace(shipped[OLD], retired_on=date(2026, 1, 1))}
    with app.app_context():
        assert install(later) == []
        assert retired() == {"straw-liuzhou@2024.1": date(2026, 1, 1)}


def test_a_retirement_of_a_day_to_come_waits_for_it(app: Flask) -> None:
    shipped = library.shipped()
    later = {**shipped, OLD: dataclasses.replace(shipped[OLD], retired_on=date(2999, 1, 1))}
    with app.app_context():
        install(later)
        assert retired() == {}
