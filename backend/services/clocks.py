"""Device clocks: the server's idea of an instant that a device wrote down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sync.store import OpContext

TOLERANCE = timedelta(minutes=5)
_LEAST, _MOST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def corrected(sent: datetime, context: OpContext) -> tuple[datetime, list[dict[str, Any]]]:
    """The instant moved by the device's clock offset, and flags when the clock or the instant is off.

    The offset is server time minus device time at the push; an offset of over five minutes is flagged, as is an
    instant that lies in the server's future all the same (recorded before the clock was put right).
    """
    offset = timedelta(seconds=context.skew_s or 0.0)
    flags: list[dict[str, Any]] = []
    if abs(offset) > TOLERANCE:
        flags.append({"code": "device-clock-off", "detail": f"off by {round(offset.total_seconds())} s"})
    try:
        instant = min(max(sent.astimezone(UTC) + offset, _LEAST), _MOST)
    except OverflowError:
        instant = _MOST if offset > timedelta() else _LEAST
    if instant > context.received_at + TOLERANCE:
        flags.append({"code": "time-in-future", "detail": f"said to be {instant.isoformat()}"})
    return instant, flags
