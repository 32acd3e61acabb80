"""Importing cells: formats, encodings, datums, codes, shapes and fit; a grid with warnings, or errors and no grid."""

from __future__ import annotations

import zipfile

import pytest
import shapely
from pyproj import CRS
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.cell_codes import Fields
from geo.cell_import import Against, ImportRules, import_cells
from geo.datum import Datum
from geo.errors import DatumMissing, DatumUnknown, ImportRefused
from geo.fault import counted
from geo.hierarchy import hierarchy
from geo.locate import locate
from geo.metres import project_shape
from geo.names import townships
from geo.reference import SAMPLE_COUNTY, county_grid, sample_grid
from tests.geo.cell_files import exchanged, geojson, geopackage, moved_to, shapefile, zipped

STATISTICAL = hierarchy("city-county-township-village")
CHINESE = Fields(code="行政代码", name="名称", parent="上级")


def district_rows(code="code", name="name"):
    return [
        {code: cell.code, name: cell.name, "shape": cell.geometry} for cell in sample_grid() if cell.level == "township"
    ]


def sound(*changes):
    """Two townships of Liujiang as rows, side by side in the middle of it, with changes to each."""
    west, south = 109.20, 24.20
    rows = [
        {"code": "450206100", "name": "甲镇", "shape": box(west, south, west + 0.05, south + 0.05)},
        {"code": "450206102", "name": "乙镇", "shape": box(west + 0.05, south, west + 0.10, south + 0.05)},
    ]
    return [row | change for row, change in zip(rows, [*changes, {}, {}][:2], strict=True)]


@pytest.fixture
def report_on(tmp_path):
    def imported(rows, **options):
        options = {"datum": "CGCS2000", "hierarchy": STATISTICAL, "against": Against(onto=county_grid())} | options
        return import_cells(geojson(tmp_path / "cells.geojson", rows), **options)

    return imported


def codes(faults):
    return [fault.code for fault in faults]


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_file_without_a_declared_datum_is_refused(report_on):
    with pytest.raises(DatumMissing):
        report_on(sound(), datum=None)
    with pytest.raises(DatumUnknown):
        report_on(sound(), datum="Beijing54")


@pytest.mark.parametrize("cpg", [True, False], ids=["with .cpg", "without .cpg"])
@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_shapefile_s_chinese_is_read_with_and_without_its_side_files(tmp_path, cpg, encoding):
    rows = district_rows("代码", "名称")
    path = shapefile(tmp_path / "shp", rows, encoding=encoding, cpg=cpg)
    assert not path.with_suffix(".prj").exists()
    report = import_cells(
        path,
        datum="CGCS2000",
        hierarchy=STATISTICAL,
        fields=Fields(code="代码", name="名称"),
        against=Against(county_grid(), townships(), county_grid()),
    )
    assert report.errors == report.warnings == ()
    assert {cell.code: cell.name for cell in report.require() if cell.level == "township"} == {
        cell.code: cell.name for cell in sample_grid() if cell.level == "township"
    }


def test_a_cpg_that_says_otherwise_than_the_bytes_is_pointed_out(tmp_path):
    path = shapefile(tmp_path / "shp", district_rows(), encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")
    report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()))
    assert codes(report.warnings) == ["encoding-contradicted"]
    assert report.encoding == "gb18030"
    assert report.require()["450206100"].name == sample_grid()["450206100"].name
    declared = import_cells(
        path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()), encoding="utf-8"
    )
    assert codes(declared.errors) == ["encoding-unknown"]


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_cpg_of_latin_1_fits_every_byte_and_is_not_believed(tmp_path, encoding):
    path = shapefile(tmp_path / "shp", district_rows(), encoding=encoding)
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()))
    assert codes(report.warnings) == ["encoding-contradicted"]
    assert report.require()["450206100"].name == sample_grid()["450206100"].name


def test_a_cpg_says_nothing_wrong_of_ascii(tmp_path):
    path = shapefile(tmp_path / "shp", [row | {"name": row["code"]} for row in district_rows()])
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()))
    assert report.warnings == ()


@pytest.mark.parametrize("crs", [{}, {"properties": None}, {"properties": {"name": 4545}}, "EPSG:4545", []])
def test_a_crs_member_that_names_nothing_is_refused(tmp_path, crs):
    path = geojson(tmp_path / "cells.geojson", sound(), crs=crs)
    report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()))
    assert codes(report.errors) == ["crs-unsupported"]


def test_codes_that_a_table_holds_as_numbers_are_codes(tmp_path):
    for number in (int, float):
        rows = [row | {"code": number(row["code"])} for row in district_rows()]
        path = shapefile(tmp_path / number.__name__, rows)
        report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid()))
        assert "450206100" in report.require()


def test_a_zip_holds_one_shapefile_under_any_names(tmp_path):
    shp = shapefile(tmp_path / "shp", district_rows())
    report = import_cells(
        zipped(shp, tmp_path / "a.zip"), datum="CGCS2000", hierarchy=STATISTICAL, against=Against(county_grid())
    )
    assert (report.format, report.cells) == ("shapefile", 8)
    assert report.grid is not None
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        packed.writestr("a.shp", b"")
        packed.writestr("b.geojson", b"")
    assert codes(import_cells(tmp_path / "two.zip", datum="WGS84", hierarchy=STATISTICAL).errors) == ["layers-many"]
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    broken = import_cells(tmp_path / "broken.zip", datum="WGS84", hierarchy=STATISTICAL)
    assert codes(broken.errors) == ["zip-unreadable"]


def test_a_geopackage_s_layer_is_named_where_there_are_several(tmp_path):
    path = geopackage(tmp_path / "cells.gpkg", district_rows("行政代码", "名称"))
    options = {"datum": "CGCS2000", "hierarchy": STATISTICAL, "fields": CHINESE, "against": Against(county_grid())}
    assert import_cells(path, **options).errors == ()
    geopackage(path, district_rows("行政代码", "名称")[:1], layer="one")
    unclear = import_cells(path, **options)
    assert codes(unclear.errors) == ["layer-unclear"]
    assert "cells, one" in unclear.errors[0].detail
    assert import_cells(path, layer="one", **options).cells == 1


def test_what_is_no_readable_file_of_cells_is_refused_in_words(tmp_path):
    def refused(name, content=b"x"):
        (tmp_path / name).write_bytes(content)
        return codes(import_cells(tmp_path / name, datum="WGS84", hierarchy=STATISTICAL).errors)

    assert refused("cells.dwg") == ["format-unknown"]
    assert refused("cells.gpkg") == ["file-unreadable"]
    assert refused("cells.shp") == ["file-incomplete"]
    assert refused("cells.geojson") == ["not-json"]
    assert refused("cells.json", b"{}") == ["not-a-collection"]
    assert refused("none.json", b'{"type": "FeatureCollection", "features": []}') == ["empty"]
    missing = import_cells(tmp_path / "absent.shp", datum="WGS84", hierarchy=STATISTICAL)
    assert codes(missing.errors) == ["file-missing"]
    with pytest.raises(ImportRefused):
        missing.require()


def test_a_file_without_the_mapped_attributes_says_what_it_has(report_on):
    report = report_on(sound(), fields=Fields(code="代码"))
    assert codes(report.errors) == ["field-missing"]
    assert report.errors[0].params["has"] == "code, name"


# -- what the numbers mean -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "crs", "warnings"),
    [
        ("CGCS2000", "EPSG:4490", []),
        ("WGS84", "EPSG:4326", []),
        ("WGS84", "EPSG:4490", ["crs-contradicts-datum"]),
        ("GCJ02", "EPSG:4326", ["crs-contradicts-datum"]),
    ],
)
def test_a_prj_that_contradicts_the_declared_datum_is_reported(tmp_path, declared, crs, warnings):
    rows = [row | {"shape": moved_to(row["shape"], Datum(declared))} for row in district_rows()]
    path = shapefile(tmp_path / "shp", rows, crs=crs)
    report = import_cells(path, datum=declared, hierarchy=STATISTICAL, against=Against(county_grid()))
    assert [w.code for w in report.warnings if w.code.startswith("crs")] == warnings
    there, here = report.require()["450206100"].geometry, sample_grid()["450206100"].geometry
    assert shapely.hausdorff_distance(there, here) < 2e-9


def test_metres_of_a_national_frame_are_brought_home(tmp_path):
    rows = [row | {"shape": project_shape(row["shape"], 4545)} for row in district_rows()]
    options = {"datum": "CGCS2000", "hierarchy": STATISTICAL, "against": Against(county_grid())}
    stated = import_cells(shapefile(tmp_path / "a", rows, crs=CRS.from_epsg(4545)), **options)
    bare = shapefile(tmp_path / "b", rows)
    declared = import_cells(bare, epsg=4545, **options)
    for report in (stated, declared):
        there, here = report.require()["450206100"].geometry, sample_grid()["450206100"].geometry
        assert shapely.hausdorff_distance(there, here) < 2e-9
    mute = import_cells(bare, **options)
    assert set(codes(mute.errors)) == {"coordinate-invalid"}
    assert "metres" in mute.errors[0].detail
    gcj = import_cells(bare, epsg=4545, **(options | {"datum": "GCJ02"}))
    assert codes(gcj.errors) == ["crs-unsupported"]


def test_a_reference_system_without_a_public_way_home_is_refused(tmp_path):
    path = shapefile(tmp_path / "shp", district_rows(), crs="EPSG:4214")
    report = import_cells(path, datum="CGCS2000", hierarchy=STATISTICAL)
    assert codes(report.errors) == ["crs-unsupported"]
    assert "Beijing 1954" in report.errors[0].detail


@pytest.mark.parametrize("true", [Datum.GCJ02, Datum.BD09], ids=str)
def test_another_datum_labelled_wgs84_is_pointed_out_and_nothing_moved(report_on, true):
    rows = [row | {"shape": moved_to(row["shape"], true)} for row in district_rows()]
    report = report_on(rows, datum="WGS84", against=Against(county_grid(), reference=county_grid()))
    (doubt,) = [w for w in report.warnings if w.code == "datum-doubtful"]
    assert doubt.params["likely"] == true.value
    assert doubt.params["metres"] == pytest.approx({"GCJ02": 550, "BD09": 1170}[true.value], abs=60)
    there = report.require()["450206100"].geometry
    assert shapely.equals_exact(there, rows[0]["shape"], tolerance=1e-9)


def test_a_layer_that_fits_is_not_doubted_and_one_converted_twice_is(report_on):
    against = Against(county_grid(), reference=county_grid())
    assert report_on(district_rows(), against=against).warnings == ()
    some = report_on(district_rows()[:3], against=against)
    assert "datum-doubtful" not in codes(some.warnings)
    twice = report_on(district_rows(), datum="GCJ02", against=against)
    (doubt,) = [w for w in twice.warnings if w.code == "datum-doubtful"]
    assert doubt.params["likely"] == "CGCS2000"


def test_a_reference_elsewhere_says_nothing(report_on):
    counties = county_grid()
    elsewhere = type(counties)([c for c in counties if c.code == "450802" or c.geometry is None])
    report = report_on(district_rows(), against=Against(counties, reference=elsewhere))
    assert "datum-doubtful" not in codes(report.warnings)


# -- codes, names, parents -----------------------------------------------------------------------------------------


def test_level_and_parent_follow_from_the_code(report_on):
    grid = report_on(sound()).require()
    assert (grid["450206100"].level, grid["450206100"].parent) == ("township", SAMPLE_COUNTY)
    assert grid.ancestors("450206100") == ("450206", "450200", "450000")
    assert locate(109.22, 24.22, grid, 0).code == "450206100"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": None}, "code-missing"),
        ({"code": " "}, "code-missing"),
        ({"name": None}, "name-missing"),
        ({"code": "4502061O0"}, "code-malformed"),
        ({"code": "4.50206E+08"}, "code-malformed"),
        ({"level": "galaxy"}, "level-unknown"),
        ({"level": "village"}, "code-malformed"),
        ({"parent": "450203"}, "parent-contradicts-code"),
        ({"code": "450299001"}, "parent-unknown"),
        ({"code": "450206", "name": "柳江区"}, "code-duplicate"),
    ],
)
def test_a_row_that_does_not_say_which_unit_it_is_is_an_error(report_on, change, code):
    report = report_on(sound(change))
    assert codes(report.errors) == [code]
    assert report.grid is None


def test_two_cells_that_claim_one_village_are_told_with_both_rows(report_on):
    report = report_on(sound({}, {"code": "450206100"}))
    assert [(e.code, e.where, e.params["rows"]) for e in report.errors] == [("code-duplicate", "450206100", [1, 2])]


def test_unknown_codes_and_other_names_are_warnings(report_on):
    known = townships()
    rows = sound({"name": known["450206100"].name + "x"}, {"code": "450206999", "name": "新镇"})
    report = report_on(rows, against=Against(county_grid(), names=known))
    assert [(w.code, w.where) for w in report.warnings if w.code != "gap"] == [
        ("name-differs", "450206100"),
        ("code-unknown", "450206999"),
    ]
    assert report.grid is not None


def test_a_fourth_level_of_hamlets_is_data(report_on):
    liujiang = hierarchy("district-town-village-hamlet")
    assert liujiang.tiers == ("county", "township", "village", "hamlet")
    rows = sound({"code": "450206100"}, {"code": "450206100001", "name": "甲村"})
    rows[1]["shape"] = box(109.21, 24.21, 109.22, 24.22)
    rows.append({"code": "450206100001001", "name": "甲屯", "shape": box(109.211, 24.211, 109.215, 24.215)})
    grid = report_on(rows, hierarchy=liujiang).require()
    assert locate(109.213, 24.213, grid, 0).code == "450206100001001"
    assert grid["450206100001001"].level == "hamlet"
    assert grid.ancestors("450206100001001")[:2] == ("450206100001", "450206100")


def test_management_units_make_a_grid_of_their_own_with_stated_parents(report_on):
    rows = sound({"code": "M-LIUDONG", "name": "柳东新区"}, {"code": "M-LIUDONG-AUTO", "name": "汽车园"})
    rows[1]["parent"] = "M-LIUDONG"
    rows[1]["shape"] = box(109.21, 24.21, 109.22, 24.22)
    grid = report_on(rows, hierarchy=hierarchy("management-units"), against=Against()).require()
    assert [(c.code, c.level, c.parent) for c in grid] == [
        ("M-LIUDONG", "zone", None),
        ("M-LIUDONG-AUTO", "unit", "M-LIUDONG"),
    ]


# -- shapes --------------------------------------------------------------------------------------------------------

BOW_TIE = Polygon([(109.0, 24.0), (109.1, 24.1), (109.1, 24.0), (109.0, 24.1)])


def test_a_ring_that_crosses_itself_is_told_with_its_place_and_not_repaired(report_on):
    report = report_on(sound({"shape": BOW_TIE}))
    assert [(e.code, e.where, e.at) for e in report.errors] == [("ring-crosses-itself", "450206100", (109.05, 24.05))]
    assert report.grid is None


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "geometry-empty"),
        (Polygon([(109, 24), (109.1, 24), (109.1, 24.1)], [[(110, 24), (110.1, 24), (110, 24.1)]]), "hole-outside"),
        (MultiPolygon([box(109, 24, 109.2, 24.2), box(109.1, 24.1, 109.3, 24.3)]), "ring-crosses-itself"),
        (Point(109, 24), "geometry-not-polygon"),
        (box(116.2, 39.8, 116.3, 39.9), "outside-region"),
    ],
    ids=str,
)
def test_each_unsound_shape_has_its_own_code(report_on, shape, code):
    assert codes(report_on(sound({"shape": shape})).errors) == [code]


def test_a_ring_that_only_rounding_closes_is_told_too(report_on):
    needle = Polygon([(109.2, 24.2), (109.3, 24.2), (109.3, 24.3), (109.25, 24.2000000001), (109.2, 24.3)])
    assert needle.is_valid
    assert codes(report_on(sound({"shape": needle})).errors) == ["ring-touches-itself"]


def test_the_region_is_declared(report_on):
    beijing = sound({"shape": box(116.2, 39.8, 116.3, 39.9)})
    assert "outside-region" not in codes(report_on(beijing, rules=ImportRules(region=None)).errors)


def test_latitude_before_longitude_is_seen_and_told_once(report_on):
    rows = [row | {"shape": exchanged(row["shape"])} for row in district_rows()]
    report = report_on(rows, against=Against(county_grid(), reference=county_grid()))
    assert codes(report.errors) == ["axes-exchanged"]
    assert report.errors[0].params["count"] == 8


def test_parts_and_holes_are_counted(report_on):
    islands = MultiPolygon([box(109.20, 24.20, 109.21, 24.21), box(109.22, 24.22, 109.23, 24.23)])
    ring = box(109.25, 24.20, 109.30, 24.25).difference(box(109.26, 24.21, 109.27, 24.22))
    report = report_on(sound({"shape": islands}, {"shape": ring}))
    assert (report.cells, report.parts, report.holes) == (2, 3, 1)
    assert report.multipart == {"450206100": 2}
    assert report.with_holes == {"450206102": 1}


# -- fit -----------------------------------------------------------------------------------------------------------


def test_small_overlaps_warn_and_large_ones_are_ground_claimed_twice(report_on):
    hair = report_on(sound({"shape": box(109.20, 24.20, 109.2501, 24.25)}))
    assert [(w.code, w.params["a"], w.params["b"]) for w in hair.warnings if w.code == "overlap"] == [
        ("overlap", "450206100", "450206102")
    ]
    assert hair.grid is not None
    half = report_on(sound({"shape": box(109.20, 24.20, 109.275, 24.25)}))
    assert codes(half.errors) == ["ground-claimed-twice"]
    assert half.errors[0].at == pytest.approx((109.2625, 24.225), abs=0.01)
    assert half.errors[0].params["share"] == pytest.approx(0.5, abs=0.01)


def test_gaps_inside_a_parent_are_told_with_area_place_and_tolerance(report_on):
    rows = [row for row in district_rows() if row["code"] != "450206100"]
    report = report_on(rows)
    (gap,) = report.warnings
    missing = sample_grid()["450206100"].geometry
    assert (gap.code, gap.where) == ("gap", "450206")
    assert shapely.contains_xy(missing, *gap.at)
    assert gap.params["tolerance_m2"] == 1.0


def test_a_cell_that_lies_in_another_unit_has_the_wrong_parent(report_on):
    liucheng = county_grid()["450222"].geometry.representative_point()
    astray = box(liucheng.x, liucheng.y, liucheng.x + 0.01, liucheng.y + 0.01)
    report = report_on(sound({"shape": astray}))
    assert [(e.code, e.where, e.params["lies_in"]) for e in report.errors] == [("parent-wrong", "450206100", "450222")]


def test_all_errors_of_a_file_are_told_at_once_and_nothing_is_imported(report_on):
    rows = [*sound({"shape": BOW_TIE}, {"name": None}), sound()[0] | {"code": "450299001"}]
    report = report_on(rows)
    assert counted(report.errors) == {"name-missing": 1, "parent-unknown": 1, "ring-crosses-itself": 1}
    assert report.grid is None
    with pytest.raises(ImportRefused) as refused:
        report.require()
    assert len(refused.value.problems) == 3
    assert report.errors[0].as_dict()["code"] == "name-missing"
