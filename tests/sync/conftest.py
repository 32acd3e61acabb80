"""The engine's world in memory."""

from __future__ import annotations

import pytest

from tests.sync.world import World


@pytest.fixture
def world() -> World:
    return World()
