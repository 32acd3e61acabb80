"""The rule book's commands: coverage is printed and published; a version lives from file to retirement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from backend.cli import checklists as printed

ROOT = Path(__file__).parents[2]


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=["checklists", *args])


def test_the_published_coverage_is_the_books() -> None:
    assert (ROOT / "docs/rulebook-coverage.md").read_text("utf-8") == printed.coverage_text()


def test_the_page_names_commands_that_exist() -> None:
    page = (ROOT / "docs/rulebook.md").read_text("utf-8")
    named = set(re.findall(r"--app wsgi checklists (\w+)", page))
    assert named == set(printed.group.commands)


def test_coverage_is_printed_and_the_book_has_no_hole(app: Flask) -> None:
    result = run(app, "coverage")
    assert result.exit_code == 0, result.output
    assert "| D10 |" in result.output
    assert "`dust.exit.road-clean`" in result.output


@pytest.mark.parametrize("ending", ["yaml", "xlsx"])
def test_a_version_goes_out_and_a_shipped_one_does_not_come_in_again(app: Flask, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"pack.{ending}"
    assert run(app, "export", "waste-liuzhou@2026.1", str(file)).exit_code == 0
    again = run(app, "import", str(file))
    assert again.exit_code == 1
    assert "is published and never changes; raise the version. [already-exists]" in again.output


def test_a_version_lives_from_file_to_retirement(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "pack.yaml"
    run(app, "export", "waste-liuzhou@2026.1", str(file))
    text = file.read_text("utf-8").replace("version: '2026.1'", "version: '2027.1'").replace("value: 90", "value: 95")
    file.write_text(text, "utf-8")
    assert "waste-liuzhou@2027.1 is a draft" in run(app, "import", str(file)).output
    assert "waste-liuzhou@2027.1  draft" in run(app, "list").output
    said = run(app, "diff", "waste-liuzhou@2026.1", "waste-liuzhou@2027.1", "--language", "en").output
    assert said == "waste.sorting.accuracy: limit from “≥ 90 %” to “≥ 95 %”\n"
    assert "is published" in run(app, "publish", "waste-liuzhou@2027.1").output
    assert run(app, "retire", "waste-liuzhou@2026.1").exit_code == 0
    listed = run(app, "list").output
    assert "waste-liuzhou@2026.1  retired" in listed
    assert "waste-liuzhou@2027.1  published" in listed


def test_every_fault_of_a_file_is_printed_with_its_line(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "pack.yaml"
    run(app, "export", "waste-liuzhou@2026.1", str(file))
    text = file.read_text("utf-8").replace("version: '2026.1'", "version: '2027.1'").replace("serious", "grave")
    file.write_text(text, "utf-8")
    result = run(app, "import", str(file))
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "grave" in line]
    assert len(lines) >= 2
    assert all(f"pack.yaml: line {number} waste." in result.output for number in lines)
    assert "Traceback" not in result.output


def test_what_is_no_text_or_no_version_is_said_plainly(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "pack.yaml"
    file.write_bytes(b"code: \xff")
    assert "is not UTF-8 text" in run(app, "import", str(file)).output
    assert "[input-invalid]" in run(app, "publish", "waste").output
    assert "[not-found]" in run(app, "publish", "waste-liuzhou@2030.1").output
