"""Grids that the tests of `geo` share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from geo.admin import AdminGrid
from geo.reference import county_grid, sample_grid

settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of an example
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def counties() -> AdminGrid:
    return county_grid()


@pytest.fixture(scope="session")
def district() -> AdminGrid:
    return sample_grid()
