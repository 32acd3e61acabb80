"""The grids that this library carries: the counties of two cities, and a sample district for demonstrations.

Coarse and for demonstration; a deployment imports its bureau's own. Origins are in data/ORIGIN.md.
"""

from __future__ import annotations

from functools import cache

from geo.admin import AdminGrid, Cell
from geo.datum import Datum
from geo.geojson import load_geojson
from geo.names import DATA

PROVINCE = Cell("450000", "广西壮族自治区", "province", None)
CITIES = (Cell("450200", "柳州市", "city", "450000"), Cell("450800", "贵港市", "city", "450000"))
SAMPLE_COUNTY = "450206"


@cache
def county_grid() -> AdminGrid:
    """The 15 counties of Liuzhou (4502) and Guigang (4508), below two cities and a province known by name only."""
    above = AdminGrid((PROVINCE, *CITIES))
    return load_geojson(DATA / "counties.geojson", datum=Datum.CGCS2000, level="county", onto=above)


@cache
def sample_grid() -> AdminGrid:
    """The counties, and in Liujiang (450206) townships with real codes and names but INVENTED shapes."""
    return load_geojson(DATA / "sample-district.geojson", onto=county_grid())
