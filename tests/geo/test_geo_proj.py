"""Projected frames: which one, and one transformer to a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given

from geo.proj import epsg_for, project, transformer, unproject
from tests.geo.places import points_in_guangxi


@pytest.mark.parametrize(
    ("code", "lon", "epsg"),
    [
        ("450206", 109.9, 4545),
        ("450203001002", 108.9, 4545),
        ("450881", 109.4, 4546),
        (None, 109.4999999, 4545),
        (None, 109.5, 4546),
        ("440100", 113.0, 4546),
        ("440100", 108.0, 4545),
    ],
)
def test_the_city_goes_before_the_longitude(code, lon, epsg):
    assert epsg_for(code, lon) == epsg


@given(point=points_in_guangxi())
def test_degrees_come_back_from_metres(point):
    assert unproject(*project(*point, 4545), 4545) == pytest.approx(point, abs=1e-10)


def test_easting_comes_first():
    east, north = project(108.0, 24.0, 4545)
    assert east == pytest.approx(500_000)
    assert 2_600_000 < north < 2_700_000


def test_each_thread_has_its_own_transformer():
    mine = transformer(4545)
    assert transformer(4545) is mine
    with ThreadPoolExecutor(1) as other:
        assert other.submit(transformer, 4545).result() is not mine
