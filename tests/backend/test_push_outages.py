"""A database that fails in the middle of a push: nothing is acknowledged that is not stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from backend.extensions import db
from backend.outages import is_outage
from tests.backend.handmade import Hand
from tests.stories import Server


@contextmanager
def nearly_full(server: Server, pages: int) -> Iterator[None]:
    """The database may grow by so many pages and no more; a real SQLITE_FULL follows."""
    with server.app.app_context():
        engine = db.engine
        with engine.connect() as connection:
            size = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

        def limit(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count={size + pages}")

        event.listen(engine, "checkout", limit)
        db.session.remove()
    yield
    with server.app.app_context():
        event.remove(db.engine, "checkout", limit)
        db.engine.dispose()
        db.session.remove()


@pytest.mark.parametrize("pages", [0, 3, 10, 30])
def test_a_disk_that_fills_up_loses_and_doubles_nothing(server: Server, pages: int) -> None:
    """Guards TransactionLost: SQLite may undo the whole transaction, and then earlier ops are gone as well."""
    hand = Hand(server.phone())
    bodies = [hand.op(args=hand.report(description=f"{i}" + "土" * 800)) for i in range(40)]
    with nearly_full(server, pages):
        answer = hand.push(*bodies)
    acknowledged = []
    if answer.status == 200:
        results = answer.json()["results"]
        acknowledged = [one for one in results if one["status"] != "retry"]
        assert len(acknowledged) == 40 or results[-1]["status"] == "retry"
        assert {one["status"] for one in acknowledged} <= {"applied"}
        assert answer.json()["expected_n"] == len(acknowledged) + 1
    else:
        assert (answer.status, answer.code) == (507, "storage-full")
    assert len(server.op_bodies()) == len(server.findings()) == len(acknowledged)
    again = hand.push(*bodies).json()["results"]
    assert [one["status"] for one in again] == ["applied"] * 40
    assert [one["replay"] for one in again] == [i < len(acknowledged) for i in range(40)]
    assert len(server.findings()) == 40


def test_a_statement_that_can_never_go_well_is_no_outage(server: Server) -> None:
    """Guards is_outage: an error of ours must hold the op, not ask the device to retry it for ever."""
    with server.app.app_context():
        for statement in ("SELECT nothing FROM nowhere", "INSERT INTO counter (id) VALUES (1)"):
            with pytest.raises(DBAPIError) as caught:
                db.session.execute(text(statement))
            assert not is_outage(caught.value)
            db.session.rollback()
        db.session.remove()
    assert is_outage(OSError(28, "no space left on device"))
    assert not is_outage(OSError(2, "no such file"))
    assert not is_outage(ZeroDivisionError())
