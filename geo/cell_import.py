"""Importing a file of cells: a declared datum, and a grid with warnings or a refusal with every error, never half.

Brings together the file (`cell_source`), its numbers (`cell_crs`), codes and names (`cell_codes`), shapes
(`cell_shapes`) and their fit (`coverage`, `datum_check`). Nothing is repaired: an office that supplied a broken
boundary should mend it at its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import shapely

from geo.admin import AdminGrid, Cell
from geo.cell_codes import Fields, codes_of
from geo.cell_crs import numbers_of
from geo.cell_shapes import shapes_of
from geo.cell_source import RawCell, read_cells
from geo.coverage import TOLERANCE_M2, Gap, Outside, Overlap, fit
from geo.datum import Datum, parse_datum
from geo.datum_check import best_shift
from geo.errors import GeoError, ImportRefused
from geo.fault import Fault
from geo.hierarchy import Hierarchy
from geo.names import Name
from geo.region import GUANGXI, Region


@dataclass(frozen=True, slots=True)
class ImportRules:
    """`tolerance_m2`: smaller overlaps, gaps and parts outside are not told. `overlap_share`: two cells that share
    more of the smaller one claim the same ground, which is an error; less is a warning. `outside_share`: a cell of
    which more lies beyond its parent has the wrong parent. `region`: where all cells must lie, None for anywhere."""

    tolerance_m2: float = TOLERANCE_M2
    overlap_share: float = 0.05
    outside_share: float = 0.5
    region: Region | None = GUANGXI


@dataclass(frozen=True, slots=True)
class Against:
    """What an import is held against. `onto`: the grid that holds the parents, which the new cells are added to.
    `names`: known names by code. `reference`: boundaries on a sure datum, coarse ones will do."""

    onto: AdminGrid | None = None
    names: Mapping[str, Name] = field(default_factory=dict)
    reference: AdminGrid | None = None


@dataclass(frozen=True, slots=True)
class CellImport:
    """The report. `grid` is None if there are errors, and only then.

    `cells`: read from the file, sound or not. `parts`, `holes`, `vertices`: of their shapes. `multipart`: codes of
    cells in several parts with the number of parts; `with_holes` likewise. `sound`: the cells
    whose code and shape could be read, whether the whole is refused or not.
    """

    grid: AdminGrid | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    format: str
    encoding: str | None
    crs: str | None
    cells: int
    parts: int
    holes: int
    vertices: int
    multipart: Mapping[str, int]
    with_holes: Mapping[str, int]
    sound: tuple[Cell, ...] = ()

    def require(self) -> AdminGrid:
        """The grid. Raises ImportRefused with every error."""
        if self.grid is None:
            problems = [{"problem": e.code, "where": e.where, "detail": e.detail} for e in self.errors]
            raise ImportRefused(f"{len(problems)} faults in the file, first: {problems[0]['detail']}", problems)
        return self.grid


def import_cells(
    source: Path,
    *,
    datum: Datum | str | None,
    hierarchy: Hierarchy,
    fields: Fields | None = None,
    level: str | None = None,
    against: Against | None = None,
    rules: ImportRules | None = None,
    epsg: int | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> CellImport:
    """The report on a file, with the grid of its cells if it has no errors.

    `datum`: what the file's degrees are in, never guessed. `hierarchy`: levels and codes. `fields`: which attribute
    is which. `level`: of rows that state none. `epsg`: the frame of a file in metres that states none. `layer`,
    `encoding`: see `read_cells`.

    Raises DatumMissing, DatumUnknown; a file that cannot be read as a whole is a report with one error.
    """
    declared = parse_datum(datum)
    fields, against, rules = fields or Fields(), against or Against(), rules or ImportRules()
    try:
        file = read_cells(source, layer=layer, encoding=encoding)
        numbers = numbers_of(file, declared, epsg)
    except (ImportRefused, GeoError) as error:
        return _unread(error)
    errors, warnings = list(file.errors), [*file.warnings, *numbers.warnings]
    if not file.rows and not errors:
        errors.append(Fault("empty", None, "the file has no rows"))
    coded = codes_of(file.rows, fields, hierarchy, level, against.onto, against.names)
    shaped = shapes_of(file.rows, coded.label, numbers, rules.region)
    errors += [*coded.errors, *shaped.errors]
    warnings += [*coded.warnings, *shaped.warnings]
    cells = [
        Cell(unit.code, unit.name, unit.level, unit.parent, shaped.sound[row])
        for row, unit in coded.units.items()
        if row in shaped.sound
    ]
    _fit(cells, hierarchy, against, rules, errors, warnings)
    if against.reference is not None and not any(e.code == "axes-exchanged" for e in errors):
        warnings += _shifted(cells, hierarchy, declared, against.reference)
    grid = None
    if not errors:
        try:
            above = against.onto.cells if against.onto is not None else ()
            grid = AdminGrid((*above, *cells), _levels(hierarchy, against.onto))
        except ImportRefused as refused:
            errors += [Fault(p["problem"], p["where"], p["detail"]) for p in refused.problems]
    report = _report(grid, errors, warnings, file.rows, coded.label, (file.format, file.encoding, file.crs))
    return replace(report, sound=tuple(cells))


def _levels(hierarchy: Hierarchy, onto: AdminGrid | None) -> Sequence[str]:
    """The hierarchy's levels, or the longer ladder of the grid below which they are all found."""
    if onto is not None and set(hierarchy.level_names) <= set(onto.levels):
        return onto.levels
    return hierarchy.level_names


def _fit(
    cells: Sequence[Cell],
    hierarchy: Hierarchy,
    against: Against,
    rules: ImportRules,
    errors: list[Fault],
    warnings: list[Fault],
) -> None:
    """Overlaps, gaps and parts outside, level by level."""
    known = {cell.code: cell for cell in (*(against.onto.cells if against.onto else ()), *cells)}
    shapes = {code: cell.geometry for code, cell in known.items()}
    for name in hierarchy.level_names:
        of_level = [cell for cell in cells if cell.level == name]
        if not of_level:
            continue
        found = fit(of_level, shapes, rules.tolerance_m2)
        for overlap in found.overlaps:
            (errors if overlap.share > rules.overlap_share else warnings).append(_overlap_fault(overlap, rules))
        warnings += [_gap_fault(gap, name, rules) for gap in found.gaps]
        for outside in found.outside:
            wrong = outside.share > rules.outside_share
            (errors if wrong else warnings).append(_outside_fault(outside, known, wrong))


def _overlap_fault(overlap: Overlap, rules: ImportRules) -> Fault:
    code = "ground-claimed-twice" if overlap.share > rules.overlap_share else "overlap"
    detail = f"{overlap.a} and {overlap.b} share {overlap.area_m2:,.0f} m², {overlap.share:.1%} of the smaller"
    params = {"a": overlap.a, "b": overlap.b, "area_m2": round(overlap.area_m2, 1), "share": overlap.share}
    return Fault(code, overlap.a, detail, overlap.at, params)


def _gap_fault(gap: Gap, level: str, rules: ImportRules) -> Fault:
    whose = f"inside {gap.parent}" if gap.parent else f"between cells of the level {level}"
    detail = f"{gap.area_m2:,.0f} m² {whose} belong to no cell (less than {rules.tolerance_m2:g} m² is not told)"
    params = {"parent": gap.parent, "area_m2": round(gap.area_m2, 1), "tolerance_m2": rules.tolerance_m2}
    return Fault("gap", gap.parent, detail, gap.at, params)


def _outside_fault(outside: Outside, known: Mapping[str, Cell], wrong: bool) -> Fault:
    params: dict[str, object] = {"parent": outside.parent, "area_m2": round(outside.area_m2, 1)}
    params["share"] = outside.share
    detail = f"{outside.area_m2:,.0f} m² of {outside.code}, {outside.share:.1%} of it, lie outside its parent"
    detail += f" {outside.parent}"
    if not wrong:
        return Fault("outside-parent", outside.code, detail, outside.at, params)
    rival = _holder(known[outside.code], known[outside.parent], known)
    detail += f", mostly in {rival}" if rival else ""
    return Fault("parent-wrong", outside.code, detail, outside.at, params | {"lies_in": rival})


def _holder(cell: Cell, stated: Cell, known: Mapping[str, Cell]) -> str | None:
    """The unit of the stated parent's level that holds most of a cell."""
    rivals = [
        (float(shapely.area(shapely.intersection(other.geometry, cell.geometry))), other.code)
        for other in known.values()
        if other.level == stated.level and other.geometry is not None
    ]
    area, code = max(rivals, default=(0.0, ""))
    return code if area > 0.0 else None


def _shifted(cells: Sequence[Cell], hierarchy: Hierarchy, declared: Datum, reference: AdminGrid) -> list[Fault]:
    shift = best_shift(cells, {cell.code: _ancestry(cell, cells, hierarchy) for cell in cells}, reference)
    if shift is None or not shift.doubtful:
        return []
    params: dict[str, object] = {
        "declared": declared.value,
        "likely": shift.likely.value if shift.likely else None,
        "east_m": shift.east_m,
        "north_m": shift.north_m,
        "metres": round(shift.length_m),
        "misfit_m": [shift.unmoved_m, shift.moved_m],
    }
    why = f", as numbers in {shift.likely} would" if shift.likely else ""
    detail = (
        f"declared {declared}, the outlines fit the reference layer best when moved by {shift.length_m:.0f} m"
        f" ({shift.east_m:+.0f} east, {shift.north_m:+.0f} north){why}; nothing was moved"
    )
    return [Fault("datum-doubtful", None, detail, params=params)]


def _ancestry(cell: Cell, cells: Sequence[Cell], hierarchy: Hierarchy) -> list[str]:
    """The codes above a cell, as its code says; a stated parent first."""
    codes = [cell.parent] if cell.parent else []
    while codes and (level := hierarchy.level_of(codes[-1])) and (above := hierarchy.parent_of(codes[-1], level)):
        codes.append(above)
    return codes


def _unread(error: GeoError) -> CellImport:
    problems = getattr(error, "problems", None) or [{"problem": error.code, "where": None, "detail": str(error)}]
    errors = tuple(Fault(p["problem"], p["where"], p["detail"]) for p in problems)
    return CellImport(None, errors, (), "", None, None, 0, 0, 0, 0, {}, {})


def _report(
    grid: AdminGrid | None,
    errors: Sequence[Fault],
    warnings: Sequence[Fault],
    rows: Sequence[RawCell],
    label: Mapping[int, str | int],
    file: tuple[str, str | None, str | None],
) -> CellImport:
    counts: dict[int, tuple[int, int]] = {}
    vertices = 0
    for row in rows:
        if row.shape is None:
            continue
        parts: Any = shapely.get_parts(row.shape)
        counts[row.row] = (len(parts), int(shapely.get_num_interior_rings(parts).sum()))
        vertices += int(shapely.get_num_coordinates(row.shape))
    return CellImport(
        grid,
        tuple(errors),
        tuple(warnings),
        *file,
        cells=len(rows),
        parts=sum(parts for parts, _ in counts.values()),
        holes=sum(holes for _, holes in counts.values()),
        vertices=vertices,
        multipart={str(label[row]): parts for row, (parts, _) in counts.items() if parts > 1},
        with_holes={str(label[row]): holes for row, (_, holes) in counts.items() if holes},
    )
