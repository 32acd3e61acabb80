"""The commands of docs/cells.md, run as they are written against a real database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend import create_app
from backend.config import from_environment
from tests.backend import redrawn

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cells.md"


class Office:
    """A folder with a set-up database, and whoever types the page's commands there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"BLUEGRID_DATA": str(folder / "data")}

    def types(self, command: str) -> str:
        """A command by an application of its own, as each process makes one."""
        flask, app, wsgi, *words = command.split()
        assert (flask, app, wsgi) == ("flask", "--app", "wsgi")
        done = create_app(from_environment(self.environment)).test_cli_runner().invoke(args=words)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.chdir(tmp_path)
    office = Office(tmp_path)
    office.types("flask --app wsgi setup run")
    return office


def test_the_page_leads_from_a_file_to_a_grid_that_holds(office: Office) -> None:
    redrawn.write(office.folder / "乡镇界.geojson", redrawn.townships())
    commands = re.findall(r"^flask .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 5
    dry, real, *_ = commands
    assert "Nothing was staged." in office.types(dry.replace("LIN", "admin"))
    version = re.search(r"Staged as (\S+)\.", office.types(real.replace("LIN", "admin")))
    assert version is not None
    assert version[1] in office.types(commands[2])
    compared = office.types(commands[3].replace("VERSION", version[1]))
    assert re.search(r"^added 450206100|^moved 450206100", compared, re.MULTILINE)
    begun = office.types(commands[4].replace("VERSION", version[1]).replace("LIN", "admin"))
    assert "It holds from 2026-01-01T00:00:00+08:00. 0 rows" in begun
