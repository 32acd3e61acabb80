"""Which spots along a road photos prove: the laws of the exit rule, and how exact its metres are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from checklists.spots import EXIT_OFFSETS_M, EXIT_TOLERANCE_M, Place, metres, prove

GEOD = Geod(a=6_378_137.0, rf=298.257222101)
gates = st.builds(Place, st.floats(104.4, 112.1), st.floats(20.9, 26.4))
bearings = st.floats(0, 360)
accuracies = st.one_of(st.none(), st.floats(1, 100))


def away(gate, bearing, distance, accuracy=None):
    """A place by the geodesic, an independent reckoning."""
    lon, lat, _ = GEOD.fwd(gate.lon, gate.lat, bearing, distance)
    return Place(lon, lat, accuracy)


def at_the_spots(gate, bearing, accuracy=5.0):
    return [away(gate, bearing, offset, accuracy) for offset in EXIT_OFFSETS_M]


def proven(spots):
    return [spot.offset_m for spot in spots if spot.proven]


places = st.lists(st.tuples(bearings, st.floats(0, 120), accuracies), max_size=5)


@given(gates, bearings, st.floats(0, 150))
def test_metres_agree_with_the_geodesic_to_2_mm(gate, bearing, distance):
    east, north = metres(gate, away(gate, bearing, distance))
    angle = math.radians(bearing)
    assert math.hypot(east - distance * math.sin(angle), north - distance * math.cos(angle)) < 0.002


@given(gates, bearings, st.booleans(), st.permutations(range(3)))
def test_photos_at_the_three_spots_prove_them_in_any_order(gate, bearing, road_known, order):
    photos = at_the_spots(gate, bearing)
    spots = prove(gate, [photos[n] for n in order], bearing if road_known else None)
    assert proven(spots) == list(EXIT_OFFSETS_M)
    assert {spot.flag for spot in spots} == {None}
    assert sorted(spot.photo for spot in spots) == [0, 1, 2]


@given(gates, bearings, st.lists(st.tuples(bearings, st.floats(0, EXIT_TOLERANCE_M - 0.1)), min_size=3, max_size=3))
def test_photos_off_by_less_than_the_tolerance_still_prove(gate, bearing, errors):
    photos = [away(spot, *error) for spot, error in zip(at_the_spots(gate, bearing), errors, strict=True)]
    assert proven(prove(gate, photos, bearing)) == list(EXIT_OFFSETS_M)
    assert proven(prove(gate, photos)) == list(EXIT_OFFSETS_M)


@given(gates, bearings)
def test_a_road_has_no_direction_of_its_own(gate, bearing):
    photos = at_the_spots(gate, bearing)
    assert proven(prove(gate, photos, bearing + 180)) == proven(prove(gate, photos, bearing))


@given(gates, bearings, st.lists(st.tuples(st.floats(-40, 40), st.floats(30, 70)), min_size=2, max_size=4))
def test_photos_on_one_side_never_prove_both(gate, bearing, one_sided):
    photos = [away(gate, bearing + turn, distance) for turn, distance in one_sided]
    assert len([offset for offset in proven(prove(gate, photos)) if offset]) <= 1


@given(gates, places, st.booleans())
def test_no_photo_serves_two_spots(gate, taken, road_known):
    photos = [away(gate, *each) for each in taken]
    served = [spot.photo for spot in prove(gate, photos, 30 if road_known else None) if spot.photo is not None]
    assert len(served) == len(set(served))


@given(gates, places, st.tuples(bearings, st.floats(0, 120), accuracies))
def test_one_more_photo_never_takes_a_proof_away(gate, taken, another):
    photos = [away(gate, *each) for each in taken]
    before, after = (len(proven(prove(gate, each))) for each in (photos, [*photos, away(gate, *another)]))
    assert after >= before


@given(gates, places, st.floats(1, 100))
def test_a_worse_accuracy_never_proves_more(gate, taken, worse):
    photos = [away(gate, *each) for each in taken]
    blurred = [Place(each.lon, each.lat, max(each.accuracy_m or 0, worse)) for each in photos]
    assert len(proven(prove(gate, blurred))) <= len(proven(prove(gate, photos)))


@given(gates, places, bearings)
def test_a_proof_lies_within_the_tolerance_of_its_spot(gate, taken, bearing):
    photos = [away(gate, *each) for each in taken]
    for spot in prove(gate, photos, bearing):
        if spot.proven:
            east, north = metres(away(gate, bearing, spot.offset_m), photos[spot.photo])
            assert math.hypot(east, north) <= EXIT_TOLERANCE_M + 0.01
            assert (photos[spot.photo].accuracy_m or 0) <= EXIT_TOLERANCE_M


@pytest.mark.parametrize(
    ("distance", "accuracy", "flag"),
    [(50, 5, None), (50, None, "accuracy-unknown"), (50, 30, "inaccurate"), (75, 10, "inaccurate"), (75, 4, "missing")],
)
def test_a_flag_says_why_a_spot_is_in_doubt(distance, accuracy, flag):
    gate = Place(109.3, 24.2)
    spots = prove(gate, [away(gate, 90, distance, accuracy)], 90)
    assert [spot.flag for spot in spots] == ["missing", "missing", flag]


def test_without_photos_all_three_are_missing():
    assert [spot.flag for spot in prove(Place(109.3, 24.2), [])] == ["missing"] * 3
