"""Seasons and hours of a campaign as words: `10-15..04-30`, `18:00-23:00`, `dusk`, `first-half-of-night` and
`before-rain`.

No season means all year, no hours all day. Dusk and the night come from the sun at a place; that rain is coming, a
person says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from backend.services.errors import InputInvalid
from geo.evening import evening_of
from geo.local_time import local_time
from geo.zones.windows import Hours, Season

DUSK, NIGHT, RAIN = "dusk", "first-half-of-night", "before-rain"
BY_SUN = frozenset({DUSK, NIGHT})
_SEASON = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)")
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


def require_known(seasons: Sequence[str], hours: Sequence[str]) -> None:
    """Raise InputInvalid for a word that is none of these."""
    for word in seasons:
        season(word)
    for word in hours:
        if word not in (DUSK, NIGHT, RAIN):
            clock_hours(word)


def season(word: str) -> Season:
    found = _SEASON.fullmatch(word)
    months = [int(each) for each in found.groups()] if found else []
    if not found or not all(1 <= m <= 12 for m in months[::2]) or not all(1 <= d <= 31 for d in months[1::2]):
        raise InputInvalid(f"{word} is no season such as 10-15..04-30.", field="seasons")
    return Season((months[0], months[1]), (months[2], months[3]))


def clock_hours(word: str) -> Hours:
    found = _HOURS.fullmatch(word)
    said = [int(each) for each in found.groups()] if found else []
    if not found or not all(h <= 24 for h in said[::2]) or not all(m <= 59 for m in said[1::2]):
        raise InputInvalid(f"{word} is no span such as 18:00-23:00, dusk, {NIGHT} or {RAIN}.", field="hours")
    return Hours(said[0] * 60 + said[1], min(said[2] * 60 + said[3], 1440))


def holds(
    seasons: Sequence[str],
    hours: Sequence[str],
    instant: datetime,
    place: tuple[float, float] | None,
    rain_until: datetime | None,
) -> bool:
    """Whether an instant lies in any of the seasons and in any of the hours, at a place in degrees.

    Without a place, hours by the sun hold never.
    """
    local = local_time(instant)
    if seasons and not any(season(word).holds(local.date()) for word in seasons):
        return False
    return not hours or any(_in(word, instant, place, rain_until) for word in hours)


def _in(word: str, instant: datetime, place: tuple[float, float] | None, rain_until: datetime | None) -> bool:
    if word == RAIN:
        return rain_until is not None and instant <= rain_until
    local = local_time(instant)
    if word not in BY_SUN:
        return clock_hours(word).day_of(local) is not None
    if place is None:
        return False
    evening = evening_of(*place, local.date())
    return evening.is_dusk(instant) if word == DUSK else evening.is_first_half_of_night(instant)
