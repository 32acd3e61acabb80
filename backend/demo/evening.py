"""The evening of the day played: the office takes a finding to its close-out, and keeps what comes of it as files.

Papers, a period, a county's table, exports and an evidence bundle, all over HTTP. Each step looks first how far things
are, so that an evening cut off half-way goes on where it stopped.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import openpyxl

from backend.demo import pictures
from backend.demo.desk import DemoFailed, expect
from backend.demo.recording import row_id
from backend.demo.story import Day
from backend.exports.columns import columns_of
from backend.services.working_time import CHINA
from sync.device_ports import Json

WAY = ("submitted", "verified", "registered", "dispatched", "rectifying", "feedback", "recheck", "closed")
LOOK_S, MOST_S = 0.2, 180.0
"""How often an export is asked whether it is done, and for how long."""


class Evening:
    """The office's side of the day, person by person; `wait` passes the time until an export is asked after again."""

    def __init__(self, day: Day, wait: Callable[[], object] = lambda: time.sleep(LOOK_S)) -> None:
        self.day = day
        self.wait = wait
        self.plan: Json = day.plan["evening"]
        self.desk = day.desk

    def play(self) -> dict[str, Path]:
        """From the findings of the day to files; returns them by name."""
        findings = [row_id(key) for key in self.plan["findings"]]
        done = findings[0]
        for finding in findings:
            self._advance(finding, "dispatched")
        paper = self._issue(findings)
        for finding in findings:
            self._advance(finding, "rectifying")
        period = self._period()
        self._county_table(period["id"])
        self._freeze(period["id"])
        self._advance(done, "closed")
        return self._files(paper, period["id"], done)

    def open_next(self) -> None:
        """The period after today's, cut off a week from now."""
        until = (datetime.now(CHINA) + timedelta(days=7)).replace(hour=18, minute=0, second=0, microsecond=0)
        self._opened(self.plan["next_document_no"], until)

    # -- one finding's way ----------------------------------------------------------------------------------------
    def _advance(self, finding: str, to: str) -> None:
        """Take the steps that are still to be taken, each by whom the plan names."""
        state = self.desk.get("demo-luo", f"/findings/{finding}")["state"]
        for start, step in pairwise(WAY):
            if WAY.index(start) < WAY.index(state) or WAY.index(step) > WAY.index(to):
                continue
            said: Json = {"from": start, "to": step, "note": self.plan["notes"].get(step)}
            if step == "dispatched":
                said["office"] = self.day.offices["housing"]
            if step == "feedback":
                said["photos"] = [self._after_photo()]
            who = self.plan["steps"][step]
            expect(self.desk.call(who, "POST", f"/findings/{finding}/steps", said), 200)

    def _after_photo(self) -> str:
        """A picture of the place as it is afterwards, brought by the office; returns its hash."""
        site = self.plan["after"]
        data = pictures.photo(site["caption"], site["lon"], site["lat"], datetime.now(CHINA).replace(microsecond=0))
        return self.desk.upload("demo-pan", f"{site['caption']}.jpg", "image/jpeg", data)

    # -- papers, periods, counties ----------------------------------------------------------------------------------
    def _issue(self, findings: list[str]) -> str:
        """The paper about the findings, issued once; returns its id."""
        said = {**self.plan["paper"], "findings": findings}
        listed = self.desk.get("demo-mo", f"/papers?finding={findings[0]}")["items"]
        paper = listed[0] if listed else expect(self.desk.call("demo-mo", "POST", "/papers", said), 201)
        if paper["state"] == "draft":
            signed = {"rev": paper["rev"], "signer": self.plan["signer"]}
            paper = expect(self.desk.call("demo-mo", "POST", f"/papers/{paper['id']}/issue", signed), 200)
        return str(paper["id"])

    def _period(self) -> Json:
        """The county's period of today, cut off now."""
        return self._opened(self.plan["document_no"], datetime.now(CHINA))

    def _opened(self, document_no: str, cut_off: datetime) -> Json:
        """The county's period with this document number; opened with the cut-off when there is none yet."""
        said = {"cell": self.plan["cell"], "document_no": document_no, "cut_off": cut_off.isoformat()}
        for each in self.desk.items("demo-admin", f"/periods?cell={said['cell']}"):
            if each["document_no"] == document_no:
                return each
        return self.desk.make("demo-admin", "/periods", {**said, "signer": self.plan["signer"]})

    def _freeze(self, period: str) -> None:
        issued = {"document_no": self.plan["document_no"], "signer": self.plan["signer"]}
        expect(self.desk.call("demo-admin", "POST", f"/periods/{period}/freeze", issued), 200)

    def _county_table(self, period: str) -> None:
        """The blank table as the county fills it in and sends it back; kept as it was sent."""
        cell = self.plan["cell"]
        blank = self.desk.file("demo-admin", "GET", f"/county-tables/blank.xlsx?period={period}&cell={cell}")
        book = openpyxl.load_workbook(io.BytesIO(blank))
        sheet = book.worksheets[0]
        at = {column.key: n for n, column in enumerate(columns_of("county_table"), start=1)}
        for line in range(3, sheet.max_row + 1):
            for key, text in self.plan["county"].items():
                sheet.cell(line, at[key]).value = text
        filled = io.BytesIO()
        book.save(filled)
        name = self.plan["files"]["county_table"]
        looked = self.desk.fill_in("demo-admin", "/county-tables", {"cell": cell}, (name, filled.getvalue()))
        said = {"sha256": looked["sha256"]}
        expect(self.desk.call("demo-admin", "POST", f"/county-tables/{looked['id']}/apply", said), 200)
        self._keep(name, filled.getvalue())

    # -- files --------------------------------------------------------------------------------------------------------
    def _files(self, paper: str, period: str, done: str) -> dict[str, Path]:
        names = self.plan["files"]
        found = self.desk.get("demo-luo", f"/findings/{done}")["found_at"]
        known = {"period": period, "day": datetime.fromisoformat(found).astimezone(CHINA).date().isoformat()}
        exports = [(each, self._asked(each, known)) for each in self.plan["exports"]]
        made = {
            names["paper"]: self.desk.file("demo-mo", "GET", f"/papers/{paper}/document.docx"),
            names["period_list"]: self.desk.file("demo-admin", "GET", f"/periods/{period}/list.xlsx"),
            names["bundle"]: self.desk.file("demo-luo", "POST", f"/evidence/bundles/{done}"),
        }
        made |= {names[each["file"]]: self._made(each["by"], export) for each, export in exports}
        kept = {name: self._keep(name, data) for name, data in made.items()}
        return {**kept, names["county_table"]: self.day.folder / names["county_table"]}

    def _asked(self, wanted: Json, known: Mapping[str, str]) -> str:
        """Ask for an export; a filter without a value has the one that is known by now."""
        filters = {name: value or known[name] for name, value in wanted.get("filters", {}).items()}
        said = {"kind": wanted["kind"], "format": wanted["format"], "filters": filters}
        answer = self.desk.call(wanted["by"], "POST", "/exports", said)
        return str(expect(answer, 202)["id"])

    def _made(self, who: str, export: str) -> bytes:
        """The bytes of an export, once the job consumer has made it."""
        until = time.monotonic() + MOST_S
        while True:
            shown = self.desk.get(who, f"/exports/{export}")
            if shown["state"] == "done":
                return self.desk.file(who, "GET", f"/exports/{export}/file")
            if shown["state"] == "failed" or time.monotonic() > until:
                raise DemoFailed(f"the export {shown['kind']} is {shown['state']}: {shown['error']}")
            self.wait()

    def _keep(self, name: str, data: bytes) -> Path:
        """Write a file whole, or leave the one before."""
        target = self.day.folder / name
        part = target.with_name(f"{name}.part")
        part.write_bytes(data)
        part.replace(target)
        return target
