"""Desks at which papers are drafted and issued, and what a Word file of theirs says."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.exports.paper_kinds import kinds
from backend.models import Office
from backend.services import accounts
from tests.backend.records import Person, Records, new_id
from tests.stories import FakeTime

URL = "/api/v1/papers"

OFFERED = [code for code, kind in kinds().items() if not kind.refused]


class Desks:
    """Offices that issue papers, and their people."""

    def __init__(self, client: FlaskClient, records: Records, time: FakeTime) -> None:
        self.client, self.records, self.time = client, records, time
        self.session: Session = records.session
        self.admin = records.person("admin")
        self.wei = records.person("inspector", "450206")

    def office(self, name: str = "柳州市大气办", **words: str) -> Office:
        office = Office(id=new_id(), code=new_id(), name=name, kind="department", phone="0772-2820000", active=True)
        self.session.add(office)
        self.session.commit()
        if words:
            assert self.assign(office, **words).status_code == 200
        return office

    def assign(self, office: Office, **words: str) -> Any:
        said = [{"kind": kind, "word": word} for kind, word in words.items()]
        path = f"/api/v1/offices/{office.id}/papers"
        return self.client.put(path, json={"papers": said}, headers=self.admin.headers)

    def person(self, office: Office | None, role: str = "supervisor") -> Person:
        """Somebody of an office; a supervisor of the whole city."""
        grants = ["450200"] if role == "supervisor" else []
        user = accounts.create_user(
            self.session, id=new_id(), now=self.time.at, name=new_id(), role=role, grants=grants,
            office=office and office.id,
        )  # fmt: skip
        token, _ = accounts.open_login(self.session, user, self.time.at, hours=24 * 800)
        self.session.commit()
        return Person(user, token)

    def send(self, method: str, path: str, person: Person, **body: Any) -> Any:
        return self.client.open(f"{URL}{path}", method=method, json=body, headers=person.headers)

    def draft(self, person: Person, kind: str = "assignment", **said: Any) -> dict[str, Any]:
        wanted = {
            "kind": kind, "addressee": "柳江区人民政府", "basis": "市行动方案（十四）", "contact": "莫科长",
            "due": "2026-11-30T18:00:00+08:00", **said,
        }  # fmt: skip
        if "findings" not in wanted:
            wanted["findings"] = [self.records.finding(self.wei).id]
        answer = self.send("POST", "", person, **wanted)
        assert answer.status_code == 201, answer.text
        return answer.json

    def issue(self, person: Person, paper: dict[str, Any], **said: Any) -> dict[str, Any]:
        answer = self.send("POST", f"/{paper['id']}/issue", person, rev=paper["rev"], signer="韦主任", **said)
        assert answer.status_code == 200, answer.text
        return answer.json

    def word(self, person: Person, paper: dict[str, Any]) -> bytes:
        answer = self.client.get(f"{URL}/{paper['id']}/document.docx", headers=person.headers)
        assert answer.status_code == 200, answer.text
        return answer.data

    def bring(self, person: Person, office: Office, data: bytes, kind: str = "assignment") -> Any:
        form = {"office": office.id, "kind": kind, "file": (io.BytesIO(data), "交办单.docx")}
        return self.client.post("/api/v1/paper-templates", data=form, headers=person.headers)


def texts(data: bytes) -> list[str]:
    """All that a reader sees, paragraphs first, then the lines of tables."""
    document = docx.Document(io.BytesIO(data))
    rows = ["|".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return [paragraph.text for paragraph in document.paragraphs if paragraph.text] + rows


def headers(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if "word/header" in name)


def template(*paragraphs: str) -> bytes:
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, content)
    return file.getvalue()
