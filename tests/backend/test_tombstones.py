"""Tombstones go after 400 days, and a device that was away for longer starts anew with nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from backend.extensions import db
from backend.jobs import work
from backend.models import Counter, Entry, Job, SyncedRow
from backend.receipt_key import server_key
from backend.services import evidence, tombstones
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from sync import pull as pulling
from sync.store import EntryKey, Row
from tests.stories import LIUJIANG, Phone, Server, new_id

pytestmark = pytest.mark.both_databases
PULL = "/api/v1/sync/pull"
HERE = f"area:{LIUJIANG}"
OUTSIDE = {"lon": 116.4, "lat": 39.9, "datum": "WGS84", "accuracy_m": 5}


def moved_away(phone: Phone, finding: str) -> None:
    """The finding leaves the county: everyone else there gets a tombstone."""
    phone.device.record("finding.edit", finding, {"position": OUTSIDE}, phone.device.mirror.rev("finding", finding))
    assert phone.sync().quiet


def hourly(app: Flask) -> list[str]:
    """Do the work of the hour, and whatever it asks for; returns the kinds that were done."""
    done: list[str] = []
    with app.app_context():
        work.ask_hourly()
        while waiting := work.due():
            for job_id in waiting:
                assert work.run(job_id)
                done.append(db.session.get_one(Job, job_id).kind)
        db.session.remove()
    return done


def count(app: Flask, kind: str) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(Entry).where(Entry.kind == kind))
        db.session.remove()
    return found or 0


def floor(app: Flask) -> int:
    with app.app_context():
        found = db.session.scalars(select(Counter.tombstone_floor)).one()
        db.session.remove()
    return found


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei")


def test_a_device_that_was_away_for_500_days_starts_anew_and_loses_nothing(wei: Phone, server: Server) -> None:
    qin = server.phone("qin")
    gone, stays = wei.report("搬走"), wei.report("留下")
    wei.sync()
    assert qin.sync().quiet
    assert qin.device.mirror.row("finding", gone) is not None
    qin.transport.online = False
    pending = qin.report("离线登记")
    moved_away(wei, gone)
    assert count(server.app, "leave") > 0
    server.time.pass_by(days=500)
    hourly(server.app)
    assert count(server.app, "leave") == 0
    wei.report("新近")
    wei.sync()
    qin.transport.online = True
    report = qin.sync()
    assert report.quiet
    assert (report.resynced, report.acknowledged) == (["cursor-expired"], 1)
    assert server.finding(pending) is not None
    assert qin.last_result()["status"] == "applied"
    mirror = qin.device.mirror
    assert (mirror.row("finding", gone), mirror.row("finding", stays) is not None) == (None, True)
    fresh = qin.raw("GET", PULL).json()
    assert mirror.differing(fresh["digests"]) == []
    for entry in fresh["entries"]:
        assert mirror.row(entry["type"], entry["id"]) == entry["row"]


def test_who_has_seen_them_goes_on_after_500_days_without_starting_anew(wei: Phone, server: Server) -> None:
    luo = server.phone("luo", "supervisor")
    moved_away(wei, _reported(wei))
    assert luo.sync().quiet
    server.time.pass_by(days=500)
    hourly(server.app)
    assert floor(server.app) > 0
    wei.report("新近")
    assert wei.sync().quiet
    report = luo.sync()
    assert (report.quiet, report.resynced) == (True, [])


def test_a_new_device_can_page_through_rows_that_are_older_than_the_tombstones_kept(wei: Phone, server: Server) -> None:
    """Guards `since` in the cursor: by its positions each second page would be expired, for ever."""
    moved_away(wei, _reported(wei))
    for i in range(4):
        wei.report(str(i))
    wei.sync()
    server.time.pass_by(days=500)
    hourly(server.app)
    cursor, pages = "", 0
    while True:
        answer = wei.raw("GET", f"{PULL}?limit=1{cursor}")
        assert answer.status == 200
        cursor, pages = f"&cursor={answer.json()['cursor']}", pages + 1
        if answer.json()["complete"]:
            break
    assert pages > 5


def test_a_tombstone_is_kept_for_400_days_after_the_day_that_made_it(wei: Phone, server: Server) -> None:
    moved_away(wei, _reported(wei))
    left = count(server.app, "leave")
    server.time.pass_by(days=400)  # the day itself is not over by then
    hourly(server.app)
    assert (count(server.app, "leave"), floor(server.app)) == (left, 0)
    server.time.pass_by(days=1)
    hourly(server.app)
    assert count(server.app, "leave") == 0


def test_much_is_removed_in_commits_of_bounded_size(
    wei: Phone, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tombstones, "A_COMMIT", 2)
    for i in range(5):
        moved_away(wei, _reported(wei, str(i)))
    left = count(server.app, "leave")
    server.time.pass_by(days=500)
    assert hourly(server.app).count("purge-tombstones") == left // 2 + 1
    assert count(server.app, "leave") == 0


def test_nothing_to_remove_draws_no_seq(wei: Phone, server: Server) -> None:
    _reported(wei)
    server.time.pass_by(days=500)
    hourly(server.app)
    cursor = wei.raw("GET", PULL).json()["cursor"]
    with server.app.app_context(), writing() as session:
        assert tombstones.purge(session, server.time.now(), 1000) == 0
    assert wei.raw("GET", f"{PULL}?cursor={cursor}").json()["cursor"] == cursor


def test_a_deleted_row_goes_with_the_last_of_its_tombstones_and_may_come_again(wei: Phone, server: Server) -> None:
    row, there = new_id(), "area:450207"

    def change(scopes: frozenset[str]) -> None:
        with server.app.app_context(), writing() as session:
            store = SqlStore(session, server.time.now())
            store.lock_counter()
            if scopes:
                store.publish(Row("site", row, 1, {"id": row}, scopes))
            else:
                store.withdraw("site", row)

    def kept() -> bool:
        with server.app.app_context():
            found = db.session.get(SyncedRow, ("site", row)) is not None
            db.session.remove()
        return found

    change(frozenset({HERE, there}))
    change(frozenset())
    _reported(wei)
    server.time.pass_by(days=500)
    with server.app.app_context(), writing() as session:
        evidence.seal(session, server_key().signing, server.time.now(), server_key().register)
    for left in (True, False):
        with server.app.app_context(), writing() as session:
            assert tombstones.purge(session, server.time.now(), 1) == 1
        assert kept() is left
    change(frozenset({HERE}))
    assert wei.sync().quiet
    assert wei.device.mirror.row("site", row) == {"id": row}


class Interrupted(SqlStore):
    """A store in whose pull, before the entries are read, somebody purges."""

    app: Flask

    def entries_after(self, scope: str, position: int, limit: int) -> Sequence[EntryKey]:
        thread = threading.Thread(target=hourly, args=(self.app,))
        thread.start()
        thread.join(60)
        return super().entries_after(scope, position, limit)


def test_a_purge_takes_nothing_from_a_pull_under_way(wei: Phone, server: Server) -> None:
    """I5. A snapshot has the tombstones, or the floor that tells of their going."""
    finding = _reported(wei)
    old = pulling.read_cursor(wei.raw("GET", PULL).json()["cursor"])
    moved_away(wei, finding)
    server.time.pass_by(days=500)
    with server.app.app_context(), reading() as session:
        store = Interrupted(session)
        store.app = server.app
        page = pulling.pull(store, {HERE}, old, 1000, 10**6)
    assert [(key.kind, key.id) for key in page.entries if key.type == "finding"] == [("leave", finding)]
    assert count(server.app, "leave") == 0
    assert wei.raw("GET", f"{PULL}?cursor={page.cursor}").status == 200
    assert wei.raw("GET", f"{PULL}?cursor={old.encode()}").code == "cursor-expired"


def test_tombstones_are_found_by_an_index(app: Flask) -> None:
    query = "SELECT seq FROM entry WHERE kind <> 'put' AND seq <= 5 ORDER BY seq"
    with app.app_context(), db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        plan = connection.execute(text(("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + query)).all()
    assert "ix_entry_tombstone" in str(plan)


def _reported(phone: Phone, description: str = "裸土未覆盖") -> str:
    finding = phone.report(description)
    assert phone.sync().quiet
    assert phone.sync().quiet
    return finding
