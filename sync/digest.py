"""Digests: a scope's live entries in 16 bytes, kept incrementally on both sides.

XOR of the first 16 bytes of SHA-256("type|id|seq") over the live entries of a scope, and how many they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY = bytes(16)


def of_entry(type: str, row_id: str, seq: int) -> bytes:
    return hashlib.sha256(f"{type}|{row_id}|{seq}".encode()).digest()[:16]


def xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a) ^ int.from_bytes(b)).to_bytes(16)


def of_scope(entries: Iterable[tuple[str, str, int]]) -> tuple[int, bytes]:
    """(how many, XOR) of live entries given as (type, id, seq)."""
    n, x = 0, EMPTY
    for type, row_id, seq in entries:
        n, x = n + 1, xor(x, of_entry(type, row_id, seq))
    return n, x
