"""Checks stored ops row by row, in the order of their streams: bytes, chain, signature, and the logged result.

Each row is an op joined with one of its log entries; an op with several comes as several rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Stream
from sync import log_chain, signing
from sync.errors import SyncError
from sync.ops import read_body, sha256_of
from sync.store import OpContext, OpResult, StoredOp

Bad = Callable[[str, str, str], Exception]


class OpCheck:
    """Takes rows one after another; keeps the op under way and its stream, nothing else."""

    def __init__(self, session: Session, bad: Bad) -> None:
        self.session = session
        self.bad = bad
        self.streams = 0
        self._stream: Any = None
        self._key: Any = None
        self._tip: tuple[int, str | None] = (0, None)
        self._row: Any = None
        self._logged: Any = None

    def take(self, row: Any) -> bool:
        """One row; True when it ended the op before it, which was good."""
        if self._row is not None and (row.stream_id, row.n) == (self._row.stream_id, self._row.n):
            if row.log_kind != log_chain.DECISION:
                raise self.bad("log_entry", str(row.log_n), "an op is taken in once")
            self._logged = row
            return False
        ended = self._end_op()
        if self._stream is None or row.stream_id != self._stream.id:
            self._end_stream()
            self._begin_stream(row)
        self._begin_op(row)
        return ended

    def end(self) -> bool:
        """After the last row; True when it ended a good op."""
        ended = self._end_op()
        self._end_stream()
        return ended

    def _begin_stream(self, row: Any) -> None:
        columns = (Stream.id, Stream.user_id, Stream.public_key, Stream.last_n, Stream.last_sha256)
        self._stream = self.session.execute(select(*columns).where(Stream.id == row.stream_id)).one_or_none()
        if self._stream is None:
            raise self.bad("stream", row.stream_id, "it is missing; ops name it")
        try:
            key = self._stream.public_key
            self._key = None if key is None else signing.read_key(key)
        except SyncError as error:
            raise self.bad("stream", row.stream_id, str(error)) from None
        self._tip = (0, None)

    def _end_stream(self) -> None:
        if self._stream is None:
            return
        if self._tip != (self._stream.last_n, self._stream.last_sha256):
            raise self.bad("stream", self._stream.id, f"its last op is said to be {self._stream.last_n}, not so")
        self.streams += 1
        self._stream = None

    def _begin_op(self, row: Any) -> None:
        """Bytes, number, chain, signature."""
        name = f"{row.stream_id}/{row.n}"
        if not isinstance(row.body, bytes) or sha256_of(row.body) != row.sha256:
            raise self.bad("op", name, "the bytes of its body are not those of its sha256")
        if row.n != self._tip[0] + 1:
            raise self.bad("op", f"{row.stream_id}/{self._tip[0] + 1}", "it is missing")
        try:
            op = read_body(row.body, row.sig)
        except SyncError as error:
            raise self.bad("op", name, str(error)) from None
        if op.prev != self._tip[1]:
            raise self.bad("op", name, "it does not follow the op before it")
        group = op.group.id if op.group else None
        filed = (row.stream_id, row.n, row.op_id, row.cmd, row.row_id, row.group_id)
        if filed != (op.stream, op.n, op.id, op.cmd, op.row, group):
            raise self.bad("op", name, "it is filed under another name than its body says")
        if self._key is not None and not signing.verifies(self._key, row.body, row.sig):
            raise self.bad("op", name, "its signature does not fit")
        if row.log_n is None:
            raise self.bad("log_entry", f"of op {name}", "it is missing")
        if row.log_kind != log_chain.OP:
            raise self.bad("log_entry", str(row.log_n), "a decision is logged before its op")
        self._tip = (row.n, row.sha256)
        self._row, self._logged, self._op = row, row, op

    def _end_op(self) -> bool:
        """The result as it stands must be the newest that was logged."""
        if self._row is None:
            return False
        row, self._row = self._row, None
        name = f"{row.stream_id}/{row.n}"
        logged = json.loads(self._logged.log_payload)
        try:
            problem = None if row.problem is None else json.loads(row.problem)
        except ValueError:
            raise self.bad("op", name, "its problem cannot be read") from None
        context = OpContext(row.stream_id, self._stream.user_id, row.received_at, row.skew_s)
        result = OpResult(row.op_id, row.n, row.status, row.seq, row.rev, row.conflict, problem)
        stored = StoredOp(self._op, context, result)
        found = log_chain.decision(stored, row.decided_at, logged.get("by"))
        for field in found:
            if found[field] != logged.get(field):
                raise self.bad("op", name, f"its {field} is not what was logged")
        return True
