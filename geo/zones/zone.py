"""One zone: a rule, a shape, when it holds, and the paper that says so.

Knows neither how its shape came about (`areas`) nor other zones (`rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shapely.geometry.base import BaseGeometry

from geo.zones.kinds import STRICTNESS, Category, Kind
from geo.zones.windows import Schedule

Extent = Literal["exact", "within"]
"""`exact`: the rule holds in all of the shape. `within`: in an unknown part of it, whose list or map is lacking."""
Confidence = Literal["read", "reported", "unverified"]
"""`read` at the source; `reported` by others, such as local news; `unverified`."""


@dataclass(frozen=True, slots=True)
class Document:
    """The paper a zone rests on. `number` is None where it is not known; `origin` says where it was read."""

    number: str | None
    title: str
    issued: date | None
    origin: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Zone:
    """`shape`: valid Polygon or MultiPolygon in CGCS2000 degrees, or None for a zone whose place is not known at all.

    `default`: a rule for everything that no other zone of its subject covers. `basis`: the clause or words, in short.
    """

    id: str
    name: str
    kind: Kind
    category: Category
    document: Document
    schedule: Schedule
    shape: BaseGeometry | None
    extent: Extent = "exact"
    default: bool = False
    basis: str = ""
    confidence: Confidence = "read"

    @property
    def rank(self) -> tuple[bool, int, bool, int, str]:
        """Smaller goes first where zones of one subject meet: any zone before a default, the stricter rule, an exact
        extent, the later paper, then the smaller id."""
        later = -self.schedule.valid_from.toordinal()
        return self.default, -STRICTNESS[self.kind], self.extent == "within", later, self.id

    def matched(self, instant: datetime) -> str | None:
        """The window in which its rule holds at an instant; None if it does not."""
        return self.schedule.matched(instant)
