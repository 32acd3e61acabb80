"""The console's pages as its router has them, and every change of the API that its source asks for."""

from __future__ import annotations

import re

from tests.backend.serving import ROOT

CONSOLE = ROOT / "web/src/console"
PATH = re.compile(r"\bpath: '([^']+)'")
ROLES = re.compile(r"\broles(?:: (?:\[([^\]]*)\]|(\w+)))?")


def paths() -> list[str]:
    """Every path of the router, with its parameters as they are written there."""
    return sorted(path for file in CONSOLE.glob("pages/*/routes.ts") for path in PATH.findall(file.read_text("utf-8")))
