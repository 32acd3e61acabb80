"""The filters of the list of fire points, read from text and stated again: what an export keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend import catalogue
from backend.models.fire_point import FIRE_STATES
from backend.services import bounds
from backend.services.finding_filters import BEIJING, instant
from backend.services.fire_points import FireFilters
from backend.services.texts import require_storable
from backend.services.visibility import FilterInvalid

_CODES = {"state": FIRE_STATES, "outcome": "fire_outcome", "zone": "zone_outcome", "source": "fire_source"}

_TRUTHS = {"true": True, "false": False}


def parse(given: Mapping[str, Any]) -> FireFilters:
    """Filters from text; other keys are let by. A date means that day in Beijing. Raises FilterInvalid, TextInvalid."""
    said: dict[str, str] = {}
    for name in FireFilters.__slots__:
        value = given.get(name)
        if value is not None and str(value).strip():
            require_storable(value, name)
            said[name] = str(value).strip()
    for name, codes in _CODES.items():
        known = catalogue.codes(codes) if isinstance(codes, str) else codes
        if name in said and said[name] not in known:
            raise FilterInvalid(f"{name} is one of {', '.join(known)}.", field=name, allowed=list(known))
    if said.get("handled", "true") not in _TRUTHS:
        raise FilterInvalid("handled is true or false.", field="handled", allowed=list(_TRUTHS))
    if "bbox" in said:
        bounds.parse(said["bbox"])
    return FireFilters(
        cell=said.get("cell"),
        state=said.get("state"),
        outcome=said.get("outcome"),
        zone=said.get("zone"),
        source=said.get("source"),
        assignee=_id(said.get("assignee")),
        first_from=instant("first_from", said.get("first_from"), timedelta(0)),
        first_to=instant("first_to", said.get("first_to"), timedelta(days=1)),
        bbox=said.get("bbox"),
        handled=_TRUTHS.get(said.get("handled", "")),
    )


def stated(filters: FireFilters) -> dict[str, str]:
    """The filters in force as text that `parse` reads back, in one order."""
    said: dict[str, str] = {}
    for name in FireFilters.__slots__:
        value = getattr(filters, name)
        if value is not None:
            said[name] = _stated(value)
    return said


def _stated(value: str | bool | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else value.astimezone(BEIJING).isoformat()


def _id(text: str | None) -> str | None:
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        raise FilterInvalid("assignee is the id of a person.", field="assignee") from None
