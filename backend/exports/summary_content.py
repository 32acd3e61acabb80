"""What a summary on A4 shows: its words, rows, bars, outlines and points. `pdf_summary` draws it.

Knows neither layout nor what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

Colour = tuple[int, int, int]
Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Group:
    """A part of every bar and a colour of the map: what it is called, and its colour."""

    name: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Outline:
    """A place on the map (CGCS2000 degrees). `inner` ones are drawn thin and without a name."""

    name: str
    shape: BaseGeometry
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What the paper itself says, in one language; `page` has places for `n` and `of`."""

    by_place: str
    bars: str
    map: str
    rates: str
    page: str
    nothing: str
    off_map: str
    map_note: str
    metres: str
    cut: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All that the paper shows. `bars`: a place and its counts in the order of `groups`; `points`: longitude, latitude,
    the index of a group, and how many lie there; `off_map`: how many have no place. `created` is the only time that
    the file carries.
    """

    title: str
    lines: Sequence[str]
    totals: Sequence[tuple[str, str]]
    headings: Cells
    rows: Sequence[Cells]
    groups: Sequence[Group]
    bars: Sequence[tuple[str, Sequence[int]]]
    outlines: Sequence[Outline]
    points: Sequence[tuple[float, float, int, int]]
    off_map: int
    rate_headings: Cells
    rates: Sequence[Cells]
    notes: Sequence[tuple[str, str]]
    words: Words
    created: datetime
    footer: str = ""
