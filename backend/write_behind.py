"""What a transaction has to write and has not written yet, and what it knows meanwhile.

Rows wait here and go to the database many at a time (`backend.bulk`). Nobody can tell: every statement of the session
first writes what waits, savepoints included. A savepoint is a mark here until something of it has to be written; only
then does the database get to know of it. What is undone before costs the database nothing.

A transaction in a hurry (a push) lets rows wait; any other writes each at once, as if this module were not there. In a
hurry, an error that the database has with rows of several ops cannot be laid at the door of one: it leaves as `Hasty`,
everything is undone, and the same is done again without hurry, op by op.

Knows the session and savepoints; nothing of ops and rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from backend import outages
from backend.bulk import Bulk, Row
from sync.errors import StoreFull, TransactionLost

_KEY = "bluegrid.write-behind"


class Hasty(TransactionLost):
    """Rows that had waited could not be written: nothing is stored, and whoever hurried does it again step by step."""


@dataclass(slots=True, eq=False)
class _Savepoint:
    """Where a savepoint begins in what waits and in what is known; `nested` once the database knows of it."""

    waiting: int
    noted: int
    nested: SessionTransaction | None = None


class Notes:
    """Facts by key, which are undone together with the writes that they tell of."""

    def __init__(self) -> None:
        self._facts: dict[Hashable, Any] = {}
        self._before: list[tuple[Hashable, Any]] = []

    def get(self, key: Hashable) -> Any:
        return self._facts.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Note a value; None is as good as never noted."""
        self._before.append((key, self._facts.get(key)))
        self._facts[key] = value

    def mark(self) -> int:
        return len(self._before)

    def back_to(self, mark: int) -> None:
        """Forget what was noted since the mark."""
        while len(self._before) > mark:
            key, value = self._before.pop()
            self._facts[key] = value

    def drop(self, key: Hashable) -> None:
        """Know nothing under a key, from now on, whatever is undone."""
        self.put(key, None)


class WriteBehind:
    """One transaction's. `notes` are for whoever alone writes what they tell of.

    `in_hurry` may be set before the first write.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.in_hurry = False
        self.notes = Notes()
        self.foreign_writes = 0  # how many statements changed rows past this module
        self._waiting: list[tuple[Bulk, Row]] = []
        self._savepoints: list[_Savepoint] = []
        self._writing = self._flushing = False
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The transaction's connection. A statement on it does not write first what waits: for reading what cannot."""
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection

    def add(self, bulk: Bulk, rows: Iterable[Row]) -> None:
        """Write rows, sooner or later."""
        self._waiting.extend([(bulk, row) for row in rows])
        if not self.in_hurry:
            self.settle()

    def settle(self) -> None:
        """Write what waits. Raises Hasty when in a hurry and the database refuses."""
        if not self._waiting or self._writing:
            return
        if not self._flushing and (self.session.new or self.session.dirty or self.session.deleted):
            self.session.flush()  # comes back here, before the session's own changes are written
        self._writing = True
        try:
            start = 0
            for savepoint in self._savepoints:
                if savepoint.nested is None and savepoint.waiting < len(self._waiting):
                    self._write(self._waiting[start : savepoint.waiting])
                    start = savepoint.waiting
                    savepoint.nested = self._begin_nested()
            self._write(self._waiting[start:])
        except DBAPIError as error:
            if not self.in_hurry:
                raise
            raise self.give_up(error) from error
        finally:
            self._writing = False
            self._waiting.clear()
            for savepoint in self._savepoints:
                savepoint.waiting = 0

    def _write(self, waiting: Sequence[tuple[Bulk, Row]]) -> None:
        """Table by table, in the order in which each was first written to: a row comes after those that it names."""
        first: dict[Bulk, int] = {}
        for bulk, _ in waiting:
            first.setdefault(bulk, len(first))
        by_table = sorted(waiting, key=lambda one: first[one[0]])
        for bulk, rows in groupby(by_table, key=lambda one: one[0]):
            bulk.write(self.connection, [row for _, row in rows])

    def give_up(self, error: BaseException) -> Hasty:
        """The exception that undoes all; a transaction that SQLite has undone already cannot be rolled back."""
        if not outages.in_transaction(self.connection):
            self.connection.invalidate(error)
        return Hasty("Some of this could not be written together.")

    # savepoints ----------------------------------------------------------------------------------------------
    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written and noted inside when it is left by an exception.

        Raises Hasty where the database has to undo something that it was not told a savepoint for; StoreFull or
        TransactionLost where it has undone everything.
        """
        self.session.flush()
        mine = _Savepoint(len(self._waiting), self.notes.mark())
        if not self.in_hurry:
            mine.nested = self._begin_nested()
        self._savepoints.append(mine)
        try:
            yield
            self.session.flush()
            if mine.nested is not None:
                self.settle()
                mine.nested.commit()
        except TransactionLost:
            raise
        except BaseException as error:
            del self._waiting[mine.waiting :]
            self.notes.back_to(mine.noted)
            if mine.nested is None:
                self._undo_unwritten(error)
            else:
                self._undo_written(mine.nested, error)
            raise
        finally:
            self._savepoints.remove(mine)

    def _begin_nested(self) -> SessionTransaction:
        nested = self.session.begin_nested()
        self.session.connection()  # only now is the database told
        return nested

    def _undo_unwritten(self, error: BaseException) -> None:
        """Undo what only the session knows; a statement that failed has spoilt the transaction on PostgreSQL."""
        if isinstance(error, DBAPIError):
            raise self.give_up(error) from error
        for instance in list(self.session.new):
            self.session.expunge(instance)
        for instance in list(self.session.dirty):
            self.session.expire(instance)

    def _undo_written(self, nested: SessionTransaction, error: BaseException) -> None:
        """Go back to a savepoint, if there still is one: SQLite may have undone the whole transaction when full."""
        try:
            if outages.in_transaction(self.connection):
                nested.rollback()
                return
        except SQLAlchemyError as second:
            error = second
        self.connection.invalidate(error)  # whatever SQLAlchemy would still roll back is not there any more
        kind = StoreFull if outages.is_full(error) else TransactionLost
        raise kind("The database gave up the transaction; nothing was stored.") from error

    def realise(self) -> None:
        """Let the database know of every savepoint: something is about to be written past this module."""
        self.settle()
        for savepoint in self._savepoints:
            if savepoint.nested is None:
                savepoint.nested = self._begin_nested()
        self.foreign_writes += 1

    def before_flush(self) -> None:
        """The session is about to write changes of its own."""
        self._flushing = True
        try:
            self.realise()
        finally:
            self._flushing = False


def of(session: Session) -> WriteBehind:
    """That of the transaction under way."""
    found: WriteBehind | None = session.info.get(_KEY)
    if found is None:
        found = session.info[_KEY] = WriteBehind(session)
    return found


def present(session: Session) -> WriteBehind | None:
    """That of the transaction under way, if anything was written through it."""
    found: WriteBehind | None = session.info.get(_KEY)
    return found


@event.listens_for(Session, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    behind = present(state.session)
    if behind is None:
        return
    if state.is_select:
        behind.settle()
    else:
        behind.realise()


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    behind = present(session)
    if behind is not None:
        behind.before_flush()


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    behind = present(session)
    if behind is not None and not session.in_nested_transaction():
        behind.settle()


@event.listens_for(Session, "after_transaction_end")
def _after_transaction(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KEY, None)
