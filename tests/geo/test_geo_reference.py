"""What we carry: the counties, and a sample district that says it is invented."""

from __future__ import annotations

import json

import shapely

from geo.coverage import coverage
from geo.names import DATA, townships
from geo.sample_district import write


def test_fifteen_counties_of_two_cities_fit_without_overlap(counties):
    assert [len(counties.children(city)) for city in ("450200", "450800")] == [10, 5]
    assert coverage(counties, "county").exact


def test_the_sample_district_says_on_its_face_that_it_is_invented():
    document = json.loads((DATA / "sample-district.geojson").read_text("utf-8"))
    assert document["invented"] is True
    assert "INVENTED" in document["note"]
    assert all(feature["properties"]["invented"] is True for feature in document["features"])
    for properties in (feature["properties"] for feature in document["features"]):
        assert townships()[properties["code"]].name == properties["name"]


def test_the_sample_townships_are_the_county_exactly(district):
    parts = [cell.geometry for cell in district if cell.level == "township"]
    assert len(parts) == 8
    assert coverage(district, "township", tolerance_m2=0.0).exact
    assert shapely.union_all(parts).equals(district["450206"].geometry)
    # Every vertex of the county line that lies on a part is a vertex of that part, and no part adds one to the line.
    line = district["450206"].geometry.boundary
    county = set(line.coords)
    for part in parts:
        on_line = {v for v in part.exterior.coords if line.distance(shapely.Point(v)) < 1e-7}
        assert on_line <= county


def test_the_sample_district_is_drawn_the_same_every_time(tmp_path):
    write(tmp_path / "again.geojson")
    assert (tmp_path / "again.geojson").read_bytes() == (DATA / "sample-district.geojson").read_bytes()
