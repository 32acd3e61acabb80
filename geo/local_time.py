"""The clocks of Guangxi. An instant is UTC everywhere; what papers and people say is local.

Knows no clock: which instant it is, callers say.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local_time(instant: datetime) -> datetime:
    """An instant on the clocks of Guangxi. Raises ValueError for a time without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant.astimezone(LOCAL)
