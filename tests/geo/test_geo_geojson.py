"""Import: a declared datum or nothing, strict shapes, every fault told."""

from __future__ import annotations

import json

import pytest

from geo.datum import Datum, from_cgcs2000
from geo.distance import distance_m
from geo.errors import DatumMissing, DatumUnknown, ImportRefused
from geo.geojson import load_geojson
from geo.locate import locate
from geo.names import DATA

SQUARE = [[109.0, 24.0], [109.1, 24.0], [109.1, 24.1], [109.0, 24.1], [109.0, 24.0]]


def feature(code="A", rings=None, kind="Polygon", **properties):
    geometry = {"type": kind, "coordinates": [SQUARE] if rings is None else rings}
    return {
        "type": "Feature",
        "properties": {"code": code, "name": "甲", "level": "county", "parent": None} | properties,
        "geometry": geometry,
    }


def collection(*features, **members):
    return {"type": "FeatureCollection", "features": list(features)} | members


def problems(source, **options):
    with pytest.raises(ImportRefused) as refused:
        load_geojson(source, **({"datum": "CGCS2000"} | options))
    return [(problem["problem"], problem["where"]) for problem in refused.value.problems]


def test_a_file_without_a_datum_is_refused():
    with pytest.raises(DatumMissing):
        load_geojson(collection(feature()))
    with pytest.raises(DatumMissing):
        load_geojson(DATA / "counties.geojson", level="county")


@pytest.mark.parametrize("datum", ["WGS 84", "EPSG:4490", "Beijing54"])
def test_a_file_with_an_unknown_datum_is_refused(datum):
    with pytest.raises(DatumUnknown):
        load_geojson(collection(feature()), datum=datum)
    with pytest.raises(DatumUnknown):
        load_geojson(collection(feature(), datum=datum))


def test_a_file_may_declare_its_own_datum_but_not_another_than_we_are_told():
    assert "A" in load_geojson(collection(feature(), datum="CGCS2000"))
    assert problems(collection(feature(), datum="GCJ02")) == [("datum-contradicted", None)]


def test_a_crs_member_declares_nothing_and_must_be_geographic():
    def named(name):
        return {"type": "name", "properties": {"name": name}}

    with pytest.raises(DatumMissing):
        load_geojson(collection(feature(), crs=named("urn:ogc:def:crs:OGC:1.3:CRS84")))
    assert "A" in load_geojson(collection(feature(), crs=named("urn:ogc:def:crs:EPSG::4490")), datum="GCJ02")
    for crs in (named("urn:ogc:def:crs:EPSG::4545"), named(None), {}, "EPSG:4545"):
        with pytest.raises(DatumUnknown):
            load_geojson(collection(feature(), crs=crs), datum="CGCS2000")


def test_shapes_in_gcj02_are_brought_home():
    there = [list(from_cgcs2000(x, y, Datum.GCJ02)) for x, y in SQUARE]
    grid = load_geojson(collection(feature(rings=[there])), datum="GCJ02")
    assert [list(v) for v in grid["A"].geometry.exterior.coords] == SQUARE


def test_gcj02_labelled_wgs84_lands_some_550_m_off():
    there = [list(from_cgcs2000(x, y, Datum.GCJ02)) for x, y in SQUARE]
    grid = load_geojson(collection(feature(rings=[there])), datum="WGS84")
    shift = distance_m(grid["A"].geometry.exterior.coords[0], SQUARE[0])
    assert shift == pytest.approx(550, abs=30)
    assert locate(109.001, 24.05, grid, 0).code is None  # inside the true square


@pytest.mark.parametrize(
    ("rings", "problem"),
    [
        ([[SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]], "geometry-invalid"),
        ([SQUARE[:-1]], "ring-not-closed"),
        ([SQUARE[:3]], "ring-malformed"),
        ([[*SQUARE[:2], [109.1], *SQUARE[3:]]], "ring-malformed"),
        ([[*SQUARE[:2], [109.1, 91.0], *SQUARE[3:]]], "coordinate-invalid"),
        ([[*SQUARE[:2], [109.1, float("nan")], *SQUARE[3:]]], "coordinate-invalid"),
        ([[*SQUARE[:2], ["109.1", "24.1"], *SQUARE[3:]]], "coordinate-invalid"),
        ([[[v * 5000 for v in p] for p in SQUARE]], "coordinate-invalid"),
        (["ring"], "ring-malformed"),
        ([], "geometry-not-polygon"),
    ],
)
def test_an_unsound_ring_is_refused_not_repaired(rings, problem):
    assert problems(collection(feature("A", rings))) == [(problem, 0)]


def test_every_fault_of_a_file_is_told_at_once():
    bad_shape, nameless = feature("C", [SQUARE[:-1]]), feature("D", name=None)
    refused = problems(collection(feature("A"), feature("A"), bad_shape, nameless, feature("E", parent="Z"), "x"))
    assert refused == [
        ("ring-not-closed", 2),
        ("name-missing", 3),
        ("not-a-feature", 5),
        ("code-duplicate", "'A'"),
        ("parent-missing", "'E'"),
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"code": None}, "code-missing"),
        ({"code": 450206}, "code-missing"),
        ({"level": None}, "level-missing"),
        ({"parent": 450200}, "parent-missing"),
        ({"level": "galaxy"}, "level-unknown"),
    ],
)
def test_properties_have_their_types(change, problem):
    assert problems(collection(feature(**change)))[0][0] == problem


def test_other_geometries_are_refused():
    for geometry in (None, {"type": "Point", "coordinates": [109, 24]}, {"type": "Polygon"}, []):
        assert problems(collection(feature() | {"geometry": geometry})) == [("geometry-not-polygon", 0)]


def test_a_file_that_is_no_collection_is_refused(tmp_path):
    broken = tmp_path / "broken.geojson"
    for content in (b"{", b"\xff\xfe", b"[" * 100_000):
        broken.write_bytes(content)
        assert problems(broken) == [("not-json", None)]
    for document in ({}, {"type": "Feature"}, {"type": "FeatureCollection"}, collection(features={})):
        assert problems(document) == [("not-a-collection", None)]
    assert problems(collection()) == [("empty", None)]


def test_a_file_is_read_with_its_multipolygons_heights_and_default_level(tmp_path):
    far = [[x + 1, y, 80.5] for x, y in SQUARE]
    one = feature("A", [[SQUARE], [far]], "MultiPolygon")
    del one["properties"]["level"]
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps(collection(one)), encoding="utf-8")
    grid = load_geojson(path, datum="CGCS2000", level="county")
    assert grid["A"].geometry.geom_type == "MultiPolygon"
    assert not grid["A"].geometry.has_z
    assert locate(110.05, 24.05, grid).code == "A"


def test_cells_join_their_parents_on_another_grid(counties):
    grid = load_geojson(
        collection(feature("450206999", level="township", parent="450206")), datum="CGCS2000", onto=counties
    )
    assert grid.ancestors("450206999") == ("450206", "450200", "450000")
    again = collection(feature("450206", parent="450200"))
    assert problems(again, onto=counties) == [("code-duplicate", "'450206'")]
