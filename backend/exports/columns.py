"""The columns of exported lists, read from columns.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

KINDS = ("text", "label", "number", "degrees", "instant", "photos")
FILE = Path(__file__).with_name("columns.yaml")


@dataclass(frozen=True)
class Column:
    """One column: what it is called, how wide it is (in characters), how it is shown and where its value comes from."""

    key: str
    zh: str
    en: str
    width: float
    kind: str
    source: str
    group: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or (self.kind == "label") != (self.group is not None):
            raise ValueError(f"the column {self.key} has the kind {self.kind!r} and the group {self.group!r}")

    def heading(self, language: str) -> str:
        """What the column is called."""
        return self.zh if language == "zh-CN" else self.en

    @cached_property
    def _path(self) -> tuple[str, ...]:
        return tuple(self.source.split("."))

    def value(self, row: object) -> Any:
        """The value of a row; null where a step on the way is null."""
        for step in self._path:
            if row is None:
                return None
            row = getattr(row, step)
        return row


@cache
def columns_of(name: str) -> tuple[Column, ...]:
    """The columns of a list. Raises ValueError for two of one key or heading."""
    columns = tuple(Column(**each) for each in yaml.safe_load(FILE.read_text("utf-8"))[name])
    for attribute in ("key", "zh", "en"):
        names = [getattr(column, attribute) for column in columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{name} has two columns of one {attribute}")
    return columns
