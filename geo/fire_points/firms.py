"""FIRMS active fires as CSV: VIIRS (375 m) and MODIS (1 km), near real time and standard.

Knows the form only. Columns are found by name, so 13 and 14 of them, in any order, read alike. Positions are WGS-84
pixel centres, times UTC, `acq_time` hours and minutes without leading zeros (`149` is 01:49). MODIS states a
confidence of 0 to 100; below 30 is low and from 80 on high, as the product's guide groups them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from geo.datum import Datum
from geo.errors import TableUnreadable, shown
from geo.fire_points.detection import Confidence, Detection, Quality, Source
from geo.fire_points.reading import Gathering, Parsed, RowFault, csv_rows, number_in
from geo.region import GUANGXI, Region

_NEEDED = {"latitude", "longitude", "acq_date", "acq_time", "satellite", "confidence", "version"}
_PIXEL_M = {Source.VIIRS: 375.0, Source.MODIS: 1000.0}
"""Nadir, for rows without scan and track."""
_WORDS: dict[str, Confidence] = {
    "l": "low", "low": "low", "n": "nominal", "nominal": "nominal", "h": "high", "high": "high"
}  # fmt: skip
_LOW, _HIGH = 30.0, 80.0


def parse_firms(text: str, region: Region | None = GUANGXI) -> Parsed:
    """The detections of a FIRMS CSV in a region (None: anywhere).

    Raises TableUnreadable for a text that is no such file.
    """
    found = Gathering(region)
    for line, row in csv_rows(text, "FIRMS", _NEEDED):
        try:
            detection = _detection(row, line, found)
        except RowFault as fault:
            found.faults.append(fault.at(line))
            continue
        if detection is not None:
            found.detections.append(detection)
    return found.parsed()


def _detection(row: dict[str, str], line: int, found: Gathering) -> Detection | None:
    if not row:
        raise RowFault("row-malformed", "it has more or fewer fields than the header")
    source = _source(row)
    pair = found.place(
        number_in(row["longitude"], "longitude"), number_in(row["latitude"], "latitude"), Datum.WGS84, line
    )
    if pair is None:
        return None
    return Detection(
        source=source,
        instant=datetime.combine(acquired_date(row["acq_date"]), clock_time(row["acq_time"]), UTC),
        lon=pair[0],
        lat=pair[1],
        row=line,
        raw=row,
        across_m=_kilometres(row.get("scan"), "scan", source),
        along_m=_kilometres(row.get("track"), "track", source),
        confidence=_confidence(row["confidence"], source),
        quality=_quality(row["version"]),
        satellite=row["satellite"],
        frp_mw=number_in(row["frp"], "frp") if row.get("frp") else None,
    )


def _source(row: dict[str, str]) -> Source:
    if "bright_ti4" in row:
        return Source.VIIRS
    if "brightness" in row or "bright_t31" in row:
        return Source.MODIS
    raise TableUnreadable("neither a VIIRS nor a MODIS file: no bright_ti4 and no brightness", form="FIRMS")


def acquired_date(text: str) -> date:
    """A day written 2025-11-03 or 2025/11/3. Raises RowFault."""
    try:
        year, month, day = (int(part) for part in text.replace("/", "-").split("-"))
        return date(year, month, day)
    except ValueError as error:
        raise RowFault("date-invalid", f"the date is no day: {shown(text)}") from error


def clock_time(text: str) -> time:
    """Hours and minutes, with a colon or without, padded or not: `149`, `0149`, `1:49`, `01:49:30`. Raises RowFault."""
    parts = text.split(":") if ":" in text else [text[:-2] or "0", text[-2:]]
    try:
        if ":" not in text and not 1 <= len(text) <= 4:
            raise ValueError(text)
        hour, minute, second = [int(part) for part in [*parts, "0"][:3]]
        return time(hour, minute, second)
    except ValueError as error:
        raise RowFault("time-invalid", f"the time is none: {shown(text)}") from error


def _kilometres(text: str | None, field: str, source: Source) -> float:
    if not text:
        return _PIXEL_M[source]
    metres = number_in(text, field) * 1000.0
    if not 0.0 < metres <= 20_000.0:
        raise RowFault("number-invalid", f"{field} of {text} km is no pixel")
    return metres


def _confidence(text: str, source: Source) -> Confidence:
    word = _WORDS.get(text.lower())
    if word is not None:
        return word
    if source is Source.MODIS:
        percent = number_in(text, "confidence")
        if 0.0 <= percent <= 100.0:
            return "low" if percent < _LOW else "nominal" if percent < _HIGH else "high"
    raise RowFault("confidence-unknown", f"{shown(text)} is no confidence")


def _quality(version: str) -> Quality:
    """`2.0NRT` is near real time, `2.0URT` and `2.0RT` quicker still, `2` and `61.03` standard."""
    upper = version.upper()
    return "nrt" if upper.endswith("NRT") else "rt" if upper.endswith("RT") else "standard"
