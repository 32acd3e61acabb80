"""All devices as an office looks at them: whose, since when, and how long their work waits until it comes.

How much still waits on a phone that does not call, nobody here can know. What is known is the newest op that came:
when, and how long after it was made.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backend.models import Device, OpRecord, Stream, User
from backend.services.clocks import corrected
from sync.store import OpContext


def listing(session: Session) -> list[dict[str, Any]]:
    """Every device with its person, its streams and its newest op, newest device first; in two queries."""
    streams: dict[str, list[tuple[Stream, OpRecord | None]]] = {}
    newest = and_(OpRecord.stream_id == Stream.id, OpRecord.n == Stream.last_n)
    for stream, op in session.execute(select(Stream, OpRecord).outerjoin(OpRecord, newest).order_by(Stream.opened_at)):
        streams.setdefault(stream.device_id, []).append((stream, op))
    rows = session.execute(
        select(Device, User.name, User.display_name)
        .join(User, User.id == Device.user_id)
        .order_by(Device.enrolled_at.desc(), Device.id)
    )
    return [_shown(device, name, called, streams.get(device.id, [])) for device, name, called in rows]


def _shown(device: Device, user: str, called: str, streams: list[tuple[Stream, OpRecord | None]]) -> dict[str, Any]:
    last = max((op for _, op in streams if op is not None), key=lambda op: op.received_at, default=None)
    return {
        "id": device.id,
        "user": user,
        "display_name": called,
        "name": device.name,
        "platform": device.platform,
        "app": device.app,
        "enrolled_at": device.enrolled_at,
        "last_seen_at": device.last_seen_at,
        "revoked_at": device.revoked_at,
        "streams": [{"id": stream.id, "last_n": stream.last_n} for stream, _ in streams],
        "last_op_at": last and last.received_at,
        "last_op_delay_s": last and delay_s(last),
    }


def delay_s(op: OpRecord) -> int | None:
    """Seconds from when an op was made until it came, by the server's clock; None where it does not say when."""
    try:
        made = datetime.fromisoformat(json.loads(op.body)["t"]["wall"])
    except (ValueError, KeyError, TypeError):
        return None
    if made.tzinfo is None:
        return None
    at, _ = corrected(made, OpContext(op.stream_id, "", op.received_at, op.skew_s))
    return max(0, round((op.received_at - at).total_seconds()))
