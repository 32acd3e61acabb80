"""The shipped packs, and people and places that the checklist tests speak of."""

from datetime import date

import pytest

from checklists import coverage, library
from checklists.model import Item, Pack
from checklists.selection import Context


@pytest.fixture(scope="session")
def packs() -> dict[str, Pack]:
    """The newest version of each."""
    return {pack.code: pack for pack in coverage.newest(library.shipped())}


@pytest.fixture(scope="session")
def items(packs) -> list[Item]:
    return [item for pack in packs.values() for item in pack.items]


@pytest.fixture(scope="session")
def liujiang(packs) -> Pack:
    return packs["dust-liujiang"]


@pytest.fixture
def site() -> Context:
    return Context(
        date(2024, 6, 1),
        "450206",
        ("construction",),
        {"earthwork": True, "floor_area_m2": 6000, "main_urban_site": True},
    )


@pytest.fixture
def printer() -> Context:
    """A printing works in Liujiang whose materials all hold less than 10 % VOCs."""
    known = {"voc_content_max_pct": 9.9, "organic_polymer": False, "external_hood": True, "sector": "printing"}
    return Context(date(2024, 6, 1), "450206", ("voc_enterprise",), known)
