"""Coordinates as people and tables write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.fire_points.angles import parse_angle, plain
from geo.fire_points.points_in_text import points_in_text
from geo.region import GUANGXI
from tests.geo.places import points_in_guangxi

LIUZHOU = pytest.approx(109.4117, abs=1e-4), pytest.approx(24.3146, abs=1e-4)


@pytest.mark.parametrize(
    ("written", "degrees", "axis"),
    [
        ("116°14'37.289\"E", 116 + 14 / 60 + 37.289 / 3600, "lon"),
        ("116°14′37.289″E", 116 + 14 / 60 + 37.289 / 3600, "lon"),
        ("24º18’52.6”N", 24 + 18 / 60 + 52.6 / 3600, "lat"),
        ("东经109度24分42秒", 109 + 24 / 60 + 42 / 3600, "lon"),
        ("北纬２４°１８′５２．６″", 24 + 18 / 60 + 52.6 / 3600, "lat"),
        ("E109.4117", 109.4117, "lon"),
        ("109.4117°", 109.4117, None),
        ("109°24.702'", 109.4117, None),
        ("24°18'60\"", 24 + 19 / 60, None),
        ("纬度：24.3146", 24.3146, "lat"),
        ("109°24'42''", 109 + 24 / 60 + 42 / 3600, None),
    ],
)
def test_an_angle_is_read_in_every_common_writing(written, degrees, axis):
    angle = parse_angle(written)
    assert angle is not None
    assert (angle.degrees, angle.axis) == (pytest.approx(degrees, abs=1e-9), axis)


@pytest.mark.parametrize(
    "written", ["", "abc", "109.4.1", "109°61'", "109°10'61\"", "190°", "109.5°10'", "109°10'5\"x"]
)
def test_what_is_no_angle_is_none(written):
    assert parse_angle(written) is None


@pytest.mark.parametrize(
    "text",
    [
        "109.4117,24.3146",
        "24.3146, 109.4117",
        "109.4117，24.3146",
        "（109.4117、24.3146）",
        "经度:109.4117 纬度:24.3146",
        "经度：109.4117\n纬度：24.3146",
        "纬度24.3146，经度109.4117",
        "北纬24.3146度，东经109.4117度",
        "N24.3146 E109.4117",
        "24.3146N,109.4117E",
        "24.3146N109.4117E",
        "24.3146°N 109.4117°E",
        "北纬24°18′52.56″，东经109°24′42.12″",
        "24°18'52.56\"N 109°24'42.12\"E",
        "东经109度24分42.12秒、北纬24度18分52.56秒",
        "lat=24.3146 lon=109.4117",
        "109.4117-24.3146",
        "坐标 109.4117 / 24.3146 附近",
    ],
)
def test_a_pair_is_found_in_either_order_and_any_dress(text):
    found = points_in_text(plain(text), GUANGXI)
    assert [(p.lon, p.lat) for p in found.points] == [LIUZHOU]
    assert not found.points[0].exchanged
    assert found.faults == ()


def test_labels_that_contradict_the_region_are_pointed_out():
    (point,) = points_in_text(plain("经度24.3146，纬度109.4117"), GUANGXI).points
    assert (point.lon, point.lat, point.exchanged) == (*LIUZHOU, True)


def test_several_pairs_are_several_points_and_a_lone_number_is_told():
    text = plain("火点1：109.4117,24.3146；火点2：109.5986,23.1115；火点3：109.1234 看不清")
    found = points_in_text(text, GUANGXI)
    assert [round(p.lon, 4) for p in found.points] == [109.4117, 109.5986]
    assert [fault.code for fault in found.faults] == ["coordinate-unpaired"]


def test_other_numbers_are_no_coordinates():
    text = plain("2025-11-03 14:30 接12345转13877212345，面积3.5亩，距G72约1.25公里，编号20251103.001，0772-2812345")
    found = points_in_text(text, GUANGXI)
    assert found.points == found.faults == ()


@given(point=points_in_guangxi(), decimals=st.integers(3, 7), lat_first=st.booleans(), labelled=st.booleans())
def test_what_is_written_with_decimals_is_read_back(point, decimals, lat_first, labelled):
    lon, lat = (f"{value:.{decimals}f}" for value in point)
    parts = [f"东经{lon}" if labelled else lon, f"北纬{lat}" if labelled else lat]
    text = plain("在" + "，".join(reversed(parts) if lat_first else parts) + "处有烟")
    (read,) = points_in_text(text, GUANGXI).points
    assert (read.lon, read.lat) == (float(lon), float(lat))


@given(seconds=st.tuples(st.integers(104 * 36000, 112 * 36000), st.integers(21 * 36000, 26 * 36000)))
def test_degrees_minutes_and_seconds_are_read_back(seconds):
    lon, lat = (f"{s // 36000}°{s % 36000 // 600}′{s % 600 / 10:.1f}″" for s in seconds)
    (read,) = points_in_text(plain(f"{lat}N {lon}E"), GUANGXI).points
    assert (round(read.lon * 36000), round(read.lat * 36000)) == seconds
