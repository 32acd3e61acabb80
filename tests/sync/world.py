"""A small world for engine tests: a chain of ops written by hand, a store in dicts, and commands that do as told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sync import batch as batches
from sync import engine
from sync.commands import Outcome
from sync.errors import OpHeld, OpRefused, StoreUnavailable
from sync.memory_store import MemoryDatabase, MemoryStore
from sync.ops import Op, sha256_of
from sync.store import Json, OpContext, Row, Store

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WEI = str(uuid5(NAMESPACE_URL, "wei"))


def uid(name: object) -> str:
    """The same UUID for the same name."""
    return str(uuid5(NAMESPACE_URL, str(name)))


class Chain:
    """Ops of one stream, written as a device would; anything may be overridden to write them wrongly."""

    def __init__(self, stream: str = "phone") -> None:
        self.stream = uid(stream)
        self.n = 0
        self.prev: str | None = None
        self.bodies: list[str] = []

    def op(self, cmd: str, name: str | None = None, **more: Any) -> Json:
        """The envelope of the next op; the chain goes on from it."""
        wanted = {
            "id": uid(f"{self.stream}/{self.n + 1}"),
            "stream": self.stream,
            "n": self.n + 1,
            "prev": self.prev,
            "cmd": cmd,
            "v": 1,
            "row": uid(name) if name is not None else None,
            "base_rev": None,
            "args": {},
            "t": {"wall": "2026-11-22T12:00:00+08:00", "boot": "b", "mono_ms": 1, "gps": None},
        }
        body = json.dumps({**wanted, **more}, ensure_ascii=False)
        self.n, self.prev = self.n + 1, sha256_of(body.encode())
        self.bodies.append(body)
        return {"body": body, "sig": None}

    def again(self, body: str, **more: Any) -> Json:
        """An op of another stream, re-issued in this one with `was`."""
        old = json.loads(body)
        was = {"stream": old["stream"], "id": old["id"], "sha256": sha256_of(body.encode())}
        if "was" in old:
            was["was"] = old["was"]
        kept = {name: old[name] for name in ("v", "row", "args", "group") if name in old}
        return self.op(old["cmd"], None, **{**kept, **more, "was": was})


def group(name: str, i: int, of: int) -> Json:
    return {"id": uid(name), "i": i, "of": of}


class Put:
    """Makes a row in the scope that its args name."""

    versions = frozenset({1})

    def __init__(self) -> None:
        self.applied: list[str] = []

    def prepare(self, op: Op, context: OpContext) -> Any:
        if "refuse" in op.args:
            raise OpRefused("refused", "asked to", errors={0: {"deep": ["x"]}})
        return op.args

    def apply(self, op: Op, context: OpContext, prepared: Any, store: Store) -> Outcome:
        assert op.row is not None
        if "parent" in op.args and ("row", uid(op.args["parent"])) not in store.database.tables.rows:  # type: ignore[attr-defined]
            raise OpHeld("parent-missing", "not here yet", waits_for=uid(op.args["parent"]))
        store.publish(Row("row", op.row, 1, {"id": op.row}, frozenset({"area:1"})))
        if "crash" in op.args:
            raise ZeroDivisionError
        if "outage" in op.args:
            raise StoreUnavailable("disk full")
        if "right" in op.args and not context.approved:
            raise OpHeld("right-lost", "no right")
        self.applied.append(op.id)
        return Outcome(rev=1, created=(op.row,))


class World:
    """A server in memory: push batches of envelopes, look at what became of them."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.put = Put()
        self.handlers = {"row.put": self.put}
        self.errors: list[Exception] = []

    def chain(self, name: str = "phone", author: str = WEI) -> Chain:
        chain = Chain(name)
        self.database.add_stream(chain.stream, author)
        return chain

    def push(self, *envelopes: Json, store_type: type[MemoryStore] = MemoryStore) -> engine.PushAnswer:
        stream = batches.stream_named(envelopes)
        assert stream is not None
        batch = batches.read_batch(stream, envelopes, NOON, 0.0, None)
        batches.prepare(batch, self.handlers, self.database.tables.streams[stream].author_id)
        with self.database.transaction(NOON) as store:
            store.__class__ = store_type
            return engine.push(store, self.handlers, batch, lambda op, error: self.errors.append(error))

    def release(self, chain: Chain, n: int, approved: bool = False) -> str:
        with self.database.transaction(NOON) as store:
            store.lock_counter()
            stored = store.op_at(chain.stream, n)
            assert stored is not None
            return engine.release(store, self.handlers, stored, approved=approved).result.status

    def dismiss(self, chain: Chain, n: int) -> str:
        with self.database.transaction(NOON) as store:
            store.lock_counter()
            stored = store.op_at(chain.stream, n)
            assert stored is not None
            return engine.dismiss(store, stored, "wrong", "boss").result.status

    def status(self, chain: Chain, n: int) -> str:
        return self.database.tables.ops[chain.stream, n].result.status

    def code(self, chain: Chain, n: int) -> str | None:
        return (self.database.tables.ops[chain.stream, n].result.problem or {}).get("code")

    def told(self, chain: Chain, n: int) -> str:
        """The status that the synced `op_result` of an op says."""
        op_id = self.database.tables.ops[chain.stream, n].op.id
        return str(self.database.tables.rows["op_result", op_id][1]["status"])


def statuses(answer: engine.PushAnswer) -> list[str]:
    return [result["status"] for result in answer.results]


def codes(answer: engine.PushAnswer) -> Sequence[str | None]:
    return [(result["problem"] or {}).get("code") for result in answer.results]
