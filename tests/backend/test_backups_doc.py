"""docs/backups.md does what it says: each of its commands is run, in the order of the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backend.serving import ROOT

PAGE = ROOT / "docs" / "backups.md"


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_every_command_of_the_page_goes_well(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BLUEGRID_")}
    environment |= {"BLUEGRID_DATA": str(data), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def run(command: str) -> str:
        ended = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    run("flask --app wsgi setup run")
    places = {"BACKUPS": data / "backups", "ELSEWHERE": tmp_path / "elsewhere", "DRILL": tmp_path / "drill"}
    ran = 0
    for command in commands():
        if command.startswith("rsync") and shutil.which("rsync") is None:
            (tmp_path / "elsewhere").mkdir(exist_ok=True)
            command = "cp -a BACKUPS/. ELSEWHERE/"
        words = {**places, "NAME": run("flask --app wsgi backup list").split()[:1][-1] if ran else "none yet"}
        for word, meaning in words.items():
            command = re.sub(rf"(?<![A-Z_]){word}(?![A-Z_=])", str(meaning), command)
        run(command)
        ran += 1
    assert ran >= 10
