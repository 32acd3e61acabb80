"""The fields of a finding that people write: how each is compared, kept and put.

`position` is one field: longitude, latitude and datum never merge apart from one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.models import Finding
from backend.services import checklists, finding_rules, placing
from geo.position import Position, parse_position
from sync.errors import OpRefused

NAMES = ("description", "severity", "topic", "item", "site", "position")


def as_kept(name: str, value: Any) -> Any:
    """A value as JSON holds it."""
    return value.to_wire() if isinstance(value, Position) else value


def current(finding: Finding) -> dict[str, Any]:
    """The fields as they are now."""
    return {
        "description": finding.description,
        "severity": finding.severity,
        "topic": finding.topic,
        "item": finding.item,
        "site": finding.site_id,
        "position": finding.position,
    }


def require_known_item(session: Session, item: str | None) -> None:
    """Raise OpRefused `unknown-item` for an item that no checklist has."""
    if item is not None and checklists.newest_with_item(session, item) is None:
        raise OpRefused("unknown-item", f"No checklist has the item {item}.", item=item)


def put(session: Session, finding: Finding, values: Mapping[str, Any]) -> None:
    """Write fields; a new place is located anew, a new item brings its rule.

    A cell that a person decided on stands while the new circle still touches it.
    """
    for name, value in values.items():
        if name == "position":
            _move(session, finding, value)
        elif name == "item":
            found = checklists.newest_with_item(session, value) if value else None
            if found is not None:
                finding_rules.put(finding, *found)
            else:
                finding_rules.take(finding)
        elif name == "site":
            finding.site_id = value
        else:
            setattr(finding, name, value)
    session.flush()


def _move(session: Session, finding: Finding, position: Mapping[str, Any]) -> None:
    placed = placing.place(parse_position(position), None, finding.found_at)
    before = next((cell for cell in finding.cells if cell.scheme == "admin"), None)
    decided = before.code if before is not None and before.method == placing.DECIDED else None
    placing.put(finding, placed)
    placing.replace_cells(session, finding, placed)
    touched = dict(placed.location.candidates) if placed.location is not None else {}
    if decided is not None and decided in touched:
        placing.decide(session, finding, decided, touched[decided])
