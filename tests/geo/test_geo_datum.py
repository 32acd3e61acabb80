"""Datums: the fixture of the design notes, the inverses, and that position never decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datum import Datum, canonical, from_cgcs2000, parse_datum, to_cgcs2000
from geo.distance import distance_m
from geo.errors import CoordinateInvalid, DatumMissing, DatumUnknown
from tests.geo.places import points_in_guangxi

LIUZHOU = (109.4117, 24.3146)
CHINESE = [Datum.GCJ02, Datum.BD09]


@pytest.mark.parametrize(
    ("datum", "shown"), [(Datum.GCJ02, (109.416307, 24.311916)), (Datum.BD09, (109.422772, 24.318020))]
)
def test_liuzhou_is_shown_where_the_fixture_says(datum, shown):
    assert from_cgcs2000(*LIUZHOU, datum) == pytest.approx(shown, abs=6e-7)


@pytest.mark.parametrize("datum", list(Datum))
@given(point=points_in_guangxi())
def test_the_inverse_brings_a_point_back(datum, point):
    back = to_cgcs2000(*from_cgcs2000(*point, datum), datum)
    assert back == pytest.approx(point, abs=1e-9, rel=0)


@pytest.mark.parametrize("datum", list(Datum))
@given(points=st.lists(points_in_guangxi(), min_size=1, max_size=5))
def test_arrays_and_floats_agree(datum, points):
    lons, lats = np.array(points).T
    many = np.column_stack(to_cgcs2000(lons, lats, datum))
    assert many == pytest.approx(np.array([to_cgcs2000(*point, datum) for point in points]), abs=1e-12, rel=0)
    assert many.shape == (len(points), 2)


def test_wgs84_is_taken_as_cgcs2000_unchanged():
    assert to_cgcs2000(*LIUZHOU, Datum.WGS84) == LIUZHOU


@pytest.mark.parametrize("place", [(105.85, 21.03), (114.17, 22.30), (2.35, 48.85), (-57.7, -31.4)])
def test_the_declared_datum_decides_wherever_the_point_is(place):
    assert to_cgcs2000(*place, Datum.WGS84) == place
    assert to_cgcs2000(*place, Datum.GCJ02) != place


def test_gcj02_taken_for_wgs84_is_some_550_m_off():
    assert distance_m(LIUZHOU, from_cgcs2000(*LIUZHOU, Datum.GCJ02)) == pytest.approx(554, abs=2)


def test_a_canonical_pair_has_nine_decimals_and_no_negative_zero():
    assert canonical(109.12345678949, 24.0, Datum.CGCS2000) == (109.123456789, 24.0)
    assert [math.copysign(1, v) for v in canonical(-1e-12, -0.0, Datum.WGS84)] == [1, 1]
    lons, _ = canonical(np.array([-1e-12, 109.12345678949]), np.zeros(2), Datum.WGS84)
    assert lons.tolist() == [0.0, 109.123456789]
    assert math.copysign(1, lons[0]) == 1


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_missing_datum_is_told(nothing):
    with pytest.raises(DatumMissing):
        parse_datum(nothing)


@pytest.mark.parametrize("other", ["wgs84", "WGS-84", "EPSG:4326", "ＷＧＳ84", 4326, True, ["WGS84"], "\ud800"])
def test_an_unknown_datum_is_never_guessed(other):
    with pytest.raises(DatumUnknown) as refused:
        parse_datum(other)
    assert refused.value.extras["known"] == ["WGS84", "GCJ02", "BD09", "CGCS2000"]
    str(refused.value).encode()  # may be put in an answer


def test_a_text_datum_is_parsed_and_a_wrong_one_refused_by_the_conversions():
    assert to_cgcs2000(*LIUZHOU, "WGS84") == LIUZHOU
    with pytest.raises(DatumUnknown):
        to_cgcs2000(*LIUZHOU, "XY")


@pytest.mark.parametrize("datum", CHINESE)
@pytest.mark.parametrize("place", [(0, 90), (180, -90), (105, 89.99)])
def test_a_pole_has_no_inverse_and_says_so(datum, place):
    with pytest.raises(CoordinateInvalid):
        to_cgcs2000(*place, datum)
    with pytest.raises(CoordinateInvalid):
        to_cgcs2000(np.array([float(place[0])]), np.array([float(place[1])]), datum)


@pytest.mark.parametrize("datum", CHINESE)
@given(point=st.tuples(st.floats(-180, 180), st.floats(-70, 70)))
def test_a_conversion_stays_on_the_earth(datum, point):
    lon, lat = to_cgcs2000(*point, datum)
    assert -180 <= lon <= 180
    assert -90 <= lat <= 90


@pytest.mark.parametrize(
    "bad",
    [(109.0, 91.0), (181.0, 24.0), (float("nan"), 24.0), (109.0, float("inf")), ("109", 24), (True, 24), (10**400, 24)],
)
def test_bad_numbers_are_refused(bad):
    with pytest.raises(CoordinateInvalid):
        to_cgcs2000(*bad, Datum.WGS84)


def test_a_bad_element_of_an_array_is_named():
    with pytest.raises(CoordinateInvalid) as refused:
        to_cgcs2000(np.array([109.0, 109.0, 109.0]), np.array([24.0, np.nan, 91.0]), Datum.WGS84)
    assert (refused.value.extras["field"], refused.value.extras["index"]) == ("lat", 1)
    with pytest.raises(CoordinateInvalid):
        to_cgcs2000(np.array([109.0, 109.0]), np.array([24.0]), Datum.WGS84)
    with pytest.raises(CoordinateInvalid):
        to_cgcs2000(np.array(["109"]), np.array(["24"]), Datum.WGS84)
