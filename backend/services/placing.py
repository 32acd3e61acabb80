"""Placing: from a stated position to the cells of a record, with flags for what a supervisor should know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.models import FindingCell
from backend.services import cells
from backend.services.actor import Actor
from geo.locate import Location
from geo.position import Position


@dataclass(frozen=True, slots=True)
class Placed:
    """Where something is. `location` is null where no position is known at all."""

    position: dict[str, Any] | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    location: Location | None
    version_id: str
    flags: tuple[dict[str, Any], ...]

    @property
    def cell_code(self) -> str | None:
        return self.location.code if self.location else None

    def cells(self) -> list[FindingCell]:
        """The assignments, by scheme: administrative cell with its confidence, BeiDou code, 1 km square."""
        at = self.location
        if at is None:
            return []
        found = []
        if at.code is not None:
            shares = [{"code": code, "share": share} for code, share in at.candidates]
            found.append(self._cell("admin", at.code, at.confidence, at.method, shares))
        if at.beidou is not None:
            found.append(self._cell("beidou", at.beidou, 1.0, "floor", []))
        if at.square is not None:
            found.append(self._cell("square-1000", at.square, at.square_confidence, "floor", []))
        return found

    def _cell(self, scheme: str, code: str, confidence: float, method: str, candidates: list[Any]) -> FindingCell:
        return FindingCell(
            scheme=scheme,
            code=code,
            confidence=confidence,
            method=method,
            version_id=self.version_id,
            candidates=candidates,
        )


def place(position: Position | None, fallback: tuple[float, float] | None = None) -> Placed:
    """Place a stated position; without one, the canonical point of the site stands in, and that is flagged."""
    version = cells.active_version()
    if position is None and fallback is None:
        return Placed(None, None, None, None, None, version, ({"code": "position-missing", "detail": ""},))
    if position is None:
        assert fallback is not None
        at = cells.locate(*fallback)
        flag = {"code": "position-of-site", "detail": "no position was sent; the site's stands in"}
        return Placed(None, *fallback, None, at, version, (flag, *_flags(at)))
    lon, lat = position.canonical()
    at = cells.locate(lon, lat, position.accuracy_m)
    flags = list(_flags(at))
    if position.mock:
        flags.append({"code": "position-mocked", "detail": "the device says that the position was simulated"})
    return Placed(position.to_wire(), lon, lat, position.accuracy_m, at, version, tuple(flags))


def _flags(at: Location) -> list[dict[str, Any]]:
    flags = [{"code": f"cell-{flag}", "detail": ""} for flag in at.flags]
    if at.code is not None and at.grade == "review":
        flags.append({"code": "cell-doubtful", "detail": f"{round(at.confidence * 100)} % of the accuracy circle"})
    return flags


def rights_flags(actor: Actor, placed: Placed) -> list[dict[str, Any]]:
    """A report from outside the author's grants is applied, and flagged."""
    lineage = cells.lineage(placed.cell_code) if placed.cell_code else []
    return [] if actor.covers(lineage) else [{"code": "outside-grants", "detail": placed.cell_code or "unassigned"}]
