"""Whole shapes between CGCS2000 degrees and metres of a Gauss-Krüger frame.

Knows no cells; which frame to use, `proj` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.datum import DECIMALS
from geo.proj import project, unproject


def project_shape(shape: BaseGeometry, epsg: int) -> BaseGeometry:
    """A shape in degrees, in metres of the frame."""

    def metres(vertices: Any) -> Any:
        return np.column_stack(project(vertices[:, 0].copy(), vertices[:, 1].copy(), epsg))

    moved: BaseGeometry = shapely.transform(shape, metres)
    return moved


def unproject_shape(shape: BaseGeometry, epsg: int) -> BaseGeometry:
    """A shape in metres of the frame, in degrees at 9 decimals."""

    def degrees(vertices: Any) -> Any:
        lons, lats = unproject(vertices[:, 0].copy(), vertices[:, 1].copy(), epsg)
        return np.column_stack([np.round(lons, DECIMALS), np.round(lats, DECIMALS)])

    moved: BaseGeometry = shapely.transform(shape, degrees)
    return moved
