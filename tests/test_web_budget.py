"""The first load of the field app, as built: what a phone fetches before it shows its first page, packed with gzip.

Counted from the build's own manifest: the page, its scripts and styles with all that they import, and the Chinese
words and the page of today, which are asked for at once. The map, the camera and other pages come later.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.built_web import DIST

BUDGET = 180 * 1024
FIRST = ("index.html", "words/zh-CN.ts", "pages/home/HomePage.vue")


def first_load(dist: Path, entries: Iterable[str] = FIRST) -> dict[str, int]:
    """The files of the first load under `dist` and their sizes in bytes, packed with gzip."""
    manifest = json.loads((dist / ".vite/manifest.json").read_text())
    files, seen, wanted = {"index.html"}, set[str](), list(entries)
    while wanted:
        if (name := wanted.pop()) in seen:
            continue
        seen.add(name)
        chunk = manifest[name]
        files |= {chunk["file"], *chunk.get("css", ())}
        wanted += chunk.get("imports", ())
    return {file: len(gzip.compress((dist / file).read_bytes(), 9)) for file in files}


def test_the_first_load_of_the_field_app_is_within_its_budget() -> None:
    sizes = first_load(DIST / "field")
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert sum(sizes.values()) <= BUDGET, f"{sum(sizes.values())} bytes of {BUDGET}; the largest: {largest}"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    chunks = {
        "index.html": {"file": "assets/index.js", "css": ["assets/index.css"], "imports": ["_shared.js"]},
        "_shared.js": {"file": "assets/shared.js", "imports": ["index.html"]},
        "pages/map/MapPage.vue": {"file": "assets/map.js"},
    }
    (tmp_path / ".vite").mkdir()
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite/manifest.json").write_text(json.dumps(chunks))
    for name in ("index.html", "assets/index.js", "assets/index.css", "assets/shared.js", "assets/map.js"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_what_a_script_imports_is_counted_once_and_what_is_loaded_later_is_not(built: Path) -> None:
    sizes = first_load(built, ["index.html"])
    assert set(sizes) == {"index.html", "assets/index.js", "assets/index.css", "assets/shared.js"}


def test_nothing_of_the_built_field_app_names_another_host_to_load_from() -> None:
    styles = [
        file
        for file in (DIST / "field/assets").glob("*.css")
        if "url(//" in file.read_text() or "url(http" in file.read_text()
    ]
    assert styles == []
