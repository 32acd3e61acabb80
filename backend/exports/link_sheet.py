"""The sheet of QR codes that goes with an issued paper: a block for each finding, as a Word file. Knows no rights."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import docx
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from backend import catalogue
from backend.exports.cell_text import safe

FONT = "宋体"
QR_CM = 3.6
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
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    document.add_heading(level=1).add_run(safe(title, _CUT)).font.name = FONT
    document.add_paragraph(catalogue.label("zh-CN", "link_sheet", "how"))
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for block in blocks:
        row = table.add_row()
        row._tr.get_or_add_trPr().append(row._tr.makeelement(qn("w:cantSplit"), {}))
        said, code = row.cells
        said.width, code.width = Cm(11.5), Cm(4.5)
        said.paragraphs[0].add_run(safe(block.number, _CUT)).bold = True
        for line in block.lines:
            said.add_paragraph(safe(line, _CUT))
        if block.png is not None:
            code.paragraphs[0].add_run().add_picture(io.BytesIO(block.png), width=Cm(QR_CM))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
