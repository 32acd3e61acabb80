"""The push: a batch of ops becomes results, each op decided once.

The whole batch is judged (form, signature, chain) before anything is processed; then each op has a savepoint of its
own, so that none blocks the ones behind it. Knows the store and the handlers by their contracts, and no command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sync import chain, groups, signing
from sync.chain import Tip
from sync.commands import Handlers, Outcome
from sync.errors import OpHeld, OpRefused, SignatureInvalid, StoreUnavailable, StreamUnknown, SyncError
from sync.ops import Op, Was, read_envelope
from sync.store import Json, OpContext, OpResult, Store, StoredOp, StreamState

MAX_KEPT_BYTES = 256 * 1024

ErrorSink = Callable[[Op, Exception], None]


@dataclass(slots=True)
class Batch:
    """Ops read, checked and prepared without a lock; `prepared` holds a handler's work, or what it raised, by index."""

    stream: str
    ops: list[Op]
    received_at: datetime
    skew_s: float | None
    prepared: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """What a push did: results in the order of the ops, and the next number expected."""

    results: list[Json]
    expected_n: int


def read_batch(
    stream: str,
    envelopes: Sequence[object],
    received_at: datetime,
    skew_s: float | None,
    key: ec.EllipticCurvePublicKey | None,
) -> Batch:
    """Read the ops and check their signatures (a stream without a key carries none).

    Raises BatchInvalid, OpUnreadable, StreamUnknown for an op of another stream, SignatureInvalid.
    """
    ops = [read_envelope(envelope, index) for index, envelope in enumerate(envelopes)]
    for index, op in enumerate(ops):
        if op.stream != stream:
            raise StreamUnknown(f"Op {index} of the batch names another stream.", index=index)
        if key is not None and not signing.verifies(key, op.body, op.sig):
            raise SignatureInvalid(index)
    return Batch(stream, ops, received_at, skew_s)


def prepare(batch: Batch, handlers: Handlers, author_id: str) -> None:
    """Let the handlers compute what needs no lock; an exception is kept as the op's own."""
    context = OpContext(batch.stream, author_id, batch.received_at, batch.skew_s)
    batch.prepared = [_prepare(op, context, handlers) for op in batch.ops]


def _prepare(op: Op, context: OpContext, handlers: Handlers) -> Any:
    if op.fault is not None:
        return OpRefused("op-malformed", f"This op is not of the contract's form: {op.fault}.")
    if len(op.body) > MAX_KEPT_BYTES and not context.approved:
        return OpHeld("op-too-large", "This op is larger than a client may create; a supervisor has to look at it.")
    handler = handlers.get(op.cmd)
    if handler is None:
        return OpHeld("command-unknown", f"This server does not know the command {op.cmd} yet.")
    if op.v not in handler.versions:
        return OpHeld("version-unknown", f"This server does not know version {op.v} of {op.cmd} yet.")
    try:
        return handler.prepare(op, context)
    except Exception as error:  # decided, and reported, when the op's turn comes
        return error


def push(store: Store, handlers: Handlers, batch: Batch, on_error: ErrorSink | None = None) -> PushAnswer:
    """Process a prepared batch inside the caller's transaction.

    Raises StreamUnknown, StreamGap, StreamFork with nothing stored. An op that meets an unavailable store is answered
    `retry` and ends the batch.
    """
    state = store.lock_stream(batch.stream)
    stored = store.hashes(batch.stream, [op.n for op in batch.ops if op.n <= state.tip.n])
    replays = chain.judge(batch.ops, state.tip, stored)
    if replays < len(batch.ops):
        store.lock_counter()
    run = _Run(store, handlers, batch, state, on_error)
    for index, op in enumerate(batch.ops):
        try:
            if index < replays:
                run.replay(op)
            else:
                run.accept(op, batch.prepared[index])
        except StoreUnavailable:
            run.results.append(OpResult(op.id, op.n, "retry").as_wire(replay=False))
            break
    if run.tip != state.tip:
        store.advance(batch.stream, run.tip)
    return PushAnswer(run.results, run.tip.n + 1)


def release(
    store: Store,
    handlers: Handlers,
    stored: StoredOp,
    *,
    approved: bool = False,
    on_error: ErrorSink | None = None,
) -> StoredOp:
    """Try a held op again; whatever it frees follows. The counter must be locked.

    `approved`: a supervisor lets it through although its author's right was lost, or although it is too large.
    """
    if stored.result.status != "held":
        return stored
    run = _Run(store, handlers, None, None, on_error)
    return run.retry_held(replace(stored, context=replace(stored.context, approved=approved)))


def dismiss(store: Store, stored: StoredOp, reason: str, by: str) -> StoredOp:
    """A supervisor rejects a held op; it stays stored, and its author is told. The counter must be locked."""
    if stored.result.status != "held":
        return stored
    error = OpRefused("dismissed", reason, by=by)
    result = OpResult(stored.op.id, stored.op.n, "rejected", problem=problem_of(error))
    return _Run(store, {}, None, None, None).settle(stored.decided(result))


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
        self._of_op: dict[tuple[str, int], int] = {}
        if batch is not None and state is not None:
            self.tip = state.tip
            self.revoked = state.revoked
            self.context = OpContext(batch.stream, state.author_id, batch.received_at, batch.skew_s)

    def replay(self, op: Op) -> None:
        found = self.store.op_at(op.stream, op.n)
        assert found is not None, "judge() saw its hash"
        self.results.append(found.result.as_wire(replay=True))

    def accept(self, op: Op, prepared: Any) -> None:
        """Store a new op with its result, then free what waited for it."""
        stored, created = self._decide_new(op, prepared)
        self.tip = Tip(op.n, op.sha256)
        self._of_op[op.stream, op.n] = len(self.results)
        self.results.append(stored.result.as_wire(replay=False))
        self._after(stored, created)

    def _after(self, stored: StoredOp, created: tuple[str, ...]) -> None:
        freed = list(created)
        if groups.complete(self.store, stored):
            freed.extend(self._decide_group(stored))
        while freed:
            row_id = freed.pop(0)
            for waiting in self.store.waiting_for(row_id):
                freed.extend(self._retry(waiting)[1])

    def _decide_new(self, op: Op, prepared: Any) -> tuple[StoredOp, tuple[str, ...]]:
        owner = self.store.op_by_id(op.id)
        if owner is not None:
            return self._keep_reused(op, owner), ()
        if op.was is not None and (earlier := self._held_before(op.was)) is not None:
            return self._keep_again(op, earlier), ()
        if self.revoked:
            return self._keep_undecided(op, OpHeld("stream-revoked", "The device was revoked before this came.")), ()
        if op.group is not None and not isinstance(prepared, OpRefused):
            return groups.keep_member(self.store, op, self.context), ()
        return self._apply(op, prepared)

    def _apply(self, op: Op, prepared: Any) -> tuple[StoredOp, tuple[str, ...]]:
        try:
            with self.store.savepoint():
                outcome = self._effect(op, self.context, prepared)
                result = OpResult(op.id, op.n, outcome.status, rev=outcome.rev, conflict=outcome.conflict)
                return self.store.keep(StoredOp(op, self.context, result), owns_id=True), outcome.created
        except StoreUnavailable:
            raise
        except Exception as error:
            return self._keep_undecided(op, error), ()

    def _effect(self, op: Op, context: OpContext, prepared: Any) -> Outcome:
        if isinstance(prepared, Exception):
            raise prepared
        return self.handlers[op.cmd].apply(op, context, prepared, self.store)

    def _keep_undecided(self, op: Op, error: Exception) -> StoredOp:
        with self.store.savepoint():
            result, waits_for = self._verdict(op, error)
            return self.store.keep(StoredOp(op, self.context, result, waits_for), owns_id=True)

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

    def _keep_reused(self, op: Op, owner: StoredOp) -> StoredOp:
        """An id that is taken: the same bytes cannot come twice (they name stream and n), so these are others."""
        error = OpRefused("op-id-reused", "Another op has this id; the first one stands.", first_n=owner.op.n)
        result = OpResult(op.id, op.n, "rejected", problem=problem_of(error))
        with self.store.savepoint():
            return self.store.keep(StoredOp(op, self.context, result), owns_id=False)

    def _held_before(self, was: Was) -> StoredOp | None:
        """The op that this one re-issues, when the server has it with the bytes named, from the same person."""
        step: Was | None = was
        while step is not None:
            found = self.store.op_by_id(step.id)
            same = found is not None and found.op.sha256 == step.sha256 and found.op.stream == step.stream
            if found is not None and same and found.context.author_id == self.context.author_id:
                return found
            step = step.was
        return None

    def _keep_again(self, op: Op, earlier: StoredOp) -> StoredOp:
        """A re-issued op that is here already: it takes over that result and does nothing."""
        taken = earlier.result
        problem = {**(taken.problem or {}), "was": earlier.op.id} if taken.status == "held" else taken.problem
        result = OpResult(op.id, op.n, taken.status, rev=taken.rev, conflict=taken.conflict, problem=problem)
        with self.store.savepoint():
            return self.store.keep(StoredOp(op, self.context, result, earlier.op.id), owns_id=True)

    # held ops ------------------------------------------------------------------------------------------------
    def retry_held(self, stored: StoredOp) -> StoredOp:
        decided, created = self._retry(stored)
        self._after(decided, created)
        return decided

    def _retry(self, stored: StoredOp) -> tuple[StoredOp, tuple[str, ...]]:
        """Decide a held op anew: a member of a group with its group, a re-issued one as the op that it repeats."""
        repeats = (stored.result.problem or {}).get("was")
        if repeats is not None:
            original = self.store.op_by_id(repeats)
            return self._retry(original) if original and original.result.status == "held" else (stored, ())
        if stored.op.group is not None:
            return stored, self._decide_group(stored)
        return self._decide_held(stored)

    def _decide_held(self, stored: StoredOp) -> tuple[StoredOp, tuple[str, ...]]:
        try:
            with self.store.savepoint():
                prepared = _prepare(stored.op, stored.context, self.handlers)
                outcome = self._effect(stored.op, stored.context, prepared)
                result = OpResult(stored.op.id, stored.op.n, outcome.status, rev=outcome.rev, conflict=outcome.conflict)
                return self.settle(stored.decided(result)), outcome.created
        except StoreUnavailable:
            raise
        except Exception as error:
            result, waits_for = self._verdict(stored.op, error)
            with self.store.savepoint():
                return self.settle(stored.decided(result, waits_for)), ()

    def settle(self, decided: StoredOp) -> StoredOp:
        """Store a decision, give it to those that re-issued the op, and to the answer under way."""
        settled = self.store.decide(decided)
        index = self._of_op.get((settled.op.stream, settled.op.n))
        if index is not None:
            self.results[index] = settled.result.as_wire(replay=False)
        if settled.result.status != "held":
            for again in self.store.waiting_for(settled.op.id):
                taken = settled.result
                result = OpResult(again.op.id, again.op.n, taken.status, 0, taken.rev, taken.conflict, taken.problem)
                self.settle(again.decided(result))
        return settled

    def _decide_group(self, stored: StoredOp) -> tuple[str, ...]:
        """All members in one savepoint: a rejected one rejects all, a held one holds all."""
        assert stored.op.group is not None
        members = groups.in_order(self.store, stored)
        if len(members) != stored.op.group.of:
            return ()
        created: list[str] = []
        culprit: StoredOp | None = None
        try:
            with self.store.savepoint():
                for culprit in members:
                    prepared = _prepare(culprit.op, culprit.context, self.handlers)
                    outcome = self._effect(culprit.op, culprit.context, prepared)
                    result = OpResult(
                        culprit.op.id, culprit.op.n, outcome.status, rev=outcome.rev, conflict=outcome.conflict
                    )
                    self.settle(culprit.decided(result))
                    created.extend(outcome.created)
        except StoreUnavailable:
            raise
        except Exception as error:
            assert culprit is not None
            with self.store.savepoint():
                self._fail_group(members, culprit, error)
            return ()
        return tuple(created)

    def _fail_group(self, members: Sequence[StoredOp], culprit: StoredOp, error: Exception) -> None:
        verdict, waits_for = self._verdict(culprit.op, error)
        for member in members:
            problem = verdict.problem
            if member is not culprit:
                code = "group-rejected" if verdict.status == "rejected" else "group-held"
                problem = {
                    "code": code,
                    "detail": "Another op of its group could not be applied.",
                    "op": culprit.op.id,
                }
            result = OpResult(member.op.id, member.op.n, verdict.status, problem=problem)
            self.settle(member.decided(result, waits_for))


def problem_of(error: OpRefused | OpHeld) -> Json:
    """The problem that a verdict carries: code, sentence, extras."""
    extras: Mapping[str, Any] = error.extras
    return {"code": error.code, "detail": str(error), **extras}


def stream_named(envelopes: Sequence[object]) -> str | None:
    """The stream that a batch's first readable op names; reading it properly comes later."""
    for envelope in envelopes:
        try:
            return read_envelope(envelope, 0).stream
        except SyncError:
            continue
    return None
