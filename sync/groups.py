"""Groups: ops of one person that stand or fall together.

Members may come in different streams, when a chain had to be given up between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.errors import OpHeld, OpRefused
from sync.ops import Op
from sync.store import Store, StoredOp

WAITING = "group-incomplete"


def verdict_on_arrival(store: Store, op: Op) -> OpHeld | OpRefused:
    """A member waits for the others; one that contradicts them, or comes after a rejected one, is refused."""
    assert op.group is not None
    earlier = _members(store, op.stream, op.group.id)
    for one in earlier:
        if one.result.status == "rejected":
            return rejected_by(one)
    if any(one.result.status != "held" for one in earlier):
        return OpRefused("group-invalid", "This group has been decided without this member.")
    for one in earlier:
        assert one.op.group is not None
        if one.op.group.of != op.group.of:
            return OpRefused("group-invalid", "The members of this group disagree on how many they are.")
        if one.op.group.i == op.group.i:
            return OpRefused("group-invalid", "This member of the group has come before.")
    return OpHeld(WAITING, f"Member {op.group.i} of {op.group.of}; the others have not come yet.")


def rejected_by(culprit: StoredOp) -> OpRefused:
    """Why a member is rejected that has no fault of its own."""
    return OpRefused("group-rejected", "Another op of its group could not be applied.", op=culprit.op.id)


def held_by(culprit: StoredOp) -> OpHeld:
    return OpHeld("group-held", "Another op of its group could not be applied yet.", op=culprit.op.id)


def held_members(store: Store, stored: StoredOp) -> list[StoredOp]:
    """The held members of an op's group, by `i`."""
    assert stored.op.group is not None
    members = _members(store, stored.op.stream, stored.op.group.id)
    held = [one for one in members if one.result.status == "held"]
    return sorted(held, key=lambda one: one.op.group.i if one.op.group else 0)


def all_there(stored: StoredOp, held: Sequence[StoredOp]) -> bool:
    """True when no member lacks."""
    return stored.op.group is not None and len(held) == stored.op.group.of


def completed_by(stored: StoredOp, held: Sequence[StoredOp]) -> bool:
    """True when `stored` is the member that a group lacked which waits for nothing else."""
    return all_there(stored, held) and all((one.result.problem or {}).get("code") == WAITING for one in held)


def repeats(stored: StoredOp) -> str | None:
    """The id of the held op that a held op re-issues; it is decided with that one."""
    return (stored.result.problem or {}).get("was") if stored.result.status == "held" else None


def _members(store: Store, stream: str, group_id: str) -> list[StoredOp]:
    """Those that have come; a re-issued one is no member beside the op that it repeats."""
    return [one for one in store.group_members(stream, group_id) if repeats(one) is None]
