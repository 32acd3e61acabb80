"""Which items of a pack apply: by area, site kind, attributes, zone, month and day, three-valued.

An item that might apply is shown and marked. Must not know of answers. The shared vectors pin this for clients in
other languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from . import conditions
from .conditions import Truth, conjunction, disjunction, negate
from .model import Area, Item, Pack


@dataclass(frozen=True)
class Context:
    """What is known of the inspected place and day. None, nothing or a missing attribute means unknown.

    `zones`: the kinds of zones whose rules hold at the place that day, as whoever keeps the zones says; an empty tuple
    means that none does, None that nobody asked. `doubtful_zones`: kinds of which it cannot be told whether they hold,
    for nobody keeps them or the place lies on their border.
    """

    day: date | None = None
    unit: str | None = None
    site_kinds: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    zones: tuple[str, ...] | None = None
    doubtful_zones: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Context":
        """From `{date, unit, site_kinds, attributes, zones, doubtful_zones}`, as in the vectors."""
        day, zones = data.get("date"), data.get("zones")
        return cls(
            day=None if day is None else date.fromisoformat(day),
            unit=data.get("unit"),
            site_kinds=tuple(data.get("site_kinds") or ()),
            attributes=data.get("attributes") or {},
            zones=None if zones is None else tuple(zones),
            doubtful_zones=tuple(data.get("doubtful_zones") or ()),
        )


@dataclass(frozen=True)
class Applicable:
    """An item to ask. `certain` is false when something unknown (`unknown`: field names) could rule it out.

    `exempt` names the exemptions that surely hold: the item is still shown, but not required.
    """

    item: Item
    certain: bool
    unknown: tuple[str, ...]
    exempt: tuple[str, ...]

    @property
    def required(self) -> bool:
        """A must that surely applies and that nothing exempts."""
        return self.item.modality == "must" and self.certain and not self.exempt


def applicable_items(pack: Pack, context: Context) -> list[Applicable]:
    """The items to ask, in pack order; none outside the pack's own area or validity, and no archived ones."""
    whole = conjunction(area_truth(pack.area, context.unit), in_force(pack.valid_from, pack.valid_to, context.day))
    found = []
    for item in pack.items:
        truth = conjunction(whole, item_truth(item, context))
        if item.archived is None and truth is not Truth.FALSE:
            certain = truth is Truth.TRUE
            missing = () if certain else _unknown(pack, item, context)
            found.append(Applicable(item, certain, missing, exemptions(item, context)))
    return found


def item_truth(item: Item, context: Context) -> Truth:
    """Does the item apply here and now, leaving the pack's own area and validity aside?"""
    applies = item.applies
    return conjunction(
        area_truth(applies.area, context.unit),
        _kinds_truth(applies.site_kinds, context.site_kinds),
        _zones_truth(applies.zones, context),
        _months_truth(applies.months, context.day),
        in_force(applies.valid_from, applies.valid_to, context.day),
        conditions.evaluate(applies.when, context.attributes),
    )


def exemptions(item: Item, context: Context) -> tuple[str, ...]:
    """Codes of the exemptions that surely hold; an unknown one does not exempt."""
    return tuple(
        each.code for each in item.exemptions if conditions.evaluate(each.when, context.attributes) is Truth.TRUE
    )


def area_truth(area: Area, unit: str | None) -> Truth:
    """Is an administrative unit (any code length) in an area? Unknown when the unit reaches beyond it or is unknown."""
    if not area.include and not area.exclude:
        return Truth.TRUE
    if unit is None:
        return Truth.UNKNOWN
    inside = disjunction(*(_within(unit, code) for code in area.include)) if area.include else Truth.TRUE
    return conjunction(inside, negate(disjunction(*(_within(unit, code) for code in area.exclude))))


def in_force(begin: date | None, end: date | None, day: date | None) -> Truth:
    """Is a day within inclusive dates, either of which may be open?"""
    if begin is None and end is None:
        return Truth.TRUE
    if day is None:
        return Truth.UNKNOWN
    return Truth.of((begin is None or begin <= day) and (end is None or day <= end))


def _within(unit: str, code: str) -> Truth:
    if unit.startswith(code):
        return Truth.TRUE
    return Truth.UNKNOWN if code.startswith(unit) else Truth.FALSE


def _kinds_truth(asked: tuple[str, ...], actual: tuple[str, ...]) -> Truth:
    if not asked:
        return Truth.TRUE
    return Truth.of(not set(asked).isdisjoint(actual)) if actual else Truth.UNKNOWN


def _zones_truth(asked: tuple[str, ...], context: Context) -> Truth:
    if not asked:
        return Truth.TRUE
    if context.zones is None:
        return Truth.UNKNOWN
    if not set(asked).isdisjoint(context.zones):
        return Truth.TRUE
    return Truth.FALSE if set(asked).isdisjoint(context.doubtful_zones) else Truth.UNKNOWN


def _months_truth(asked: tuple[int, ...], day: date | None) -> Truth:
    if not asked:
        return Truth.TRUE
    return Truth.UNKNOWN if day is None else Truth.of(day.month in asked)


def _unknown(pack: Pack, item: Item, context: Context) -> tuple[str, ...]:
    applies = item.applies
    places = (area_truth(pack.area, context.unit), area_truth(applies.area, context.unit))
    missing = {
        "unit": Truth.UNKNOWN in places,
        "site_kinds": _kinds_truth(applies.site_kinds, context.site_kinds) is Truth.UNKNOWN,
        "zones": _zones_truth(applies.zones, context) is Truth.UNKNOWN,
        "date": context.day is None,
    }
    reasons = [name for name, holds in missing.items() if holds]
    if conditions.evaluate(applies.when, context.attributes) is Truth.UNKNOWN:
        reasons += conditions.unknown_fields(applies.when, context.attributes)
    return tuple(sorted(reasons))
