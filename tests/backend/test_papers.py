"""Papers by issuing body: drafts, numbers without gaps, frozen bytes, and who may do what."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import docx
import pytest
from docx.shared import Pt
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from backend.exports import docx_templates
from backend.exports.paper_kinds import lists
from backend.models import AuditEvent, IssuedPaper, Office
from backend.services import given_by
from tests.backend.paper_desks import URL, Desks, headers, template, texts
from tests.backend.records import CHENGZHONG, Person, Records, new_id
from tests.stories import FakeTime


@pytest.fixture
def desks(app: Flask, client: FlaskClient, session: Session, time: FakeTime) -> Desks:
    return Desks(client, Records(app, session), time)


@pytest.fixture
def air(desks: Desks) -> Office:
    return desks.office(assignment="柳大气办交", supervision_letter="柳大气办督")


@pytest.fixture
def qin(desks: Desks, air: Office) -> Person:
    """Somebody of the air office."""
    return desks.person(air)


def test_lists_name_the_papers_about_a_finding_until_they_are_revoked(desks, qin, session):
    finding = desks.records.finding(desks.wei)
    desks.draft(qin, findings=[finding.id])
    assert given_by.papers(session, [finding.id]) == {}
    order = desks.issue(qin, desks.draft(qin, findings=[finding.id]))
    desks.time.pass_by(days=3)
    desks.issue(qin, desks.draft(qin, "supervision_letter", findings=[finding.id]))
    assert given_by.papers(session, [finding.id]) == {finding.id: ["柳大气办交〔2026〕1号", "柳大气办督〔2026〕1号"]}
    desks.send("POST", f"/{order['id']}/revoke", qin, reason="重复")
    assert given_by.papers(session, [finding.id]) == {finding.id: ["柳大气办督〔2026〕1号"]}


@pytest.mark.both_databases
def test_a_draft_has_no_number_and_says_so_and_an_issued_paper_is_what_it_was(desks, qin, session):
    site = desks.records.site()
    finding = desks.records.finding(desks.wei, site_id=site.id, requirement="全部覆盖")
    draft = desks.draft(qin, findings=[finding.id], attachments=["现场照片2张"], copies="柳州市住建局")
    seen = desks.word(qin, draft)
    assert (draft["state"], draft["issued"]) == ("draft", None)
    assert "（草稿，未编号）" in texts(seen)
    assert 'string="草稿"' in headers(seen)
    issued = desks.issue(qin, draft)
    assert issued["issued"]["number"] == "柳大气办交〔2026〕1号"
    data = desks.word(qin, issued)
    assert hashlib.sha256(data).hexdigest() == issued["issued"]["sha256"]
    assert headers(data) == ""
    said = texts(data)
    for line in (
        "柳州市大气办", "大气污染防治问题交办单", "柳大气办交〔2026〕1号", "柳江区人民政府：",
        "依据：市行动方案（十四）", "整改时限：2026年11月30日18时",
        "1. 现场照片2张", "签发人：韦主任", "2026年11月22日", "抄送：柳州市住建局",
        "联系人：莫科长　联系电话：0772-2820000",
        f"1|{finding.number}|拉堡安置房项目\n柳江区拉堡镇|裸土未覆盖|全部覆盖|",
    ):  # fmt: skip
        assert line in said
    finding.description = "改了"
    session.get(Office, issued["office"]).name = "改了名"
    session.commit()
    assert desks.bring(qin, session.get(Office, issued["office"]), template("{{ number }}")).status_code == 201
    desks.time.pass_by(days=400)
    assert desks.word(qin, issued) == data
    for statement in ("UPDATE issued_paper SET number = 'x'", "DELETE FROM issued_paper"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(statement))
        session.rollback()


@pytest.mark.both_databases
def test_numbers_have_no_gaps_and_begin_again_with_the_year(desks, qin, air, session):
    numbers = [desks.issue(qin, desks.draft(qin))["issued"]["number"] for _ in range(2)]
    thrown_away = desks.draft(qin)
    assert desks.send("DELETE", f"/{thrown_away['id']}", qin).status_code == 204
    numbers.append(desks.issue(qin, desks.draft(qin))["issued"]["number"])
    numbers.append(desks.issue(qin, desks.draft(qin, "supervision_letter"))["issued"]["number"])
    desks.time.at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # the new year has begun in China
    numbers.append(desks.issue(qin, desks.draft(qin))["issued"]["number"])
    assert numbers == [
        "柳大气办交〔2026〕1号", "柳大气办交〔2026〕2号", "柳大气办交〔2026〕3号", "柳大气办督〔2026〕1号",
        "柳大气办交〔2027〕1号",
    ]  # fmt: skip
    draft = desks.draft(qin)
    kept = session.scalars(select(IssuedPaper).where(IssuedPaper.year == 2026, IssuedPaper.n == 3)).one()
    columns = {name: getattr(kept, name) for name in IssuedPaper.__table__.columns.keys()}  # noqa: SIM118
    for n, previous in ((5, 4), (5, 3), (5, None), (3, 2)):
        wrong = {"paper_id": draft["id"], "n": n, "previous_n": previous, "number": "x"}
        session.add(IssuedPaper(**{**columns, **wrong}))
        with pytest.raises(DatabaseError):  # the database lets no gap and no second one through
            session.commit()
        session.rollback()
    assert session.scalar(select(func.count()).select_from(IssuedPaper)) == 5


@pytest.mark.both_databases
def test_a_series_goes_on_where_the_office_was_until_the_year_ends(desks, session):
    office = desks.office()

    def assigned(first: int | None) -> Any:
        said = [{"kind": "assignment", "word": "柳大气办交", **({"first_n": first} if first else {})}]
        return desks.client.put(
            f"/api/v1/offices/{office.id}/papers", json={"papers": said}, headers=desks.admin.headers
        )

    assert assigned(38).json[0]["first_n"] == 38
    mo = desks.person(office)
    issued = [desks.issue(mo, desks.draft(mo))["issued"]]
    assert assigned(None).json[0]["first_n"] == 38, "what is not said stays"
    refused = assigned(50)
    assert (refused.status_code, refused.json["code"], refused.json["first_n"]) == (409, "already-exists", 38)
    issued.append(desks.issue(mo, desks.draft(mo))["issued"])
    desks.time.at = datetime(2027, 1, 5, 4, 0, tzinfo=UTC)
    issued.append(desks.issue(mo, desks.draft(mo))["issued"])
    assert [(each["number"], each["n"]) for each in issued] == [
        ("柳大气办交〔2026〕38号", 38), ("柳大气办交〔2026〕39号", 39), ("柳大气办交〔2027〕1号", 1),
    ]  # fmt: skip


@pytest.mark.both_databases
def test_an_issued_paper_is_issued_once_changed_never_and_revoked_once(desks, qin):
    issued = desks.issue(qin, desks.draft(qin))
    again = desks.send("POST", f"/{issued['id']}/issue", qin, rev=1, signer="别人")
    assert again.json == issued
    change = {"rev": issued["rev"], "findings": issued["findings"], "addressee": "别处"}
    for method, path, body in (("PUT", "", change), ("DELETE", "", {})):
        refused = desks.send(method, f"/{issued['id']}{path}", qin, **body)
        assert (refused.status_code, refused.json["code"]) == (409, "paper-settled")
    revoked = desks.send("POST", f"/{issued['id']}/revoke", qin, reason="交办对象有误").json
    assert (revoked["state"], revoked["revoked"]["reason"]) == ("revoked", "交办对象有误")
    assert revoked["issued"] == issued["issued"]
    twice = desks.send("POST", f"/{issued['id']}/revoke", qin, reason="再撤")
    assert (twice.status_code, twice.json["code"]) == (409, "paper-settled")
    assert desks.issue(qin, desks.draft(qin))["issued"]["n"] == 2


def test_a_draft_changed_by_another_is_not_issued_unseen(desks, qin):
    draft = desks.draft(qin)
    said = {"findings": draft["findings"], "addressee": "城中区人民政府"}
    assert desks.send("PUT", f"/{draft['id']}", qin, rev=1, **said).json["said"] == {"addressee": "城中区人民政府"}
    for answer in (
        desks.send("POST", f"/{draft['id']}/issue", qin, rev=1, signer="韦主任"),
        desks.send("PUT", f"/{draft['id']}", qin, rev=1, **said),
    ):
        assert answer.json["rev"] == 2
        assert answer.status_code == 409


def test_only_people_of_an_issuing_office_draft_and_issue_its_papers(desks, qin, air):
    housing = desks.office("柳州市住建局", rectification_notice="柳建整")
    lin, loose = desks.person(housing), desks.person(None)
    finding = desks.records.finding(desks.wei).id
    said = {"addressee": "某建筑公司", "findings": [finding]}
    for person, kind in (
        (lin, "assignment"), (qin, "rectification_notice"), (loose, "assignment"), (desks.admin, "assignment"),
    ):  # fmt: skip
        refused = desks.send("POST", "", person, kind=kind, **said)
        assert (refused.status_code, refused.json["code"]) == (403, "not-the-issuer"), kind
    assert desks.send("POST", "", desks.wei, kind="assignment", **said).status_code == 403
    draft = desks.draft(qin)
    assert desks.send("POST", f"/{draft['id']}/issue", lin, rev=1, signer="x").status_code == 404
    issued = desks.issue(qin, draft)
    assert desks.send("POST", f"/{issued['id']}/revoke", lin, reason="x").json["code"] == "not-the-issuer"
    assert desks.send("GET", f"/{issued['id']}", lin).status_code == 200  # sees all of its findings
    assert desks.assign(air).json == []
    refused = desks.send("POST", "", qin, kind="assignment", **said)
    assert refused.json["code"] == "not-the-issuer"


def test_the_decision_of_the_ecology_authority_is_never_one_click(desks, air):
    [told] = [each for each in desks.client.get("/api/v1/paper-kinds", headers=desks.admin.headers).json
              if each["kind"] == "correction_decision"]  # fmt: skip
    assert told["offered"] is False
    refused = desks.assign(air, correction_decision="柳环责改")
    assert (refused.status_code, refused.json["code"]) == (409, "paper-not-offered")
    assert "法制审核" in refused.json["reason"]["zh"]
    said = {"kind": "correction_decision", "addressee": "某公司", "findings": [new_id()]}
    assert desks.send("POST", "", desks.person(air), **said).json["reason"] == told["reason"]


def test_an_office_issues_the_papers_of_one_body_each_under_a_word_of_its_own(desks, air, qin):
    other = desks.office("别的大气办")
    cases = {
        "already-exists": (other, {"assignment": "柳大气办交"}),
        "input-invalid": (other, {"assignment": "甲", "correction_order": "乙"}),
    }
    for code, (office, words) in cases.items():
        assert desks.assign(office, **words).json["code"] == code
    assert desks.assign(other, assignment="同", supervision_letter="同").json["field"] == "papers"
    desks.issue(qin, desks.draft(qin))
    desks.assign(air, assignment="新字")
    assert desks.assign(other, assignment="柳大气办交").json["code"] == "already-exists"  # numbers of it are out


def test_a_paper_names_findings_of_the_own_area_only(desks, air):
    far = desks.records.finding(desks.wei, CHENGZHONG).id
    person = desks.person(air, "handler")
    answer = desks.send("POST", "", person, kind="assignment", addressee="某单位", findings=[far])
    assert answer.status_code == 404


def test_what_a_kind_cannot_do_without_is_asked_for_when_it_is_issued(desks):
    office = desks.office("柳州市城管局", correction_order="柳城管责改")
    person = desks.person(office)
    said = {"kind": "correction_order", "addressee": "某公司", "findings": [desks.records.finding(desks.wei).id]}
    draft = desks.send("POST", "", person, **said).json
    refused = desks.send("POST", f"/{draft['id']}/issue", person, rev=1, signer="罗局长")
    assert (refused.status_code, refused.json["field"]) == (422, "due")


def test_the_order_of_the_urban_management_comes_with_its_delivery_receipt(desks):
    person = desks.person(desks.office("柳州市城管局", correction_order="柳城管责改"))
    said = texts(desks.word(person, desks.issue(person, desks.draft(person, "correction_order"))))
    assert "送达回证" in said
    assert "送达文书|责令限期改正通知书　柳城管责改〔2026〕1号" in said
    assert "受送达人|柳江区人民政府" in said


def test_a_draft_is_marked_on_every_section_and_kind_of_page(desks):
    made = docx.Document()
    made.settings.odd_and_even_pages_header_footer = True
    made.sections[0].different_first_page_header_footer = True
    made.sections[0].header.paragraphs[0].text = "机关抬头"
    made.add_section().header.is_linked_to_previous = False
    made.add_paragraph("{{ number }}").runs[0].font.size = Pt(9)
    file = io.BytesIO()
    made.save(file)
    filled = docx_templates.fill(file.getvalue(), {"number": "1"}, lists(), draft="草稿")
    assert headers(filled).count('string="草稿"') == 4
    assert "机关抬头" in headers(filled)


def test_each_issue_and_print_is_in_the_audit_trail_and_papers_are_found_by_finding(desks, qin, session):
    issued = desks.issue(qin, desks.draft(qin))
    desks.word(qin, issued)
    done = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == issued["id"]).order_by(AuditEvent.n))
    assert list(done) == ["paper.draft", "paper.issue", "paper.print"]
    desks.draft(qin)
    mine = desks.client.get(f"{URL}?state=issued", headers=qin.headers).json["items"]
    assert [each["id"] for each in mine] == [issued["id"]]
    luo = desks.records.person("supervisor", "450206")
    assert desks.client.get(URL, headers=luo.headers).json["items"] == []
    about = desks.client.get(f"{URL}?finding={issued['findings'][0]}", headers=luo.headers).json["items"]
    assert about == [issued]
