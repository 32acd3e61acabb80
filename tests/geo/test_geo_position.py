"""Positions on the wire: what is kept, and each way to be refused."""

from __future__ import annotations

import dataclasses

import pytest

from geo.datum import Datum
from geo.distance import distance_m
from geo.errors import CoordinateInvalid, DatumMissing, DatumUnknown, GeoError, PositionInvalid
from geo.position import WIRE_FIELDS, Position, parse_position

SENT = {
    "lon": 109.416307455,
    "lat": 24.311916133,
    "datum": "GCJ02",
    "accuracy_m": 12,
    "altitude_m": -3.5,
    "provider": "gps",
    "mock": False,
    "at": "2026-11-22T18:03:11+08:00",
}


def test_the_original_is_kept_and_the_canonical_derived():
    position = parse_position(SENT)
    assert position.to_wire() == SENT
    assert position.canonical() == pytest.approx((109.4117, 24.3146), abs=2e-9)
    assert position.canonical() == tuple(round(v, 9) for v in position.canonical())


def test_three_fields_are_enough_and_unknown_ones_are_let_by():
    position = parse_position({"lon": 109, "lat": 24, "datum": "WGS84", "speed": 3})
    assert position == Position(109.0, 24.0, Datum.WGS84)
    assert set(position.to_wire()) == set(WIRE_FIELDS)


def test_a_position_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_position(SENT).lon = 1.0


@pytest.mark.parametrize("change", [{"datum": None}, {"datum": ""}])
def test_no_datum_is_refused(change):
    with pytest.raises(DatumMissing):
        parse_position(SENT | change)
    with pytest.raises(DatumMissing):
        parse_position({k: v for k, v in SENT.items() if k != "datum"})


@pytest.mark.parametrize("datum", ["gcj02", "EPSG:4490", 7, [], {}])
def test_an_unknown_datum_is_refused(datum):
    with pytest.raises(DatumUnknown):
        parse_position(SENT | {"datum": datum})


@pytest.mark.parametrize(
    "change",
    [
        {"lat": 91},
        {"lat": -90.0001},
        {"lon": 180.5},
        {"lon": float("nan")},
        {"lat": float("-inf")},
        {"lon": "109"},
        {"lon": None},
        {"lon": True},
        {"lat": 10**400},
        {"lat": 10**5000},
        {"accuracy_m": -1},
        {"accuracy_m": float("inf")},
        {"accuracy_m": float("nan")},
        {"accuracy_m": True},
        {"accuracy_m": "12"},
        {"altitude_m": float("nan")},
        {"altitude_m": [1]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_bad_number_is_refused_and_named(change):
    with pytest.raises(CoordinateInvalid) as refused:
        parse_position(SENT | change)
    assert refused.value.code == "coordinate-invalid"
    assert refused.value.extras["field"] == next(iter(change))


@pytest.mark.parametrize("change", [{"provider": 1}, {"mock": "no"}, {"mock": 0}, {"at": 1_700_000_000}])
def test_other_fields_have_their_types(change):
    with pytest.raises(PositionInvalid):
        parse_position(SENT | change)


@pytest.mark.parametrize("thing", [None, [], "109,24", 3])
def test_what_is_no_mapping_is_no_position(thing):
    with pytest.raises(PositionInvalid):
        parse_position(thing)


def test_every_error_has_its_own_code():
    classes = GeoError.__subclasses__()
    assert len({c.code for c in classes}) == len(classes)
    assert all(c.code != GeoError.code for c in classes)


def test_three_kilometres_are_three_kilometres():
    stated, taken = (109.4117, 24.3146), (109.4117, 24.34169)
    assert distance_m(stated, taken) == pytest.approx(3000, abs=2)
    assert distance_m(stated, stated) == 0
    with pytest.raises(CoordinateInvalid):
        distance_m(stated, (0.0, 91.0))
