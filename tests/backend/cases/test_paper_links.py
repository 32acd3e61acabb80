"""The sheet of unit links that goes with an issued paper."""

from __future__ import annotations

import io
from datetime import datetime

import docx
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.models import Finding, IssuedPaper, Paper, PaperFinding, Site
from backend.services import accounts
from tests.backend.cases.case_desks import Desk, Unit
from tests.stories import Server, new_id


def paper_about(session: Session, finding: str, office: str, by: str, at: datetime) -> str:
    """A paper that was issued about a finding."""
    paper_id = new_id()
    session.add(
        Paper(id=paper_id, kind="assignment", office_id=office, said={}, state="issued", created_by=by, created_at=at)
    )
    session.flush()
    session.add(PaperFinding(paper_id=paper_id, finding_id=finding, n=1))
    session.add(
        IssuedPaper(
            paper_id=paper_id, office_id=office, kind="assignment", year=2026, n=1, number="柳建整〔2026〕1号",
            signer="韦", filled={}, template_sha256="0" * 64, data=b"", sha256="0" * 64, by_id=by, at=at,
        )
    )  # fmt: skip
    session.commit()
    return paper_id


def test_the_codes_that_go_with_an_issued_paper_are_new_links_which_end_those_before(
    session: Session, server: Server, handler: Desk, dispatched: str, housing: str, client: FlaskClient
) -> None:
    row, now = session.get_one(Finding, dispatched), server.time.now()
    by = str(accounts.by_name(session, "qin").id)
    paper = paper_about(session, dispatched, housing, by, now)
    first = handler.unit_link(dispatched)
    path = f"/papers/{paper}/unit-links.docx"
    refused = handler.send("POST", path)
    assert (refused.status_code, Unit(client, first["token"]).look().status_code) == (422, 200)  # no unit is known
    site = Site(id=new_id(), code="S1", name="拉堡工地", kind="construction", attributes={}, created_at=now)
    site.responsible_unit, row.site_id = "甲公司", site.id
    session.add(site)
    session.commit()
    sheet = docx.Document(io.BytesIO(handler.send("POST", path).data))
    said = "\n".join(cell.text for line in sheet.tables[0].rows for cell in line.cells)
    assert [text in said for text in (row.number, "甲公司", first["token"])] == [True, True, False]
    assert len(sheet.inline_shapes) == 1
    assert Unit(client, first["token"]).look().json["code"] == "unit-link-ended"
    states = [each["state"] for each in handler.send("GET", f"/findings/{dispatched}/unit-link").json]
    assert sorted(states) == ["open", "replaced"]
