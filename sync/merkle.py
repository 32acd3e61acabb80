"""Merkle trees as in RFC 6962: a root over a list of entries, and short proofs that an entry is in it.

Leaves and nodes have different prefixes, so that a node cannot pass as an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """The root over entries in their order; keeps one hash per level. Of no entries it is SHA-256 of nothing."""
    levels: list[tuple[int, bytes]] = []  # complete subtrees from left to right: their sizes and roots
    for data in entries:
        size, hashed = 1, leaf(data)
        while levels and levels[-1][0] == size:
            hashed = node(levels.pop()[1], hashed)
            size *= 2
        levels.append((size, hashed))
    if not levels:
        return hashlib.sha256().digest()
    found = levels.pop()[1]
    while levels:
        found = node(levels.pop()[1], found)
    return found


def path(entries: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that the entry at `index` (from 0) is among them: the sister hashes from the leaf up."""
    if not 0 <= index < len(entries):
        raise IndexError(index)
    if len(entries) == 1:
        return []
    split = _split(len(entries))
    if index < split:
        return [*path(entries[:split], index), root(entries[split:])]
    return [*path(entries[split:], index - split), root(entries[:split])]


def proves(data: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """True when the proof leads from the entry at `index` of `size` to the expected root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, hashed = index, size - 1, leaf(data)
    for sister in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            hashed = node(sister, hashed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            hashed = node(hashed, sister)
        position, last = position >> 1, last >> 1
    return last == 0 and hashed == expected


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
