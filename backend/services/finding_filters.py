"""What a list of findings may be narrowed by: read from text, checked, and stated again in words.

The same filters serve the list, the map and the rectification list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend import catalogue
from backend.services import (
    bounds,
    figures,
)
from backend.services.bounds import (
    Bounds,
)
from backend.services.texts import require_storable
from backend.services.visibility import FilterInvalid

BEIJING = ZoneInfo("Asia/Shanghai")
MAX_TEXT = 200
WAITING = ("return", "extension")
"""What an office may have asked for: to be rid of a finding (退回), or more time (延期)."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Null or empty means: not narrowed by this.

    `cell`: an administrative code (with all below it), a 1 km or 3 km square, a BeiDou code of level 1 to 8, or
    `unassigned`. `found_from` is included, `found_to` is not. `bbox`: least longitude and latitude, greatest
    longitude and latitude, CGCS2000 degrees, borders included. `figure`: what a figure of the statistics counts, with
    `as_of` for what is overdue. `township`: counted there exactly, as the statistics do (see `visibility.counted_at`).
    `period`: the id of a frozen period, for exactly its findings. `flag`: what is doubtful about it. `waiting`: what
    its office has asked for and nobody has answered.
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
    figure: str | None = None
    as_of: datetime | None = None
    township: str | None = None
    office: str | None = None
    responsible_unit: str | None = None
    period: str | None = None
    flag: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

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
            "figure": self.figure,
            "as_of": self.as_of.astimezone(BEIJING).isoformat() if self.as_of else None,
            "township": self.township,
            "office": self.office,
            "responsible_unit": self.responsible_unit,
            "period": self.period,
            "flag": ",".join(self.flag),
            "waiting": ",".join(self.waiting),
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
        bbox=bounds.parse(said["bbox"]) if "bbox" in said else None,
        site=said.get("site"),
        text=said.get("text"),
        campaign=said.get("campaign"),
        unit=said.get("unit"),
        figure=said.get("figure"),
        as_of=instant("as_of", said.get("as_of"), timedelta(0)),
        township=said.get("township"),
        office=said.get("office"),
        responsible_unit=said.get("responsible_unit"),
        period=said.get("period"),
        flag=_codes("flag", said.get("flag")),
        waiting=_among("waiting", WAITING, said.get("waiting")),
    )
    if filters.figure is not None and filters.figure not in figures.FIGURES:
        raise FilterInvalid(f"figure is one of {', '.join(figures.FIGURES)}.", field="figure")
    if filters.found_from and filters.found_to and filters.found_from >= filters.found_to:
        raise FilterInvalid("found_from must be before found_to.", field="found_from")
    if filters.text is not None and len(filters.text) > MAX_TEXT:
        raise FilterInvalid(f"A text to look for has at most {MAX_TEXT} characters.", field="text")
    return filters


def _codes(group: str, text: str | None) -> tuple[str, ...]:
    return _among(group, catalogue.codes(group), text)


def _among(name: str, known: Sequence[str], text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    found = tuple(sorted({each.strip() for each in text.split(",")}))
    for each in found:
        if each not in known:
            raise FilterInvalid(f"{name} is one of {', '.join(known)}.", field=name, allowed=list(known))
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
