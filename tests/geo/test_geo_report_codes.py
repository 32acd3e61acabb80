"""Every fault that an import of cells may tell stands on the page for admins."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from geo import cell_shapes

ROOT = Path(__file__).parents[2]
TELLING = {"Fault", "FeatureFault", "refused", "_refused"}


def told(path):
    """The codes written in a module, as the first argument of whatever makes a fault."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLING and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_the_page_names_every_code_of_an_import():
    page = set(re.findall(r"`([a-z]+(?:-[a-z0-9]+)*)`", (ROOT / "docs/maps.md").read_text("utf-8")))
    modules = [*(ROOT / "geo").glob("cell_*.py"), ROOT / "geo/geojson.py"]
    codes = {code for path in modules for code in told(path)} | set(cell_shapes._WHY.values())
    assert len(codes) > 40
    assert codes - page == set()
