"""The walk in docs/api-walkthrough.md, run as it is written against a real server."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import openpyxl

from tests.backend.serving import ROOT, Served
from tests.stories import jpeg

PAGE = ROOT / "docs" / "api-walkthrough.md"


def test_the_walk_leads_from_an_invitation_to_a_list_that_holds_the_finding(tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    photo = tmp_path / "mine.jpg"
    photo.write_bytes(jpeg((320, 240)))
    served = Served(tmp_path / "data")
    try:
        password = served.line(r"one-time password is (\S+)")[1]
        served.ready()
        environment = {
            **os.environ,
            "SERVER": served.url,
            "ADMIN": "admin",
            "PASSWORD": password,
            "WORK": str(tmp_path),
            "PHOTO_FILE": str(photo),
        }
        walked = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120)
        assert walked.returncode == 0, walked.stdout + walked.stderr
    finally:
        served.process.terminate()
        served.ended()
    cells = [str(cell.value) for row in openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets[0] for cell in row]
    assert "走查：土堆未覆盖" in cells
