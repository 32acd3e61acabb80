"""Which items are asked: the shared vectors for unit, zone, month and attributes, and the laws of zones and months."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import checklists
from checklists import library
from checklists.engine import limit_of
from checklists.selection import Context, applicable_items
from checklists.spots import Place, prove

VECTORS = json.loads((Path(checklists.__file__).parent / "selection-vectors.json").read_text("utf-8"))
ZONES = ["no-burn", "restricted-burn", "built-up", "populated"]


def pack_of(name):
    return library.get(*name.split("@")).pack


def codes(pack, context, certain=True):
    return {each.item.code for each in applicable_items(pack, context) if each.certain is certain}


@pytest.mark.parametrize("case", VECTORS["selections"], ids=lambda case: case["name"])
def test_items_are_selected_as_their_vector_says(case):
    found = applicable_items(pack_of(case["pack"]), Context.of(case["context"]))
    assert {
        "certain": [each.item.code for each in found if each.certain],
        "uncertain": {each.item.code: list(each.unknown) for each in found if not each.certain},
        "exempt": {each.item.code: list(each.exempt) for each in found if each.exempt},
    } == case["expect"]


@pytest.mark.parametrize("case", VECTORS["limits"], ids=lambda case: case["name"])
def test_a_limit_holds_as_its_vector_says(case):
    limit, doubtful = limit_of(pack_of(case["pack"]).by_code[case["item"]], Context(attributes=case["attributes"]))
    said = None if limit is None else {"op": limit.op, "value": limit.value}
    if limit is not None and limit.upper is not None:
        said["upper"] = limit.upper
    assert {"limit": said, "doubtful": doubtful} == case["expect"]


@pytest.mark.parametrize("case", VECTORS["spots"], ids=lambda case: case["name"])
def test_spots_are_proven_as_their_vector_says(case):
    spots = prove(Place(**case["gate"]), [Place(**photo) for photo in case["photos"]], case["bearing_deg"])
    flags = sorted(spot.flag or "" for spot in spots)
    assert {"proven": sum(spot.proven for spot in spots), "flags": flags} == case["expect"]


def test_the_vectors_reach_zones_months_and_every_flag():
    contexts = [case["context"] for case in VECTORS["selections"]]
    assert {tuple(c["zones"]) if "zones" in c else None for c in contexts} >= {None, (), ("no-burn",)}
    assert any("zones" in unknown for case in VECTORS["selections"] for unknown in case["expect"]["uncertain"].values())
    flags = {flag for case in VECTORS["spots"] for flag in case["expect"]["flags"]}
    assert flags == {"", "missing", "inaccurate", "accuracy-unknown"}


@given(st.lists(st.sampled_from(ZONES), unique=True), st.sampled_from(ZONES))
def test_one_more_zone_never_takes_an_item_away(zones, another):
    pack, day = pack_of("straw-liuzhou@2026.1"), date(2026, 3, 1)
    before, after = (Context(day, "450205", ("farmland",), {}, tuple(each)) for each in (zones, [*zones, another]))
    assert codes(pack, before) <= codes(pack, after)


@given(st.lists(st.sampled_from(ZONES), unique=True))
def test_what_is_asked_without_knowing_the_zones_includes_all_that_any_zone_asks(zones):
    pack, day = pack_of("straw-liuzhou@2026.1"), date(2026, 3, 1)
    known, unknown = (Context(day, "450205", ("farmland",), {}, each) for each in (tuple(zones), None))
    assert codes(pack, known) <= codes(pack, unknown) | codes(pack, unknown, certain=False)


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_demolition_rests_from_september_to_february(day):
    found = codes(pack_of("ground-liuzhou@2026.1"), Context(day, "450202", ("demolition",), {}, ()))
    assert ("ground.winter.no-demolition" in found) is (day.month not in range(3, 9))
