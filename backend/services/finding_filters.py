"""What a list of findings may be narrowed by: read from text, checked, and stated again in words.

The same filters serve the list, the map and the rectification list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from backend import catalogue
from backend.services.texts import require_storable
from backend.services.visibility import FilterInvalid

BEIJING = ZoneInfo("Asia/Shanghai")
MAX_TEXT = 200

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Filters:
    """Null or empty means: not narrowed by this.

    `cell`: an administrative code (with all below it), a 1 km or 3 km square, a BeiDou code of level 1 to 8, or
    `unassigned`. `found_from` is included, `found_to` is not. `bbox`: least longitude and latitude, greatest
    longitude and latitude, CGCS2000 degrees, borders included.
    """

    cell: str | None = None
    topic: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    found_from: datetime | None = None
    found_to: datetime | None = None
    bbox: Bounds | None = None
    site: str | None = None
    text: str | None = None
    campaign: str | None = None
    unit: str | None = None

    def stated(self) -> dict[str, str]:
        """The filters in force as text that `parse` reads back, in one order: what a list was made with."""
        said = {
            "cell": self.cell,
            "topic": ",".join(self.topic),
            "state": ",".join(self.state),
            "severity": ",".join(self.severity),
            "found_from": self.found_from.astimezone(BEIJING).isoformat() if self.found_from else None,
            "found_to": self.found_to.astimezone(BEIJING).isoformat() if self.found_to else None,
            "bbox": ",".join(f"{number!r}" for number in self.bbox) if self.bbox else None,
            "site": self.site,
            "text": self.text,
            "campaign": self.campaign,
            "unit": self.unit,
        }
        return {name: value for name, value in said.items() if value}


def parse(given: Mapping[str, Any]) -> Filters:
    """Filters from text, as a query string gives them; other keys are let by. Raises FilterInvalid, TextInvalid."""
    said: dict[str, str] = {}
    for name in Filters.__slots__:
        value = given.get(name)
        if value is not None and str(value).strip():
            require_storable(value, name)
            said[name] = str(value).strip()
    filters = Filters(
        cell=said.get("cell"),
        topic=_codes("topic", said.get("topic")),
        state=_codes("state", said.get("state")),
        severity=_codes("severity", said.get("severity")),
        found_from=instant("found_from", said.get("found_from"), timedelta(0)),
        found_to=instant("found_to", said.get("found_to"), timedelta(days=1)),
        bbox=_bbox(said.get("bbox")),
        site=said.get("site"),
        text=said.get("text"),
        campaign=said.get("campaign"),
        unit=said.get("unit"),
    )
    if filters.found_from and filters.found_to and filters.found_from >= filters.found_to:
        raise FilterInvalid("found_from must be before found_to.", field="found_from")
    if filters.text is not None and len(filters.text) > MAX_TEXT:
        raise FilterInvalid(f"A text to look for has at most {MAX_TEXT} characters.", field="text")
    return filters


def _codes(group: str, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    known = catalogue.codes(group)
    found = tuple(sorted({each.strip() for each in text.split(",")}))
    for each in found:
        if each not in known:
            raise FilterInvalid(f"{group} is one of {', '.join(known)}.", field=group, allowed=list(known))
    return found


def instant(name: str, text: str | None, whole_day: timedelta) -> datetime | None:
    """An RFC 3339 time, or a date, which means that day in Beijing: its start, or with `whole_day` its end.

    Raises FilterInvalid.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(text), time(), BEIJING).astimezone(UTC) + whole_day
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a '+' that nobody escaped arrives as a space
        if found.tzinfo is None:
            raise FilterInvalid(f"{name} needs an offset from UTC, such as +08:00.", field=name)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FilterInvalid(f"{name} is a date or an RFC 3339 time.", field=name) from None


def _bbox(text: str | None) -> Bounds | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        raise FilterInvalid("bbox is four numbers: west,south,east,north.", field="bbox") from None
    if not all(isfinite(each) for each in (west, south, east, north)):
        raise FilterInvalid("bbox is four finite numbers.", field="bbox")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FilterInvalid(
            "bbox is west,south,east,north in degrees, west not beyond east and south not beyond north.", field="bbox"
        )
    return west, south, east, north
