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


def judge(ops: Sequence[Op], tip: Tip, stored: Mapping[int, str]) -> list[bool]:
    """For each op, whether it is a replay: of one that is stored, or of one earlier in the batch.

    `stored` maps the numbers of the batch up to the tip to the stored SHA-256. Raises StreamGap (which names the
    next number that the server lacks, for nothing of the batch is stored), StreamFork for the same number with other
    bytes or an op that does not follow.
    """
    known = dict(stored)
    n, last = tip.n, tip.sha256
    replays = []
    for op in ops:
        replays.append(op.n <= n)
        if op.n <= n:
            if known.get(op.n) != op.sha256:
                raise StreamFork(op.n, tip.n + 1)
            continue
        if op.n > n + 1:
            raise StreamGap(tip.n + 1)
        if op.prev != last:
            raise StreamFork(op.n, tip.n + 1)
        n, last = op.n, op.sha256
        known[n] = last
    return replays
