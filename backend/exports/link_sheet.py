"""The sheet of QR codes that goes with an issued paper: a block for each finding, as a Word file. Knows no rights."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from backend import catalogue
from backend.exports.cell_text import safe

FONT = "宋体"
QR_CM = 3.6
WIDTHS_CM = (11.5, 4.5)
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """A finding on the sheet. Without a picture there is no link, and `lines` say why."""

    number: str
    lines: Sequence[str]
    png: bytes | None = None


def write(title: str, blocks: Sequence[Block]) -> bytes:
    """The Word file; a block is a row with its text and its QR code, never broken over two pages."""
    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(4)
    _heading(document, safe(title, _CUT))
    document.add_paragraph(catalogue.label("zh-CN", "link_sheet", "how"))
    table = document.add_table(rows=0, cols=2)
    table.style, table.autofit = "Table Grid", False
    for column, width in zip(table.columns, WIDTHS_CM, strict=True):
        column.width = Cm(width)
    for block in blocks:
        row = table.add_row()
        row._tr.get_or_add_trPr().append(row._tr.makeelement(qn("w:cantSplit"), {}))
        said, code = row.cells
        said.width, code.width = (Cm(width) for width in WIDTHS_CM)
        said.vertical_alignment = code.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        said.paragraphs[0].add_run(safe(block.number, _CUT)).bold = True
        for line in block.lines:
            said.add_paragraph(safe(line, _CUT))
        if block.png is not None:
            code.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            code.paragraphs[0].paragraph_format.space_before = Pt(6)
            code.paragraphs[0].add_run().add_picture(io.BytesIO(block.png), width=Cm(QR_CM))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _heading(document: Document, title: str) -> None:
    """In black and in the sheet's own type: Word's headings are blue and in another one."""
    heading = document.add_heading(level=1)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    heading.paragraph_format.space_after = Pt(8)
    run = heading.add_run(title)
    run.font.name, run.font.size, run.font.color.rgb = FONT, Pt(16), RGBColor(0, 0, 0)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
