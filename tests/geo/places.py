"""Strategies for points, shared by the tests of `geo`."""

from __future__ import annotations

from hypothesis import strategies as st

GUANGXI = (104.4, 20.9, 112.1, 26.4)


def points_in(west: float, south: float, east: float, north: float) -> st.SearchStrategy[tuple[float, float]]:
    """Points as they are stored: 9 decimals."""
    lons = st.floats(west, east).map(lambda x: round(x, 9))
    lats = st.floats(south, north).map(lambda y: round(y, 9))
    return st.tuples(lons, lats)


def points_in_guangxi() -> st.SearchStrategy[tuple[float, float]]:
    return points_in(*GUANGXI)
