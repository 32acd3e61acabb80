"""The scenarios that every client is held to, told to the reference client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sync.storyteller import SCENARIOS, Teller

FILES = sorted(SCENARIOS.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_reference_client_does_what_the_scenario_tells(file: Path) -> None:
    Teller().tell(json.loads(file.read_text(encoding="utf-8"))["story"])


def test_there_are_scenarios_for_all_that_a_client_meets() -> None:
    titles = [json.loads(file.read_text(encoding="utf-8"))["title"] for file in FILES]
    assert len(set(titles)) == len(FILES) >= 30
