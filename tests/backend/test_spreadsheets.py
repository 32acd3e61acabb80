"""Tables as offices send them."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from backend import spreadsheets
from backend.spreadsheets import TableUnreadable

HEADINGS = {"code": ("点位编号",), "name": ("点位名称", "名称"), "lon": ("经度",), "lat": ("纬度",)}


def xlsx(*rows: list[Any], merge: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for span in merge:
        sheet.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes, required: tuple[str, ...] = ("code", "name")) -> spreadsheets.Table:
    return spreadsheets.read(data, "表.xlsx", HEADINGS, required)


def test_titles_above_and_headings_over_two_rows_are_read():
    table = read(
        xlsx(
            ["柳江区工地台账"],
            ["序号", "点位编号", "名称 *", "坐标（WGS84）", None],
            [None, None, None, "经度", "纬度（°）"],
            [1, "A-1", "工地甲", 109.33, 24.25],
            merge=("A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2"),
        )
    )
    assert [row.values for row in table.rows] == [{"code": "A-1", "name": "工地甲", "lon": "109.33", "lat": "24.25"}]
    assert table.rows[0].line == 4
    assert table.columns == {"code": "B", "name": "C", "lon": "D", "lat": "E"}
    assert table.unknown == ["序号"]


def test_a_merged_cell_of_the_body_speaks_for_all_its_rows():
    table = read(xlsx(["点位编号", "名称"], ["A-1", "甲"], ["A-2", None], ["A-3", "乙"], merge=("B2:B3",)))
    assert [row.values["name"] for row in table.rows] == ["甲", "甲", "乙"]


def test_codes_that_excel_made_numbers_and_dates_are_texts_again():
    values = [
        450206.0,
        12.5,
        datetime(2026, 11, 25),
        datetime(2026, 11, 25, 8, 30),
        date(2026, 1, 2),
        True,
        "  两  格 ",
    ]
    table = spreadsheets.read(xlsx([f"c{i}" for i in range(7)], values), "x", {f"c{i}": () for i in range(7)}, [])
    assert list(table.rows[0].values.values()) == [
        "450206", "12.5", "2026-11-25", "2026-11-25 08:30", "2026-01-02", "是", "两 格",
    ]  # fmt: skip


def test_empty_rows_are_let_by_and_lines_stay_those_of_excel():
    table = read(xlsx(["点位编号", "名称"], [], ["A-1", "甲"], [None, None], ["A-2", "乙"]))
    assert [(row.line, row.values["code"]) for row in table.rows] == [(3, "A-1"), (5, "A-2")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_the_encodings_that_occur(encoding, separator):
    text = "\r\n".join(separator.join(row) for row in (["点位编号", "点位名称"], ["A-1", "百朋堆场"]))
    table = read(text.encode(encoding))
    assert table.rows[0].values == {"code": "A-1", "name": "百朋堆场"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04 cut off", "broken"),
        (b"\xd0\xcf\x11\xe0\0\0\0old excel", "neither an xlsx nor a csv"),
        ("甲,乙\n1,2".encode(), "heading"),
        ("点位编号,乙\n1,2".encode(), "no column 点位名称"),
        (b"\xff\xfe\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        (b"", "heading"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(data, says):
    with pytest.raises(TableUnreadable, match=says):
        read(data)


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 1000)
    with pytest.raises(TableUnreadable, match="unpacks"):
        read(xlsx(["点位编号", "名称"]))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 3)
    with pytest.raises(TableUnreadable, match="rows"):
        read("\n".join(["点位编号,名称", *(f"A-{n},甲" for n in range(4))]).encode())
