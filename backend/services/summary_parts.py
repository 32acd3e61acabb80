"""What the summaries on A4 share: groups of states with their colours, the outlines of a map, the 100 % rates.

Which findings are counted is told; drawing is `exports.pdf_summary`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from backend import catalogue
from backend.exports.summary_content import Colour, Group, Outline, Words
from backend.services import cells, checklists, figure_lists, hundreds
from backend.services.actor import Actor
from backend.services.fire_rates import Span
from backend.services.visibility import UNASSIGNED

GROUPS: Mapping[str, tuple[Colour, tuple[str, ...]]] = {
    "waiting": ((227, 150, 48), ("draft", "submitted", "verified", "registered")),
    "under_way": ((47, 111, 178), ("dispatched", "rectifying", "returned", "reopened", "overdue")),
    "checking": ((126, 87, 168), ("feedback", "recheck")),
    "closed": ((58, 145, 91), ("closed", "look_back")),
    "transferred": ((178, 52, 52), ("penalty_transfer",)),
    "rejected": ((150, 154, 158), ("rejected",)),
}
"""The parts of a bar and the colours of the map: which states each stands for."""
PLACE_DIGITS = 4
"""Of degrees: some ten metres, finer than a map on A4 shows."""
GROUP_OF = {state: n for n, (_, states) in enumerate(GROUPS.values()) for state in states}


@dataclass(slots=True)
class Gathered:
    """What one pass over the findings found: by county counts by name and by group, and where they lie."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    bars: dict[str, list[int]] = field(default_factory=dict)
    places: Counter[tuple[float, float, int]] = field(default_factory=Counter)
    off_map: int = 0

    def add(
        self, cell: str | None, state: str, place: tuple[float | None, float | None], counted: Mapping[str, int]
    ) -> None:
        """Count a finding under its county (its cell where that is in none, nothing where it has none)."""
        county = figure_lists.county_of(cell or "")
        group = GROUP_OF[state]
        sums = self.counts.setdefault(county, dict.fromkeys(counted, 0))
        for name, n in counted.items():
            sums[name] += n
        self.bars.setdefault(county, [0] * len(GROUPS))[group] += 1
        lon, lat = place
        if lon is None or lat is None:
            self.off_map += 1
        else:
            self.places[(round(lon, PLACE_DIGITS), round(lat, PLACE_DIGITS), group)] += 1

    @property
    def points(self) -> list[tuple[float, float, int, int]]:
        """Where findings lie: longitude, latitude, group, how many; in an order of their own."""
        return [(*place, n) for place, n in sorted(self.places.items())]

    def counties(self) -> list[str]:
        """The codes of all lines in their order; what lies in no county comes last."""
        return sorted(self.counts, key=lambda code: code or "~")

    def sums(self, names: Sequence[str]) -> dict[str, int]:
        """The counts of all counties together."""
        return {name: sum(counts[name] for counts in self.counts.values()) for name in names}


def groups(language: str) -> list[Group]:
    """The groups in their order, in words."""
    return [Group(word(language, f"group_{code}"), colour) for code, (colour, _) in GROUPS.items()]


def word(language: str, code: str) -> str:
    """A word of the summaries."""
    return catalogue.label(language, "pdf_summary", code)


def words(language: str) -> Words:
    """What the paper itself says."""
    names = ("by_place", "bars", "map", "rates", "page", "nothing", "off_map", "map_note", "metres")
    return Words(**{name: word(language, name) for name in names}, cut=catalogue.label(language, "list", "cut"))


def county_name(code: str, language: str) -> str:
    """The name of a line: of a county, or that its findings lie in none."""
    return (cells.name(code) or code) if code else catalogue.label(language, "list", "unassigned")


def outlines(session: Session, actor: Actor, cell: str | None, found: Collection[str]) -> list[Outline]:
    """The counties that have findings, that were asked for, or that the actor is of; of a single one its parts too.

    With nothing to go by all counties.
    """
    drawn = {code: (shape, str(said["name"])) for code, shape, said in cells.shapes(session, level="county")}
    asked = {cell} if cell is not None and cell != UNASSIGNED else set(actor.grants)
    related = {other for code in asked for other in (*cells.lineage(code), *cells.descendants(code))}
    wanted = sorted((related | set(found)) & drawn.keys() if cell is not None or actor.role != "admin" else
                    set(found) & drawn.keys()) or sorted(drawn)  # fmt: skip
    chosen = [Outline(drawn[code][1], drawn[code][0]) for code in wanted]
    if len(wanted) == 1:
        parts = cells.shapes(session, below=wanted[0])
        chosen += [Outline(str(said["name"]), shape, inner=True) for _, shape, said in parts]
    return chosen


def rates(
    session: Session, actor: Actor, first: date, last: date, cell: str | None, language: str
) -> list[tuple[str, ...]]:
    """A row for each set of 100 % rates with inspected sites, and one for each of its items: held, judged, per cent."""
    place = cell if cell is not None and cells.name(cell) is not None else None
    rows: list[tuple[str, ...]] = []
    for line in hundreds.rates(session, actor, "total", Span(first, last), place):
        name = line["set_name"]["zh" if language == "zh-CN" else "en"]
        rows.append(_rate(f"{name}　{word(language, 'all_items')}", line["all"]))
        for each in line["items"]:
            found = checklists.newest_with_item(session, each["item"])
            text = (found[1].text.zh if language == "zh-CN" else found[1].text.en) if found else each["item"]
            rows.append(_rate(f"　{text}", each))
    return rows


def _rate(name: str, share: Mapping[str, object]) -> tuple[str, ...]:
    return name, str(share["numerator"]), str(share["denominator"]), percent(share["rate"])


def percent(rate: object) -> str:
    """A share of one in per cent; a dash where there is nothing to be a share of."""
    return f"{100 * rate:.1f}%" if isinstance(rate, float) else "—"
