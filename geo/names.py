"""Names of townships and villages by statistical code.

Knows codes and names, no shapes: shapes come from an office's own files and join on the code. The bundled lists are
those of 2023-06-30; see data/ORIGIN.md.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geo.errors import ImportRefused

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Name:
    """A named unit: 9 digits for a township, 12 for a village; `parent` is the unit above."""

    code: str
    name: str
    parent: str


def read_names(path: Path) -> MappingProxyType[str, Name]:
    """Names by code, in the file's order, from a UTF-8 CSV with the columns code, name, parent.

    Raises ImportRefused for missing columns or values, duplicate codes, and parents that do not begin the code.
    """
    names: dict[str, Name] = {}
    problems: list[dict[str, Any]] = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"code", "name", "parent"} <= set(reader.fieldnames or ()):
            detail = "the columns code, name and parent are needed"
            raise ImportRefused(detail, [{"problem": "columns-missing", "where": 1, "detail": detail}])
        for row in reader:
            code, name, parent = ((row[key] or "").strip() for key in ("code", "name", "parent"))
            if not (code and name and parent):
                problem = "value-missing"
            elif code in names:
                problem = "code-duplicate"
            elif not code.startswith(parent) or code == parent:
                problem = "parent-not-prefix"
            else:
                names[code] = Name(code, name, parent)
                continue
            problems.append({"problem": problem, "where": reader.line_num, "detail": f"{code} {name} {parent}"})
    if problems:
        raise ImportRefused(f"{len(problems)} faults in {path.name}", problems)
    return MappingProxyType(names)


@cache
def townships() -> MappingProxyType[str, Name]:
    """The 192 townships of Liuzhou and Guigang."""
    return read_names(DATA / "townships.csv")


@cache
def villages() -> MappingProxyType[str, Name]:
    """The 2,435 villages and communities of Liuzhou and Guigang."""
    return read_names(DATA / "villages.csv")
