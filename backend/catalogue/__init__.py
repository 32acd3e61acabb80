"""Words that people read, by language: labels of states, severities, topics, kinds. Data in `<language>.yaml`.

A code without a label is shown as itself, so that nothing is hidden because a word is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("zh-CN", "en")
DEFAULT = "zh-CN"


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """All groups of labels of a language, read once."""
    if language not in LANGUAGES:
        raise ValueError(f"there is no catalogue {language!r}")
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load((HERE / f"{language}.yaml").read_text("utf-8"))
    return found


def label(language: str, group: str, code: str | None) -> str:
    """The word for a code of a group; empty for null, the code itself where the catalogue has no word."""
    return "" if code is None else words(language)[group].get(code, code)


def codes(group: str) -> tuple[str, ...]:
    """The codes of a group, in the catalogue's order."""
    return tuple(words(DEFAULT)[group])


@cache
def bundle_readme() -> str:
    """What stands in an evidence bundle for whoever opens it, with places for `number` and `kid`."""
    return (HERE / "bundle-readme.txt").read_text("utf-8")


@cache
def problems() -> Mapping[str, Mapping[str, Any]]:
    """Every problem code: where it occurs, and its sentence in both languages."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load((HERE / "problems.yaml").read_text("utf-8"))
    return found
