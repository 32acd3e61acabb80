"""An explorer of interleavings: threads on a real database, of which exactly one goes on, from statement to statement.

A schedule is the list of who goes on at each step. All schedules with at most so many preemptions (a change of thread
although the last one could have gone on) are played, each from the beginning; changes that are forced, because the last
thread ended or waits for a lock, cost nothing. Most known races need one or two. A thread that waits for a lock is
found by asking the database: `pg_locks` on PostgreSQL, a lock that is busy on SQLite. No time is waited out anywhere.
"""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import Connection, event

from backend.extensions import db

POLL_S = 0.002  # how often a thread that is still inside its statement is looked at
BEGIN_WRITE, COMMIT = "BEGIN IMMEDIATE", "COMMIT"

Act = Callable[[], None]
Schedule = tuple[str, ...]


class Deadlock(AssertionError):
    """Every thread that has not ended waits for another."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who went on, what the statement was, and who else could have."""

    who: str
    statement: str
    could: tuple[str, ...]

    def preempted(self, before: str | None) -> bool:
        return before is not None and before != self.who and before in self.could


@dataclass(slots=True)
class _Player:
    name: str
    act: Act
    state: str = "new"  # paused before a statement, running, done
    statement: str = ""
    backend: int | None = None  # the connection's process on PostgreSQL
    failure: BaseException | None = None
    thread: threading.Thread = field(default_factory=threading.Thread)


class Stage:
    """A database whose statements are made one at a time; made once, it plays many schedules."""

    def __init__(self, app: Flask, look_at_locks: Callable[[], Any]) -> None:
        self.app = app
        self._turn = threading.Condition()
        self._players: dict[int, _Player] = {}
        self._free = False
        self._in_long_steps: frozenset[str] = frozenset()
        self._locks = look_at_locks()

    # in the threads -----------------------------------------------------------------------------------------
    def pause(self, connection: Connection, statement: str) -> None:
        """Called before each statement and commit; returns when it is this thread's turn."""
        player = self._players.get(threading.get_ident())
        if player is None or self._free:
            return
        if player.name in self._in_long_steps and _only_reads(statement):
            return
        with self._turn:
            player.statement = " ".join(statement.split())
            player.backend = _backend_of(connection)
            player.state = "paused"
            self._turn.notify_all()
            self._turn.wait_for(lambda: player.state == "running" or self._free)

    def _run(self, player: _Player) -> None:
        self._players[threading.get_ident()] = player
        try:
            with self.app.app_context():
                try:
                    player.act()
                finally:
                    db.session.remove()
        except BaseException as failure:
            player.failure = failure
        with self._turn:
            player.state = "done"
            self._turn.notify_all()

    # in the director ----------------------------------------------------------------------------------------
    def play(
        self,
        acts: Mapping[str, Act],
        choose: Callable[[Sequence[str], str | None], str],
        in_long_steps: Iterable[str] = (),
    ) -> list[Step]:
        """Play acts to their end; raises Deadlock, or what one of them raised.

        Acts named in `in_long_steps` stop before what writes or locks only, and do their reading with what follows.
        """
        self._players, self._free, self._in_long_steps = {}, False, frozenset(in_long_steps)
        players = {name: _Player(name, act) for name, act in acts.items()}
        for player in players.values():
            player.state = "running"
            player.thread = threading.Thread(target=self._run, args=(player,), daemon=True)
            player.thread.start()
            self._rest(players)
        taken: list[Step] = []
        try:
            while any(player.state != "done" for player in players.values()):
                taken.append(self._step(players, taken, choose))
        finally:
            with self._turn:
                self._free = True
                self._turn.notify_all()
            for player in players.values():
                player.thread.join(60)
        for player in players.values():
            if player.failure is not None:
                raise player.failure
        return taken

    def _step(
        self,
        players: Mapping[str, _Player],
        taken: Sequence[Step],
        choose: Callable[[Sequence[str], str | None], str],
    ) -> Step:
        could = [name for name, player in sorted(players.items()) if self._may_go_on(player)]
        if not could:
            stand = "; ".join(f"{one.name} at {one.statement}" for one in players.values() if one.state != "done")
            raise Deadlock(f"after {told(taken)}: {stand}")
        chosen = players[choose(could, taken[-1].who if taken else None)]
        step = Step(chosen.name, chosen.statement, tuple(could))
        with self._turn:
            chosen.state = "running"
            self._turn.notify_all()
        self._rest(players)
        return step

    def _may_go_on(self, player: _Player) -> bool:
        if player.state != "paused":
            return False
        return player.statement != BEGIN_WRITE or not self._locks.busy()

    def _rest(self, players: Mapping[str, _Player]) -> None:
        """Until every thread stands before a statement, has ended, or waits for a lock inside one."""
        while True:
            with self._turn:
                self._turn.wait_for(lambda: not _running(players), POLL_S)
                running = _running(players)
            if all(self._locks.waits(player.backend) for player in running):
                return


def _only_reads(statement: str) -> bool:
    return statement.lstrip().startswith(("SELECT", "SAVEPOINT", "RELEASE")) and "FOR UPDATE" not in statement


def _running(players: Mapping[str, _Player]) -> list[_Player]:
    return [player for player in players.values() if player.state == "running"]


def _backend_of(connection: Connection) -> int | None:
    raw = connection.connection.dbapi_connection
    return raw.info.backend_pid if isinstance(raw, psycopg.Connection) else None


class SqliteLocks:
    """Nobody waits inside a statement on SQLite: a writer is let on only when it will get the lock at once."""

    def __init__(self, path: str) -> None:
        self.path = path

    def waits(self, _backend: int | None) -> bool:
        return False

    def busy(self) -> bool:
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as probe:
            try:
                probe.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            probe.execute("ROLLBACK")
            return False


class PostgresqlLocks:
    """A backend waits when `pg_locks` has a lock of its that is not granted."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def waits(self, backend: int | None) -> bool:
        asked = self.connection.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted LIMIT 1", (backend,))
        return asked.fetchone() is not None

    def busy(self) -> bool:
        return False


@contextmanager
def stage(app: Flask) -> Iterator[Stage]:
    """The app's database, statement by statement."""
    with app.app_context():
        engine = db.engine
        url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    sqlite = engine.dialect.name == "sqlite"
    made = Stage(app, lambda: SqliteLocks(str(engine.url.database)) if sqlite else PostgresqlLocks(url))

    def on_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        made.pause(connection, statement)

    def on_commit(connection: Connection) -> None:
        made.pause(connection, COMMIT)

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    try:
        yield made
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
        event.remove(engine, "commit", on_commit)
        if isinstance(made._locks, PostgresqlLocks):
            made._locks.connection.close()


def every_schedule(preemptions: int, chance: random.Random) -> Iterator[Explored]:
    """All schedules, in an order drawn by lot; tell each what its playing took, and those that branch off it follow."""
    waiting: list[tuple[Schedule, int]] = [((), 0)]
    while waiting:
        prefix, spent = waiting.pop(chance.randrange(len(waiting)))
        explored = Explored(prefix)
        yield explored
        before: str | None = prefix[-1] if prefix else None
        for at, step in enumerate(explored.taken[len(prefix) :], len(prefix)):
            for other in step.could:
                cost = spent + (before in step.could and other != before)
                if other != step.who and cost <= preemptions:
                    waiting.append(((*(one.who for one in explored.taken[:at]), other), cost))
            before = step.who


@dataclass(slots=True)
class Explored:
    """One schedule: it begins as `prefix` says and then goes on without a preemption."""

    prefix: Schedule
    taken: list[Step] = field(default_factory=list)
    _at: int = 0

    def choose(self, could: Sequence[str], last: str | None) -> str:
        self._at += 1
        if self._at <= len(self.prefix):
            wanted = self.prefix[self._at - 1]
            return wanted if wanted in could else could[0]
        return last if last in could else could[0]


def at_random(chance: random.Random) -> Callable[[Sequence[str], str | None], str]:
    """Any thread at each step, the last one four times in five: long runs of one, and any number of preemptions."""

    def choose(could: Sequence[str], last: str | None) -> str:
        return last if last in could and chance.random() < 0.8 else chance.choice(could)

    return choose


def told(taken: Sequence[Step]) -> str:
    """A schedule in short: each thread's runs of steps."""
    runs: list[list[Any]] = []
    for step in taken:
        if runs and runs[-1][0] == step.who:
            runs[-1][1] += 1
        else:
            runs.append([step.who, 1])
    return ", ".join(f"{who} {n}" for who, n in runs)
