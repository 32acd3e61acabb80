"""What the numbers of a file of cells mean: the declared datum, held against what the file says of itself.

The declared datum decides (see `datum`); a file's own statement can only contradict it, or say that its numbers are
metres of a projection, which are then brought back to degrees of the same datum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.cell_source import CellFile, refused
from geo.datum import Datum, parse_datum
from geo.errors import shown
from geo.fault import Fault

_NAMED = {
    Datum.WGS84: ("wgs 84", "wgs84", "wgs_1984", "world geodetic system 1984"),
    Datum.CGCS2000: (
        "2000 中国大地坐标系",
        "cgcs2000",
        "cgcs_2000",
        "china_2000",
        "china geodetic coordinate",
        "china 2000",
    ),
}
_SATELLITE = (Datum.WGS84, Datum.CGCS2000)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`datum` of the degrees, and the way to degrees from the file's numbers, None where they are degrees."""

    datum: Datum
    to_degrees: Callable[[Any], Any] | None
    warnings: tuple[Fault, ...] = ()


def numbers_of(file: CellFile, declared: Datum, epsg: int | None = None) -> Numbers:
    """How to read a file's numbers. `epsg`: of the frame, for a file in metres without a .prj.

    A file that says WGS 84 or CGCS2000 and is declared another datum is read as declared, with a warning: files in
    GCJ-02 have no other way of saying anything. (A GeoJSON's WGS 84 is a matter of form, and no contradiction to
    CGCS2000.) One that says Beijing 1954, Xi'an 1980 or the like is refused: its
    numbers lie some 100 m off and the parameters of the way here are not public. Raises ImportRefused, DatumUnknown.
    """
    warnings: list[Fault] = []
    if file.datum is not None and parse_datum(file.datum) is not declared:
        raise refused("datum-contradicted", f"declared {declared}, but the file says {shown(file.datum)}")
    stated = _crs(file.crs if file.crs is not None else None if epsg is None else f"EPSG:{epsg}")
    if stated is None:
        return Numbers(declared, None)
    datum = datum_named(stated)
    if datum is None:
        raise refused("crs-unsupported", f"the file's reference system {stated.name!r} cannot be converted")
    if datum is not declared and not (file.format == "geojson" and declared in _SATELLITE):
        warnings.append(
            Fault(
                "crs-contradicts-datum",
                None,
                f"declared {declared}, but the file says {stated.name!r}; it was read as declared",
                params={"declared": declared.value, "stated": stated.name},
            )
        )
    if not stated.is_projected:
        return Numbers(declared, None, tuple(warnings))
    if declared not in _SATELLITE:
        raise refused("crs-unsupported", f"metres of {stated.name!r} cannot be in {declared}")
    back = Transformer.from_crs(stated, stated.geodetic_crs, always_xy=True)

    def to_degrees(vertices: Any) -> Any:
        return np.column_stack(back.transform(vertices[:, 0].copy(), vertices[:, 1].copy()))

    return Numbers(declared, to_degrees, tuple(warnings))


def datum_named(crs: CRS) -> Datum | None:
    """The datum that a reference system is on, if it is one of the two of satellites. It knows the names that GDAL,
    ESRI and the EPSG register use."""
    base = crs.geodetic_crs
    if base is None:
        return None
    names = " ".join((base.name, base.datum.name if base.datum is not None else "")).lower()
    return next((datum for datum, words in _NAMED.items() if any(word in names for word in words)), None)


def _crs(stated: str | None) -> CRS | None:
    if stated is None:
        return None
    try:
        return CRS.from_user_input(stated)
    except CRSError as error:
        raise refused("crs-unsupported", f"the file's reference system is not known: {shown(stated)}") from error
