"""A batch: ops read, checked and prepared before any lock is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sync import signing
from sync.commands import Handlers
from sync.errors import OpHeld, OpRefused, SignatureInvalid, StreamUnknown, SyncError
from sync.ops import Op, read_envelope
from sync.store import OpContext

MAX_APPLIED_BYTES = 256 * 1024


@dataclass(slots=True)
class Batch:
    """Ops read, checked and prepared without a lock; `prepared` holds a handler's work, or what it raised, by index."""

    stream: str
    ops: list[Op]
    received_at: datetime
    skew_s: float | None
    prepared: list[Any] = field(default_factory=list)


def stream_named(envelopes: Sequence[object]) -> str | None:
    """The stream that a batch's first readable op names; reading it properly comes later."""
    for envelope in envelopes:
        try:
            return read_envelope(envelope, 0).stream
        except SyncError:
            continue
    return None


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
    batch.prepared = [prepared(op, context, handlers) for op in batch.ops]


def prepared(op: Op, context: OpContext, handlers: Handlers) -> Any:
    """What a command's handler makes of an op without a lock, or the exception that decides it."""
    if op.fault is not None:
        return OpRefused("op-malformed", f"This op is not of the contract's form: {op.fault}.")
    if len(op.body) > MAX_APPLIED_BYTES and not context.approved:
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
