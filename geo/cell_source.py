"""Reading files of cells: GeoJSON, GeoPackage, Shapefile, and a zip that holds one of them.

Knows the forms of files only: rows come back with their attributes as text and their shapes as drawn, in the numbers
of the file. What the numbers mean is `cell_crs`'s, whether they are sound `cell_import`'s.

Text of a Shapefile is read byte for byte and decoded here, since GDAL takes a GBK file without .cpg for Latin-1 and
hands out mojibake without a word.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from geo.errors import ImportRefused
from geo.fault import Fault
from geo.geojson import FeatureFault, read_collection, read_shape

SUFFIXES = {".geojson": "geojson", ".json": "geojson", ".gpkg": "gpkg", ".shp": "shapefile", ".zip": "zip"}
SIDE_FILES = (".shp", ".shx", ".dbf", ".prj", ".cpg")
MAX_UNPACKED_BYTES = 1 << 30
"""Of a zip. A city's villages are some 50 MB."""
_LOSSLESS = "ISO-8859-1"
_GUESSES = ("utf-8", "gb18030")
"""UTF-8 first: GBK text is hardly ever valid UTF-8, while the reverse is common."""
_FITS_ALL = ("iso-8859-1", "latin1", "latin-1", "cp1252", "1252", "windows-1252", "88591", "8859-1", "iso 8859-1")
"""Written by programs that know no better; every byte is a letter in them, so they are tried last."""


@dataclass(frozen=True, slots=True)
class RawCell:
    """One row: its number from 1, its attributes, and its shape in the file's own numbers (None: it has none)."""

    row: int
    properties: Mapping[str, object]
    shape: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class CellFile:
    """What a file holds. `crs`: as the file states it (WKT or an authority's code), None if it does not.

    `datum`: a GeoJSON collection's own member. `encoding`: of a Shapefile's text. `errors` name rows that could not be
    read, which are not among `rows`; `warnings` what was read in spite of a contradiction.
    """

    format: str
    rows: tuple[RawCell, ...]
    crs: str | None = None
    datum: object = None
    encoding: str | None = None
    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Layer:
    """A layer as pyogrio gives it, and what is gathered on the way."""

    fields: list[str]
    columns: list[list[Any]]
    wkb: list[bytes | None]
    crs: str | None
    encoding: str | None = None
    warnings: list[Fault] = field(default_factory=list)


def read_cells(source: Path, *, layer: str | None = None, encoding: str | None = None) -> CellFile:
    """The rows of a file. `layer` chooses among several of a GeoPackage; `encoding` declares a Shapefile's.

    Raises ImportRefused for a file that cannot be read as a whole.
    """
    kind = SUFFIXES.get(source.suffix.lower())
    if not source.is_file():
        raise refused("file-missing", f"there is no file {source.name}")
    if kind is None:
        raise refused("format-unknown", f"{source.name} is none of {', '.join(SUFFIXES)}")
    if kind == "geojson":
        return _geojson(source)
    if kind == "zip":
        with tempfile.TemporaryDirectory(prefix="cells-") as folder:
            return read_cells(_unpacked(source, Path(folder)), layer=layer, encoding=encoding)
    held = _layer(source, kind, layer, encoding)
    rows: list[RawCell] = []
    errors: list[Fault] = []
    for i, wkb in enumerate(held.wkb):
        try:
            shape = None if wkb is None else shapely.force_2d(shapely.from_wkb(wkb))
        except GEOSException as error:
            errors.append(Fault("ring-malformed", i + 1, f"row {i + 1}: the shape cannot be read: {error}"))
            continue
        rows.append(RawCell(i + 1, {name: held.columns[k][i] for k, name in enumerate(held.fields)}, shape))
    return CellFile(kind, tuple(rows), held.crs, None, held.encoding, tuple(errors), tuple(held.warnings))


def refused(code: str, detail: str) -> ImportRefused:
    """A refusal of a file for one reason."""
    return ImportRefused(detail, [{"problem": code, "where": None, "detail": detail}])


def _geojson(source: Path) -> CellFile:
    document = read_collection(source)
    crs = document.get("crs")
    named = crs.get("properties") if isinstance(crs, Mapping) else None
    stated = named.get("name") if isinstance(named, Mapping) else None
    if crs is not None and not isinstance(stated, str):
        raise refused("crs-unsupported", "the file's crs member names no reference system")
    rows: list[RawCell] = []
    errors: list[Fault] = []
    for row, feature in enumerate(document["features"], start=1):
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(properties, Mapping):
            errors.append(Fault("not-a-feature", row, f"feature {row} is no object with properties"))
            continue
        geometry = feature.get("geometry")
        try:
            rows.append(RawCell(row, properties, None if geometry is None else read_shape(geometry, in_degrees=False)))
        except FeatureFault as fault:
            errors.append(Fault(fault.problem, row, f"feature {row}: {fault}"))
    return CellFile("geojson", tuple(rows), stated, document.get("datum"), "utf-8", tuple(errors))


def _unpacked(source: Path, folder: Path) -> Path:
    """The one file of cells in a zip, with its side files, under plain names (theirs may be GBK, or climb out)."""
    try:
        with zipfile.ZipFile(source) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and "__MACOSX" not in m.filename]
            if sum(m.file_size for m in members) > MAX_UNPACKED_BYTES:
                raise refused("file-too-large", f"{source.name} unpacks to more than {MAX_UNPACKED_BYTES >> 20} MB")
            mains = [m for m in members if SUFFIXES.get(Path(m.filename).suffix.lower()) not in (None, "zip")]
            if len(mains) != 1:
                names = ", ".join(m.filename for m in mains) or "none"
                raise refused("layers-many", f"{source.name} must hold one file of cells, it holds {names}")
            stem, suffix = mains[0].filename.rsplit(".", 1)
            wanted = SIDE_FILES if suffix.lower() == "shp" else (f".{suffix.lower()}",)
            for member in members:
                own_stem, _, own_suffix = member.filename.rpartition(".")
                if own_stem == stem and f".{own_suffix.lower()}" in wanted:
                    with packed.open(member) as bytes_in:
                        (folder / f"cells.{own_suffix.lower()}").write_bytes(bytes_in.read(MAX_UNPACKED_BYTES))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise refused("zip-unreadable", f"{source.name} cannot be unpacked: {error}") from error
    return folder / f"cells.{suffix.lower()}"


def _layer(source: Path, kind: str, layer: str | None, encoding: str | None) -> _Layer:
    from pyogrio import list_layers  # here: it brings pandas, which a server that reads no such file never needs
    from pyogrio.errors import DataSourceError
    from pyogrio.raw import read as read_layer

    if kind == "shapefile":
        have = {path.suffix.lower() for path in source.parent.iterdir() if path.stem == source.stem}
        lacking = [suffix for suffix in (".shx", ".dbf") if suffix not in have]
        if lacking:
            raise refused("file-incomplete", f"a Shapefile needs {' and '.join(lacking)} beside {source.name}")
    try:
        layers = [str(name) for name, geometry in list_layers(source).tolist() if geometry is not None]
        if len(layers) != 1 and layer not in layers:
            raise refused("layer-unclear", f"name one of the layers {', '.join(layers) or 'none'}")
        meta, _, wkb, columns = read_layer(
            source,
            layer=layer if layer in layers else layers[0],
            force_2d=True,
            encoding=_LOSSLESS if kind == "shapefile" else None,
        )
    except (DataSourceError, ValueError, OSError) as error:
        raise refused("file-unreadable", f"{source.name} cannot be read: {error}") from error
    held = _Layer(
        fields=[str(name) for name in meta["fields"]],
        columns=[column.tolist() for column in columns],
        wkb=[None if each is None else bytes(each) for each in wkb],
        crs=meta["crs"],
    )
    if kind == "shapefile":
        _decode(held, encoding, _stated_encoding(source))
    return held


def _stated_encoding(source: Path) -> str | None:
    """What the .cpg file says, as Python knows it; None without one or with one that says nothing."""
    for path in source.parent.iterdir():
        if path.stem == source.stem and path.suffix.lower() == ".cpg":
            stated = path.read_text("ascii", errors="replace").strip().lower()
            stated = {"936": "gb18030", "cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}.get(stated, stated)
            try:
                b"".decode(stated)
            except LookupError:
                return None
            return stated
    return None


def _decode(held: _Layer, declared: str | None, stated: str | None) -> None:
    """Field names and texts from their bytes, by the declared encoding, else the .cpg's, else one that fits."""
    first, last = ([], [stated]) if stated in _FITS_ALL else ([stated], [])
    tried = [declared] if declared else [each for each in (*first, *_GUESSES, *last) if each is not None]
    raw = [text.encode(_LOSSLESS) for text in _texts(held)]
    for encoding in tried:
        try:
            for text in raw:
                text.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise refused("encoding-unknown", f"there is no encoding {encoding!r}") from None
        break
    else:
        raise refused("encoding-unknown", f"the text of the table is in none of {', '.join(tried)}")
    if stated and not declared and encoding != stated and not all(text.isascii() for text in raw):
        held.warnings.append(
            Fault(
                "encoding-contradicted",
                None,
                f"the .cpg file says {stated}, but the text is {encoding} and was read so",
                params={"stated": stated, "encoding": encoding},
            )
        )
    held.encoding = encoding
    # A name of ten bytes may end in half a character.
    held.fields = [name.encode(_LOSSLESS).decode(encoding, errors="ignore") for name in held.fields]
    held.columns = [
        [value.encode(_LOSSLESS).decode(encoding) if isinstance(value, str) else value for value in column]
        for column in held.columns
    ]


def _texts(held: _Layer) -> Iterator[str]:
    for column in held.columns:
        for value in column:
            if isinstance(value, str):
                yield value
