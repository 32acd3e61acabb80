"""A list as GeoPackage or zipped Shapefile, through GDAL, some rows at a time so that memory stays flat.

Points are longitude and latitude in CGCS2000 (EPSG:4490), which both files say; a row without a place has no geometry.
A Shapefile holds ten characters of a field's name and 254 bytes of a text: `fields.csv` in the zip is the key to the
names, and says of each field how many texts were cut or lost a character.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from backend.exports.cell_text import REPLACEMENT, safe
from backend.exports.columns import Column
from backend.exports.xlsx import BEIJING

CRS = "EPSG:4490"
BATCH = 1000
SHAPE_BYTES = 254
"""Of a text, as dBase counts."""
ENCODINGS = {"shp": "UTF-8", "shp-gbk": "GBK"}
LAYER = "findings"
GDAL_UTC = 100
ALWAYS = "2000-01-01T00:00:00.000Z"
"""When every layer of a GeoPackage says that it was changed last.

GDAL writes its clock there several times a file. SQLite leaves a page alone that holds those bytes already, and counts
the commits that changed one: were the time left in, and only altered afterwards, two files of the same rows would
still differ in that count, by whether two of the writes fell into one millisecond.
"""
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the first instant that a zip can name; the same for every file

Place = tuple[float, float] | None
Rows = Iterable[tuple[Place, Sequence[Any]]]
Notes = Callable[[int], Sequence[tuple[str, str]]]
"""Lines of name and value, told when it is known how many rows there are."""


def write_geopackage(path: Path, columns: Sequence[Column], rows: Rows, notes: Notes, cut: str) -> None:
    """A layer `findings` of points and a table `notes`. The same rows and notes give the same bytes."""
    count = 0
    names = np.array([column.key for column in columns], dtype=object)
    for batch in _batches(rows):
        data = [_array(column, [values[i] for _, values in batch], cut) for i, column in enumerate(columns)]
        _write_layer(
            path, _geometries(batch), data, names, layer=LAYER, driver="GPKG", geometry_type="Point", crs=CRS,
            append=count > 0, encoding="UTF-8", gdal_tz_offsets=_in_utc(columns, len(batch)),
        )  # fmt: skip
        count += len(batch)
    keys, values = ([_text(each, cut) for each in column] for column in zip(*notes(count), strict=True))
    _write_layer(
        path, None, [np.array(keys, dtype=object), np.array(values, dtype=object)], np.array(["name", "value"]),
        layer="notes", driver="GPKG", geometry_type=None, crs=None, append=True, encoding="UTF-8",
    )  # fmt: skip


def write_shapefile(
    path: Path,
    folder: Path,
    columns: Sequence[Column],
    rows: Rows,
    notes: Notes,
    *,
    encoding: str,
    written: date,
) -> None:
    """A zip of .shp, .shx, .dbf, .prj, .cpg, `fields.csv` and `notes.txt`; `folder` holds the parts meanwhile.

    `encoding` is UTF-8 or GBK; `written` is the day that the table carries as its own.
    """
    shape = folder / f"{LAYER}.shp"
    names = np.array([column.short for column in columns], dtype=object)
    spoilt = [0] * len(columns)
    count = 0
    for batch in _batches(rows):
        data = []
        for i, column in enumerate(columns):
            values, harmed = _fitted(column, [values[i] for _, values in batch], encoding)
            spoilt[i] += harmed
            data.append(values)
        _write_layer(
            shape, _geometries(batch), data, names, layer=LAYER, driver="ESRI Shapefile", geometry_type="Point",
            crs=CRS, append=count > 0, encoding=encoding, DBF_DATE_LAST_UPDATE=written.isoformat(),
        )  # fmt: skip
        count += len(batch)
    (folder / f"{LAYER}.cpg").write_text(encoding)
    (folder / "fields.csv").write_bytes(_key(columns, spoilt))
    (folder / "notes.txt").write_text("".join(f"{name}: {value}\r\n" for name, value in notes(count)), "utf-8-sig")
    _pack(path, [folder / f"{LAYER}.{end}" for end in ("shp", "shx", "dbf", "prj", "cpg")], folder)


def _write_layer(path: Path, *what: Any, **how: Any) -> None:
    # here: they bring pandas, which only a process that writes such a file needs
    from pyogrio import set_gdal_config_options
    from pyogrio.raw import write

    set_gdal_config_options({"OGR_CURRENT_DATE": ALWAYS})
    write(path, *what, **how)


def _batches(rows: Rows) -> Iterator[list[tuple[Place, Sequence[Any]]]]:
    """Some rows at a time; one empty batch when there are none, so that the file has its fields all the same."""
    source = iter(rows)
    yield list(islice(source, BATCH))
    while batch := list(islice(source, BATCH)):
        yield batch


def _geometries(batch: Sequence[tuple[Place, Sequence[Any]]]) -> np.ndarray:
    found = np.empty(len(batch), dtype=object)
    for i, (place, _) in enumerate(batch):
        found[i] = None if place is None else shapely.to_wkb(shapely.Point(*place))
    return found


def _in_utc(columns: Sequence[Column], n: int) -> dict[str, np.ndarray]:
    """GDAL's way to say of instants that they are in UTC."""
    return {column.key: np.full(n, GDAL_UTC) for column in columns if column.kind == "instant"}


def _array(column: Column, values: Sequence[Any], cut: str) -> np.ndarray:
    if column.kind in ("number", "degrees"):
        return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    if column.kind == "instant":
        found = [np.datetime64("NaT") if value is None else _utc(value) for value in values]
        return np.array(found, dtype="datetime64[ms]")
    return _objects([None if value is None else _text(value, cut) for value in values])


def _fitted(column: Column, values: Sequence[Any], encoding: str) -> tuple[np.ndarray, int]:
    """A field's values as a Shapefile can hold them, and how many texts lost something."""
    if column.kind in ("number", "degrees"):
        return _array(column, values, ""), 0
    found: list[str | None] = []
    harmed = 0
    for value in values:
        said = None if value is None else _said(value)
        kept = None if said is None else _within(said, encoding)
        harmed += kept != said
        found.append(kept)
    return _objects(found), harmed


def _said(value: Any) -> str:
    """A table of this age knows days but no times: an instant is a text."""
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else _text(value, "")


def _within(text: str, encoding: str) -> str:
    """As much of a text as fits, in whole characters; what the encoding lacks is a question mark."""
    return text.encode(encoding, "replace")[:SHAPE_BYTES].decode(encoding, "ignore")


def _text(value: Any, cut: str) -> str:
    return safe(str(value), cut).replace(REPLACEMENT, "?")


def _utc(value: datetime) -> np.datetime64:
    return np.datetime64(value.astimezone(UTC).replace(tzinfo=None), "ms")


def _objects(values: Sequence[Any]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _key(columns: Sequence[Column], spoilt: Sequence[int]) -> bytes:
    """What each short name stands for."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(["field", "key", "字段", "meaning", "texts cut or altered 截断或替换的文本数"])
    for column, harmed in zip(columns, spoilt, strict=True):
        out.writerow([column.short, column.key, column.zh, column.en, harmed])
    return text.getvalue().encode("utf-8-sig")


def _pack(path: Path, shapes: Sequence[Path], folder: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (*shapes, folder / "fields.csv", folder / "notes.txt"):
            entry = zipfile.ZipInfo(part.name, _OLDEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with part.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while block := source.read(1 << 20):
                    target.write(block)
            part.unlink()
