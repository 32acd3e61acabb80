"""The demo day, from a phone without a network to the files of the evening; cut off and played on."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from backend import create_app
from backend.cli.demo import _first_admin
from backend.demo.evening import Evening
from backend.demo.story import Day, read_plan
from backend.exports.columns import columns_of
from backend.jobs import work
from tests.conftest import settings_for
from tests.stories import InProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def app(database: str, tmp_path: Path) -> Flask:
    """With the real clock: the day was yesterday, and its evening is now."""
    return create_app(settings_for(tmp_path / "data", database))


def jobs_done(app: Flask) -> Callable[[], None]:
    """What the job consumer does while somebody waits."""

    def work_through() -> None:
        with app.app_context():
            for job in work.due():
                work.run(job)

    return work_through


def played(app: Flask, folder: Path) -> Evening:
    """The day up to its evening."""
    day = Day(lambda: InProcess(app), folder, lambda line: None)
    day.prepare()
    for device in day.plan["devices"]:
        day.play_device(device)
    return Evening(day, jobs_done(app))


def sheet(path: Path) -> list[dict[str, Any]]:
    """The rows of a list, by the headings in its second line."""
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True)
    headings = next(rows)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_the_evening_leaves_its_files_and_goes_on_where_it_was_cut_off(app, tmp_path, monkeypatch):
    with app.app_context():
        _first_admin(read_plan())
    evening = played(app, tmp_path)
    monkeypatch.setattr(evening, "_freeze", lambda period: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evening.play()
    evening = played(app, tmp_path)
    files = evening.play()
    for _ in range(2):
        evening.open_next()
    assert [each["state"] for each in evening.desk.items("demo-admin", "/periods")] == ["open", "frozen"]
    assert {path.suffix for path in files.values()} == {".xlsx", ".docx", ".pdf", ".gpkg", ".zip"}
    ledger = sheet(files["ledger.xlsx"])
    closed = [row for row in ledger if row["销号时间"] is not None]
    assert len(closed) == 1
    assert closed[0]["交办文号/期号"].startswith("演示大气办交〔")
    assert closed[0]["责任领导"] == "覃副区长（演示）"
    assert [column.zh for column in columns_of("weekly_list")] == list(sheet(files["period-list.xlsx"])[0])
    assert "大气污染防治问题交办单" in [each.text for each in docx.Document(str(files["assignment.docx"])).paragraphs]
    for name in ("summary.pdf", "period-summary.pdf"):
        assert "柳江区" in pypdfium2.PdfDocument(files[name])[0].get_textpage().get_text_range()
    front = openpyxl.load_workbook(files["daily-report.xlsx"]).worksheets[0]
    assert "柳州市网格巡查日报" in front["A1"].value
    assert "发现问题0个" not in front["A2"].value
    with create_engine(f"sqlite:///{files['findings.gpkg']}").connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM findings")).scalar() == len(ledger)
    assert zipfile.ZipFile(files["evidence.zip"]).testzip() is None
