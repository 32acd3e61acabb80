"""Shares of circles in squares, against plain geometry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.circle import square_share

BOUNDS = (1000, 2000, 2000, 3000)


@given(east=st.floats(1000, 2000), north=st.floats(2000, 3000), radius=st.floats(0.1, 3000))
def test_a_square_s_share_is_the_area_s(east, north, radius):
    disc = Point(east, north).buffer(radius, quad_segs=64)
    expected = disc.intersection(box(*BOUNDS)).area / disc.area
    assert square_share(east, north, radius, BOUNDS) == pytest.approx(expected, abs=3e-3)


def test_a_circle_that_touches_no_side_is_whole():
    assert square_share(1500, 2500, 500, BOUNDS) == 1.0
    assert square_share(1000, 2500, 10, BOUNDS) == 0.5
