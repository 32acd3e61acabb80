"""Chains: whether a batch continues what is stored.

`n` counts 1, 2, 3 … per stream and `prev` is the SHA-256 of the previous op's body, so a stream is a hash chain.
Judged for the whole batch before anything is processed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.errors import StreamFork, StreamGap
from sync.ops import Op


@dataclass(frozen=True, slots=True)
class Tip:
    """The last op of a stream that the server holds; n = 0 and no hash when it holds none."""

    n: int
    sha256: str | None


def judge(ops: Sequence[Op], tip: Tip, stored: Mapping[int, str]) -> int:
    """How many of the ops at the batch's start are replays.

    `stored` maps the numbers of the batch up to the tip to the stored SHA-256. Raises StreamGap when a number is
    beyond the next expected one, StreamFork for the same number with other bytes or an op that does not follow.
    """
    replays = 0
    n, last = tip.n, tip.sha256
    for op in ops:
        if op.n <= tip.n and n == tip.n:
            if stored.get(op.n) != op.sha256:
                raise StreamFork(op.n, tip.n + 1)
            replays += 1
            continue
        if op.n > n + 1:
            raise StreamGap(n + 1)
        if op.n <= n or op.prev != last:
            raise StreamFork(op.n, tip.n + 1)
        n, last = op.n, op.sha256
    return replays
