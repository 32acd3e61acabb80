"""Hierarchies as data."""

from __future__ import annotations

import pytest

from geo.admin import LEVELS
from geo.errors import HierarchyInvalid
from geo.hierarchy import hierarchies, hierarchy, parse_hierarchy
from geo.names import townships, villages
from geo.reference import county_grid

LEVEL = {"level": "a", "pattern": "[0-9]"}


def test_the_common_hierarchy_has_the_levels_of_grids():
    assert hierarchy("city-county-township-village").level_names == LEVELS


def test_every_known_code_has_its_level_and_its_parent():
    common = hierarchy("city-county-township-village")
    for level, names in (("township", townships()), ("village", villages())):
        for one in names.values():
            assert common.level_of(one.code) == level
            assert common.parent_of(one.code, level) == one.parent
    for cell in county_grid():
        assert (common.level_of(cell.code), common.parent_of(cell.code, cell.level)) == (cell.level, cell.parent)


def test_a_code_that_fits_no_level_has_none():
    common = hierarchy("city-county-township-village")
    assert common.level_of("4502") is None
    assert common.parent_of("4502", "township") is None
    assert common.parent_of("450206100", "galaxy") is None
    assert not hierarchy("management-units").derives_parent("unit")
    assert common.derives_parent("village")


def test_an_unknown_hierarchy_is_told_with_those_there_are():
    with pytest.raises(HierarchyInvalid, match="management-units"):
        hierarchy("feudal")
    assert len(hierarchies()) == 3


@pytest.mark.parametrize(
    "stated",
    [
        None,
        {"levels": []},
        {"levels": [{"level": "a"}]},
        {"levels": [{"level": "a", "pattern": "["}]},
        {"levels": [LEVEL, LEVEL]},
        {"levels": [LEVEL], "tiers": ["b"]},
        {"levels": [LEVEL], "kind": "feudal"},
        {"levels": [LEVEL | {"parent": {"keep": "x"}}]},
    ],
)
def test_a_malformed_hierarchy_is_refused(stated):
    with pytest.raises(HierarchyInvalid):
        parse_hierarchy("mine", stated)
