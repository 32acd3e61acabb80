"""An office's Friday: the period frozen and printed, every file made and opened, a county's table, and the papers."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import geopandas
import openpyxl
import pypdfium2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asker, Browsers
from tests.browser.desk import Desk
from tests.browser.test_console_day import FRESH

OF_FINDINGS = ("CSV 表格", "GeoPackage", "GeoJSON", "Shapefile（UTF-8）", "Shapefile（GBK）")
OFFICE = "演示市大气办（虚构）"


def cells_of(book: Path) -> set[str]:
    """Every text of a workbook."""
    sheets = openpyxl.load_workbook(book).worksheets
    return {
        str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    }


def says(texts: set[str], words: str) -> bool:
    return any(words in text for text in texts)


@pytest.mark.slow
def test_a_period_is_begun_frozen_issued_again_and_printed(browsers: Browsers, admin: Asker, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("期次")
    desk.press("另开一套")
    desk.look("new series")
    desk.choose_typed("网格", "柳江区", desk.dialog)
    desk.choose("专题", "扬尘", desk.dialog)
    before = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(hours=1)
    for field, said in (("截止日期", f"{before:%Y-%m-%d}"), ("截止时刻（北京时间）", f"{before:%H:%M}")):
        desk.dialog.get_by_label(field).fill(said)
        desk.dialog.get_by_label(field).press("Enter")
    desk.press("开启", desk.dialog)
    expect(page.get_by_role("link", name="返回期次")).to_be_visible()
    desk.press("定稿")
    desk.look("freezing")
    desk.dialog.get_by_label("文号").fill("柳江大气办〔2026〕9号")
    desk.dialog.get_by_label("签发人").fill("韦主任")
    desk.press("确认定稿", desk.dialog)
    desk.told("本期已定稿")
    expect(page.get_by_text("已定稿", exact=True).first).to_be_visible()
    desk.press("重新印发")
    desk.look("issuing again")
    desk.dialog.get_by_label("理由").fill("文号有误")
    desk.dialog.get_by_label("文号").fill("柳江大气办〔2026〕10号")
    desk.press("重新印发", desk.dialog)
    desk.told("本期已重新印发")
    expect(page.get_by_text("第 2 次印发").first).to_be_visible()
    desk.look("period")
    desk.go("期次")
    page.get_by_role("row").filter(has_text="演示大气办〔期〕3号").get_by_role("link").click()
    assert says(cells_of(desk.take(tmp_path, "打印 A3 清单")), FRESH)
    desk.has_pressed("POST /periods", "POST /periods/*/freeze", "POST /periods/*/reissue")
    assert desk.faults == []


@pytest.mark.slow
def test_every_kind_of_file_is_made_fetched_opened_and_removed(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page

    def made(kind: str, form: str = "") -> Path:
        page.locator("label").filter(has_text=kind).click()
        if form:
            desk.choose("格式", form)
        if kind == "期次汇总":
            desk.choose("期次", "2026年")
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/exports" in answer.url) as asked:
            desk.press("生成文件")
        assert asked.value.ok
        line = page.get_by_role("row").filter(has_text=kind).first
        expect(line.get_by_role("button", name="下载")).to_be_visible(timeout=90_000)
        return desk.take(tmp_path, "下载", line)

    desk.go("导出")
    desk.look("exports")
    for kind in ("每周问题清单", "整改台账"):
        assert says(cells_of(made(kind)), FRESH), kind
    assert says(cells_of(made("分单位汇总", "Excel")), "演示区住建局")
    for kind in ("整改情况汇总", "期次汇总"):
        assert pypdfium2.PdfDocument(made(kind))[0].get_textpage().get_text_bounded().strip(), kind
    assert cells_of(made("火点台账"))
    for kind in ("日报", "月报"):
        assert says(cells_of(made(kind)), "检查次数"), kind
    for form in OF_FINDINGS:
        file = made("问题点位", form)
        match file.suffix:
            case ".csv":
                with file.open(encoding="utf-8-sig") as lines:
                    assert any(FRESH in str(row) for row in csv.DictReader(lines))
            case ".geojson":
                assert FRESH in json.dumps(json.loads(file.read_text("utf-8")), ensure_ascii=False)
            case ".zip":
                with zipfile.ZipFile(file) as packed:
                    assert packed.testzip() is None
                assert len(geopandas.read_file(f"zip://{file}")) > 1
            case _:
                assert file.read_bytes().startswith(b"SQLite format 3")
                assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert FRESH in geopandas.read_file(file).to_csv()
    line = page.get_by_role("row").filter(has_text="火点台账").first
    line.get_by_role("button", name="删除").click()
    expect(page.get_by_role("row").filter(has_text="火点台账")).to_have_count(0)
    desk.look("exports made")
    desk.has_pressed("POST /exports", "DELETE /exports/*")
    assert desk.faults == []


@pytest.mark.slow
def test_a_county_s_table_goes_out_blank_comes_back_filled_and_is_taken_in(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("期次")
    page.get_by_role("row").filter(has_text="演示大气办〔期〕3号").get_by_role("link").click()
    blank = desk.take(tmp_path, "下载空白表")
    book = openpyxl.load_workbook(blank)
    sheet = book.worksheets[0]
    heading = next(cell for row in sheet.iter_rows() for cell in row if str(cell.value).strip() == "完成情况")
    sheet.cell(heading.row + 1, heading.column).value = "已覆盖防尘网"
    filled = tmp_path / "柳江区整改情况.xlsx"
    book.save(filled)
    page.get_by_role("link", name="导入县区填好的表").click()
    expect(page.get_by_role("heading", level=1, name="县区报表")).to_be_visible()
    page.get_by_label("选择 Excel 或 CSV 文件").last.set_input_files(filled)
    expect(page.get_by_text("没有错误。请核对下面的变化，然后导入。")).to_be_visible()
    desk.look("county's table")
    desk.press("导入")
    desk.told("已导入")
    row = page.get_by_role("row").filter(has_text="柳江区整改情况.xlsx")
    expect(row).to_contain_text("已导入")
    assert desk.take(tmp_path, "原文件", row).read_bytes() == filled.read_bytes()
    desk.has_pressed("POST /county-tables", "POST /county-tables/*/apply")
    assert desk.faults == []


@pytest.mark.slow
def test_a_paper_is_drafted_looked_at_in_word_issued_and_revoked(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    page = desk.page
    desk.go("公文")
    page.get_by_role("link", name="起草公文").click()
    desk.look("new paper")
    desk.choose("文书种类", "问题交办单")
    page.get_by_label("主送").fill("柳江区住建局")
    page.get_by_label("依据").fill("柳州市大气污染防治攻坚方案")
    page.get_by_label("整改要求").fill("三日内给稀释剂桶加盖")
    page.get_by_label("联系人").fill("莫科长")
    page.get_by_label("按编号、内容或点位查找").fill(FRESH[:5])
    page.get_by_label("按编号、内容或点位查找").press("Enter")
    page.get_by_role("listitem").filter(has_text=FRESH).get_by_role("button", name="加入").click()
    desk.press("保存草稿")
    desk.told("已保存")
    page.get_by_label("主送").fill("柳江区住房和城乡建设局")
    word = docx.Document(str(desk.take(tmp_path, "预览 Word")))
    said = "\n".join(
        [each.text for each in word.paragraphs]
        + [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    )
    assert "柳江区住房和城乡建设局" in said
    assert FRESH in said
    desk.look("paper")
    desk.press("签发")
    desk.look("issuing")
    desk.dialog.get_by_label("签发人").fill("韦主任")
    desk.press("签发", desk.dialog)
    desk.told("已签发：")
    issued = page.get_by_role("heading", level=1)
    expect(issued).to_contain_text("〔")
    desk.look("issued paper")
    desk.press("撤销")
    desk.dialog.get_by_label("撤销理由").fill("主送有误")
    desk.press("撤销", desk.dialog)
    desk.told("已撤销")
    expect(page.get_by_text("主送有误")).to_be_visible()

    desk.go("公文")
    page.get_by_role("link", name="起草公文").click()
    desk.choose("文书种类", "问题交办单")
    page.get_by_label("主送").fill("柳江区住建局")
    page.get_by_label("按编号、内容或点位查找").fill(FRESH[:5])
    page.get_by_label("按编号、内容或点位查找").press("Enter")
    page.get_by_role("listitem").filter(has_text=FRESH).get_by_role("button", name="加入").click()
    desk.press("保存草稿")
    desk.told("已保存")
    desk.press("删除草稿")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        desk.agree("删除草稿")
    expect(page.get_by_role("heading", level=1, name="公文", exact=True)).to_be_visible()
    desk.has_pressed(
        "POST /papers", "PUT /papers/*", "POST /papers/*/issue", "POST /papers/*/revoke", "DELETE /papers/*"
    )
    assert desk.faults == []


@pytest.mark.slow
def test_codes_for_the_responsible_units_are_printed_to_go_with_an_issued_paper(browsers: Browsers) -> None:
    desk = Desk(browsers, "demo-mo").sign_in()
    desk.go("公文")
    desk.page.get_by_role("row").filter(has_text="演示大气办交").first.get_by_role("link").first.click()
    desk.press("整改反馈二维码")
    with desk.page.expect_download() as coming:
        desk.agree("整改反馈二维码")
    assert len(docx.Document(str(coming.value.path())).inline_shapes) == 1
    desk.has_pressed("POST /papers/*/unit-links.docx")
    assert desk.faults == []


@pytest.mark.slow
def test_an_office_is_given_papers_and_its_own_template(browsers: Browsers, tmp_path: Path) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("公文")
    page.get_by_role("link", name="种类和模板").click()
    desk.choose("承办单位", OFFICE)
    row = page.get_by_role("row").filter(has_text="交办").first
    template = desk.take(tmp_path, "通用模板", row)
    docx.Document(str(template))
    with page.expect_file_chooser() as asked:
        row.get_by_role("button", name="上传模板").last.click()
    asked.value.set_files(template)
    desk.told("模板已更换")
    assert desk.take(tmp_path, "本单位模板", row).read_bytes() == template.read_bytes()
    page.get_by_label("督办函").fill("柳大气督")
    desk.press("保存")
    desk.told("已保存")
    desk.look("templates")
    desk.has_pressed("POST /paper-templates", "PUT /offices/*/papers")
    assert desk.faults == []
