"""The rule book's commands: coverage is printed, and the printed page in docs/ is the book's."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from backend.cli import checklists as printed

ROOT = Path(__file__).parents[2]


def test_the_published_coverage_is_the_books() -> None:
    assert (ROOT / "docs/rulebook-coverage.md").read_text("utf-8") == printed.coverage_text()


def test_coverage_is_printed_and_the_book_has_no_hole(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["checklists", "coverage"])
    assert result.exit_code == 0, result.output
    assert "| D10 |" in result.output
    assert "`dust.exit.road-clean`" in result.output
