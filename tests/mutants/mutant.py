"""What a known bug is: the change that puts it back, and the tests that must then fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`changes` are (file, old, new); each old text occurs exactly once in its file.

    `database` is the one on which the torture looks for it; `beyond_torture` says why it cannot find it at all.
    """

    name: str
    law: str
    changes: tuple[tuple[str, str, str], ...]
    tests: tuple[str, ...]
    database: str = "sqlite"
    beyond_torture: str = ""
