"""Hierarchies of cells as data: which levels there are, what their codes look like, and which code is above another.

Knows codes only, no shapes. The shipped ones are in data/hierarchies.yaml; an office's own is a mapping of that form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import yaml

from geo.errors import HierarchyInvalid, shown
from geo.names import DATA

Kind = Literal["administrative", "management"]


@dataclass(frozen=True, slots=True)
class Level:
    """One level. `pattern`: what a whole code looks like. `keep`, `add`: how its parent's code is made; None if that
    cannot be told from the code."""

    name: str
    zh: str
    pattern: re.Pattern[str]
    keep: int | None = None
    add: str = ""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`levels`, coarsest first; `tiers`: the names of those that a plan counts as its grid levels, coarsest first."""

    name: str
    zh: str
    kind: Kind
    levels: tuple[Level, ...]
    tiers: tuple[str, ...]

    @property
    def level_names(self) -> tuple[str, ...]:
        """As `AdminGrid` wants them."""
        return tuple(level.name for level in self.levels)

    def level(self, name: str) -> Level | None:
        """The level of a name, None if there is none."""
        return next((level for level in self.levels if level.name == name), None)

    def level_of(self, code: str) -> str | None:
        """The coarsest level whose pattern a code has, None if none has."""
        return next((level.name for level in self.levels if level.pattern.fullmatch(code)), None)

    def derives_parent(self, level: str) -> bool:
        """Whether codes of a level say what is above them."""
        found = self.level(level)
        return found is not None and found.keep is not None

    def parent_of(self, code: str, level: str) -> str | None:
        """The code above, by the level's rule; None where the level has none or the code does not fit it."""
        found = self.level(level)
        if found is None or found.keep is None or not found.pattern.fullmatch(code):
            return None
        return code[: found.keep] + found.add


def parse_hierarchy(name: str, stated: object) -> Hierarchy:
    """A hierarchy from a mapping of the form in data/hierarchies.yaml. Raises HierarchyInvalid."""
    if not isinstance(stated, Mapping) or not isinstance(stated.get("levels"), list) or not stated["levels"]:
        raise HierarchyInvalid(f"hierarchy {shown(name)}: a mapping with a list of levels is needed", hierarchy=name)
    levels = tuple(_level(name, each) for each in stated["levels"])
    names = [level.name for level in levels]
    tiers = tuple(stated.get("tiers") or names)
    if len(set(names)) < len(names) or not set(tiers) <= set(names):
        raise HierarchyInvalid(f"hierarchy {shown(name)}: levels are named once, tiers are levels", hierarchy=name)
    kind = stated.get("kind", "administrative")
    if kind not in ("administrative", "management"):
        raise HierarchyInvalid(f"hierarchy {shown(name)}: {shown(kind)} is no kind", hierarchy=name)
    return Hierarchy(name, str(stated.get("zh", name)), cast(Kind, kind), levels, tiers)


def _level(hierarchy: str, stated: Any) -> Level:
    try:
        above = stated.get("parent") or {}
        return Level(
            name=str(stated["level"]),
            zh=str(stated.get("zh", stated["level"])),
            pattern=re.compile(str(stated["pattern"])),
            keep=int(above["keep"]) if above else None,
            add=str(above.get("add", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
        raise HierarchyInvalid(f"hierarchy {shown(hierarchy)}: a level is malformed", hierarchy=hierarchy) from error


@cache
def hierarchies() -> Mapping[str, Hierarchy]:
    """The shipped hierarchies by name."""
    document = yaml.safe_load((DATA / "hierarchies.yaml").read_text("utf-8"))
    return {name: parse_hierarchy(name, stated) for name, stated in document["hierarchies"].items()}


def hierarchy(name: str) -> Hierarchy:
    """A shipped hierarchy. Raises HierarchyInvalid."""
    found = hierarchies().get(name)
    if found is None:
        known = ", ".join(hierarchies())
        raise HierarchyInvalid(f"there is no hierarchy {shown(name)}; there are {known}", hierarchy=shown(name))
    return found
