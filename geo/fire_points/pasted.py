"""What people send: text with coordinates, pasted from a chat, a call sheet of 12345 or 12369, a drone's message.

Several points in one text are several detections. Nothing that was said is thrown away: phones, places and the line
itself stay with the point, and a text without coordinates is a fault that a person can place by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.datum import Datum, parse_datum
from geo.errors import TableUnreadable
from geo.fault import Fault
from geo.fire_points.angles import plain
from geo.fire_points.detection import Detection, Source
from geo.fire_points.local_times import When, when_in
from geo.fire_points.points_in_text import TextPoint, points_in_text
from geo.fire_points.reading import Gathering, Parsed, RowFault
from geo.names import Name
from geo.region import GUANGXI, Region

LEAST_RADIUS_M = 50.0
"""Of a point that a person names; a guess, to be tried in use."""
_PHONE = re.compile(r"(?<![\d.])(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?![\d.])")
_FUTURE = timedelta(minutes=10)
MAX_TEXT = 20_000
"""Characters; a longer text is a file."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a line or a text says beside its coordinates."""

    when: When
    phones: tuple[str, ...]
    places: tuple[str, ...]

    def filled(self, common: _Said) -> _Said:
        """This line's own, and of what it leaves out the text's."""
        when = self.when if self.when.stated else common.when
        return _Said(when, self.phones or common.phones, self.places or common.places)


def parse_pasted(
    text: str,
    *,
    datum: Datum | str,
    received: datetime,
    source: Source = Source.MESSAGE,
    region: Region | None = GUANGXI,
    names: Mapping[str, Name] | None = None,
) -> Parsed:
    """The detections in a text. `row` of each is the number of the line that it stands in, from 1.

    `datum`: of the coordinates, as whoever pasted the text declares it; a chat's own places are GCJ-02. `received`: an
    instant with a time zone, for what the text leaves out of its dates. `names`: known places, whose codes are noted
    where they are mentioned.

    Raises DatumMissing, DatumUnknown; TableUnreadable for a text of more than MAX_TEXT; ValueError for a `received`
    without a time zone.
    """
    declared = parse_datum(datum)
    if received.tzinfo is None:
        raise ValueError("`received` has a time zone")
    if len(text) > MAX_TEXT:
        raise TableUnreadable(f"a text has at most {MAX_TEXT:,} characters", form="text")
    text = plain(text)
    found = Gathering(region)
    read = points_in_text(text, region)
    found.faults += read.faults
    if not read.points and not read.faults:
        found.faults.append(Fault("no-coordinates", None, "the text has no coordinates; it can be placed by hand"))
    common = _said(text, read.points, names or {})
    lines: dict[str, _Said] = {}
    for point in read.points:
        row = text.count("\n", 0, point.start) + 1
        line = _line(text, point)
        if line not in lines:
            lines[line] = _said(line, points_in_text(line, region).points, names or {}).filled(common)
        try:
            detection = _detection(point, (row, text, line), lines[line], (declared, received, source), found)
        except RowFault as fault:
            found.faults.append(fault.at(row))
            continue
        if detection is None:
            continue
        found.detections.append(detection)
        if point.exchanged:
            detail = f"line {row}: longitude and latitude are labelled the wrong way round and were exchanged"
            found.warnings.append(Fault("axes-exchanged", row, detail, (detection.lon, detection.lat)))
        if detection.instant > received + _FUTURE:
            detail = f"line {row}: its time is after the message was received"
            found.warnings.append(Fault("time-in-future", row, detail))
    return found.parsed()


def _said(text: str, points: tuple[TextPoint, ...], names: Mapping[str, Name]) -> _Said:
    return _Said(when_in(_without(text, points)), tuple(_PHONE.findall(text)), tuple(_places(text, names)))


def _detection(
    point: TextPoint,
    where: tuple[int, str, str],
    said: _Said,
    terms: tuple[Datum, datetime, Source],
    found: Gathering,
) -> Detection | None:
    (row, text, line), (datum, received, source) = where, terms
    place = found.place(point.lon, point.lat, datum, row)
    if place is None:
        return None
    try:
        instant, until = said.when.span(received)
    except ValueError as error:
        raise RowFault("date-invalid", "the text names a day that no calendar has") from error
    notes: dict[str, object] = {"text": line, "time": "stated" if said.when.stated else "received"}
    if said.phones:
        notes["phones"] = list(said.phones)
    if said.places:
        notes["places"] = list(said.places)
    return Detection(
        source=source,
        instant=instant,
        until=until,
        lon=place[0],
        lat=place[1],
        row=row,
        raw={"text": text},
        radius_m=max(LEAST_RADIUS_M, point.unit_m),
        notes=notes,
    )


def _line(text: str, point: TextPoint) -> str:
    start = text.rfind("\n", 0, point.start) + 1
    end = text.find("\n", point.end)
    return text[start : len(text) if end < 0 else end].strip()


def _without(text: str, points: tuple[TextPoint, ...]) -> str:
    """A text with blanks for its coordinates, whose numbers are no times."""
    for point in points:
        text = text[: point.start] + " " * (point.end - point.start) + text[point.end :]
    return _PHONE.sub(" ", text)


def _places(text: str, names: Mapping[str, Name]) -> list[str]:
    """Codes of the known places that a text mentions, as it goes; a village's 村委会 may be called 村."""
    mentioned = []
    for name in names.values():
        at = text.find(name.name)
        short = name.name.removesuffix("委会")
        if at < 0 and len(short) > 2:
            at = text.find(short)
        if at >= 0:
            mentioned.append((at, name.code))
    return [code for _, code in sorted(mentioned)]
