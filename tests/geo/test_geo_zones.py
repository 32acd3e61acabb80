"""Zones: from data to shapes, and which rule holds where and when, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box, mapping

from geo.datum import Datum
from geo.errors import CoordinateInvalid, ZoneInvalid
from geo.footprint import pixel_about
from geo.metres import project_shape
from geo.reference import county_grid, sample_grid
from geo.zones.kinds import STRICTNESS, Kind, Subject
from geo.zones.reading import read_zones, sample_zones
from geo.zones.rules import NO_RULE, UNDETERMINED, ZoneIndex
from tests.geo.cell_files import moved_to
from tests.geo.places import points_in

PAPERS = {
    "old": {"number": "甲〔2024〕1号", "title": "t", "issued": "2024-01-01", "origin": "o", "confidence": "read"},
    "new": {"number": "乙〔2025〕2号", "title": "t", "issued": "2025-01-01", "origin": "o", "confidence": "read"},
}
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
HERE = (109.25, 24.25)


def zone(zone_id="z", shape=None, **changes):
    """A no-burn zone of a tenth of a degree about HERE."""
    shape = box(109.2, 24.2, 109.3, 24.3) if shape is None else shape
    return {
        "id": zone_id,
        "name": zone_id,
        "kind": "no-burn",
        "document": "new",
        "valid": {"from": "2025-01-01"},
        "area": {"polygons": [mapping(shape)]},
    } | changes


def document(*zones, **members):
    return {"city": "450200", "datum": "CGCS2000", "documents": PAPERS, "zones": list(zones)} | members


def read(*zones, grid=None, **members):
    return read_zones(document(*zones, **members), grid or county_grid()).zones


def burning(*zones, at=HERE, instant=NOON, accuracy_m=0.0):
    return ZoneIndex(read(*zones)).rules_at(*at, instant, accuracy_m)[Subject.BURNING]


def faults(*zones, **members):
    with pytest.raises(ZoneInvalid) as refused:
        read(*zones, **members)
    return [(fault["code"], fault["where"]) for fault in refused.value.extras["faults"]]


# -- shapes --------------------------------------------------------------------------------------------------------


def test_a_list_of_units_is_their_ground_whole_cities_too(counties):
    (one,) = read(zone(area={"units": ["450202", "450203"]}))
    assert one.shape.symmetric_difference(counties["450202"].geometry | counties["450203"].geometry).area < 1e-12
    (city,) = read(zone(area={"units": ["450800"]}))
    assert shapely.contains_xy(city.shape, 109.6, 23.11)


def test_strips_along_lines_are_as_wide_as_stated_on_either_side_of_the_frames_divide():
    road = {"type": "LineString", "coordinates": [[109.3, 24.3], [109.7, 24.3]]}
    for city, epsg in (("450200", 4545), ("450800", 4546)):
        (strip,) = read(zone(area={"lines": [road], "buffer_m": 1000}), city=city)
        metres = project_shape(strip.shape, epsg)
        assert metres.area == pytest.approx(2000 * 40_600 + np.pi * 1000**2, rel=0.01)


def test_circles_about_points_and_what_is_taken_away():
    spot = {"type": "Point", "coordinates": list(HERE)}
    (ring,) = read(zone(area={"points": [spot], "radius_m": 2000, "minus": [{"points": [spot], "radius_m": 1000}]}))
    assert project_shape(ring.shape, 4545).area == pytest.approx(np.pi * 3e6, rel=0.01)
    assert burning(zone(area={"points": [spot], "radius_m": 500})).outcome == "no-burn"


def test_drawn_geometries_are_in_the_declared_datum():
    there = mapping(moved_to(box(109.2, 24.2, 109.3, 24.3), Datum.GCJ02))
    (one,) = read(zone(area={"polygons": [there]}), datum="GCJ02")
    assert shapely.hausdorff_distance(one.shape, box(109.2, 24.2, 109.3, 24.3)) < 2e-9
    assert faults(zone(), datum=None) == [("datum-missing", "z")]
    assert read(zone(area={"units": ["450202"]}), datum=None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"area": {"units": ["459999"]}}, "unit-unknown"),
        ({"area": {"units": ["450206109"]}}, "unit-unknown"),
        ({"area": {"units": "450202"}}, "area-malformed"),
        ({"area": {}}, "area-empty"),
        ({"area": {"towns": []}}, "area-malformed"),
        ({"area": {"polygons": [{"type": "Point", "coordinates": [109, 24]}]}}, "geometry-malformed"),
        ({"area": {"polygons": [{"type": "Polygon", "coordinates": "x"}]}}, "geometry-malformed"),
        ({"area": {"polygons": [mapping(box(109, 240, 110, 250))]}}, "coordinate-invalid"),
        ({"area": {"polygons": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}]}},
         "geometry-invalid"),
        ({"area": {"points": [{"type": "Point", "coordinates": [109, 24]}]}}, "width-invalid"),
        ({"area": {"points": [{"type": "Point", "coordinates": [109, 24]}], "radius_m": -1}}, "width-invalid"),
        ({"area": {"units": ["450202"], "minus": [{"units": ["450202"]}]}}, "area-empty"),
        ({"id": ""}, "id-missing"),
        ({"kind": "no-smoking"}, "kind-unknown"),
        ({"extent": "somewhere"}, "extent-unknown"),
        ({"document": "lost"}, "document-unknown"),
        ({"valid": None}, "malformed"),
        ({"valid": {"from": "2025-13-01"}}, "date-invalid"),
        ({"valid": {"from": "2025-02-01", "through": "2025-01-01"}}, "dates-reversed"),
        ({"windows": [{}]}, "window-empty"),
        ({"windows": [{"seasons": [{"from": "02-30", "through": "03-01"}]}]}, "date-invalid"),
        ({"windows": [{"hours": [{"from": "7", "to": "8"}]}]}, "hours-invalid"),
        ({"windows": [{"hours": [{"from": "07:00", "to": "07:00"}]}]}, "hours-invalid"),
        ({"windows": [{"hours": [{"from": 1020, "to": 1170}]}]}, "hours-invalid"),
        ({"windows": [{"days": [{"from": "2026-02-20", "through": "2026-02-10"}]}]}, "dates-reversed"),
        ({"windows": "always"}, "malformed"),
    ],
)  # fmt: skip
def test_a_faulty_definition_is_refused_with_its_code(change, code):
    where = "z" if change.get("id") != "" else 1
    assert faults(zone() | change) == [(code, where)]


def test_every_fault_of_a_document_is_told_at_once(tmp_path):
    several = faults(zone("a", kind="x"), zone("b"), zone("b"), "no mapping", zone("c", area={"units": ["1"]}))
    assert several == [("kind-unknown", "a"), ("malformed", 4), ("unit-unknown", "c"), ("zone-duplicate", "b")]
    assert faults() == [("empty", None)]
    broken = tmp_path / "zones.yaml"
    broken.write_text("zones: [", "utf-8")
    with pytest.raises(ZoneInvalid, match="not readable YAML"):
        read_zones(broken, county_grid())
    with pytest.raises(ZoneInvalid):
        read_zones({"zones": None}, county_grid())


# -- which rule holds ----------------------------------------------------------------------------------------------


def test_a_rule_is_told_with_its_zone_its_paper_and_its_window():
    verdict = burning(zone(windows=[{"name": "秋收", "seasons": [{"from": "02-15", "through": "03-31"}]}]))
    assert (verdict.outcome, verdict.certainty, verdict.share) == ("no-burn", "certain", 1.0)
    assert verdict.deciding.document.number == "乙〔2025〕2号"
    assert [(rule.zone.id, rule.window) for rule in verdict.rules] == [("z", "秋收")]


def test_outside_every_zone_there_is_no_rule_on_record():
    verdict = burning(zone(), at=(109.5, 24.25), accuracy_m=30)
    assert (verdict.outcome, verdict.certainty, verdict.deciding, verdict.rules) == (NO_RULE, "certain", None, ())


DEFAULT = zone("default", box(109.0, 24.0, 109.6, 24.6), kind="restricted-burn", default=True)


def test_what_no_zone_covers_has_the_default():
    assert burning(DEFAULT, zone(), at=(109.5, 24.25)).outcome == "restricted-burn"
    inside = burning(DEFAULT, zone())
    assert (inside.outcome, inside.deciding.id) == ("no-burn", "z")
    assert [rule.zone.id for rule in inside.rules] == ["z", "default"]


def test_any_zone_goes_before_a_default_though_the_default_is_stricter():
    strict = zone("default", box(109.0, 24.0, 109.6, 24.6), default=True)
    assert burning(strict, zone(kind="restricted-burn")).outcome == "restricted-burn"


def test_where_zones_contradict_the_stricter_stands_then_the_later_paper():
    restricted = zone("restricted", kind="restricted-burn", valid={"from": "2026-01-01"})
    assert burning(restricted, zone()).deciding.id == "z"
    earlier = zone("a-earlier", document="old", valid={"from": "2024-01-01"})
    assert burning(earlier, zone()).deciding.id == "z"


def test_a_zone_of_unknown_extent_leaves_it_undetermined_except_under_a_sure_one():
    within = zone("within", box(109.2, 24.2, 109.4, 24.3), extent="within")
    assert burning(DEFAULT, within).outcome == UNDETERMINED
    sure = burning(DEFAULT, within, zone())
    assert (sure.outcome, sure.deciding.id) == ("no-burn", "z")
    milder = zone("milder", kind="restricted-burn")
    assert burning(within, milder).outcome == UNDETERMINED


def test_the_subjects_do_not_touch_one_another():
    zones = [zone(kind.value, kind=kind.value) for kind in Kind]
    verdicts = ZoneIndex(read(*zones)).rules_at(*HERE, NOON)
    assert {subject: verdict.outcome for subject, verdict in verdicts.items()} == {
        Subject.BURNING: "no-burn",
        Subject.FUEL: "no-high-polluting-fuel",
        Subject.FIREWORKS: "no-fireworks",
        Subject.MACHINERY: "machinery-control",
    }
    assert STRICTNESS[Kind.NO_BURN] > STRICTNESS[Kind.RESTRICTED_BURN]


def test_near_an_edge_it_is_a_suspicion_with_shares():
    edge = burning(DEFAULT, zone(), at=(109.3 - 1e-5, 24.25), accuracy_m=100)
    assert (edge.outcome, edge.certainty) == ("no-burn", "suspected")
    assert edge.shares == pytest.approx({"no-burn": 0.506, "restricted-burn": 0.494}, abs=0.01)
    far = burning(DEFAULT, zone(), at=(109.29, 24.25), accuracy_m=100)
    assert (far.certainty, far.share) == ("certain", 1.0)


def test_two_zones_side_by_side_are_one_ground_to_a_circle_across_their_border():
    west, east = zone("west", box(109.2, 24.2, 109.25, 24.3)), zone("east", box(109.25, 24.2, 109.3, 24.3))
    across = burning(DEFAULT, west, east, accuracy_m=200)
    assert (across.outcome, across.certainty, across.share) == ("no-burn", "certain", pytest.approx(1.0, abs=1e-4))
    assert {rule.zone.id: round(rule.share, 2) for rule in across.rules} == {"west": 0.5, "east": 0.5, "default": 1.0}


def test_a_pixel_takes_its_own_shares():
    index = ZoneIndex(read(zone()))
    half = index.rules_over(pixel_about(109.3, 24.25, 375, 375), NOON)[Subject.BURNING]
    assert half.shares == pytest.approx({"no-burn": 0.5, NO_RULE: 0.5}, abs=0.01)
    with pytest.raises(CoordinateInvalid):
        pixel_about(109.3, 24.25, 0, 375)


def test_a_rule_holds_from_midnight_to_midnight_of_guangxi():
    limited = zone(valid={"from": "2026-02-10", "through": "2026-02-28"})
    for instant, outcome in [
        (datetime(2026, 2, 9, 15, 59, 59, tzinfo=UTC), NO_RULE),
        (datetime(2026, 2, 9, 16, 0, tzinfo=UTC), "no-burn"),
        (datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC), "no-burn"),
        (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), NO_RULE),
    ]:
        assert burning(limited, instant=instant).outcome == outcome
    with pytest.raises(ValueError, match="time zone"):
        burning(limited, instant=datetime(2026, 2, 20))


RING = box(109.1, 24.1, 109.4, 24.4)
MIXED = (
    zone("no", box(109.15, 24.15, 109.25, 24.25)),
    zone("no-2", box(109.2, 24.2, 109.3, 24.3), document="old"),
    zone("some", box(109.22, 24.1, 109.33, 24.22), kind="restricted-burn"),
    zone("within", box(109.28, 24.28, 109.36, 24.36), extent="within"),
    zone("default", RING, kind="restricted-burn", default=True),
    zone("works", box(109.1, 24.1, 109.2, 24.2), kind="machinery-control"),
)


@given(point=points_in(109.05, 24.05, 109.45, 24.45), accuracy=st.sampled_from([0.0, 10.0, 300.0, 5000.0]))
def test_each_subject_has_one_verdict_and_its_shares_are_one(point, accuracy):
    verdicts = ZoneIndex(read(*MIXED)).rules_at(*point, NOON, accuracy)
    assert set(verdicts) == set(Subject)
    for verdict in verdicts.values():
        assert sum(verdict.shares.values()) == pytest.approx(1.0, abs=1e-5)
        assert verdict.share == max(verdict.shares.values()) == verdict.shares[verdict.outcome]
        assert (verdict.deciding is None) == (verdict.outcome == NO_RULE)


LATTICE = [round(109.1 + i / 100, 2) for i in range(32)], [round(24.1 + i / 100, 2) for i in range(32)]


def test_bulk_and_single_agree_on_borders_and_corners_too():
    index = ZoneIndex(read(*MIXED))
    points = list(product(*LATTICE))
    lons, lats = (np.array(each) for each in zip(*points, strict=True))
    for subject in (Subject.BURNING, Subject.MACHINERY):
        decided = index.rules_many(lons, lats, NOON, subject)
        for (lon, lat), number in zip(points, decided.tolist(), strict=True):
            verdict = index.rules_at(lon, lat, NOON)[subject]
            assert verdict.deciding == (None if number < 0 else index.zones[number])


def test_without_zones_nothing_holds():
    empty = ZoneIndex([])
    assert empty.rules_at(*HERE, NOON, 30)[Subject.FUEL].outcome == NO_RULE
    assert empty.rules_many([109.2], [24.2], NOON, Subject.FUEL).tolist() == [-1]


# -- the zones that are carried ------------------------------------------------------------------------------------


def test_the_carried_zones_say_what_was_read_and_what_was_not():
    carried = sample_zones(sample_grid())
    index = ZoneIndex(carried.zones)
    assert {w.code for w in carried.warnings} == {"zone-extent-unknown", "zone-unplaced"}
    chengzhong = index.rules_at(109.4117, 24.3146, NOON)[Subject.BURNING]
    assert (chengzhong.outcome, chengzhong.deciding.document.number) == ("no-burn", "柳政规〔2025〕7号")
    assert index.rules_at(109.2, 24.2, NOON)[Subject.BURNING].outcome == UNDETERMINED
    before = datetime(2025, 11, 10, 15, 59, tzinfo=UTC)
    assert index.rules_at(109.4117, 24.3146, before)[Subject.BURNING].outcome == NO_RULE
    assert all(zone.document.origin and zone.basis for zone in carried.zones)
