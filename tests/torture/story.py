"""Stories: made from a seed, played, cut down to what still fails, and kept as JSON."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.torture.faults import Tally
from tests.torture.homes import Home
from tests.torture.steps import CHANCES, perform, quiesce
from tests.torture.witness import Violation
from tests.torture.world import World

FIXTURES = Path(__file__).parent / "fixtures"
END = (0, 0, 0, 0, 0)
NUMBERS = 5
LARGEST = 10_000

Step = list[Any]
Story = list[Step]


def from_seed(seed: int, steps: int) -> Story:
    chance = random.Random(seed)
    names = chance.choices(list(CHANCES), list(CHANCES.values()), k=steps)
    return [[name, *(chance.randrange(LARGEST) for _ in range(NUMBERS))] for name in names]


def play(home: Home, story: Sequence[Step], tally: Tally) -> None:
    """Play a story and check at its end; raises Violation (or whatever else breaks)."""
    tally.stories += 1
    world = World(home, tally)
    try:
        for step in story:
            perform(world, step)
        quiesce(world, END)
    finally:
        world.close()


def failure_of(home: Home, story: Sequence[Step]) -> str | None:
    """What a story ends with: nothing, or its failure in a line."""
    try:
        play(home, story, Tally())
    except Violation as violation:
        return str(violation)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def law_of(failure: str) -> str:
    """The invariant that a failure is about; anything else by its kind."""
    return failure.split(":", 1)[0]


def minimal(home: Home, story: Story, seconds: float, now: Callable[[], float] = time.monotonic) -> Story:
    """A shorter story that fails by the same invariant: parts are left out as long as it does."""
    first = failure_of(home, story)
    if first is None:
        return story
    law, ends, size = law_of(first), now() + seconds, max(1, len(story) // 2)
    while size >= 1:
        start = 0
        while start < len(story) and now() < ends:
            shorter = story[:start] + story[start + size :]
            found = failure_of(home, shorter)
            if found is not None and law_of(found) == law:
                story = shorter
            else:
                start += size
        size = size // 2
    return story


def written(story: Story, failure: str, seed: object) -> str:
    """A fixture: what failed, and the steps, one a line."""
    steps = ",\n  ".join(json.dumps(step) for step in story)
    told = json.dumps(failure[:500], ensure_ascii=False)
    return f'{{\n "seed": {json.dumps(seed)},\n "failure": {told},\n "steps": [\n  {steps}\n ]\n}}\n'


def read(path: Path) -> Story:
    steps: Story = json.loads(path.read_text(encoding="utf-8"))["steps"]
    return steps
