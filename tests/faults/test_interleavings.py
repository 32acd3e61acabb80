"""Interleavings with few preemptions of the store's critical sections, statement by statement, on both databases.

After each: no row was passed by a cursor (I4), the mirror and the digests are the server's (I3), each op has one effect
(I2), what was committed later has the higher seq, nobody met an error, and nothing stood still.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from backend.models import Comment, Counter, Entry, OpRecord, SyncedRow
from backend.services import accounts, attention, sites
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from geo.position import parse_position
from sync import digest, pull
from sync.device_ports import MemoryStorage
from sync.mirror import Mirror
from sync.outbox import Outbox
from sync.store import Row
from tests.faults.interleavings import COMMIT, Act, Stage, Step, at_random, every_schedule, stage, told
from tests.stories import IN_LIUJIANG, Phone, Server, new_id

pytestmark = pytest.mark.both_databases
HERE = "area:450206"


@pytest.fixture
def played(app: Flask) -> Iterator[Stage]:
    with stage(app) as made:
        yield made


@dataclass(slots=True)
class Reader:
    """A mirror that pulls: what a phone would hold, from the pages of the sections under test."""

    mirror: Mirror = field(default_factory=lambda: Mirror(MemoryStorage()))
    cursor: str | None = None

    def pull(self) -> None:
        with reading() as session:
            before = pull.read_cursor(self.cursor) if self.cursor else None
            page = pull.pull(SqlStore(session), {HERE}, before, 1000, 10**7)
            self.take(page)

    def take(self, page: pull.Page) -> None:
        entries = [pull.entry_json(key, page.rows) for key in page.entries]
        changes = self.mirror.changes({"scopes": {"removed": page.removed}, "entries": entries})
        self.mirror.storage.write(changes)
        self.cursor = page.cursor
        assert page.digests is not None
        said = {scope: {"n": n, "x": x.hex()} for scope, (n, x) in page.digests.items()}
        assert self.mirror.differing(said) == [], "I3, I4: a page's digest is not that of what was sent up to it"


@dataclass(slots=True)
class Publication:
    """A writer of rows that are already there, and the seqs that it drew."""

    rows: list[str]
    seqs: list[int] = field(default_factory=list)

    def write(self) -> None:
        with writing() as session:
            store = SqlStore(session)
            store.lock_counter()
            self.seqs += [publish(store, row) for row in self.rows]

    def in_two_parts(self) -> None:
        """As a bulk job does, which commits before it has all."""
        for row in self.rows:
            with writing() as session:
                store = SqlStore(session)
                store.lock_counter()
                self.seqs.append(publish(store, row))


def publish(store: SqlStore, row: str) -> int:
    return store.publish(Row("row", row, 1, {"id": row}, frozenset({HERE})))


def holds(app: Flask, reader: Reader) -> None:
    """What must be true when all have ended."""
    with app.app_context():
        reader.pull()
        with reading() as session:
            live = list(session.scalars(select(Entry).where(Entry.scope == HERE, Entry.kind == "put")))
            n, x = SqlStore(session).digests([HERE])[HERE]
            head = session.scalar(select(Counter.value)) or 0
            assert (n, x) == digest.of_scope([(one.type, one.row_id, one.seq) for one in live]), "I3: the digest"
            assert max((one.seq for one in live), default=0) <= head, "I4: an entry above the head"
            there = {f"{one.type}|{one.row_id}": one.seq for one in live}
        mirrored = {key: kept["seq"] for key, kept in reader.mirror.storage.items("mirror")}
        assert mirrored == there, "I4: a cursor has passed a change"


def commits_are_in_order(taken: list[Step], *writers: tuple[str, Publication]) -> None:
    """Sequence order is commit order."""
    last = {step.who: at for at, step in enumerate(taken) if step.statement == COMMIT}
    drawn = sorted((last[name], min(writer.seqs), max(writer.seqs)) for name, writer in writers)
    for (_, _, highest), (_, lowest, _) in pairwise(drawn):
        assert highest < lowest, f"I4: {drawn} by {told(taken)}"


Scene = Callable[[], tuple[dict[str, Act], Callable[[list[Step]], None]]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look: every schedule with at most so many preemptions, or `most` of them drawn by lot, and `sample`
    at random. `fine`: statement by statement also where a push only reads.
    """

    preemptions: int
    most: int
    sample: int = 0
    fine: bool = False


IN_SHORT = Effort(1, 24)
AT_LENGTH = Effort(2, 400, 200, fine=True)
EFFORTS = [pytest.param(IN_SHORT, id="short"), pytest.param(AT_LENGTH, id="long", marks=pytest.mark.slow)]
in_effort = pytest.mark.parametrize("effort", EFFORTS)


def explore(played: Stage, scene: Scene, effort: Effort, pushes: tuple[str, ...] = ()) -> None:
    """Play schedules; `pushes` names the acts that are requests of many statements."""
    chance, long_steps = random.Random(1), () if effort.fine else pushes
    for explored in islice(every_schedule(effort.preemptions, chance), effort.most):
        acts, check = scene()
        explored.taken = played.play(acts, explored.choose, long_steps)
        check(explored.taken)
    for _ in range(effort.sample):
        acts, check = scene()
        check(played.play(acts, at_random(chance), long_steps))


@in_effort
def test_two_writers_and_a_reader(app: Flask, played: Stage, effort: Effort) -> None:
    """I3, I4. Two transactions that write the same and other rows, and a pull."""
    rows = [new_id() for _ in range(3)]
    reader = Reader()

    def scene() -> tuple[dict[str, Act], Callable[[list[Step]], None]]:
        one, other = Publication(rows[:2]), Publication(rows[1:])

        def check(taken: list[Step]) -> None:
            holds(app, reader)
            commits_are_in_order(taken, ("one", one), ("other", other))

        return {"one": one.write, "other": other.write, "reader": reader.pull}, check

    explore(played, scene, effort)


@in_effort
def test_a_bulk_job_between_a_writer_and_a_reader(app: Flask, played: Stage, effort: Effort) -> None:
    """I3, I4. A job commits in parts; a pull may see the first without the second, and misses neither."""
    rows = [new_id() for _ in range(3)]
    reader = Reader()

    def scene() -> tuple[dict[str, Act], Callable[[list[Step]], None]]:
        writer, job = Publication(rows[:2]), Publication(rows[1:])
        acts: dict[str, Act] = {"writer": writer.write, "job": job.in_two_parts, "reader": reader.pull}
        return acts, lambda taken: holds(app, reader)

    explore(played, scene, effort)


# pushes -------------------------------------------------------------------------------------------------------
class Crowd:
    """Two phones, a finding that both see, and a supervisor."""

    def __init__(self, server: Server) -> None:
        self.server, self.reader = server, Reader()
        self.one, self.other = server.phone("wei"), server.phone("luo", "supervisor")
        server.person("boss", "admin", ())
        self.finding = ""
        self.anew()
        self.answers: list[Any] = []
        self.comments = 0

    def anew(self) -> None:
        """A fresh finding: what hangs on one is published with each of its edits, and would grow."""
        self.finding = self.one.report()
        self.one.sync(), self.other.sync()

    def records(self, phone: Phone, *commands: str) -> Act:
        """Record a comment or an edit for each word; returns the push of all of it as it stands now."""
        for command in commands:
            if command == "comment":
                phone.device.record("finding.comment", self.finding, {"text": "见", "photos": []})
                self.comments += 1
            else:
                rev = phone.device.mirror.rev("finding", self.finding)
                phone.device.record("finding.edit", self.finding, {"description": new_id()}, rev)
        pending = phone.device.outbox.pending()
        return lambda: self.answers.append(phone.device._push_batch(pending))

    def holds(self) -> None:
        """Every answer is a 200 without `retry`, every op has one effect, and both phones agree with the server."""
        assert [answer.status for answer in self.answers] == [200] * len(self.answers)
        results = [result for answer in self.answers for result in answer.json()["results"]]
        assert {result["status"] for result in results} <= {"applied", "merged", "conflict", "rejected"}, results
        self.answers.clear()
        for phone in (self.one, self.other):
            report = phone.sync()
            assert (report.trouble, report.resynced) == (None, [])
        holds(self.server.app, self.reader)
        with self.server.app.app_context(), reading() as session:
            assert session.scalar(select(func.count()).select_from(Comment)) == self.comments
            told = session.execute(select(SyncedRow.row_id, SyncedRow.content).where(SyncedRow.type == "op_result"))
            said = {row.row_id: json.loads(row.content)["status"] for row in told}
            assert said == {one.op_id: one.status for one in session.scalars(select(OpRecord))}, "I2"

    def scene(self, make: Callable[[], dict[str, Act]]) -> Scene:
        def scene() -> tuple[dict[str, Act], Callable[[list[Step]], None]]:
            self.anew()
            return make(), lambda taken: self.holds()

        return scene


@in_effort
def test_two_phones_push_to_one_finding(server: Server, played: Stage, effort: Effort) -> None:
    """I2, I3. Each takes what the other wants, in another order: with the counter first, nobody stands still."""
    crowd = Crowd(server)

    def make() -> dict[str, Act]:
        return {
            "one": crowd.records(crowd.one, "edit", "comment"),
            "other": crowd.records(crowd.other, "comment", "edit"),
        }

    explore(played, crowd.scene(make), effort, ("one", "other"))


@in_effort
def test_a_phone_pushes_the_same_twice_at_once(server: Server, played: Stage, effort: Effort) -> None:
    """I2. The second of two equal pushes waits for the first, and is answered as a replay."""
    crowd = Crowd(server)

    def make() -> dict[str, Act]:
        push = crowd.records(crowd.one, "comment")
        return {"first": push, "second": push}

    explore(played, crowd.scene(make), effort, ("first", "second"))


@in_effort
def test_a_push_beside_a_pull(server: Server, played: Stage, effort: Effort) -> None:
    """I3, I4. Whatever a pull sees of a push, the next one brings the rest."""
    crowd = Crowd(server)

    def make() -> dict[str, Act]:
        return {"push": crowd.records(crowd.one, "comment", "edit"), "pull": crowd.reader.pull}

    explore(played, crowd.scene(make), effort, ("push",))


@in_effort
def test_a_push_beside_a_console_that_writes(server: Server, played: Stage, effort: Effort) -> None:
    """I3, I4. A site is added in the office while a phone pushes."""
    crowd = Crowd(server)
    position = parse_position(dict(IN_LIUJIANG))

    def add_site() -> None:
        with writing() as session:
            boss = accounts.actor_of(accounts.by_name(session, "boss"))
            site = new_id()
            new = sites.NewSite(code=site[-12:], name="工地", kind="construction", position=position)
            sites.add(session, boss, site, server.time.now(), new)

    def make() -> dict[str, Act]:
        return {"push": crowd.records(crowd.one, "comment"), "console": add_site}

    explore(played, crowd.scene(make), effort, ("push", "console"))


@in_effort
def test_a_parent_arrives_while_a_supervisor_decides(server: Server, played: Stage, effort: Effort) -> None:
    """I2, I9. A comment waits for its finding; it is dismissed or applied, once, whoever comes first."""
    crowd = Crowd(server)

    def make() -> dict[str, Act]:
        finding, ahead = new_id(), Outbox(crowd.other.storage, crowd.other.clock, new_id, None)
        held = ahead.record("finding.comment", finding, {"text": "先到", "photos": []})
        crowd.other.sync()
        report = {
            "topic": "dust", "item": None, "description": "裸土", "severity": "minor", "photos": [], "site": None,
            "found_at": crowd.one.clock.now().isoformat(), "position": dict(IN_LIUJIANG),
        }  # fmt: skip
        crowd.one.device.record("finding.report", finding, report)
        pending = crowd.one.device.outbox.pending()

        def dismiss() -> None:
            with writing() as session:
                boss = accounts.actor_of(accounts.by_name(session, "boss"))
                attention.dismiss(session, boss, held["stream"], held["n"], server.time.now(), "不予采纳")

        def push() -> None:
            crowd.answers.append(crowd.one.device._push_batch(pending))

        crowd.comments = -1  # counted below
        return {"push": push, "supervisor": dismiss}

    def checked() -> tuple[dict[str, Act], Callable[[list[Step]], None]]:
        acts = make()

        def check(taken: list[Step]) -> None:
            with server.app.app_context(), reading() as session:
                applied = (
                    select(func.count())
                    .select_from(OpRecord)
                    .where(OpRecord.cmd == "finding.comment", OpRecord.status == "applied")
                )
                crowd.comments = session.scalar(applied) or 0
                open_ = select(func.count()).select_from(OpRecord).where(OpRecord.status == "held")
                assert session.scalar(open_) == 0, f"I9: it is still held by {told(taken)}"
            crowd.holds()

        return acts, check

    explore(played, checked, effort, ("push", "supervisor"))
