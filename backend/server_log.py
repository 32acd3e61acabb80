"""The server's own log on SQLAlchemy: what a transaction did is chained and written as one batch before it commits.

Whoever appends holds the counter's lock, so that the log is serial. Entries of a savepoint that was undone are taken
back with `back_to`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from backend.bulk import Bulk
from backend.models import LogRecord
from sync import log_chain
from sync.log_chain import LogEntry
from sync.receipts import LogPosition
from sync.store import Json

_KEY = "bluegrid.server-log"
_RECORDS = Bulk(LogRecord)
_TIP = select(LogRecord.n, LogRecord.hash).order_by(LogRecord.n.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class _Draft:
    at: datetime
    kind: str
    payload: Json
    stream: str | None
    op_n: int | None


@dataclass(slots=True)
class ServerLog:
    """What the transaction under way has to log, and where it came to stand."""

    session: Session
    drafts: list[_Draft] = field(default_factory=list)
    positions: dict[tuple[str, int], LogPosition] = field(default_factory=dict)

    def append(
        self, kind: str, at: datetime, payload: Json, stream: str | None = None, op_n: int | None = None
    ) -> None:
        """Log something before the commit; the counter must be locked."""
        self.drafts.append(_Draft(at, kind, payload, stream, op_n))

    def mark(self) -> int:
        return len(self.drafts)

    def back_to(self, mark: int) -> None:
        """Forget what was appended since the mark."""
        del self.drafts[mark:]

    def write(self) -> None:
        """Chain and insert what was appended so far; afterwards `positions` has each op's newest entry."""
        if not self.drafts:
            return
        connection = self.session.connection()
        tip = connection.execute(_TIP).first()
        n, last = (tip.n, tip.hash) if tip is not None else (0, None)
        rows = []
        for draft in self.drafts:
            n += 1
            entry = log_chain.link(n, draft.at, draft.kind, draft.payload, last)
            last = entry.hash
            rows.append((n, draft.at, draft.kind, draft.stream, draft.op_n, entry.payload, entry.prev, entry.hash))
            if draft.stream is not None and draft.op_n is not None:
                self.positions[draft.stream, draft.op_n] = LogPosition(n, entry.hash)
        self.drafts.clear()
        _RECORDS.write(connection, rows)


def of(session: Session) -> ServerLog:
    """The log of the transaction under way."""
    log: ServerLog = session.info.setdefault(_KEY, ServerLog(session))
    return log


def entries(session: Session, after_n: int = 0, upto_n: int | None = None) -> Iterator[LogEntry]:
    """The log in order, streamed."""
    query = select(LogRecord).where(LogRecord.n > after_n).order_by(LogRecord.n)
    if upto_n is not None:
        query = query.where(LogRecord.n <= upto_n)
    columns = query.with_only_columns(
        LogRecord.n, LogRecord.at, LogRecord.kind, LogRecord.payload, LogRecord.prev, LogRecord.hash
    )
    for row in session.execute(columns, execution_options={"yield_per": 500}):
        yield LogEntry(row.n, log_chain.moment(row.at), row.kind, row.payload, row.prev, row.hash)


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    log: ServerLog | None = session.info.get(_KEY)
    if log is not None and not session.in_nested_transaction():
        log.write()


@event.listens_for(Session, "after_transaction_end")
def _after_transaction(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KEY, None)
