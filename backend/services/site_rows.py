"""One row of a table of sites: what it means, or what is wrong with it, cell by cell.

Nothing is guessed and nothing mended: exchanged coordinates are told, not exchanged. An empty cell says nothing and
leaves what the register has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from backend import catalogue
from backend.services import cells, site_attributes
from backend.services.actor import Actor
from backend.spreadsheets import Row
from geo.datum import Datum
from geo.errors import GeoError
from geo.position import Position

REQUIRED = ("code", "name", "kind")
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "code": ("点位编号", "编号", "问题点位编号", "Site code"),
    "name": ("点位名称", "名称", "项目名称", "工地名称", "企业名称", "单位名称", "Name"),
    "kind": ("点位类型", "类型", "类别", "Kind"),
    "address": ("地址", "详细地址", "位置", "Address"),
    "lon": ("经度", "中心经度", "Longitude"),
    "lat": ("纬度", "中心纬度", "Latitude"),
    "cell": ("所属辖区编码", "行政区划代码", "网格编码", "Cell code"),
    "responsible_unit": ("责任单位", "Responsible unit"),
    "responsible_person": ("责任人", "负责人", "联系人", "Responsible person"),
    "phone": ("电话", "联系电话", "联系方式", "手机", "Phone"),
    "supervising_department": ("监管单位", "监管部门", "主管部门", "Supervising department"),
}
LONGEST = {
    "code": 60,
    "name": 200,
    "address": 300,
    "responsible_unit": 200,
    "responsible_person": 80,
    "phone": 40,
    "supervising_department": 200,
}
REGION = (104.0, 20.5, 112.5, 26.8)
"""Guangxi with a margin, degrees: outside it coordinates are a mistake in a register of its sites."""
_DMS = re.compile(r"\D*(\d{1,3})\s*[°度]\s*(\d{1,2})\s*['′’分]\s*(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”秒]|'')?\D*")
Place = tuple[float, float]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, or doubtful, in one cell. `letter` is the column as Excel names it.

    `at`: where the row's coordinates lie (CGCS2000 degrees), if they could be read.
    """

    line: int
    column: str
    letter: str | None
    code: str
    detail: str
    at: Place | None = None

    def document(self) -> dict[str, Any]:
        where = f"{self.letter or ''}{self.line}"
        zh = catalogue.label("zh-CN", "import_fault", self.code)
        en = catalogue.label("en", "import_fault", self.code)
        said = {"zh-CN": f"{where}：{zh}（{self.detail}）", "en": f"{where}: {en} ({self.detail})"}
        at = {"at": list(self.at)} if self.at is not None else {}
        return {"line": self.line, "column": self.column, "cell": where, "code": self.code, "message": said, **at}


@dataclass(frozen=True, slots=True)
class Meant:
    """A row without a fault: the site's code, the fields that it states, ready for the register, and where it lies."""

    line: int
    code: str
    fields: dict[str, Any]
    at: Place | None = None


@dataclass(slots=True)
class Read:
    """A row read: its meaning where there is no fault, and what to tell."""

    meant: Meant | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


@cache
def headings() -> Mapping[str, tuple[str, ...]]:
    """Every column of a table of sites, by the name of its field; attributes as `attributes.<name>`."""
    named = {f"attributes.{name}": tuple(texts) for name, texts in site_attributes.headings().items()}
    return {**named, **HEADINGS}


def read(row: Row, datum: Datum, columns: Mapping[str, str], actor: Actor) -> Read:
    """What a row says. Coordinates are in `datum`; the site must lie in the actor's area."""
    found = Read()

    def fault(column: str, code: str, detail: str, only_warn: bool = False) -> None:
        target = found.warnings if only_warn else found.faults
        target.append(Fault(row.line, column, columns.get(column), code, detail))

    fields: dict[str, Any] = {}
    for name, most in LONGEST.items():
        text = row.values.get(name, "")
        if _UNSTORABLE.search(text):
            fault(name, "text-invalid", "NUL")
        elif len(text) > most:
            fault(name, "text-too-long", f"{len(text)} > {most}")
        elif text:
            fields[name] = text
    for name in ("code", "name"):
        if not row.values.get(name):
            fault(name, "cell-empty", headings()[name][0])
    kind = kinds().get(row.values.get("kind", "").strip())
    if kind is None:
        fault("kind", "kind-unknown", row.values.get("kind", ""))
    else:
        fields["kind"] = kind
    attributes = {}
    for column, text in row.values.items():
        if column.startswith("attributes.") and text:
            name = column.removeprefix("attributes.")
            try:
                attributes[name] = site_attributes.read(name, text)
            except site_attributes.AttributeInvalid as error:
                fault(column, "value-invalid", f"{text} → {error}")
    if attributes:
        fields["attributes"] = attributes
    at = _place(row, datum, fields, fault, actor)
    if not found.faults:
        found.meant = Meant(row.line, str(fields["code"]), fields, at)
    found.faults = [replace(each, at=at) for each in found.faults]
    found.warnings = [replace(each, at=at) for each in found.warnings]
    return found


@cache
def kinds() -> Mapping[str, str]:
    """Site kinds by code and by their names in every language."""
    found = {code: code for code in catalogue.codes("site_kind")}
    for language in catalogue.LANGUAGES:
        found |= {catalogue.label(language, "site_kind", code): code for code in catalogue.codes("site_kind")}
    return found


def in_area(actor: Actor, code: str | None) -> bool:
    """Whether the actor may write in a cell, or, for null, outside all."""
    return actor.sees_unassigned() if code is None else actor.covers(cells.lineage(code))


def _place(row: Row, datum: Datum, fields: dict[str, Any], fault: Any, actor: Actor) -> Place | None:
    """The place of a row that states one that can be read; its cell and position go into `fields`."""
    lon_text, lat_text, stated = (row.values.get(name, "") for name in ("lon", "lat", "cell"))
    if stated and cells.name(stated) is None:
        fault("cell", "cell-unknown", stated)
        return None
    if not lon_text and not lat_text:
        if stated and not in_area(actor, stated):
            fault("cell", "site-outside-area", stated)
        fields["cell"] = stated or None
        fault("lon", "position-missing", row.values.get("name", ""), only_warn=True)
        return None
    lon, lat = degrees(lon_text), degrees(lat_text)
    if lon is None or lat is None:
        column, text = ("lon", lon_text) if lon is None else ("lat", lat_text)
        fault(column, "coordinate-invalid", text)
        return None
    west, south, east, north = REGION
    if not (west <= lon <= east and south <= lat <= north):
        exchanged = west <= lat <= east and south <= lon <= north
        fault("lon", "coordinates-exchanged" if exchanged else "outside-region", f"{lon}, {lat}")
        return None
    try:
        position = Position(lon, lat, datum)
    except GeoError as error:
        fault("lon", "coordinate-invalid", str(error))
        return None
    at = position.canonical()
    place = cells.locate(*at).code
    if not in_area(actor, place):
        fault("lon", "site-outside-area", place or "—")
    if stated and place is not None and stated not in cells.lineage(place) and place not in cells.lineage(stated):
        fault("cell", "cell-differs", f"{stated} ≠ {place}", only_warn=True)
    fields["position"] = position.to_wire()
    return at


def degrees(text: str) -> float | None:
    """Degrees from 109.33 or 109°19'48"; None for anything else."""
    try:
        value = float(text)
        return value if abs(value) <= 180 else None
    except ValueError:
        pass
    parts = _DMS.fullmatch(text)
    if parts is None:
        return None
    whole, minutes, seconds = (float(part) for part in parts.groups())
    return whole + minutes / 60 + seconds / 3600 if whole <= 180 and minutes < 60 and seconds < 60 else None
