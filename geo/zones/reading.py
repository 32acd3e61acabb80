"""From data to zones: a YAML document or its like, resolved against a grid; all of it, or every fault.

A zone whose place is not known stays in the answer without a shape, so that a report can say what is lacking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from geo.admin import AdminGrid
from geo.datum import Datum, parse_datum
from geo.errors import DatumMissing, DatumUnknown, ZoneInvalid, shown
from geo.fault import Fault
from geo.names import DATA
from geo.zones.areas import AreaFault, area_of
from geo.zones.kinds import Category, Kind
from geo.zones.windows import Days, Hours, MonthDay, Schedule, Season, Window, minutes
from geo.zones.zone import Confidence, Document, Extent, Zone

_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DRAWN = ("polygons", "lines", "points")


class _Fault(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """`zones` in the file's order; `warnings` tell of zones without a place and of such whose extent is not known."""

    zones: tuple[Zone, ...]
    warnings: tuple[Fault, ...]


def sample_zones(grid: AdminGrid, name: str = "liuzhou") -> ZoneFile:
    """The zones that this library carries, for demonstration: what could be read of the papers, and what not."""
    return read_zones(DATA / "zones" / f"{name}.yaml", grid)


def read_zones(source: Path | Mapping[str, Any], grid: AdminGrid) -> ZoneFile:
    """The zones of a YAML file or of the parsed document, of the form in data/zones/.

    `city` names the frame for buffers, `datum` what drawn geometries are in. Raises ZoneInvalid with every fault.
    """
    document = _loaded(source)
    faults: list[Fault] = []
    papers: dict[str, Document] = {}
    stated_papers = document.get("documents")
    for key, stated in (stated_papers if isinstance(stated_papers, Mapping) else {}).items():
        try:
            papers[str(key)] = _document(_mapping(stated, "a document"))
        except _Fault as fault:
            faults.append(Fault(fault.code, str(key), f"document {key}: {fault}"))
    zones: list[Zone] = []
    for row, stated in enumerate(document.get("zones") or [], start=1):
        where = str(stated["id"]) if isinstance(stated, Mapping) and stated.get("id") else row
        try:
            zones.append(_zone(_mapping(stated, "a zone"), papers, grid, document))
        except (_Fault, AreaFault) as fault:
            faults.append(Fault(fault.code, where, f"zone {where}: {fault}"))
    seen: set[str] = set()
    for zone in zones:
        if zone.id in seen:
            faults.append(Fault("zone-duplicate", zone.id, f"two zones have the id {zone.id}"))
        seen.add(zone.id)
    if not zones and not faults:
        faults.append(Fault("empty", None, "the document has no zones"))
    if faults:
        refused = ZoneInvalid(f"{len(faults)} faults, first: {faults[0].detail}", faults=[f.as_dict() for f in faults])
        refused.sound = tuple(zones)
        raise refused
    return ZoneFile(tuple(zones), tuple(_doubts(zones)))


def _loaded(source: Path | Mapping[str, Any]) -> Mapping[str, Any]:
    document: object = source
    if isinstance(source, Path):
        try:
            document = yaml.safe_load(source.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            fault = Fault("not-yaml", None, f"{source.name} is not readable YAML: {error}")
            raise ZoneInvalid(fault.detail, faults=[fault.as_dict()]) from error
    if not isinstance(document, Mapping) or not isinstance(document.get("zones"), list):
        fault = Fault("not-a-document", None, "a document of zones is a mapping with a list of zones")
        raise ZoneInvalid(fault.detail, faults=[fault.as_dict()])
    return document


def _doubts(zones: list[Zone]) -> Iterator[Fault]:
    for zone in zones:
        if zone.shape is None:
            detail = f"zone {zone.id} {zone.name} has no place on the map and is not applied"
            yield Fault("zone-unplaced", zone.id, detail, params={"name": zone.name})
        elif zone.extent == "within":
            detail = f"of zone {zone.id} {zone.name} only the area within which it lies is known"
            yield Fault("zone-extent-unknown", zone.id, detail, params={"name": zone.name})


def _document(stated: Mapping[str, Any]) -> Document:
    issued = stated.get("issued")
    number = stated.get("number")
    return Document(
        number=None if number is None else str(number),
        title=_text(stated, "title"),
        issued=None if issued is None else _date(issued),
        origin=_text(stated, "origin"),
        confidence=cast(Confidence, _one_of(stated, "confidence", get_args(Confidence))),
    )


def _zone(stated: Mapping[str, Any], papers: Mapping[str, Document], grid: AdminGrid, whole: Mapping[str, Any]) -> Zone:
    paper = _text(stated, "document")
    if paper not in papers:
        raise _Fault("document-unknown", f"there is no sound document {shown(paper)}")
    document = papers[paper]
    city = whole.get("city")
    area = stated.get("area")
    return Zone(
        id=_text(stated, "id"),
        name=_text(stated, "name"),
        kind=Kind(_one_of(stated, "kind", tuple(Kind))),
        category=Category(_one_of(stated, "category", tuple(Category), Category.OTHER)),
        document=document,
        schedule=_schedule(stated),
        shape=None if area is None else area_of(area, grid, _datum(area, whole), None if city is None else str(city)),
        extent=cast(Extent, _one_of(stated, "extent", get_args(Extent), "exact")),
        default=stated.get("default") is True,
        basis=str(stated.get("basis", "")),
        confidence=cast(Confidence, _one_of(stated, "confidence", get_args(Confidence), document.confidence)),
    )


def _datum(area: object, whole: Mapping[str, Any]) -> Datum:
    """Of drawn geometries; a list of units needs none."""
    if not _is_drawn(area):
        return Datum.CGCS2000
    try:
        return parse_datum(whole.get("datum"))
    except (DatumMissing, DatumUnknown) as error:
        raise _Fault(error.code, str(error)) from error


def _is_drawn(area: object) -> bool:
    if not isinstance(area, Mapping):
        return False
    less = area.get("minus")
    return any(key in area for key in _DRAWN) or (isinstance(less, list) and any(_is_drawn(each) for each in less))


def _schedule(stated: Mapping[str, Any]) -> Schedule:
    valid = _mapping(stated.get("valid"), "valid")
    through = valid.get("through")
    start = _date(valid.get("from"))
    end = None if through is None else _date(through) + timedelta(days=1)
    if end is not None and end <= start:
        raise _Fault("dates-reversed", f"valid from {start} through {through}")
    return Schedule(start, end, _windows(stated, "windows"), _windows(stated, "lifted"))


def _windows(stated: Mapping[str, Any], key: str) -> tuple[Window, ...]:
    return tuple(_window(_mapping(each, f"one of {key}")) for each in _list(stated, key))


def _window(stated: Mapping[str, Any]) -> Window:
    window = Window(
        name=str(stated.get("name", "")),
        seasons=tuple(_season(_mapping(each, "a season")) for each in _list(stated, "seasons")),
        days=tuple(_days(each) for each in _list(stated, "days")),
        hours=tuple(_hours(_mapping(each, "hours")) for each in _list(stated, "hours")),
    )
    if not (window.seasons or window.days or window.hours):
        raise _Fault("window-empty", "a window has seasons, days or hours")
    return window


def _season(stated: Mapping[str, Any]) -> Season:
    return Season(_month_day(stated.get("from")), _month_day(stated.get("through")))


def _month_day(value: object) -> MonthDay:
    parts = value.split("-") if isinstance(value, str) else []
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        month, day = int(parts[0]), int(parts[1])
        if 1 <= month <= 12 and 1 <= day <= _DAYS_OF[month - 1]:
            return month, day
    raise _Fault("date-invalid", f"a day of a season is written MM-DD, not {shown(value)}")


def _days(stated: object) -> Days:
    if not isinstance(stated, Mapping):
        day = _date(stated)
        return Days(day, day)
    first, last = _date(stated.get("from")), _date(stated.get("through"))
    if last < first:
        raise _Fault("dates-reversed", f"days from {first} through {last}")
    return Days(first, last)


def _hours(stated: Mapping[str, Any]) -> Hours:
    try:
        start, end = (minutes(stated.get(key)) for key in ("from", "to"))
    except ValueError as error:
        raise _Fault("hours-invalid", "hours are written from 'HH:MM' to 'HH:MM', in quotes") from error
    if start == end or start == 24 * 60:
        raise _Fault("hours-invalid", f"hours from {stated.get('from')} to {stated.get('to')} are no span of a day")
    return Hours(start, end)


def _date(value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise _Fault("date-invalid", f"a date is written YYYY-MM-DD, not {shown(value)}") from error


def _text(stated: Mapping[str, Any], key: str) -> str:
    value = stated.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Fault(f"{key}-missing", f"{key} is a text")
    return value.strip()


def _one_of(stated: Mapping[str, Any], key: str, known: tuple[str, ...], otherwise: str | None = None) -> str:
    value = stated.get(key, otherwise)
    if value not in known:
        raise _Fault(f"{key}-unknown", f"{key} is one of {', '.join(known)}, not {shown(value)}")
    return str(value)


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Fault("malformed", f"{what} is a mapping, not {shown(value)}")
    return value


def _list(stated: Mapping[str, Any], key: str) -> list[Any]:
    value = stated.get(key, [])
    if not isinstance(value, list):
        raise _Fault("malformed", f"{key} is a list, not {shown(value)}")
    return value
