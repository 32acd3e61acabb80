"""Groups: ops of one stream that stand or fall together."""

from __future__ import annotations

from sync.errors import OpHeld
from sync.ops import Op
from sync.store import OpContext, OpResult, Store, StoredOp

WAITING = "group-incomplete"


def keep_member(store: Store, op: Op, context: OpContext) -> StoredOp:
    """Hold a member until its group is complete; one that contradicts the group is rejected."""
    assert op.group is not None
    earlier = store.group_members(op.stream, op.group.id)
    error = _contradiction(op, earlier)
    with store.savepoint():
        if error is not None:
            result = OpResult(op.id, op.n, "rejected", problem={"code": "group-invalid", "detail": error})
            return store.keep(StoredOp(op, context, result), owns_id=True)
        waiting = OpHeld(WAITING, f"Member {op.group.i} of {op.group.of}; the others have not come yet.")
        result = OpResult(op.id, op.n, "held", problem={"code": waiting.code, "detail": str(waiting)})
        return store.keep(StoredOp(op, context, result), owns_id=True)


def _contradiction(op: Op, earlier: list[StoredOp]) -> str | None:
    assert op.group is not None
    for one in earlier:
        assert one.op.group is not None
        if one.op.group.of != op.group.of:
            return "The members of this group disagree on how many they are."
        if one.op.group.i == op.group.i and one.result.status != "rejected":
            return "This member of the group has come before."
        if one.result.status != "held":
            return "This group has been decided."
    return None


def in_order(store: Store, stored: StoredOp) -> list[StoredOp]:
    """The members held of a group, by `i`."""
    assert stored.op.group is not None
    members = store.group_members(stored.op.stream, stored.op.group.id)
    held = [one for one in members if one.result.status == "held"]
    return sorted(held, key=lambda one: one.op.group.i if one.op.group else 0)


def complete(store: Store, stored: StoredOp) -> bool:
    """True when `stored` is the member that its waiting group lacked."""
    if stored.op.group is None or stored.result.status != "held":
        return False
    if (stored.result.problem or {}).get("code") != WAITING:
        return False
    return len(in_order(store, stored)) == stored.op.group.of
