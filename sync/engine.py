"""The push: a batch of ops becomes results, each op decided once.

The whole batch is judged (form and signature in `batch`, the chain here) before anything is processed; then each op
has a savepoint of its own, so that none blocks the ones behind it. Knows the store and the handlers by their
contracts, and no command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sync import chain, groups
from sync.batch import Batch, prepared
from sync.chain import Tip
from sync.commands import Foreseen, Handlers, Outcome
from sync.errors import (
    OpHeld,
    OpRefused,
    StoreUnavailable,
    TransactionLost,
)
from sync.ops import Op, Was
from sync.store import Json, OpContext, OpResult, Store, StoredOp, StreamState

ErrorSink = Callable[[Op, Exception], None]


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """What a push did: results in the order of the ops, and the next number expected."""

    results: list[Json]
    expected_n: int


def push(store: Store, handlers: Handlers, batch: Batch, on_error: ErrorSink | None = None) -> PushAnswer:
    """Process a prepared batch inside the caller's transaction.

    Raises StreamUnknown, StreamGap, StreamFork with nothing stored. An op that meets an unavailable store is answered
    `retry` and ends the batch; StoreUnavailable leaves only where nothing of the batch may be committed.
    """
    state = store.lock_stream(batch.stream)
    stored = store.hashes(batch.stream, [op.n for op in batch.ops if op.n <= state.tip.n])
    replays = chain.judge(batch.ops, state.tip, stored)
    if not all(replays):
        store.lock_counter()
        store.foresee(_named(batch, state.author_id))
    run = _Run(store, handlers, batch, state, on_error)
    for op, replay, made in zip(batch.ops, replays, batch.prepared, strict=True):
        try:
            done = run.replay(op) if replay else run.accept(op, made)
        except TransactionLost:
            raise
        except StoreUnavailable:
            run.answer(OpResult(op.id, op.n, "retry"), op)
            break
        if done is not None:
            run.follow(*done)
    if run.tip != state.tip:
        store.advance(batch.stream, run.tip)
    return PushAnswer(run.results, run.tip.n + 1)


def _named(batch: Batch, author_id: str) -> Iterator[str]:
    """The ids and hashes that a batch will ask the store about."""
    for op, made in zip(batch.ops, batch.prepared, strict=True):
        yield op.id
        for known in (Was(op.stream, op.id, op.sha256), *op.reissues()):
            yield known.id
            yield known.claim(author_id)
        if op.row is not None:
            yield op.row
        if isinstance(made, Foreseen):
            yield from made.names()


def release(
    store: Store,
    handlers: Handlers,
    stored: StoredOp,
    *,
    approved: bool = False,
    on_error: ErrorSink | None = None,
) -> StoredOp:
    """Try a held op again; whatever it frees follows. The counter must be locked.

    `approved`: a supervisor lets it (and its group) through although its author's right was lost, or although it is
    too large.
    """
    run = _Run(store, handlers, None, None, on_error)
    decided, created = run.retry(stored, approved)
    run.follow(decided, created)
    return run.now(stored)


def dismiss(store: Store, stored: StoredOp, reason: str, by: str) -> StoredOp:
    """A supervisor rejects a held op, and so its group; it stays stored, and its author is told.

    The counter must be locked.
    """
    run = _Run(store, {}, None, None, None)
    target = run.now(stored)
    while (original := groups.repeats(target)) is not None and (found := store.op_by_id(original)) is not None:
        target = found
    if target.result.status != "held":
        return target
    decided = run.settle(target, OpRefused("dismissed", reason, by=by))
    run.follow(decided, ())
    return run.now(stored)


Done = tuple[StoredOp, tuple[str, ...]]  # a decided op, and the rows that came of it


class _Run:
    """One push under way."""

    def __init__(
        self,
        store: Store,
        handlers: Handlers,
        batch: Batch | None,
        state: StreamState | None,
        on_error: ErrorSink | None,
    ) -> None:
        self.store = store
        self.handlers = handlers
        self.on_error = on_error
        self.results: list[Json] = []
        self._of_op: dict[tuple[str, int], list[int]] = {}
        if batch is not None and state is not None:
            self.tip = state.tip
            self.revoked = state.revoked
            self.context = OpContext(batch.stream, state.author_id, batch.received_at, batch.skew_s)

    # new ops -------------------------------------------------------------------------------------------------
    def answer(self, result: OpResult, op: Op, replay: bool = False) -> None:
        self._of_op.setdefault((op.stream, op.n), []).append(len(self.results))
        self.results.append(result.as_wire(replay=replay))

    def replay(self, op: Op) -> Done | None:
        """Answer with what is stored; nothing follows."""
        found = self.store.op_at(op.stream, op.n)
        assert found is not None, "judge() saw its hash"
        self.answer(found.result, op, replay=True)
        return None

    def accept(self, op: Op, made: Any) -> Done:
        """Store a new op with its result."""
        stored, created = self._decide_new(op, made)
        self.tip = Tip(op.n, op.sha256)
        self.answer(stored.result, op)
        return stored, created

    def follow(self, stored: StoredOp, created: tuple[str, ...]) -> None:
        """What a decision sets in motion: its group, and whatever waited for the rows that came of it.

        An unavailable store leaves as StoreUnavailable and takes the whole push with it: otherwise an op could stay
        held whose parent is here.
        """
        freed = list(created)
        if stored.op.group is not None:
            freed.extend(self._follow_group(stored))
        while freed:
            row_id = freed.pop(0)
            for waiting in self.store.waiting_for(row_id):
                freed.extend(self.retry(waiting)[1])

    def _decide_new(self, op: Op, made: Any) -> Done:
        owner = self.store.op_by_id(op.id)
        if owner is not None:
            error = OpRefused("op-id-reused", "Another op has this id; the first one stands.", first_n=owner.op.n)
            return self._keep(op, error, owns_id=False), ()
        if (earlier := self._here_before(op)) is not None:
            return self._keep_again(op, earlier), ()
        if self.revoked:
            return self._keep(op, OpHeld("stream-revoked", "The device was revoked before this came.")), ()
        if op.group is not None and not isinstance(made, OpRefused):
            return self._keep(op, groups.verdict_on_arrival(self.store, op)), ()
        return self._apply(op, made)

    def _apply(self, op: Op, made: Any) -> Done:
        try:
            with self.store.savepoint():
                outcome = self._effect(op, self.context, made)
                result = OpResult(op.id, op.n, outcome.status, rev=outcome.rev, conflict=outcome.conflict)
                return self.store.keep(StoredOp(op, self.context, result), owns_id=True), outcome.created
        except StoreUnavailable:
            raise
        except Exception as error:
            return self._keep(op, error), ()

    def _effect(self, op: Op, context: OpContext, made: Any) -> Outcome:
        if isinstance(made, Exception):
            raise made
        return self.handlers[op.cmd].apply(op, context, made, self.store)

    def _keep(self, op: Op, error: Exception, *, owns_id: bool = True) -> StoredOp:
        """Keep an op that has no effect, with its verdict; one that cannot be written is an error of our own."""
        try:
            result, waits_for = self._verdict(op, error)
            with self.store.savepoint():
                return self.store.keep(StoredOp(op, self.context, result, waits_for), owns_id=owns_id)
        except StoreUnavailable:
            raise
        except Exception as unkeepable:
            result, _ = self._verdict(op, unkeepable)
            with self.store.savepoint():
                return self.store.keep(StoredOp(op, self.context, result), owns_id=owns_id)

    def _verdict(self, op: Op, error: Exception) -> tuple[OpResult, str | None]:
        """The result that an exception stands for: rejected, held, or held as an error of our own."""
        if isinstance(error, OpRefused):
            return OpResult(op.id, op.n, "rejected", problem=problem_of(error)), None
        if isinstance(error, OpHeld):
            return OpResult(op.id, op.n, "held", problem=problem_of(error)), error.waits_for
        if self.on_error is not None:
            self.on_error(op, error)
        held = OpHeld("internal-error", "The server failed on this op; it is kept and a supervisor will see it.")
        return OpResult(op.id, op.n, "held", problem=problem_of(held)), None

    def _here_before(self, op: Op) -> StoredOp | None:
        """An op that did what this one would do: the one that it re-issues, with the bytes named, from the same
        person; or a re-issue of either, which came first (from a clone of the phone, or ahead of a late request).
        """
        author_id = self.context.author_id
        for was in op.reissues():
            found = self.store.op_by_id(was.id)
            same = found is not None and found.op.sha256 == was.sha256 and found.op.stream == was.stream
            if found is not None and same and found.context.author_id == author_id:
                return found
        for known in (Was(op.stream, op.id, op.sha256), *op.reissues()):
            if (found := self.store.op_by_id(known.claim(author_id))) is not None:
                return found
        return None

    def _keep_again(self, op: Op, earlier: StoredOp) -> StoredOp:
        """A re-issued op that is here already: it takes over that result and does nothing."""
        taken = earlier.result
        problem = {**(taken.problem or {}), "was": earlier.op.id} if taken.status == "held" else taken.problem
        result = OpResult(op.id, op.n, taken.status, rev=taken.rev, conflict=taken.conflict, problem=problem)
        with self.store.savepoint():
            return self.store.keep(StoredOp(op, self.context, result, earlier.op.id), owns_id=True)

    # held ops ------------------------------------------------------------------------------------------------
    def now(self, stored: StoredOp) -> StoredOp:
        """An op as the store has it by now."""
        return self.store.op_at(stored.op.stream, stored.op.n) or stored

    def retry(self, seen: StoredOp, approved: bool = False) -> Done:
        """Decide a held op anew: a member of a group with its group, a re-issued one as the op that it repeats."""
        stored = self.now(seen)
        if stored.result.status != "held":
            return stored, ()
        repeated = groups.repeats(stored)
        if repeated is not None:
            original = self.store.op_by_id(repeated)
            return self.retry(original, approved) if original is not None else (stored, ())
        if stored.op.group is not None:
            held = groups.held_members(self.store, stored)
            return stored, self._decide_group(held, approved) if groups.all_there(stored, held) else ()
        return self._decide_held(stored, approved)

    def _decide_held(self, stored: StoredOp, approved: bool) -> Done:
        try:
            with self._attempt():
                return self._effect_of_held(stored, approved)
        except StoreUnavailable:
            raise
        except Exception as error:
            with self.store.savepoint():
                return self.settle(stored, error), ()

    def _effect_of_held(self, stored: StoredOp, approved: bool) -> Done:
        context = replace(stored.context, approved=approved)
        outcome = self._effect(stored.op, context, prepared(stored.op, context, self.handlers))
        result = OpResult(stored.op.id, stored.op.n, outcome.status, rev=outcome.rev, conflict=outcome.conflict)
        return self._settled(stored, result, None), outcome.created

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        """A savepoint that also takes back what the answer under way says."""
        before = list(self.results)
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            self.results[:] = before
            raise

    def settle(self, stored: StoredOp, error: Exception) -> StoredOp:
        """Decide a held op by what an exception stands for (which may be to stay held)."""
        return self._settled(stored, *self._verdict(stored.op, error))

    def _settled(self, stored: StoredOp, result: OpResult, waits_for: str | None) -> StoredOp:
        """Store a decision, give it to those that re-issued the op, and to the answer under way."""
        settled = self.store.decide(stored.decided(result, waits_for))
        for index in self._of_op.get((settled.op.stream, settled.op.n), ()):
            self.results[index] = settled.result.as_wire(replay=self.results[index]["replay"])
        if settled.result.status != "held":
            for again in self.store.waiting_for(settled.op.id):
                if groups.repeats(again) == settled.op.id:  # a row may have the id of an op
                    self._settled(again, replace(settled.result, id=again.op.id, n=again.op.n), None)
        return settled

    # groups --------------------------------------------------------------------------------------------------
    def _follow_group(self, stored: StoredOp) -> tuple[str, ...]:
        """After a member: a rejected one rejects the others, the last one decides all."""
        held = groups.held_members(self.store, stored)
        if stored.result.status == "rejected":
            with self.store.savepoint():
                for member in held:
                    self.settle(member, groups.rejected_by(stored))
        elif stored.result.status == "held" and groups.completed_by(stored, held):
            return self._decide_group(held, approved=False)
        return ()

    def _decide_group(self, members: Sequence[StoredOp], approved: bool) -> tuple[str, ...]:
        """All members in one savepoint: a rejected one rejects all, a held one holds all."""
        created: list[str] = []
        culprit = members[0]
        try:
            with self._attempt():
                for culprit in members:
                    created.extend(self._effect_of_held(culprit, approved)[1])
        except StoreUnavailable:
            raise
        except Exception as error:
            with self.store.savepoint():
                self._fail_group(members, culprit, error)
            return ()
        return tuple(created)

    def _fail_group(self, members: Sequence[StoredOp], culprit: StoredOp, error: Exception) -> None:
        verdict, waits_for = self._verdict(culprit.op, error)
        self._settled(culprit, verdict, waits_for)
        reason = groups.rejected_by(culprit) if verdict.status == "rejected" else groups.held_by(culprit)
        for member in members:
            if member is not culprit:
                result, _ = self._verdict(member.op, reason)
                self._settled(member, result, waits_for)


def problem_of(error: OpRefused | OpHeld) -> Json:
    """The problem that a verdict carries: code, sentence, and its extras as plain JSON."""
    extras: Json = json.loads(json.dumps(error.extras, default=str))
    return {"code": error.code, "detail": str(error), **extras}
