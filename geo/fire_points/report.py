"""Fire-point tables as Chinese offices publish them: rows from a sheet or a CSV, whatever their headings' order.

Knows rows of values, not files (`table_files`). The header is looked for: it may stand below a title, take two rows
with merged cells, and be followed by a row of units. Column headings are data (data/report-columns.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Literal

import yaml

from geo.datum import Datum, parse_datum
from geo.errors import TableUnreadable, shown
from geo.fault import Fault
from geo.fire_points.angles import Axis, parse_angle, plain
from geo.fire_points.detection import Confidence, Detection, Source
from geo.fire_points.local_times import cell_clock, cell_day
from geo.fire_points.points_in_text import points_in_text
from geo.fire_points.reading import Gathering, Parsed, RowFault
from geo.local_time import LOCAL
from geo.names import DATA
from geo.region import GUANGXI, Region

Row = Sequence[object]

PIXEL_M = 1000.0
"""Of a table that does not say; a guess on the wide side."""
_HEADER_WITHIN = 20
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_PLACES = ("city", "county", "township", "village")
_CONFIDENCE: dict[str, Confidence] = {"低": "low", "中": "nominal", "高": "high"}


@dataclass(frozen=True, slots=True)
class Terms:
    """How this form of data must be read: `datum` of its numbers; `year` of days without one; `pixel_m` of a pixel's
    side; `region` (None: anywhere); `epoch_1904` for workbooks that count from 1904."""

    datum: Datum
    year: int | None = None
    pixel_m: float = PIXEL_M
    region: Region | None = GUANGXI
    epoch_1904: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "datum", parse_datum(self.datum))


def parse_report(rows: Sequence[Row], terms: Terms) -> Parsed:
    """The detections of a table, rows counted from 1 in the whole sheet.

    Blank rows, units, repeated headings, sums and remarks are no detections and no faults; sums and remarks are told.
    A place left empty below another, as merged cells are, has that other's. Raises TableUnreadable without headings.
    """
    first, columns = _header(rows)
    found = Gathering(terms.region)
    remarks: list[int] = []
    above: dict[str, str] = {}
    for number, row in enumerate(rows[first:], start=first + 1):
        values = {name: row[at] for name, at in columns.items() if at < len(row)}
        kind = _kind(row, values)
        if kind == "remark":
            remarks.append(number)
        if kind != "row":
            continue
        _fill(values, above)
        try:
            detection = _detection(values, row, number, terms, found)
        except RowFault as fault:
            found.faults.append(fault.at(number))
            continue
        if detection is not None:
            found.detections.append(detection)
    if remarks:
        detail = f"rows {', '.join(map(str, remarks[:20]))} are sums or remarks and were not read as fire points"
        found.warnings.append(Fault("rows-not-read", remarks[0], detail, params={"rows": remarks[:20]}))
    return found.parsed()


@dataclass(frozen=True, slots=True)
class _Words:
    """`columns`: the meaning of each heading. `units`: what a row of units holds. `not_rows`: how other rows begin."""

    columns: Mapping[str, str]
    units: frozenset[str]
    not_rows: tuple[str, ...]


@cache
def _words() -> _Words:
    document = yaml.safe_load((DATA / "report-columns.yaml").read_text("utf-8"))
    columns = {heading: name for name, headings in document["columns"].items() for heading in headings}
    return _Words(columns, frozenset(map(str, document["units"])), tuple(document["not_rows"]))


def _text(value: object) -> str:
    return "" if value is None else plain(str(value)).strip()


def _heading(value: object) -> str:
    return "".join(_BRACKETS.sub("", _text(value)).split()).lower()


def _header(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    """How many rows go before the first of the body, and the column of each known heading."""
    best: tuple[int, dict[str, int]] = (0, {})
    for i in range(min(len(rows), _HEADER_WITHIN)):
        for depth in (1, 2):
            columns = _columns(rows[i : i + depth])
            placed = "pair" in columns or {"lon", "lat"} <= columns.keys()
            if placed and len(columns) > len(best[1]):
                best = i + depth, columns
    if not best[1]:
        raise TableUnreadable("no row has headings for longitude and latitude (经度, 纬度 or 经纬度)", form="report")
    return best


def _columns(head: Sequence[Row]) -> dict[str, int]:
    headings = _words().columns
    columns: dict[str, int] = {}
    for at in range(max(len(row) for row in head)):
        texts = [_heading(row[at]) if at < len(row) else "" for row in head]
        name = next((headings[text] for text in (*reversed(texts), "".join(texts)) if text in headings), None)
        if name is not None:
            columns.setdefault(name, at)
    if {"lon", "lat"} <= columns.keys():
        columns.pop("pair", None)  # the merged cell above them
    return columns


def _kind(row: Row, values: Mapping[str, object]) -> Literal["blank", "heading", "remark", "row"]:
    texts = [text for value in row if (text := _text(value))]
    if not texts:
        return "blank"
    places = [text for name in ("lon", "lat", "pair") if (text := _text(values.get(name)))]
    if any(_heading(place) in _words().columns for place in places):
        return "heading"
    if all(text.strip("()[]") in _words().units for text in texts):
        return "heading"
    first = texts[0].strip("()[]* ")
    if not places and (len(set(texts)) == 1 or first.startswith(_words().not_rows)):
        return "remark"
    return "row"


def _fill(values: dict[str, object], above: dict[str, str]) -> None:
    """Places from the row above where a merged cell left them empty; a new city starts the smaller ones afresh."""
    for i, name in enumerate(_PLACES):
        if name not in values:
            continue
        if text := _text(values[name]):
            if above.get(name) != text:
                for smaller in _PLACES[i + 1 :]:
                    above.pop(smaller, None)
            above[name] = text
        elif name in above:
            values[name] = above[name]


def _detection(values: Mapping[str, object], row: Row, number: int, terms: Terms, found: Gathering) -> Detection | None:
    lon, lat = _pair(values, terms.region)
    place = found.place(lon, lat, terms.datum, number)
    if place is None:
        return None
    instant, until = _span(values, terms)
    names = {name: text for name in _PLACES if (text := _text(values.get(name)))}
    return Detection(
        source=Source.REPORT,
        instant=instant,
        until=until,
        lon=place[0],
        lat=place[1],
        row=number,
        raw={str(i + 1): _text(value) for i, value in enumerate(row) if _text(value)},
        across_m=terms.pixel_m,
        along_m=terms.pixel_m,
        confidence=_CONFIDENCE.get(_text(values.get("confidence"))),
        satellite=_text(values.get("satellite")),
        notes=dict(names),
    )


def _pair(values: Mapping[str, object], region: Region | None) -> tuple[float, float]:
    if "pair" in values:
        points = points_in_text(_text(values["pair"]), region).points
        if len(points) != 1:
            raise RowFault("coordinate-invalid", f"{shown(values['pair'])} is not one pair of coordinates")
        return points[0].lon, points[0].lat
    return _degrees(values.get("lon"), "lon"), _degrees(values.get("lat"), "lat")


def _degrees(value: object, axis: Axis) -> float:
    if value is None or not _text(value):
        raise RowFault("coordinate-missing", f"there is no {axis}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    angle = parse_angle(str(value))
    if angle is None:
        raise RowFault("coordinate-invalid", f"{shown(value)} is no {axis}")
    if angle.axis is not None and angle.axis != axis:
        raise RowFault("axes-exchanged", f"{shown(value)} stands in the column of {axis}")
    return angle.degrees


def _span(values: Mapping[str, object], terms: Terms) -> tuple[datetime, datetime | None]:
    """The instant, or the day as a span where the table has no time of day."""
    stated = [values[name] for name in ("date", "time") if _text(values.get(name))]
    if not stated:
        raise RowFault("date-missing", "there is no date")
    day = next((d for v in stated if (d := cell_day(v, terms.year, terms.epoch_1904)) is not None), None)
    if day is None:
        raise RowFault("date-invalid", f"{shown(stated[0])} is no date")
    clock: time | None = None
    for value in reversed(stated):
        if value is values.get("date") and _is_day_alone(value):
            continue
        clock = cell_clock(value)
        if clock is not None:
            break
    start = datetime.combine(day, clock or time(0), LOCAL).astimezone(UTC)
    return start, None if clock is not None else start + timedelta(days=1)


def _is_day_alone(value: object) -> bool:
    """Whether a date's cell has no time of day: a date cell, a whole serial number, 20251103."""
    if isinstance(value, datetime):
        return value.time() == time(0)
    return _text(value).removesuffix(".0").isdigit()
