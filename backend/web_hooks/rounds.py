"""One round of posting: every receiver in a thread of its own, so that one that hangs holds up no other.

A receiver's messages go one after the other, until one fails or its time is over; what is left waits for
the next round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from backend.web_hooks import posting
from backend.web_hooks.messages import Receiver, message
from backend.web_hooks.posting import Patience, Reply

MOST_AT_ONCE = 32
A_ROUND_S = 20.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one receiver is to be sent: ids with their contents."""

    to: Receiver
    parcels: Sequence[tuple[str, Mapping[str, Any]]]


def run(
    rounds: Mapping[str, Round],
    now: Callable[[], datetime],
    *,
    private: bool,
    authorities: Path | None,
    patience: Patience,
) -> dict[str, list[tuple[str, Reply]]]:
    """Post them all; how each message went that was posted, by the receiver's key."""
    if not rounds:
        return {}
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(rounds)), thread_name_prefix="web-hook") as pool:
        post = partial(posting.post, private=private, authorities=authorities, patience=patience)
        running = {key: pool.submit(_post, one, now, post) for key, one in rounds.items()}
        return {key: one.result() for key, one in running.items()}


def _post(one: Round, now: Callable[[], datetime], post: Callable[..., Reply]) -> list[tuple[str, Reply]]:
    until = time.monotonic() + A_ROUND_S
    said: list[tuple[str, Reply]] = []
    for id, content in one.parcels:
        reply = post(one.to.form, message(one.to, id, content, now()))
        said.append((id, reply))
        if not reply.taken or time.monotonic() > until:
            break
    return said
