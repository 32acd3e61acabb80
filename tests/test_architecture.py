"""The house's own rules, read from the source: who may import whom, names, sizes, words at the door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = ("sync", "geo", "checklists")
FRAMEWORKS = {"flask", "sqlalchemy", "flask_sqlalchemy", "marshmallow", "flask_smorest", "huey", "gunicorn"}
OUTSIDE_WORLD = {"socket", "http", "urllib", "sqlite3", "requests", "time", "random", "secrets", "subprocess"}
DEVICE_IO = ROOT / "sync" / "device_io.py"
MAX_LINES = 400
MAX_VIEW_LINES = 15
FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}


def modules(*folders: str) -> list[Path]:
    return [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts
    ]


def imported(path: Path) -> Iterator[str]:
    """Top-level packages that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(*PURE), ids=name_of)
def test_a_pure_library_knows_no_framework_no_server_and_no_other_library(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    wrong = set(imported(path)) & (FRAMEWORKS | {"backend", "tests"} | set(PURE) - {own})
    assert wrong == set()


@pytest.mark.parametrize("path", modules(*PURE), ids=name_of)
def test_one_file_of_sync_touches_disk_and_network_and_no_library_reads_a_clock(path: Path) -> None:
    if path == DEVICE_IO:
        return
    assert set(imported(path)) & OUTSIDE_WORLD == set()
    source = path.read_text("utf-8")
    for clock in ("datetime.now(", "utcnow(", "time.time(", "date.today("):
        assert clock not in source


@pytest.mark.parametrize("path", modules("backend", *PURE), ids=name_of)
def test_a_module_says_what_it_is_for_and_has_one_concern(path: Path) -> None:
    text = path.read_text("utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module begins with what it is for"
    assert text.count("\n") <= MAX_LINES
    assert path.stem not in FORBIDDEN


@pytest.mark.parametrize("path", modules("backend/services"), ids=name_of)
def test_a_service_does_not_commit(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr == "commit")


@pytest.mark.parametrize("path", modules("backend/services/commands"), ids=name_of)
def test_a_command_knows_no_request(path: Path) -> None:
    assert "flask" not in set(imported(path))


@pytest.mark.parametrize("path", modules("backend/api"), ids=name_of)
def test_a_view_parses_authorises_calls_and_dumps(path: Path) -> None:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and any("blueprint" in ast.unparse(each) for each in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert lines <= MAX_VIEW_LINES, node.name
