"""What sync refuses, and what a command handler may raise; each class has one stable code.

Knows nothing of HTTP: statuses are mapped elsewhere.
"""

from __future__ import annotations


class SyncError(Exception):
    """Base of all that refuses a whole push or pull; nothing was stored unless the class says so."""

    code = "sync-error"

    def __init__(self, detail: str, **extras: object) -> None:
        super().__init__(detail)
        self.extras = extras


class StreamUnknown(SyncError):
    """The ops name a stream that is not this device's."""

    code = "stream-unknown"


class StreamGap(SyncError):
    """An op arrived whose number is beyond the next expected one."""

    code = "stream-gap"

    def __init__(self, expected_n: int) -> None:
        super().__init__(f"Expected op {expected_n} next; send from there.", expected_n=expected_n)


class StreamFork(SyncError):
    """The same number with other bytes, or an op that does not follow the stored one: the chain has two ends."""

    code = "stream-fork"

    def __init__(self, n: int, expected_n: int) -> None:
        super().__init__(
            f"Op {n} does not continue what is stored; open a new stream and re-issue what is pending there.",
            n=n,
            expected_n=expected_n,
        )


class SignatureInvalid(SyncError):
    code = "signature-invalid"

    def __init__(self, index: int) -> None:
        super().__init__(f"The signature of op {index} of the batch does not fit its bytes.", index=index)


class OpUnreadable(SyncError):
    """A body that is no readable op; its bytes are quarantined."""

    code = "op-unreadable"

    def __init__(self, index: int, reason: str, body: bytes) -> None:
        super().__init__(
            f"Op {index} of the batch cannot be read: {reason}. It was kept; open a new stream.", index=index
        )
        self.reason = reason
        self.body = body


class BatchInvalid(SyncError):
    """The envelope around the ops is not of the contract's form."""

    code = "batch-invalid"


class BatchTooLarge(SyncError):
    code = "batch-too-large"


class CursorInvalid(SyncError):
    code = "cursor-invalid"


class CursorExpired(SyncError):
    """The cursor is older than the tombstones kept; replace the mirror, and only the mirror."""

    code = "cursor-expired"


class EpochChanged(SyncError):
    """The server was restored from a backup since."""

    code = "epoch-changed"


class PullSchemaUnsupported(SyncError):
    code = "pull-schema-unsupported"


class StoreUnavailable(SyncError):
    """The database or disk is unavailable; nothing of the current op was stored."""

    code = "store-unavailable"


class TransactionLost(StoreUnavailable):
    """The database gave up the whole transaction: nothing of the push is stored, and none of it may be acknowledged."""


class StoreFull(TransactionLost):
    """As TransactionLost, for want of room."""

    code = "storage-full"


class OpRefused(Exception):
    """Raised by a handler when an op makes no sense: its verdict is `rejected`."""

    def __init__(self, code: str, detail: str, **extras: object) -> None:
        super().__init__(detail)
        self.code = code
        self.extras = extras


class OpHeld(Exception):
    """Raised by a handler when an op cannot be decided yet; `waits_for` is the row id whose arrival releases it."""

    def __init__(self, code: str, detail: str, waits_for: str | None = None, **extras: object) -> None:
        super().__init__(detail)
        self.code = code
        self.waits_for = waits_for
        self.extras = extras
