"""Himawari wild fires, level 2 (WLF): ten minutes, a lattice of 0.02 degrees.

Knows the form only: lines that begin with `#`, of which one may be the header, then rows. Reliability 1, 3, 5 is taken
as low, nominal, high. The file's head and its readers contradict each other on the unit of radiative power (W/m² or
MW), so it stays in the raw row and is told as unknown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import cos, radians

from geo.datum import Datum
from geo.errors import TableUnreadable, shown
from geo.fire_points.detection import Confidence, Detection, Source
from geo.fire_points.firms import clock_time
from geo.fire_points.reading import Gathering, Parsed, RowFault, csv_rows, number_in
from geo.region import GUANGXI, Region

_STEP_DEGREES = 0.02
_DEGREE_M = 111_320.0
_NEEDED = {"year", "month", "day", "time(utc)", "lat", "lon", "reliability"}
_RELIABILITY: dict[float, Confidence] = {1.0: "low", 3.0: "nominal", 5.0: "high"}


def parse_himawari(text: str, region: Region | None = GUANGXI) -> Parsed:
    """The detections of a WLF file in a region (None: anywhere).

    Raises TableUnreadable for a text that is no such file.
    """
    lines = text.lstrip("\ufeff").splitlines()
    head = next((i for i, line in enumerate(lines) if line.lstrip("# ").upper().startswith("ID,")), None)
    if head is None:
        raise TableUnreadable("a Himawari WLF file has a line of columns that begins with ID", form="WLF")
    rows = (
        "" if line.startswith("#") else line for line in lines[head + 1 :]
    )  # blank, so that lines keep their number
    body = "\n".join([lines[head].lstrip("# "), *rows])
    found = Gathering(region)
    for number, row in csv_rows(body, "WLF", _NEEDED, skipped=head):
        try:
            detection = _detection(row, number, found)
        except RowFault as fault:
            found.faults.append(fault.at(number))
            continue
        if detection is not None:
            found.detections.append(detection)
    return found.parsed()


def _detection(row: dict[str, str], line: int, found: Gathering) -> Detection | None:
    if not row:
        raise RowFault("row-malformed", "it has more or fewer fields than the header")
    pair = found.place(number_in(row["lon"], "Lon"), number_in(row["lat"], "Lat"), Datum.WGS84, line)
    if pair is None:
        return None
    reliability = _RELIABILITY.get(number_in(row["reliability"], "Reliability"))
    if reliability is None:
        raise RowFault("confidence-unknown", f"{shown(row['reliability'])} is no reliability")
    return Detection(
        source=Source.HIMAWARI,
        instant=datetime.combine(_day(row), clock_time(row["time(utc)"]), UTC),
        lon=pair[0],
        lat=pair[1],
        row=line,
        raw=row,
        across_m=_STEP_DEGREES * _DEGREE_M * cos(radians(pair[1])),
        along_m=_STEP_DEGREES * _DEGREE_M,
        confidence=reliability,
        quality="nrt",
        satellite="Himawari",
    )


def _day(row: dict[str, str]) -> date:
    try:
        return date(*(int(number_in(row[key], key)) for key in ("year", "month", "day")))
    except ValueError as error:
        raise RowFault("date-invalid", f"no such day: {row['year']}-{row['month']}-{row['day']}") from error
