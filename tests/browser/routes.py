"""The console's pages as its router has them, and every change of the API that its source asks for."""

from __future__ import annotations

import re

from tests.backend.serving import ROOT

CONSOLE = ROOT / "web/src/console"
PATH = re.compile(r"\bpath: '([^']+)'")
CALL = re.compile(
    r"""\b(?:api|through)\s*\.\s*(?P<verb>post|put|patch|delete|upload)\s*(?:<[^(]*>)?\(\s*['`](?P<path>[^'`]+)['`]
    | \b(?:api|through)\s*\.\s*answer\(\s*'(?P<method>POST|PUT|PATCH|DELETE)',\s*['`](?P<where>[^'`]+)['`]
    | \b(?:api|through)\s*\.\s*(?:file|download)\(\s*['`](?P<file>[^'`]+)['`],\s*\{\s*body\b
    | method:\s'(?P<said>POST|PUT|DELETE)',\s*path:\s`(?P<there>[^`]+)`""",
    re.VERBOSE,
)
# The place of a finding, as `${path}` and `${at}` stand for it.
FINDING = re.compile(r"^\$\{(?:path|at)\}")


def paths() -> list[str]:
    """Every path of the router, with its parameters as they are written there."""
    return sorted(path for file in CONSOLE.glob("pages/*/routes.ts") for path in PATH.findall(file.read_text("utf-8")))


def changes() -> set[str]:
    """Every change that the source asks for: `POST /findings/*/steps`, a star for what is put in."""
    return {
        f"{_method(call)} {_path(call)}"
        for file in [*CONSOLE.rglob("*.ts"), *CONSOLE.rglob("*.vue")]
        if not file.name.endswith(".test.ts")
        for call in CALL.finditer(file.read_text("utf-8"))
    }


def _method(call: re.Match[str]) -> str:
    said = call["verb"] or call["method"] or call["said"] or ("POST" if call["file"] else "")
    return "POST" if said == "upload" else said.upper()


def _path(call: re.Match[str]) -> str:
    path = FINDING.sub("/findings/*", call["path"] or call["where"] or call["there"] or call["file"])
    return re.sub(r"\$\{[^}]*\}", "*", path)
