"""The torture in short: stories made by Hypothesis, and every story that once failed. `make torture` has the long form.

Each run draws another seed and prints it when a story fails; BLUEGRID_TORTURE_SEED gives it again.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from tests.torture import story
from tests.torture.faults import Tally
from tests.torture.homes import Home, open_home
from tests.torture.steps import CHANCES

SEED = int(os.environ.get("BLUEGRID_TORTURE_SEED") or secrets.randbelow(10**9))
STORIES = int(os.environ.get("BLUEGRID_TORTURE_STORIES") or 20)

NAMES = [name for name, weight in CHANCES.items() for _ in range(weight)]
STEPS = st.tuples(st.sampled_from(NAMES), *[st.integers(0, story.LARGEST - 1)] * story.NUMBERS)


@pytest.fixture(scope="module")
def sqlite_home() -> Iterator[Home]:
    with open_home("sqlite") as home:
        yield home


@pytest.fixture(scope="module")
def postgresql_home() -> Iterator[Home]:
    with open_home("postgresql") as home:
        yield home


@seed(SEED)
@settings(
    max_examples=STORIES,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(steps=st.lists(STEPS, min_size=15, max_size=60))
def test_every_invariant_holds_under_fire(sqlite_home: Home, steps: list[tuple[object, ...]]) -> None:
    note(f"BLUEGRID_TORTURE_SEED={SEED}; the story as a fixture:")
    told = [list(step) for step in steps]
    note(story.written(told, "", SEED))
    story.play(sqlite_home, told, Tally())


@pytest.mark.parametrize("number", range(5))
def test_every_invariant_holds_under_fire_on_postgresql(postgresql_home: Home, number: int) -> None:
    told = story.from_seed(SEED + number, 40)
    try:
        story.play(postgresql_home, told, Tally())
    except Exception as error:
        error.add_note(f"python -m tests.torture --database postgresql --steps 40 --seed {SEED + number}")
        raise


@pytest.mark.parametrize("path", sorted(story.FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_a_story_that_once_failed_holds(sqlite_home: Home, path: Path) -> None:
    story.play(sqlite_home, story.read(path), Tally())


def test_a_story_is_the_same_for_the_same_seed() -> None:
    assert story.from_seed(7, 30) == story.from_seed(7, 30) != story.from_seed(8, 30)
