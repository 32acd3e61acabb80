"""Draws a summary on A4 as PDF: head, totals, a table and bars by place, a map of points on outlines, and rates.

Knows layout and fpdf2, which takes long to load: only who draws loads this. What the numbers mean is told. The map is
drawn from the outlines and points handed in, without any base map. The same summary gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import BinaryIO

import shapely
from fpdf import FPDF
from shapely.geometry.base import BaseGeometry

from backend import fonts
from backend.exports.cell_text import safe
from backend.exports.map_frame import MapFrame
from backend.exports.summary_content import Cells, Colour, Outline, Summary

MARGIN, WIDTH, BOTTOM = 15.0, 180.0, 18.0  # mm on A4
FONT = "noto"
INK, QUIET, RULE, PAPER = (33, 37, 41), (108, 117, 125), (206, 212, 218), (241, 244, 248)
HEAD = (31, 78, 121)
LAND, BORDER, INNER = (250, 248, 242), (110, 110, 110), (190, 186, 176)
MAP_HEIGHT, DOT, DOT_GRID = 120.0, 1.0, 0.4  # mm; of dots on one square of the grid the first group's is drawn
NAME_LETTERS, MOST_LETTERS = 12, 400
"""Letters of a place's name on the map, and of any line: no line has room for more."""


def write(file: BinaryIO, summary: Summary) -> None:
    """Draw the summary into `file`."""
    paper = _Paper(summary)
    paper.head()
    paper.totals()
    paper.listed(summary.words.by_place, summary.headings, summary.rows, first=42)
    paper.bars()
    paper.map()
    paper.listed(summary.words.rates, summary.rate_headings, summary.rates, first=108)
    paper.notes()
    paper.output(file)


class _Paper(FPDF):
    """The sheet under the pen; `y` runs down it."""

    def __init__(self, summary: Summary) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.summary = summary
        self.set_creation_date(summary.created.astimezone(UTC).replace(microsecond=0))
        self.set_title(summary.title)
        self.set_author("Bluegrid")
        self.add_font(FONT, "", fonts.path())
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)
        self.alias_nb_pages()
        self.add_page()

    # -- what every page has -----------------------------------------------------------------------------------------
    def footer(self) -> None:
        self.set_y(-12)
        self._pen(8, QUIET)
        of = self.summary.words.page.format(n=self.page_no(), of="{nb}")
        self.cell(WIDTH, 5, f"{self.summary.footer}　{of}" if self.summary.footer else of, align="C")

    def _pen(self, size: float, colour: Colour = INK) -> None:
        self.set_font(FONT, size=size)
        self.set_text_color(*colour)

    def _room(self, height: float) -> bool:
        """Begin a new page when less than this is left; whether it did."""
        if self.y + height <= self.h - BOTTOM:
            return False
        self.add_page()
        return True

    def _fit(self, text: str, width: float) -> str:
        """A text on one line, shortened to what fits into a width (mm)."""
        said = safe(text[:MOST_LETTERS], self.summary.words.cut).replace("\n", " ")
        if self.get_string_width(said) <= width:
            return said
        while said and self.get_string_width(said + "…") > width:
            said = said[:-1]
        return said + "…"

    def _section(self, title: str, room: float) -> None:
        self._room(room + 12)
        self.set_y(self.y + 4)
        self.set_fill_color(*HEAD)
        self.rect(MARGIN, self.y + 0.8, 1.4, 5, style="F")
        self._pen(12, HEAD)
        self.set_x(MARGIN + 3)
        self.cell(WIDTH - 3, 6.6, title)
        self.set_y(self.y + 8)

    # -- the parts ---------------------------------------------------------------------------------------------------
    def head(self) -> None:
        self._pen(19, HEAD)
        self.multi_cell(WIDTH, 9, safe(self.summary.title, self.summary.words.cut), align="C")
        self.set_y(self.y + 1)
        self._pen(9, QUIET)
        for line in self.summary.lines:
            self.set_x(MARGIN)
            self.cell(WIDTH, 4.8, self._fit(line, WIDTH), align="C")
            self.set_y(self.y + 4.8)
        self.set_draw_color(*HEAD)
        self.set_line_width(0.6)
        self.line(MARGIN, self.y + 1.5, MARGIN + WIDTH, self.y + 1.5)
        self.set_y(self.y + 5)

    def totals(self) -> None:
        gap, count = 2.0, len(self.summary.totals)
        width = (WIDTH - gap * (count - 1)) / count
        top = self.y
        for i, (name, value) in enumerate(self.summary.totals):
            left = MARGIN + i * (width + gap)
            self.set_fill_color(*PAPER)
            self.rect(left, top, width, 16, style="F")
            self._pen(15, HEAD)
            self.set_xy(left, top + 1.5)
            self.cell(width, 7.5, self._fit(value, width), align="C")
            self._pen(8, QUIET)
            self.set_xy(left, top + 9.5)
            self.cell(width, 5, self._fit(name, width - 1), align="C")
        self.set_y(top + 17)

    def listed(self, title: str, headings: Cells, rows: Sequence[Cells], first: float) -> None:
        """A table whose first column is `first` mm wide; its headings are repeated on each page."""
        self._section(title, 20)
        if not rows:
            self._say_nothing()
            return
        widths = [first] + [(WIDTH - first) / (len(headings) - 1)] * (len(headings) - 1)
        self._row(headings, widths, heading=True)
        for row in rows:
            if self._room(6.4):
                self._row(headings, widths, heading=True)
            self._row(row, widths)

    def _row(self, row: Cells, widths: Sequence[float], heading: bool = False) -> None:
        top, left = self.y, MARGIN
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        if heading:
            self.set_fill_color(*PAPER)
            self.rect(MARGIN, top, WIDTH, 6.4, style="F")
        for i, (text, width) in enumerate(zip(row, widths, strict=True)):
            self._pen(8.5, HEAD if heading else INK)
            self.set_xy(left, top)
            self.cell(width, 6.4, self._fit(text, width - 2), align="L" if i == 0 else "R")
            left += width
        self.line(MARGIN, top + 6.4, MARGIN + WIDTH, top + 6.4)
        self.set_xy(MARGIN, top + 6.4)

    def _say_nothing(self) -> None:
        self._pen(9, QUIET)
        self.set_x(MARGIN)
        self.cell(WIDTH, 6, self.summary.words.nothing)
        self.set_y(self.y + 6)

    def _legend(self) -> None:
        left, top = MARGIN, self.y
        self._pen(8)
        for group in self.summary.groups:
            width = self.get_string_width(group.name) + 9
            if left + width > MARGIN + WIDTH:
                left, top = MARGIN, top + 5
            self.set_fill_color(*group.colour)
            self.rect(left, top + 1, 3, 3, style="F")
            self.set_xy(left + 4, top)
            self.cell(width - 4, 5, group.name)
            left += width
        self.set_xy(MARGIN, top + 6.5)

    def bars(self) -> None:
        """A bar a place, its parts the groups; the longest is as long as there is room."""
        self._section(self.summary.words.bars, 30)
        most = max((sum(counts) for _, counts in self.summary.bars), default=0)
        if not most:
            self._say_nothing()
            return
        self._legend()
        left, length = MARGIN + 32, WIDTH - 32 - 14
        for place, counts in self.summary.bars:
            self._room(7)
            top = self.y
            self._pen(8.5)
            self.set_xy(MARGIN, top)
            self.cell(31, 5.6, self._fit(place, 30), align="R")
            at = left
            for group, count in zip(self.summary.groups, counts, strict=True):
                width = length * count / most
                self.set_fill_color(*group.colour)
                if count:
                    self.rect(at, top + 0.6, width, 4.4, style="F")
                if width > 6:
                    self._pen(7, (255, 255, 255))
                    self.set_xy(at, top + 0.6)
                    self.cell(width, 4.4, str(count), align="C")
                at += width
            self._pen(8.5)
            self.set_xy(at + 1, top)
            self.cell(13, 5.6, str(sum(counts)))
            self.set_xy(MARGIN, top + 6.6)

    def map(self) -> None:
        """Outlines and points in one frame; degrees of longitude are shortened as they are in its middle."""
        self._section(self.summary.words.map, MAP_HEIGHT + 16)
        shapes = [outline.shape for outline in self.summary.outlines]
        if not shapes:
            self._say_nothing()
            return
        self._legend()
        frame = MapFrame.around(shapes, MARGIN, self.y, WIDTH, MAP_HEIGHT)
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.rect(MARGIN, self.y, WIDTH, MAP_HEIGHT)
        bottom = self.y + MAP_HEIGHT
        for outline in sorted(self.summary.outlines, key=lambda each: not each.inner):
            self._border(outline, frame)
        self._place_names(frame)
        missed = self._dots(frame)
        self._scale_bar(frame, bottom)
        self.set_xy(MARGIN, bottom + 1)
        self._pen(7.5, QUIET)
        said = [self.summary.words.map_note]
        if missed:
            said.append(self.summary.words.off_map.format(n=missed))
        self.cell(WIDTH, 4.5, self._fit("　".join(said), WIDTH))
        self.set_y(bottom + 6)

    def _border(self, outline: Outline, frame: MapFrame) -> None:
        self.set_fill_color(*LAND)
        self.set_draw_color(*(INNER if outline.inner else BORDER))
        self.set_line_width(0.15 if outline.inner else 0.4)
        for ring in frame.rings(outline.shape):
            self.polygon(ring, style="D" if not outline.inner and self._has_inner() else "DF")

    def _has_inner(self) -> bool:
        return any(outline.inner for outline in self.summary.outlines)

    def _dots(self, frame: MapFrame) -> int:
        """Draw the points, the first group last so that it lies on top; how many could not be drawn."""
        seen: dict[tuple[int, int], int] = {}
        missed = self.summary.off_map
        for lon, lat, group, count in self.summary.points:
            x, y = frame.at(lon, lat)
            if frame.holds(x, y):
                square = round(x / DOT_GRID), round(y / DOT_GRID)
                seen[square] = min(group, seen.get(square, group))
            else:
                missed += count
        self.set_draw_color(255, 255, 255)
        self.set_line_width(0.1)
        for (column, row), group in sorted(seen.items(), key=lambda dot: (-dot[1], dot[0])):
            self.set_fill_color(*self.summary.groups[group].colour)
            self.circle(column * DOT_GRID, row * DOT_GRID, DOT, style="DF")
        return missed

    def _place_names(self, frame: MapFrame) -> None:
        """Each name within its outline, or a little above or below where another name is in the way."""
        self._pen(7.5, INK)
        taken: list[BaseGeometry] = []
        for outline in self.summary.outlines:
            if outline.inner:
                continue
            spot, name = outline.shape.representative_point(), outline.name[:NAME_LETTERS]
            x, y = frame.at(spot.x, spot.y)
            half = self.get_string_width(name) / 2
            places = [shapely.box(x - half, y + by - 1.6, x + half, y + by + 1.6) for by in (0, -3.4, 3.4, -6.8, 6.8)]
            free = (place for place in places if not any(place.intersects(other) for other in taken))
            place = next(free, places[0])
            taken.append(place)
            self.set_xy(place.bounds[0], place.bounds[1])
            self.cell(2 * half, 3.2, name, align="C")

    def _scale_bar(self, frame: MapFrame, bottom: float) -> None:
        length = frame.round_length(45)
        width = length * frame.mm_a_metre
        left, y = MARGIN + 4, bottom - 5
        self.set_draw_color(*INK)
        self.set_line_width(0.4)
        self.line(left, y, left + width, y)
        for x in (left, left + width):
            self.line(x, y - 1, x, y + 1)
        self._pen(7, INK)
        self.set_xy(left, y - 5)
        text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} {self.summary.words.metres}"
        self.cell(max(width, 12), 4, text, align="C")

    def notes(self) -> None:
        self._room(len(self.summary.notes) * 4.6 + 8)
        self.set_y(self.y + 5)
        for name, value in self.summary.notes:
            self._pen(7.5, QUIET)
            self.set_x(MARGIN)
            self.cell(30, 4.4, self._fit(name, 29))
            self.cell(WIDTH - 30, 4.4, self._fit(value, WIDTH - 31))
            self.set_y(self.y + 4.4)
