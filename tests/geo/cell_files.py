"""Files of cells as offices send them, written afresh by the tests."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.datum import Datum, from_cgcs2000

Row = Mapping[str, Any]


def geojson(path: Path, rows: Sequence[Row], **members: Any) -> Path:
    """A FeatureCollection; the key `shape` of a row is its geometry, the others are properties."""
    features = [
        {
            "type": "Feature",
            "properties": {key: value for key, value in row.items() if key != "shape"},
            "geometry": None if row["shape"] is None else shapely.geometry.mapping(row["shape"]),
        }
        for row in rows
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features} | members, ensure_ascii=False), "utf-8"
    )
    return path


def _frame(rows: Sequence[Row], crs: Any) -> geopandas.GeoDataFrame:
    columns = {key: [row[key] for row in rows] for key in rows[0] if key != "shape"}
    return geopandas.GeoDataFrame(columns, geometry=[row["shape"] for row in rows], crs=crs)


def shapefile(folder: Path, rows: Sequence[Row], *, crs: Any = None, encoding: str = "GBK", cpg: bool = True) -> Path:
    """A Shapefile with its side files; without `crs` it has no .prj."""
    folder.mkdir(exist_ok=True)
    path = folder / "cells.shp"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # which is the point
        _frame(rows, crs).to_file(path, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
    return path


def geopackage(path: Path, rows: Sequence[Row], *, crs: Any = "EPSG:4490", layer: str = "cells") -> Path:
    _frame(rows, crs).to_file(path, layer=layer, driver="GPKG")
    return path


def zipped(shp: Path, target: Path, folder: str = "乡镇界") -> Path:
    """The files of a Shapefile in a zip, in a folder whose name is written as Windows does, in GBK."""
    with zipfile.ZipFile(target, "w") as packed:
        for path in sorted(shp.parent.iterdir()):
            packed.writestr(f"{folder}/{path.name}", path.read_bytes())
    return target


def moved_to(shape: BaseGeometry, datum: Datum) -> BaseGeometry:
    """A shape in CGCS2000, in the numbers of another datum."""
    return shapely.transform(shape, lambda v: np.column_stack(from_cgcs2000(v[:, 0].copy(), v[:, 1].copy(), datum)))


def exchanged(shape: BaseGeometry) -> BaseGeometry:
    """Latitude first."""
    return shapely.transform(shape, lambda v: v[:, ::-1])
