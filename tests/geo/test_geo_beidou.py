"""GB/T 39409-2020: the vectors, the laws, and the strictness."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import beidou
from geo.errors import CellCodeInvalid, CoordinateInvalid, OutsideFrame
from tests.geo.places import points_in_guangxi

VECTORS = [
    (116.312602778, 39.993161111, "N50J47539B8255346152"),
    (109.4117, 24.3146, "N49G20398AD102316752"),
    (109.5986, 23.1115, "N49F36056DA135645663"),
    (110.0792, 23.3940, "N49F46443B9241346653"),
    (109.6077, 25.7832, "N49G332666E366700520"),
    (110.3920, 23.5390, "N49F4718275141643613"),
    (109.2563, 25.0662, "N49G221035E321526107"),
    (109.2453, 24.6513, "N49G210E9A1142254630"),
    (109.7504, 24.4729, "N49G3050805251660055"),
    (109.5, 24.5, "N49G3100000000000000"),
    (109.0, 24.0, "N49G2000000000000000"),
]
levels = st.sampled_from(list(beidou.LEVELS))
anywhere = st.tuples(st.floats(-180, 180), st.floats(-87.99, 87.99))


@pytest.mark.parametrize("eps", [0.0, 0.02])
@pytest.mark.parametrize(("lon", "lat", "code"), VECTORS)
def test_the_vectors_hold_at_every_level(lon, lat, code, eps):
    for level, length in beidou.LENGTH.items():
        assert beidou.encode(lon, lat, level, eps) == code[:length]


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ((39, 59, 56.1444), (116, 19, 14.3184), "N50J475493E"),
        ((39, 59, 59.7012), (116, 19, 5.9808), "N50J475491E"),
        ((39, 59, 56.5260), (116, 19, 9.3540), "N50J475492E"),
    ],
)
def test_the_standard_s_own_examples_hold(lat, lon, code):
    (x, y) = (d + m / 60 + s / 3600 for d, m, s in (lon, lat))
    assert beidou.encode(x, y, 5) == code


def test_south_and_west_count_away_from_the_origin():
    assert beidou.encode(-57.702155, -31.396478, 10).startswith("S21H764C31")


@given(point=anywhere, level=levels)
def test_a_code_decodes_to_a_cell_that_holds_its_point(point, level):
    lon, lat = point
    cell = beidou.decode(beidou.encode(lon, lat, level))
    assert cell.level == level
    assert cell.west <= lon <= cell.east
    assert cell.south <= lat <= cell.north
    assert beidou.encode(*cell.centre, level) == cell.code


@given(point=anywhere, level=levels)
def test_a_code_is_a_prefix_of_the_deeper_one_at_equal_eps(point, level):
    for eps in (0.0, 0.02):
        assert beidou.encode(*point, 10, eps).startswith(beidou.encode(*point, level, eps))


@given(point=points_in_guangxi())
def test_parents_climb_to_level_1_and_hold_their_children(point):
    code = beidou.encode(*point, 10)
    climbed = []
    while (above := beidou.parent(code)) is not None:
        (w, s, e, n), (pw, ps, pe, pn) = beidou.bounds(code), beidou.bounds(above)
        assert pw <= w < e <= pe
        assert ps <= s < n <= pn
        climbed.append(above)
        code = above
    assert climbed == [beidou.encode(*point, level) for level in range(9, 0, -1)]


@given(point=points_in_guangxi())
def test_encoding_equals_exact_arithmetic(point):
    cell = beidou.decode(beidou.encode(*point, 10))
    unit = Fraction(1, beidou.UNITS_PER_DEGREE)
    for value, low in zip(point, (cell.west, cell.south), strict=True):
        # One double rounding is all that may stand between us and the exact floor.
        assert abs(Fraction(value) // unit - round(Fraction(low) / unit)) <= (
            0 if min(Fraction(value) % unit, unit - Fraction(value) % unit) > unit / 10**6 else 1
        )


@given(x=st.integers(104 * 900, 112 * 900), y=st.integers(21 * 900, 26 * 900))
def test_a_stored_corner_belongs_to_its_cell_with_the_findings_eps(x, y):
    lon, lat = x / 900, y / 900  # corners of 4 second cells
    exact = beidou.encode(lon, lat, 8)
    assert exact[beidou.LENGTH[5] :] == "00000"
    assert beidou.encode(round(lon, 9), round(lat, 9), beidou.FINDING_LEVEL, beidou.FINDING_EPS) == exact


def test_without_eps_a_stored_corner_may_fall_short():
    lon = 109 + 1 / 900
    assert beidou.encode(round(lon, 9), 24.0, 8) != beidou.encode(lon, 24.0, 8)


@given(x=st.integers(104 * 900, 112 * 900))
def test_a_hair_before_a_corner_is_another_cell(x):
    lon = x / 900
    units = lon * beidou.UNITS_PER_DEGREE
    before = math.nextafter(lon, 0)
    assert beidou.encode(lon, 24.0, 5) != beidou.encode(before, 24.0, 5) or before * beidou.UNITS_PER_DEGREE == units


@pytest.mark.parametrize("lat", [88.0, -88.0, 90.0, 89.5])
def test_polar_latitudes_are_refused(lat):
    with pytest.raises(OutsideFrame):
        beidou.encode(109.0, lat, 8)


def test_the_antimeridian_belongs_to_the_last_cell_on_its_side():
    assert beidou.encode(180.0, 0.0, 1) == "N60A"
    assert beidou.encode(-180.0, 0.0, 1) == "N01A"
    assert beidou.encode(0.0, -0.0, 1) == "N31A"
    assert beidou.encode(0.0, math.nextafter(88, 0), 10, 0.5).startswith("N31V")


@pytest.mark.parametrize("level", [0, 11, -1, None])
def test_other_levels_are_refused(level):
    with pytest.raises(ValueError, match="level"):
        beidou.encode(109.0, 24.0, level)


@pytest.mark.parametrize("eps", [-0.1, 1.0])
def test_a_wild_eps_is_refused(eps):
    with pytest.raises(ValueError, match="eps"):
        beidou.encode(109.0, 24.0, 8, eps)


def test_bad_coordinates_are_refused():
    for bad in ((109.0, 91.0), (float("nan"), 24.0), ("109", 24.0)):
        with pytest.raises(CoordinateInvalid):
            beidou.encode(*bad, 8)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "N",
        "N49",
        "n49G",
        "X49G",
        "N00G",
        "N61G",
        "N49W",
        "N4９G",
        "N49GC0",
        "N49G08",
        "N49G006",
        "N49G000F0",
        "N49G0000A",
        "N49G00000F0",
        "N49G0000000F",
        "N49G00000004",
        "N49G0000000080",
        "N49G0000000008",
        "N49G00000000000",
        "N49G000000000000080",
        "N49G0000000000000008",
        "N49g",
        "N49Ga0",
        " N49G",
        "N49G20398AD1023167521",
        None,
        49,
    ],
)
def test_only_codes_that_we_write_are_read(code):
    with pytest.raises(CellCodeInvalid):
        beidou.decode(code)
