"""The house's own templates of papers, made from the plain definition in papers.yaml as Word files with fields.

They are what an office gets to begin with, and what it may take and change. Knows Word's layout (A4, the fonts and
sizes of official papers); nothing of findings.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from backend.exports.paper_kinds import kinds, lists

BODY_FONT, HEAD_FONT, TITLE_FONT = "仿宋", "黑体", "宋体"
RED = RGBColor(0xC0, 0x00, 0x00)
TEXT_CM = 15.8
"""Between the margins of the page."""
WIDTHS_CM = {
    "n": 1.2,
    "number": 3.6,
    "found_at": 2.4,
    "place": 2.9,
    "problem": 3.5,
    "requirement": 2.5,
    "due": 2.1,
    "responsible_unit": 2.5,
}
"""How the columns of a table share the page."""
CENTRED = frozenset({"n", "number"})


@cache
def house_template(code: str) -> bytes:
    """The house's own template of a kind, as a .docx file."""
    kind = kinds()[code]
    made = docx.Document()
    _page(made)
    for block in kind.form:
        _block(made, block)
    made.core_properties.title = kind.zh
    made.core_properties.author = "Bluegrid"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _page(made: Document) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(30), Mm(25)
    section.left_margin, section.right_margin = Mm(26), Mm(26)
    style = made.styles["Normal"]
    style.font.name, style.font.size = BODY_FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY_FONT)
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.4


def _block(made: Document, block: Mapping[str, Any]) -> None:
    condition = block.get("when")
    if condition:
        made.add_paragraph(f"{{%p if {condition} %}}")
    match next(name for name in block if name not in ("when", "columns", "lines")):
        case "head":
            paragraph = _line(made, block["head"], TITLE_FONT, 22, WD_ALIGN_PARAGRAPH.CENTER, bold=True)
            paragraph.runs[0].font.color.rgb = RED
        case "title":
            _line(made, block["title"], HEAD_FONT, 20, WD_ALIGN_PARAGRAPH.CENTER)
        case "number":
            paragraph = _line(made, block["number"], BODY_FONT, 14, WD_ALIGN_PARAGRAPH.CENTER)
            paragraph.paragraph_format.space_after = Pt(12)
        case "text":
            _line(made, block["text"], BODY_FONT, 14)
        case "indented":
            _line(made, block["indented"], BODY_FONT, 14).paragraph_format.first_line_indent = Pt(28)
        case "small":
            _line(made, block["small"], BODY_FONT, 12)
        case "table":
            _list_table(made, block["table"], block["columns"])
        case "attachments":
            made.add_paragraph("{%p if attachments %}")
            _line(made, block["attachments"], BODY_FONT, 14).paragraph_format.space_before = Pt(8)
            made.add_paragraph("{%p for each in attachments %}")
            _line(made, "{{ each.n }}. {{ each.name }}", BODY_FONT, 14).paragraph_format.left_indent = Pt(28)
            made.add_paragraph("{%p endfor %}")
            made.add_paragraph("{%p endif %}")
        case "sign":
            _signed(made, block["sign"])
        case "receivers":
            _ruled(made, [[f"{who}签收", "　　　　　　　　　　年　月　日"] for who in block["receivers"]])
        case "receipt":
            made.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
            _line(made, "{{ office }}", TITLE_FONT, 18, WD_ALIGN_PARAGRAPH.CENTER, bold=True)
            _line(made, block["receipt"], HEAD_FONT, 20, WD_ALIGN_PARAGRAPH.CENTER)
            _ruled(made, block["lines"])
        case other:
            raise ValueError(f"papers.yaml has a block {other!r}")
    if condition:
        made.add_paragraph("{%p endif %}")


def _signed(made: Document, lines: Sequence[str]) -> None:
    """The seal is set on the last lines; they stand together, with the line before them, never alone on a page."""
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    for index, text in enumerate(lines):
        paragraph = _line(made, text, BODY_FONT, 14, WD_ALIGN_PARAGRAPH.RIGHT)
        paragraph.paragraph_format.right_indent = Pt(28)
        paragraph.paragraph_format.space_before = Pt(14 if index == 0 else 0)
        paragraph.paragraph_format.keep_with_next = index < len(lines) - 1


def _line(
    made: Document,
    text: str,
    font: str,
    points: float,
    align: WD_ALIGN_PARAGRAPH | None = None,
    *,
    bold: bool = False,
) -> Paragraph:
    return _write(made.add_paragraph(), text, font, points, align, bold=bold)


def _write(
    paragraph: Paragraph,
    text: str,
    font: str,
    points: float,
    align: WD_ALIGN_PARAGRAPH | None = None,
    *,
    bold: bool = False,
) -> Paragraph:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = font, Pt(points), bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if align is not None:
        paragraph.alignment = align
    return paragraph


def _list_table(made: Document, name: str, columns: Sequence[str]) -> None:
    """A table that repeats its one line for each item; the lines with the words for and endfor vanish."""
    table = made.add_table(rows=4, cols=len(columns), style="Table Grid")
    share = TEXT_CM / sum(WIDTHS_CM[column] for column in columns)
    _widths(table, [share * WIDTHS_CM[column] for column in columns])
    for index, column in enumerate(columns):
        _cell(table, 0, index, lists()[name][column], HEAD_FONT, align=WD_ALIGN_PARAGRAPH.CENTER)
        align = WD_ALIGN_PARAGRAPH.CENTER if column in CENTRED else None
        _cell(table, 2, index, f"{{{{ each.{column} }}}}", BODY_FONT, align=align)
    _cell(table, 1, 0, f"{{%tr for each in {name} %}}", BODY_FONT)
    _cell(table, 3, 0, "{%tr endfor %}", BODY_FONT)
    _repeat(table)
    made.add_paragraph()


def _widths(table: Table, widths_cm: Sequence[float]) -> None:
    """Of the cells, by which Word goes, and of the columns, by which other programs go."""
    table.autofit = False
    for index, width in enumerate(widths_cm):
        table.columns[index].width = Cm(width)
        for cell in table.columns[index].cells:
            cell.width = Cm(width)


def _repeat(table: Table) -> None:
    """The headings stand on every page, and a line is not torn apart."""
    heading = OxmlElement("w:tblHeader")
    heading.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(heading)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _ruled(made: Document, lines: Sequence[Sequence[str]]) -> None:
    made.add_paragraph()
    table = made.add_table(rows=len(lines), cols=2, style="Table Grid")
    for index, (name, text) in enumerate(lines):
        _cell(table, index, 0, name, BODY_FONT, 12)
        _cell(table, index, 1, text, BODY_FONT, 12)
        table.rows[index].height = Cm(1.3)
        for cell in table.rows[index].cells:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _widths(table, [4.2, TEXT_CM - 4.2])


def _cell(
    table: Table,
    row: int,
    column: int,
    text: str,
    font: str,
    points: float = 10.5,
    align: WD_ALIGN_PARAGRAPH | None = None,
) -> None:
    cell: _Cell = table.cell(row, column)
    paragraph = _write(cell.paragraphs[0], text, font, points, align)
    paragraph.paragraph_format.line_spacing = 1.1
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
