"""The columns of exported lists, read from columns.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

KINDS = ("text", "label", "number", "degrees", "instant", "photos")
MOST_SHORT = 10  # characters of a field's name in a Shapefile
FILE = Path(__file__).with_name("columns.yaml")


@dataclass(frozen=True)
class Column:
    """One column: what it is called, how wide it is (in characters), how it is shown and where its value comes from.

    Without a source nothing is known yet: the column stays empty under its heading. `short` names it in a Shapefile.
    """

    key: str
    zh: str
    en: str
    width: float
    kind: str
    source: str | None
    group: str | None = None
    short: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or (self.kind == "label") != (self.group is not None):
            raise ValueError(f"the column {self.key} has the kind {self.kind!r} and the group {self.group!r}")
        if self.short is not None and not (self.short.isascii() and 0 < len(self.short) <= MOST_SHORT):
            raise ValueError(f"the column {self.key} is called {self.short!r}, which no Shapefile can hold")

    def heading(self, language: str) -> str:
        """What the column is called."""
        return self.zh if language == "zh-CN" else self.en

    @cached_property
    def _path(self) -> tuple[str, ...]:
        return tuple(self.source.split(".")) if self.source else ()

    def value(self, row: object) -> Any:
        """The value of a row; null where a step on the way is null, or the column has no source."""
        if not self._path:
            return None
        for step in self._path:
            if row is None:
                return None
            row = getattr(row, step)
        return row


@cache
def columns_of(name: str) -> tuple[Column, ...]:
    """The columns of a list. Raises ValueError for two of one key or heading."""
    columns = tuple(Column(**each) for each in yaml.safe_load(FILE.read_text("utf-8"))[name])
    for attribute in ("key", "zh", "en", "short"):
        names = [name for column in columns if (name := getattr(column, attribute)) is not None]
        if len(set(names)) != len(names):
            raise ValueError(f"{name} has two columns of one {attribute}")
    return columns
