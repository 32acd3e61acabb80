"""The pull: what changed in a device's scopes since its cursor, in pages that cost what changed.

A cursor names a position per scope. Entries are taken by `seq`; a page never ends inside one `seq`, so no position can
pass an entry that was not sent.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any

from sync.errors import CursorExpired, CursorInvalid, EpochChanged
from sync.store import EntryKey, Json, Store

MIN_LIMIT, MAX_LIMIT = 1, 1000
MAX_CURSOR = 2048  # characters; unpacked it has at most eight times as many bytes
ENTRY_BYTES = 200  # an entry around its row


@dataclass(frozen=True, slots=True)
class Cursor:
    """Positions by scope within an epoch.

    `since`: the device has missed no `leave` or `delete` up to there. In a pull from the start it is the head at which
    that began, far above the positions, which begin at the oldest rows: they are no measure of a cursor's age.
    """

    epoch: str
    positions: Mapping[str, int]
    since: int

    def encode(self) -> str:
        """Opaque text under 2 KiB; scopes at the commonest position share one number, and digits are packed."""
        values = list(self.positions.values())
        common = max(set(values), key=values.count) if values else 0
        same = sorted(scope for scope, at in self.positions.items() if at == common)
        other = {scope: at for scope, at in sorted(self.positions.items()) if at != common}
        raw = json.dumps([self.epoch, self.since, common, same, other], separators=(",", ":"))
        return base64.urlsafe_b64encode(zlib.compress(raw.encode(), 9)).rstrip(b"=").decode()


def read_cursor(text: str) -> Cursor:
    """Raises CursorInvalid."""
    try:
        epoch, since, common, same, other = json.loads(_unpacked(text))
        positions = {str(scope): _position(common) for scope in same}
        positions.update({str(scope): _position(at) for scope, at in other.items()})
        if not isinstance(epoch, str):
            raise ValueError("epoch")
        cursor = Cursor(epoch, positions, _position(since))
    except (ValueError, TypeError, AttributeError, zlib.error, RecursionError):
        raise CursorInvalid("This cursor was not given by this server; pull without one.") from None
    return cursor


def _unpacked(text: str) -> bytes:
    if len(text) > MAX_CURSOR:
        raise ValueError("too long")
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), 8 * MAX_CURSOR)
    if not unpacker.eof:
        raise ValueError("cut off, or far too long")
    return raw


def _position(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError("position")
    return value


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `rows` gives (rev, content) by (type, id) for the `put` entries."""

    cursor: str
    complete: bool
    epoch: str
    head: int
    added: list[str]
    removed: list[str]
    entries: list[EntryKey]
    rows: Mapping[tuple[str, str], tuple[int, Any]]
    digests: dict[str, tuple[int, bytes]] | None


def pull(
    store: Store,
    scopes: Iterable[str],
    cursor: Cursor | None,
    limit: int,
    max_bytes: int,
    again: Iterable[str] = (),
) -> Page:
    """One page for a device that may see `scopes`; the store must be one snapshot.

    `again` names scopes to send from the start, because the device's digest of them is not ours. Raises EpochChanged,
    CursorExpired, CursorInvalid.
    """
    epoch, head = store.epoch(), store.head()
    before = dict(cursor.positions) if cursor is not None else {}
    if cursor is not None:
        _check(cursor, epoch, head, store.tombstone_floor())
    for scope in again:
        before.pop(scope, None)
    since = (cursor.since if cursor is not None else 0) or head
    wanted = sorted(set(scopes))
    positions = {scope: before.get(scope, 0) for scope in wanted}
    found, more = _page(store, positions, max(MIN_LIMIT, min(limit, MAX_LIMIT)))
    rows = store.contents([key for key in found if key.kind == "put"])
    entries, cut = _within(found, rows, max_bytes)
    complete = not more and not cut
    upto = head if complete else entries[-1].seq
    reached = {scope: max(at, upto) for scope, at in positions.items()}
    after = Cursor(epoch, reached, max(since, min(reached.values(), default=head)))
    return Page(
        cursor=after.encode(),
        complete=complete,
        epoch=epoch,
        head=head,
        added=[scope for scope in wanted if scope not in before],
        removed=sorted(scope for scope in before if scope not in positions),
        entries=entries,
        rows=rows,
        digests=store.digests(wanted) if complete else None,
    )


def _check(cursor: Cursor, epoch: str, head: int, floor: int) -> None:
    if cursor.epoch != epoch:
        raise EpochChanged("The server was restored; mark all ops as unsent and pull without a cursor.", epoch=epoch)
    if max(cursor.since, *cursor.positions.values()) > head:
        raise CursorInvalid("This cursor is ahead of the server; pull without one.")
    if 0 < cursor.since < floor:
        raise CursorExpired("This cursor is too old; pull without one and replace the mirror only.")


def _page(store: Store, positions: Mapping[str, int], limit: int) -> tuple[list[EntryKey], bool]:
    """The first entries by `seq` over all scopes, cut between two `seq`s, and whether there are more."""
    streams = [store.entries_after(scope, at, limit + 1) for scope, at in positions.items()]
    ordered = list(merge(*streams, key=lambda key: (key.seq, key.scope)))
    if len(ordered) <= limit:
        return ordered, False
    first_left_out = ordered[limit].seq
    page = [key for key in ordered[:limit] if key.seq < first_left_out]
    return page or [key for key in ordered if key.seq == first_left_out], True


def _within(
    keys: Sequence[EntryKey], rows: Mapping[tuple[str, str], tuple[int, Any]], max_bytes: int
) -> tuple[list[EntryKey], bool]:
    """The longest beginning that stays within the bytes (one `seq` at least), and whether anything was cut."""
    total, taken, last_seq = 0, 0, None
    for index, key in enumerate(keys):
        if key.seq != last_seq:
            if total > max_bytes:
                return list(keys[:index]), True
            taken, last_seq = index, key.seq
        total += ENTRY_BYTES + (_bytes_of(rows[key.type, key.id][1]) if key.kind == "put" else 0)
        if total > max_bytes and taken > 0:
            return list(keys[:taken]), True
    return list(keys), False


def _bytes_of(content: Any) -> int:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))


def entry_json(key: EntryKey, rows: Mapping[tuple[str, str], tuple[int, Any]]) -> Json:
    """An entry as it goes down the wire."""
    wire: Json = {"scope": key.scope, "kind": key.kind, "type": key.type, "id": key.id, "seq": key.seq}
    if key.kind == "put":
        rev, content = rows[key.type, key.id]
        wire["rev"], wire["row"] = rev, content
    return wire
