"""Findings with cases put straight into the database, and what statistics should count of them, said anew in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import Case, FigureTally, Finding, FindingStanding, Hop, Inspection, Office
from backend.services.working_time import CHINA
from tests.backend.records import LIUJIANG, NOON, Person, Records, new_id

DUE = NOON + timedelta(days=3)
RECTIFIED = ("feedback", "recheck", "closed", "look_back")
KEYS = ("day", "township", "county", "topic", "severity")
COUNTED = ("found", "rectified", "closed", "on_time", "late", "repeated")


class Register:
    """Findings and their cases, as an office would have left them."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.author = records.person("inspector", "450200")

    def finding(self, state: str = "rectifying", at: Any = LIUJIANG, office: str | None = None, **said: Any) -> str:
        """A finding with a case whose term is three days; `put_right` and `closed` are days after noon."""
        put_right, closed, reopened = said.pop("put_right", None), said.pop("closed", None), said.pop("reopened", 0)
        due, day = said.pop("due", DUE), said.pop("day", 0)
        fields = {"found_at": NOON + timedelta(days=day), "state": state, **said}
        made = self.records.finding(self.author, at, **fields)
        case = Case(
            finding_id=made.id,
            office_id=office,
            offices=[office] if office else [],
            due_at=due,
            rectified_at=_later(put_right),
            closed_at=_later(closed),
            times_reopened=reopened,
        )
        self.records.session.add(case)
        if office is not None:
            stay = {"finding_id": made.id, "office_id": office, "given_by": self.author.id, "given_at": NOON}
            self.records.session.add(Hop(id=new_id(), n=1, kind="dispatch", **stay))
        self.records.session.commit()
        return str(made.id)

    def office(self, name: str = "柳江区住建局") -> str:
        office = Office(id=new_id(), code=new_id(), name=name, kind="department", active=True, rev=1)
        self.records.session.add(office)
        self.records.session.commit()
        return str(office.id)


class Reader:
    """Somebody who reads statistics and follows what they name."""

    def __init__(self, client: FlaskClient, person: Person) -> None:
        self.client, self.person = client, person

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.person.headers, query_string=query)

    def statistics(self, **query: Any) -> Any:
        answer = self.get("statistics", **{"from": "2026-11-01", "to": "2026-11-30", **query})
        assert answer.status_code == 200, answer.json
        return answer.json

    def length(self, address: str) -> int:
        """How many rows the list has that a figure names."""
        parts = urlsplit(address)
        answer = self.client.get(f"{parts.path}?{parts.query}&total=true&limit=1", headers=self.person.headers)
        assert answer.status_code == 200, (address, answer.json)
        return int(answer.json["total"])

    def differing(self, told: Any) -> list[tuple[str, int, int]]:
        """Every number with a list, among all that was told, whose list has another length."""
        return [(q, n, length) for q, n in numbers(told) if (length := self.length(q)) != n]


def numbers(told: Any) -> Iterable[tuple[str, int]]:
    """Each address of a list with the number beside it, however deep."""
    if isinstance(told, dict):
        if "n" in told and told.get("query") is not None:
            yield told["query"], told["n"]
        for each in told.values():
            yield from numbers(each)
    elif isinstance(told, list):
        for each in told:
            yield from numbers(each)


def _later(days: float | None) -> datetime | None:
    return None if days is None else NOON + timedelta(days=days)


def _day(at: datetime) -> str:
    return at.astimezone(CHINA).date().isoformat()


def standings(session: Session) -> dict[str, dict[str, Any]]:
    """How each finding should count, by the definitions in words."""
    rows = session.execute(select(Finding, Case).outerjoin(Case, Case.finding_id == Finding.id)).all()
    return {finding.id: _standing(finding, case, rows) for finding, case in rows}


def _standing(finding: Finding, case: Case | None, everything: Any) -> dict[str, Any]:
    due = (case and case.due_at) or finding.deadline_at
    right = case and (case.rectified_at or case.closed_at)
    rectified = finding.state in RECTIFIED
    repeated = (case is not None and case.times_reopened > 0) or any(
        _came_back(finding, before, its) for before, its in everything
    )
    found = finding.state != "rejected"
    running = finding.state in ("submitted", "verified", "registered", "dispatched", "rectifying", "returned")
    return {
        "day": _day(finding.found_at),
        "township": (finding.cell_code or "")[:9],
        "county": (finding.cell_code or "")[:6],
        "topic": finding.topic,
        "severity": finding.severity,
        "office": case.office_id if case else None,
        "found": int(found),
        "rectified": int(rectified),
        "closed": int(finding.state in ("closed", "look_back")),
        "on_time": int(bool(rectified and right and due and right <= due)),
        "late": int(bool(rectified and right and due and right > due)),
        "repeated": int(found and repeated),
        "due_at": max(filter(None, (due, case and case.parked_until))) if running and due else None,
    }


def _came_back(finding: Finding, before: Finding, case: Case | None) -> bool:
    if before.id == finding.id or case is None or before.state not in ("closed", "look_back") or not case.closed_at:
        return False
    same = (finding.site_id, finding.item) == (before.site_id, before.item) and None not in (
        before.site_id,
        before.item,
    )
    last = _day(case.closed_at + timedelta(days=90))
    return same and (case.rectified_at or case.closed_at) <= finding.found_at and _day(finding.found_at) <= last


def kept(session: Session) -> dict[str, dict[str, Any]]:
    """How each finding counts in the table that triggers keep, in the same form."""
    return {
        each.finding_id: {
            **{name: getattr(each, name) for name in (*KEYS, *COUNTED, "due_at")},
            "office": each.office_id,
        }
        for each in session.scalars(select(FindingStanding).execution_options(populate_existing=True))
    }


def sums(session: Session) -> Counter[tuple[str, str, str, str, str]]:
    """What the sums should be, from the findings and inspections themselves."""
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    for each in standings(session).values():
        keys = [("township", each["township"], ""), ("township-topic", each["township"], each["topic"])]
        keys += [("county-topic", each["county"], each["topic"]), ("severity", each["township"], each["severity"])]
        keys += [("office", each["office"], each["county"])] if each["office"] else []
        for kind, code, part in keys:
            for period in (each["day"], each["day"][:7]):
                for name in COUNTED:
                    found[kind, period, code, part, name] += each[name]
    for cell, at in session.execute(select(Inspection.cell_code, Inspection.finished_at)):
        for period in (_day(at), _day(at)[:7]):
            found["inspections", period, (cell or "")[:9], "", "inspections"] += 1
    return +found


def kept_sums(session: Session) -> Counter[tuple[str, str, str, str, str]]:
    """What the sums are."""
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    for row in session.scalars(select(FigureTally).execution_options(populate_existing=True)):
        for name in (*COUNTED, "inspections"):
            found[row.kind, row.period, row.code, row.part, name] += getattr(row, name)
    assert min(found.values(), default=0) >= 0
    return +found
