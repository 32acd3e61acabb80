"""Whatever comes in, the answer is a report or one of the library's own errors, never a surprise."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from geo.cell_import import Against, import_cells
from geo.datum import Datum
from geo.errors import TableUnreadable, ZoneInvalid
from geo.fire_points.firms import parse_firms
from geo.fire_points.himawari import parse_himawari
from geo.fire_points.pasted import parse_pasted
from geo.fire_points.report import Terms, parse_report
from geo.fire_points.table_files import table_rows
from geo.hierarchy import hierarchy
from geo.reference import county_grid
from geo.zones.reading import read_zones

FIRMS = "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,frp"
WLF = "ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,FRP(Wm^-2),QF,Hot(ID)"
HEAD = ["序号", "县", "经度", "纬度", "日期", "时间"]
COMMON = hierarchy("city-county-township-village")
RECEIVED = datetime(2025, 11, 3, 7, tzinfo=UTC)

words = st.sampled_from(
    ["", " ", "24.3", "109.4", "-1", "nan", "inf", "1e400", "２４", "n", "2025-11-03", "149", "\x00", '"', "450206100"]
)
cells = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), words, st.text(max_size=8),
    st.dates(date(1900, 1, 1)), st.datetimes(), st.times(),
)  # fmt: skip
keys = st.sampled_from([
    "type", "coordinates", "properties", "geometry", "code", "name", "units", "minus", "polygons", "points", "radius_m",
    "from", "through", "hours",
])  # fmt: skip
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-400, 400), st.floats(-400, 400), words),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@given(rows=st.lists(st.lists(words, max_size=12).map(",".join), max_size=6))
def test_any_rows_of_a_satellite_file(rows):
    for parse, head in ((parse_firms, FIRMS), (parse_himawari, WLF)):
        try:
            parsed = parse("\n".join([head, *rows]))
        except TableUnreadable:
            continue
        assert all(fault.where for fault in parsed.faults)


@given(rows=st.lists(st.lists(cells, max_size=7), max_size=6))
def test_any_values_in_a_table(rows):
    parsed = parse_report([HEAD, *rows], Terms(Datum.WGS84))
    accounted = {d.row for d in parsed.detections} | {f.where for f in parsed.faults}
    assert accounted <= set(range(2, len(rows) + 2))


@given(rows=st.lists(st.lists(cells, max_size=7), max_size=4))
def test_any_table_without_a_head(rows):
    try:
        parsed = parse_report(rows, Terms(Datum.WGS84))
    except TableUnreadable:
        return
    assert parsed.detections == ()


fragments = st.sampled_from(
    [
        "109.4117",
        "24.3146",
        "北纬",
        "东经",
        "°",
        "′",
        "″",
        "E",
        "N",
        ",",
        "，",
        " ",
        "\n",
        "11月31日",
        "25:61",
        "13877212345",
        "经度:",
        "昨晚",
    ]
)


@given(text=st.one_of(st.text(max_size=60), st.lists(fragments, max_size=14).map("".join)))
def test_any_pasted_text(text):
    parsed = parse_pasted(text, datum="GCJ02", received=RECEIVED)
    assert parsed.detections or parsed.faults or parsed.warnings


@given(content=st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"PK\x03\x04" + b))
def test_any_bytes_as_a_table(content):
    try:
        rows, _ = table_rows(content)
    except TableUnreadable:
        return
    assert isinstance(rows, list)


@given(
    zone=st.dictionaries(
        st.sampled_from(["id", "name", "kind", "document", "valid", "area", "windows", "lifted", "extent"]), json_values
    )
)
def test_any_definition_of_a_zone(zone):
    sound = {"id": "z", "name": "z", "kind": "no-burn", "document": "d", "valid": {"from": date(2025, 1, 1)}}
    papers = {"d": {"title": "t", "origin": "o", "confidence": "read"}}
    try:
        read = read_zones({"datum": "WGS84", "documents": papers, "zones": [sound | zone]}, county_grid())
    except ZoneInvalid:
        return
    assert len(read.zones) == 1


@given(features=st.lists(json_values, max_size=3), geometry=json_values, crs=json_values)
def test_any_geojson(features, geometry, crs):
    feature = {"type": "Feature", "properties": {"code": "450206100", "name": "x"}, "geometry": geometry}
    document = {"type": "FeatureCollection", "features": [*features, feature], "crs": crs}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cells.geojson"
        path.write_text(json.dumps(document), "utf-8")
        report = import_cells(path, datum="WGS84", hierarchy=COMMON, against=Against(county_grid()))
    assert (report.grid is None) == bool(report.errors)


def test_a_time_alone_is_no_date():
    parsed = parse_report([HEAD, [1, "x", 109.4, 24.3, time(13, 30), None]], Terms(Datum.WGS84))
    assert [fault.code for fault in parsed.faults] == ["date-invalid"]
