"""Codes, names, levels and parents of the rows of a file: read by a field mapping, checked by a hierarchy.

Knows no shapes. Every row that says clearly which unit it is becomes a `Unit`; every other has an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geo.admin import AdminGrid
from geo.cell_source import RawCell
from geo.errors import shown
from geo.fault import Fault
from geo.hierarchy import Hierarchy
from geo.names import Name


@dataclass(frozen=True, slots=True)
class Fields:
    """Which attribute of a file is which. `level` and `parent` may be absent from the file: a level follows from the
    code's form, and a parent from the code where the hierarchy derives it."""

    code: str = "code"
    name: str = "name"
    level: str = "level"
    parent: str = "parent"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a row says it is."""

    code: str
    name: str
    level: str
    parent: str | None


@dataclass(slots=True)
class Coded:
    """`units` by row number, sound ones only; `label`: what to call each row in a report, its code where it has one."""

    units: dict[int, Unit] = field(default_factory=dict)
    label: dict[int, str | int] = field(default_factory=dict)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def codes_of(
    rows: Sequence[RawCell],
    fields: Fields,
    hierarchy: Hierarchy,
    level: str | None = None,
    onto: AdminGrid | None = None,
    names: Mapping[str, Name] | None = None,
) -> Coded:
    """The units of the rows. `level`: of rows that state none; without it the code's form says. `onto`: a grid whose
    cells may be parents and whose codes are taken. `names`: known names, to point out unknown codes and other names."""
    found = Coded()
    lacking = [f for f in (fields.code, fields.name) if rows and not any(f in row.properties for row in rows)]
    if lacking:
        have = ", ".join(dict.fromkeys(key for row in rows[:1] for key in row.properties))
        detail = f"the file has no attribute {' or '.join(lacking)}; it has {have or 'none'}"
        found.errors.append(Fault("field-missing", None, detail, params={"missing": lacking, "has": have}))
        found.label = {row.row: row.row for row in rows}
        return found
    for row in rows:
        found.label[row.row] = row.row
        unit = _unit(row, fields, hierarchy, level, found.errors)
        if unit is not None:
            found.units[row.row] = unit
            found.label[row.row] = unit.code
    _duplicates(found, onto)
    _parents(found, hierarchy, onto)
    if names:
        _names(found, names)
    return found


def text(value: object) -> str | None:
    """An attribute as text, trimmed; whole numbers as their digits (a .dbf holds codes as numbers), None if blank."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        if value != value:  # how pyogrio writes an empty number
            return None
        value = int(value) if value.is_integer() else value
    return str(value).strip() or None


def _unit(row: RawCell, fields: Fields, hierarchy: Hierarchy, level: str | None, errors: list[Fault]) -> Unit | None:
    code, name = text(row.properties.get(fields.code)), text(row.properties.get(fields.name))
    if code is None or name is None:
        missing = "code" if code is None else "name"
        errors.append(Fault(f"{missing}-missing", row.row, f"row {row.row} has no {missing}"))
        return None
    own_level = text(row.properties.get(fields.level)) or level or hierarchy.level_of(code)
    known = None if own_level is None else hierarchy.level(own_level)
    if own_level is None or (known is None and hierarchy.level_of(code) is None):
        detail = f"row {row.row}: {shown(code)} is no code of any level of {hierarchy.zh}"
        errors.append(Fault("code-malformed", row.row, detail, params={"code": code}))
        return None
    if known is None:
        detail = f"row {row.row}: {shown(own_level)} is none of {', '.join(hierarchy.level_names)}"
        errors.append(Fault("level-unknown", row.row, detail, params={"level": own_level}))
        return None
    if not known.pattern.fullmatch(code):
        detail = f"row {row.row}: {shown(code)} is no code of the level {own_level}"
        errors.append(Fault("code-malformed", row.row, detail, params={"code": code, "level": own_level}))
        return None
    stated, derived = text(row.properties.get(fields.parent)), hierarchy.parent_of(code, own_level)
    if stated is not None and derived is not None and stated != derived:
        detail = f"{code} states the parent {shown(stated)}, by its code it is {derived}"
        errors.append(Fault("parent-contradicts-code", code, detail, params={"stated": stated, "derived": derived}))
    return Unit(code, name, own_level, derived or stated)


def _duplicates(found: Coded, onto: AdminGrid | None) -> None:
    first: dict[str, int] = {}
    for row, unit in list(found.units.items()):
        if onto is not None and unit.code in onto:
            detail = f"{unit.code} {unit.name} (row {row}) is in the grid that these cells are added to"
            found.errors.append(Fault("code-duplicate", unit.code, detail, params={"rows": [row]}))
            del found.units[row]
        elif (earlier := first.setdefault(unit.code, row)) != row:
            detail = (
                f"rows {earlier} ({found.units[earlier].name}) and {row} ({unit.name}) both claim {unit.code};"
                " parts of one cell belong in one multipolygon"
            )
            found.errors.append(Fault("code-duplicate", unit.code, detail, params={"rows": [earlier, row]}))
            del found.units[row]


def _parents(found: Coded, hierarchy: Hierarchy, onto: AdminGrid | None) -> None:
    level_of = {unit.code: unit.level for unit in found.units.values()}
    order = hierarchy.level_names
    top = order[0]
    for unit in found.units.values():
        if unit.parent is None:
            if unit.level != top and onto is not None:
                detail = f"{unit.code} {unit.name} has no parent"
                found.errors.append(Fault("parent-missing", unit.code, detail))
            continue
        in_onto = onto is not None and unit.parent in onto
        above = onto[unit.parent].level if onto is not None and in_onto else level_of.get(unit.parent)
        if above is None:
            detail = f"the parent {shown(unit.parent)} of {unit.code} {unit.name} is in neither the file nor the grid"
            found.errors.append(Fault("parent-unknown", unit.code, detail, params={"parent": unit.parent}))
        elif above in order and order.index(above) >= order.index(unit.level):
            detail = f"{unit.code} is a {unit.level}, its parent {unit.parent} a {above}"
            found.errors.append(Fault("parent-not-coarser", unit.code, detail, params={"parent": unit.parent}))


def _names(found: Coded, names: Mapping[str, Name]) -> None:
    """A code that the list does not have, though it has others under the same parent, and a name that it has
    otherwise. Both are warnings: names drift (乡 becomes 镇), and lists age."""
    covered = {name.parent for name in names.values()}
    for unit in found.units.values():
        known = names.get(unit.code)
        if known is None and unit.parent in covered:
            detail = f"{unit.code} {unit.name} is not in the list of names"
            found.warnings.append(Fault("code-unknown", unit.code, detail, params={"name": unit.name}))
        elif known is not None and known.name != unit.name:
            detail = f"{unit.code} is {unit.name} in the file, {known.name} in the list of names"
            params = {"name": unit.name, "known": known.name}
            found.warnings.append(Fault("name-differs", unit.code, detail, params=params))
