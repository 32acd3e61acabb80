"""The guides for inspectors and offices: their pictures are there, small, and all of them shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
MOST_BYTES = 60_000


@pytest.mark.parametrize("app", ["field", "console"])
def test_a_guide_shows_every_picture_that_is_kept_for_it_and_no_other(app: str) -> None:
    guide = (DOCS / f"guide-{app}.zh-CN.md").read_text("utf-8")
    shown = set(re.findall(r'<img src="pictures/([^"]+)"', guide))
    kept = {f"{app}/{path.name}" for path in (DOCS / "pictures" / app).iterdir()}
    assert shown == kept


@pytest.mark.parametrize("app", ["field", "console"])
def test_a_guide_s_pictures_are_small_and_said_in_words_too(app: str) -> None:
    guide = (DOCS / f"guide-{app}.zh-CN.md").read_text("utf-8")
    assert [path.name for path in (DOCS / "pictures" / app).iterdir() if path.stat().st_size > MOST_BYTES] == []
    assert all(re.search(r'alt="[^"]+"', picture) for picture in re.findall("<img[^>]*>", guide))
