"""What a commit rests on: the counter first, one snapshot a pull, and no answer before the commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from backend.extensions import db
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from sync import pull as pulling
from sync.store import EntryKey, Row
from tests.backend.serving import eventually
from tests.stories import Server, jpeg, new_id

pytestmark = pytest.mark.both_databases
HERE = "area:450206"
WRITES = ("INSERT", "UPDATE", "DELETE")


def publish(store: SqlStore) -> str:
    row = new_id()
    store.publish(Row("row", row, 1, {"id": row}, frozenset({HERE})))
    return row


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is sent to the database, commits included."""
    said: list[str] = []
    with app.app_context():
        engine = db.engine

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(" ".join(statement.split()))

    def on_commit(_connection: Any) -> None:
        said.append("COMMIT")

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    yield said
    event.remove(engine, "before_cursor_execute", on_statement)
    event.remove(engine, "commit", on_commit)


def transactions(said: Iterable[str]) -> Iterator[list[str]]:
    """The statements of each committed transaction."""
    current: list[str] = []
    for one in said:
        if one == "COMMIT":
            yield current
            current = []
        elif one.startswith("BEGIN"):
            current = []
        else:
            current.append(one)


def test_every_transaction_that_writes_entries_takes_the_counter_before_any_other_write(server: Server) -> None:
    """I4. A counter taken late lets another's commit, with a higher seq, come first; and deadlocks."""
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    finding = wei.report(photos=[wei.device.capture(jpeg())])
    wei.sync(), luo.sync()
    with statements(server.app) as said:
        wei.device.record("finding.comment", finding, {"text": "见", "photos": []})
        for phone, words in ((wei, "先到"), (luo, "后到")):
            phone.device.record("finding.edit", finding, {"description": words}, 1)
        wei.device.capture(jpeg(colour="green"))
        wei.sync(), luo.sync()
    looked_at = 0
    for transaction in transactions(said):
        writes = [one for one in transaction if one.startswith(WRITES)]
        if any("entry" in one.split("(")[0] or "INSERT INTO blob " in one for one in writes):
            looked_at += 1
            assert writes[0].startswith("UPDATE counter"), writes[:3]
    assert looked_at >= 3


def test_the_commit_of_a_push_comes_before_its_answer_begins(server: Server) -> None:
    """I1. What is acknowledged and not yet stored is lost with the process."""
    phone = server.phone()
    phone.report()
    order: list[str] = []
    inner = server.app.wsgi_app
    with server.app.app_context():
        engine = db.engine
    event.listen(engine, "commit", lambda _connection: order.append("commit"))
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _connection, _cursor, said, *_: order.append("op") if said.startswith("INSERT INTO op ") else None,
    )

    def telling(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = inner(environ, start)
        order.append("answer")
        return body

    server.app.wsgi_app = telling  # type: ignore[method-assign]
    phone.device._push_batch(phone.device.outbox.pending())
    assert order[order.index("op") :] == ["op", "commit", "answer"]


def test_no_pull_passes_a_change_that_is_not_yet_committed(server: Server) -> None:
    """I4. One writer has drawn its seq and not committed; a second one must wait, or a pull passes the first."""
    app, done = server.app, threading.Event()
    rows: list[str] = []
    cursor: pulling.Cursor | None = None
    seen: set[str] = set()

    def second() -> None:
        with app.app_context(), writing() as session:
            store = SqlStore(session)
            store.lock_counter()
            rows.append(publish(store))
        done.set()

    def pull() -> None:
        nonlocal cursor
        with app.app_context(), reading() as session:
            page = pulling.pull(SqlStore(session), {HERE}, cursor, 1000, 10**6)
        cursor = pulling.read_cursor(page.cursor)
        seen.update(key.id for key in page.entries)

    thread = threading.Thread(target=second)
    with app.app_context(), writing() as session:
        store = SqlStore(session)
        store.lock_counter()
        rows.append(publish(store))
        session.flush()
        thread.start()
        eventually(lambda: done.is_set() or _waits(app), "the second writer waits, or is through")
        other = threading.Thread(target=pull)
        other.start()
        other.join(60)
    thread.join(60)
    pull()
    assert seen >= set(rows)
    assert len(rows) == 2


def _waits(app: Flask) -> bool:
    """True when somebody waits for a lock; SQLite, which cannot tell, is asked for one that would not be given."""
    if app.extensions["bluegrid.settings"].sqlite:
        return True
    with app.app_context(), db.engine.connect() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(connection.execute(text(waiting)).scalar_one())


class Interrupted(SqlStore):
    """A store in whose pull, between the entries and whatever is read after them, another transaction commits."""

    meanwhile: Callable[[], None]

    def entries_after(self, scope: str, position: int, limit: int) -> Sequence[EntryKey]:
        found = super().entries_after(scope, position, limit)
        thread = threading.Thread(target=self.meanwhile)
        thread.start()
        thread.join(60)
        return found


def test_a_pull_sees_one_snapshot_whatever_is_committed_beside_it(server: Server) -> None:
    """I4. Rows, head and digests are of one instant: nothing that came in between is passed by the cursor."""
    app = server.app
    rows: list[str] = []

    def meanwhile() -> None:
        with app.app_context(), writing() as session:
            store = SqlStore(session)
            store.lock_counter()
            rows.append(publish(store))

    with app.app_context(), reading() as session:
        store = Interrupted(session)
        store.meanwhile = meanwhile
        first = pulling.pull(store, {HERE}, None, 1000, 10**6)
    with app.app_context(), reading() as session:
        second = pulling.pull(SqlStore(session), {HERE}, pulling.read_cursor(first.cursor), 1000, 10**6)
    assert len(rows) == 1
    assert rows[0] not in {key.id for key in first.entries}
    assert rows[0] in {key.id for key in second.entries}
    assert first.digests is not None
    assert first.digests[HERE][0] == len(first.entries)
