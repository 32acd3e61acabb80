"""Placing: from a stated position to the cells of a record, with flags for what a supervisor should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.extensions import db
from backend.models import Finding, FindingCell
from backend.services import cells, units
from backend.services.actor import Actor
from backend.services.grid_timeline import timeline
from geo.locate import Location
from geo.position import Position, parse_position
from geo.tiles.squares import key_of

DECIDED = "decided"
"""The method of a cell that a person decided on (现场确权)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where something is. `location` is null where no position is known at all."""

    position: dict[str, Any] | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    location: Location | None
    version_id: str
    n: int
    flags: tuple[dict[str, Any], ...]

    @property
    def cell_code(self) -> str | None:
        return self.location.code if self.location else None

    @property
    def square(self) -> int | None:
        """The key of the square of a map that it lies in (`geo.tiles.squares`)."""
        return None if self.lon is None or self.lat is None else key_of(self.lon, self.lat)

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


def place(position: Position | None, fallback: tuple[float, float] | None = None, at: datetime | None = None) -> Placed:
    """Place a stated position by the grid that held at an instant, or holds now.

    Without one, the canonical point of the site stands in, and that is flagged.
    """
    history = timeline(db.session())
    version, n = history.at(at), history.n
    if position is None and fallback is None:
        return Placed(None, None, None, None, None, version, n, ({"code": "position-missing", "detail": ""},))
    if position is None:
        assert fallback is not None
        found = cells.locate(*fallback, at=at)
        flag = {"code": "position-of-site", "detail": "no position was sent; the site's stands in"}
        return Placed(None, *fallback, None, found, version, n, (flag, *_flags(found)))
    lon, lat = position.canonical()
    found = cells.locate(lon, lat, position.accuracy_m, at)
    flags = list(_flags(found))
    if position.mock:
        flags.append({"code": "position-mocked", "detail": "the device says that the position was simulated"})
    return Placed(position.to_wire(), lon, lat, position.accuracy_m, found, version, n, tuple(flags))


def under_lock(placed: Placed, position: Position | None, at: datetime | None) -> Placed:
    """What was placed before the counter was locked, or placed again: a grid was put into force meanwhile, or it is
    another one that held at this instant."""
    history = timeline(db.session())
    still = placed.n == history.n and placed.version_id == history.at(at)
    return placed if still else place(position, None, at)


def put(finding: Finding, placed: Placed) -> None:
    """Write where a finding lies; of its flags those about the place are replaced."""
    finding.position, finding.lon, finding.lat = placed.position, placed.lon, placed.lat
    finding.accuracy_m, finding.cell_code, finding.placed_n = placed.accuracy_m, placed.cell_code, placed.n
    finding.square = placed.square
    kept = [flag for flag in finding.flags if not flag["code"].startswith(("cell-", "position-"))]
    finding.flags = [*kept, *placed.flags]


def replace_cells(session: Session, finding: Finding, placed: Placed) -> None:
    """Write a stored finding's assignments anew, each scheme's where it stands."""
    before = {cell.scheme: cell for cell in finding.cells}
    found = []
    for cell in placed.cells():
        kept = before.get(cell.scheme)
        if kept is None:
            found.append(cell)
            continue
        for name in ("code", "confidence", "method", "version_id", "candidates"):
            setattr(kept, name, getattr(cell, name))
        found.append(kept)
    finding.cells = sorted(found, key=lambda cell: cell.scheme)


def decide(session: Session, finding: Finding, code: str, share: float) -> None:
    """Let a stored finding lie in a cell by a person's word. `share`: what the circle says of that cell."""
    version = timeline(session).at(finding.found_at)
    admin = next((cell for cell in finding.cells if cell.scheme == "admin"), None)
    if admin is None:
        admin = FindingCell(finding_id=finding.id, scheme="admin", code=code, candidates=[])
        finding.cells = [admin, *finding.cells]
    admin.code, admin.method, admin.confidence, admin.version_id = code, DECIDED, share, version
    finding.cell_code = code
    finding.flags = [flag for flag in finding.flags if not flag["code"].startswith("cell-")]
    session.flush()


def place_again(session: Session, finding: Finding, at: datetime | None) -> None:
    """Place a stored finding by the grid of an instant. One without a position of its own lies where its site did."""
    if finding.position is not None:
        placed = place(parse_position(finding.position), None, at)
    else:
        assert finding.lon is not None
        assert finding.lat is not None
        placed = place(None, (finding.lon, finding.lat), at)
    put(finding, placed)
    replace_cells(session, finding, placed)


def _flags(at: Location) -> list[dict[str, Any]]:
    flags = [{"code": f"cell-{flag}", "detail": ""} for flag in at.flags]
    if at.code is not None and at.grade == "review":
        flags.append({"code": "cell-doubtful", "detail": f"{round(at.confidence * 100)} % of the accuracy circle"})
    return flags


def rights_flags(actor: Actor, placed: Placed) -> list[dict[str, Any]]:
    """A report from outside the author's grants is applied, and flagged."""
    lineage = cells.lineage(placed.cell_code) if placed.cell_code else []
    inside = units.of(placed.cell_code, placed.lon, placed.lat, None) if actor.units else frozenset()
    if actor.covers(lineage) or not actor.units.isdisjoint(inside):
        return []
    return [{"code": "outside-grants", "detail": placed.cell_code or "unassigned"}]
